-- +goose Up
-- How an account wants its assets' statuses to be told (speeds in km/h, silences in milliseconds), and for how many days it
-- keeps positions (NULL: for ever). An account without a row has the documented values.
CREATE TABLE trail_settings (
    account_id         INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    still_below        REAL NOT NULL,
    moving_above       REAL NOT NULL,
    offline_after      INTEGER NOT NULL,
    disconnected_after INTEGER NOT NULL,
    retention_days     INTEGER
) STRICT;
