-- +goose Up
-- What an account wants to be alerted to. config is a JSON object, whose fields depend on the type; applies_to a JSON object of
-- groups and assets, NULL for all assets; cool_down is minutes. valid_from (Unix milliseconds) is when the rule became what
-- it is: nothing is concluded for positions before, and no two versions of a rule have the same.
CREATE TABLE alert_rules (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    type       TEXT    NOT NULL,
    config     TEXT    NOT NULL,
    applies_to TEXT,
    cool_down  INTEGER NOT NULL,
    severity   TEXT    NOT NULL,
    active     INTEGER NOT NULL,
    valid_from INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX alert_rules_by_account ON alert_rules (account_id, id);
CREATE INDEX alert_rules_offline ON alert_rules (account_id, id) WHERE type = 'offline' AND active = 1;

-- What was concluded by rules; the rule may have changed or gone since, so what it was called is copied, and rule_from is
-- its valid_from. All times are Unix milliseconds. triggered_at is when it happened, settled the time of the position at
-- which that was known, ended_at the time of the position at which it was over, withdrawn_at when a late position showed
-- that it wasn't so. occasion tells apart what one rule concludes of one asset at one moment ('' where it can't be more than
-- one thing). latitude and longitude are degrees (WGS 84), data a JSON object.
CREATE TABLE alerts (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id      INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    asset_id        INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    rule_id         INTEGER NOT NULL,
    rule_from       INTEGER NOT NULL,
    rule_name       TEXT    NOT NULL,
    type            TEXT    NOT NULL,
    severity        TEXT    NOT NULL,
    occasion        TEXT    NOT NULL,
    triggered_at    INTEGER NOT NULL,
    settled         INTEGER NOT NULL,
    ended_at        INTEGER,
    latitude        REAL    NOT NULL,
    longitude       REAL    NOT NULL,
    message         TEXT    NOT NULL,
    data            TEXT    NOT NULL,
    acknowledged_at INTEGER,
    acknowledged_by INTEGER,
    note            TEXT,
    withdrawn_at    INTEGER
) STRICT;

CREATE UNIQUE INDEX alerts_once ON alerts (rule_id, asset_id, triggered_at, occasion);
CREATE INDEX alerts_by_time ON alerts (account_id, triggered_at, id);
CREATE INDEX alerts_by_asset ON alerts (account_id, asset_id, settled);
CREATE INDEX alerts_of_asset ON alerts (asset_id);
CREATE INDEX alerts_ended ON alerts (account_id, asset_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX alerts_offline ON alerts (account_id, asset_id) WHERE type = 'offline' AND ended_at IS NULL;
