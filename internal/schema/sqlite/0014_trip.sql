-- +goose Up
-- Trips and the stops between them: kind is "trip" or "stop". Times are Unix milliseconds; degrees WGS 84; distance km; speed
-- km/h; idle milliseconds: of a trip those without movement, of a stop those in which the engine ran. The end is NULL while it
-- goes on, and distance, idle and top_speed are 0 until then. settled is the time of the position at which the row's present
-- state was concluded. driver_id is NULL where nobody was known to drive.
CREATE TABLE trips (
    account_id      INTEGER NOT NULL,
    asset_id        INTEGER NOT NULL,
    start_time      INTEGER NOT NULL,
    kind            TEXT    NOT NULL,
    start_latitude  REAL    NOT NULL,
    start_longitude REAL    NOT NULL,
    start_reason    TEXT    NOT NULL,
    end_time        INTEGER,
    end_latitude    REAL,
    end_longitude   REAL,
    end_reason      TEXT,
    distance        REAL    NOT NULL,
    idle            INTEGER NOT NULL,
    top_speed       REAL    NOT NULL,
    driver_id       INTEGER,
    settled         INTEGER NOT NULL,
    PRIMARY KEY (account_id, asset_id, start_time, kind)
) STRICT, WITHOUT ROWID;

-- For what a late position makes void, and for the trips of a whole account.
CREATE INDEX trips_by_settled ON trips (account_id, asset_id, settled);
CREATE INDEX trips_by_start ON trips (account_id, start_time);

-- +goose StatementBegin
CREATE TRIGGER trips_of_deleted_assets AFTER DELETE ON assets BEGIN
    DELETE FROM trips WHERE account_id = OLD.account_id AND asset_id = OLD.id;
END;
-- +goose StatementEnd

-- What an account has set of the thresholds of its trips; NULL, as no row, for the default. stop_after and gap_after are
-- seconds, moving_speed km/h, stay_radius metres.
CREATE TABLE trip_settings (
    account_id   INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    stop_after   INTEGER,
    gap_after    INTEGER,
    moving_speed REAL,
    stay_radius  REAL
) STRICT;
