-- +goose Up
-- Where an account's events are sent. event_types is space-separated: "alert.triggered", "alert.*", "*". secret and
-- old_secret are the signing keys, sealed under a key that isn't in the database; old_secret signs too until old_until.
-- disabled_reason says why the server turned it off ("gone", "failing"), '' otherwise. failing_since is when the first of
-- the failed attempts was, since the last that came through; NULL after one that did. Times are Unix milliseconds.
CREATE TABLE webhooks (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id      INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    url             TEXT    NOT NULL,
    event_types     TEXT    NOT NULL,
    description     TEXT    NOT NULL,
    enabled         INTEGER NOT NULL,
    disabled_reason TEXT    NOT NULL DEFAULT '',
    secret          BLOB    NOT NULL,
    old_secret      BLOB,
    old_until       INTEGER,
    failing_since   INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX webhooks_by_account ON webhooks (account_id, id);

-- The outbox and the log in one: a row is written in the transaction of what it tells of. status is "waiting",
-- "delivered" or "failed". due_at is set while it is waiting: when it may be taken, which is the next attempt, or the end
-- of the lease of the node that is at it. claimed_by names that lease, '' for nobody's. retry counts the attempts since
-- the schedule began, attempts all. payload is the body, byte for byte. duration is in milliseconds, response_body the
-- beginning of what was answered.
-- webhook_id has no foreign key on purpose: an event that is written while its webhook is being deleted must not fail
-- the transaction that it is written in. What is left of a deleted webhook ends at its next turn and goes with the log.
CREATE TABLE webhook_deliveries (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id      INTEGER NOT NULL,
    webhook_id      INTEGER NOT NULL,
    event_key       TEXT    NOT NULL,
    message_id      TEXT    NOT NULL,
    event_type      TEXT    NOT NULL,
    asset_id        INTEGER NOT NULL,
    payload         TEXT    NOT NULL,
    status          TEXT    NOT NULL,
    due_at          INTEGER,
    claimed_by      TEXT    NOT NULL DEFAULT '',
    attempts        INTEGER NOT NULL DEFAULT 0,
    retry           INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    attempted_at    INTEGER,
    response_status INTEGER,
    duration        INTEGER,
    error_kind      TEXT    NOT NULL DEFAULT '',
    response_body   TEXT    NOT NULL DEFAULT ''
) STRICT;

-- The same event is never enqueued twice for a webhook.
CREATE UNIQUE INDEX webhook_deliveries_by_key ON webhook_deliveries (webhook_id, event_key);
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook_id, id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);
