-- +goose Up
-- Positions of known assets that could not be true, kept apart: received_at is when it came, time what it said itself (both
-- Unix milliseconds), reason one of future, past, place, speed and value, message the same for people, and position the
-- JSON that it came as. One that is sent again is kept once; the newest 1,000 of an asset are kept.
CREATE TABLE quarantined_positions (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id  BIGINT NOT NULL,
    asset_id    BIGINT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    received_at BIGINT NOT NULL,
    time        BIGINT NOT NULL,
    reason      TEXT COLLATE "C" NOT NULL,
    message     TEXT NOT NULL,
    position    TEXT NOT NULL,
    UNIQUE (asset_id, time, reason)
);

CREATE INDEX quarantined_positions_received ON quarantined_positions (account_id, received_at, id);
