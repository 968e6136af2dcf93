-- +goose Up
-- Who used a credential last. credential is a client id, "key:7" for an API key, "secret:12" for a client's secret.
CREATE TABLE credential_uses (
    account_id INTEGER NOT NULL,
    credential TEXT    NOT NULL,
    first_at   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    ip         TEXT    NOT NULL,
    user_agent TEXT    NOT NULL,
    PRIMARY KEY (account_id, credential)
) STRICT, WITHOUT ROWID;

-- Requests and refusals by the hour (hours since 1970); the credential '' stands for all of the account's together.
CREATE TABLE usage_hours (
    account_id INTEGER NOT NULL,
    credential TEXT    NOT NULL,
    hour       INTEGER NOT NULL,
    requests   INTEGER NOT NULL,
    refusals   INTEGER NOT NULL,
    PRIMARY KEY (account_id, credential, hour)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_hours_by_hour ON usage_hours (hour);

-- The same by the day (days since 1970, UTC), so that a week of many credentials is few rows.
CREATE TABLE usage_days (
    account_id INTEGER NOT NULL,
    credential TEXT NOT NULL,
    day        INTEGER NOT NULL,
    requests   INTEGER NOT NULL,
    refusals   INTEGER NOT NULL,
    PRIMARY KEY (account_id, credential, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_days_by_day ON usage_days (day);
