-- +goose Up
-- What follows from an asset's positions. revision counts the transactions that stored positions of the asset or followed
-- them; pending is the time of the earliest position that is still to be followed, NULL for none. distance (km) and engine
-- (milliseconds of running) add up since the first position; stop_and_go, at_home and driver_id (0 for nobody) hold at the
-- last position. They are NULL before the first position was followed.
-- changed is the number of the transaction that wrote the row last, by which readers ask for what has changed since.
ALTER TABLE last_positions ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE last_positions ADD COLUMN pending INTEGER;
ALTER TABLE last_positions ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE last_positions ADD COLUMN stop_and_go INTEGER;
ALTER TABLE last_positions ADD COLUMN at_home INTEGER;
ALTER TABLE last_positions ADD COLUMN driver_id INTEGER;
ALTER TABLE last_positions ADD COLUMN distance REAL;
ALTER TABLE last_positions ADD COLUMN engine INTEGER;

-- What was stored before is followed from its beginning.
UPDATE last_positions SET pending = 0;

CREATE INDEX last_positions_pending ON last_positions (account_id, asset_id) WHERE pending IS NOT NULL;

-- What was known of an asset after the position of this time, as JSON: where the following goes on after a restart, or
-- from anew when a late position arrives. The newest is replaced as time goes on; some older ones are kept.
CREATE TABLE asset_memories (
    account_id INTEGER NOT NULL,
    asset_id   INTEGER NOT NULL,
    time       INTEGER NOT NULL,
    kept       INTEGER NOT NULL,
    memory     TEXT NOT NULL,
    PRIMARY KEY (account_id, asset_id, time)
) STRICT, WITHOUT ROWID;

-- The newest number of a change.
CREATE TABLE position_changes (number INTEGER NOT NULL) STRICT;
INSERT INTO position_changes (number) VALUES (0);
