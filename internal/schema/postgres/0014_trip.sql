-- +goose Up
-- Trips and the stops between them: kind is "trip" or "stop". Times are Unix milliseconds; degrees WGS 84; distance km; speed
-- km/h; idle milliseconds: of a trip those without movement, of a stop those in which the engine ran. The end is NULL while it
-- goes on, and distance, idle and top_speed are 0 until then. settled is the time of the position at which the row's present
-- state was concluded. driver_id is NULL where nobody was known to drive.
CREATE TABLE trips (
    account_id      BIGINT NOT NULL,
    asset_id        BIGINT NOT NULL,
    start_time      BIGINT NOT NULL,
    kind            TEXT COLLATE "C" NOT NULL,
    start_latitude  DOUBLE PRECISION NOT NULL,
    start_longitude DOUBLE PRECISION NOT NULL,
    start_reason    TEXT NOT NULL,
    end_time        BIGINT,
    end_latitude    DOUBLE PRECISION,
    end_longitude   DOUBLE PRECISION,
    end_reason      TEXT,
    distance        DOUBLE PRECISION NOT NULL,
    idle            BIGINT NOT NULL,
    top_speed       DOUBLE PRECISION NOT NULL,
    driver_id       BIGINT,
    settled         BIGINT NOT NULL,
    PRIMARY KEY (account_id, asset_id, start_time, kind)
);

-- For what a late position makes void, and for the trips of a whole account.
CREATE INDEX trips_by_settled ON trips (account_id, asset_id, settled);
CREATE INDEX trips_by_start ON trips (account_id, start_time);

-- +goose StatementBegin
CREATE FUNCTION delete_trips_of_asset() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM trips WHERE account_id = OLD.account_id AND asset_id = OLD.id;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER trips_of_deleted_assets AFTER DELETE ON assets FOR EACH ROW EXECUTE FUNCTION delete_trips_of_asset();

-- What an account has set of the thresholds of its trips; NULL, as no row, for the default. stop_after and gap_after are
-- seconds, moving_speed km/h, stay_radius metres.
CREATE TABLE trip_settings (
    account_id   BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    stop_after   BIGINT,
    gap_after    BIGINT,
    moving_speed DOUBLE PRECISION,
    stay_radius  DOUBLE PRECISION
);
