-- +goose Up
-- What was done, refused and used, numbered without gaps in each account; account_id 0 is the installation itself.
-- Rows are only ever added. mac is HMAC-SHA-256 over the row and the mac of the row before, under a key that isn't in
-- the database: a row that is changed or taken out breaks the chain. user_id is 0 where no person is known; credential
-- is what they came with (a client id, "key:7", "session:9"); subject is what was acted on, in the same words. detail
-- is a JSON object of texts. No reference to other tables: the log outlives what it speaks of.
CREATE TABLE audit_events (
    account_id   BIGINT NOT NULL,
    number       BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    action       TEXT   NOT NULL,
    user_id      BIGINT NOT NULL,
    user_name    TEXT   NOT NULL,
    credential   TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    subject_name TEXT   NOT NULL,
    ip           TEXT   NOT NULL,
    user_agent   TEXT   NOT NULL,
    detail       TEXT   NOT NULL,
    mac          BYTEA  NOT NULL,
    PRIMARY KEY (account_id, number)
);

CREATE INDEX audit_events_by_action ON audit_events (account_id, action, number);
CREATE INDEX audit_events_by_user ON audit_events (account_id, user_id, number);
CREATE INDEX audit_events_by_subject ON audit_events (account_id, subject, number);
CREATE INDEX audit_events_by_time ON audit_events (account_id, at, number);

-- The newest number and mac of each account. Adding an event locks this row, so that the chain never forks.
CREATE TABLE audit_heads (
    account_id BIGINT PRIMARY KEY,
    number     BIGINT NOT NULL,
    mac        BYTEA  NOT NULL
);
