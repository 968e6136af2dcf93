-- +goose Up
-- Positions of known assets that could not be true, kept apart: received_at is when it came, time what it said itself (both
-- Unix milliseconds), reason one of future, past, place, speed and value, message the same for people, and position the
-- JSON that it came as. One that is sent again is kept once; the newest 1,000 of an asset are kept.
CREATE TABLE quarantined_positions (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  INTEGER NOT NULL,
    asset_id    INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    received_at INTEGER NOT NULL,
    time        INTEGER NOT NULL,
    reason      TEXT    NOT NULL,
    message     TEXT    NOT NULL,
    position    TEXT    NOT NULL,
    UNIQUE (asset_id, time, reason)
) STRICT;

CREATE INDEX quarantined_positions_received ON quarantined_positions (account_id, received_at, id);
