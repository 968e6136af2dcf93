-- +goose Up
-- The key of positions gets the day (UTC, days since 1970) before the asset, so that what comes in today lies together, however
-- much is stored of the days before. All rows are copied in the order of the new key.
CREATE TABLE positions_by_day (
    account_id INTEGER NOT NULL,
    asset_id   INTEGER NOT NULL,
    time       INTEGER NOT NULL,
    latitude   REAL    NOT NULL,
    longitude  REAL    NOT NULL,
    speed      REAL,
    heading    REAL,
    altitude   REAL,
    accuracy   REAL,
    satellites INTEGER,
    ignition   INTEGER,
    odometer   REAL,
    battery    REAL,
    sensors    TEXT,
    day        INTEGER NOT NULL CHECK (day = time / 86400000),
    PRIMARY KEY (account_id, day, asset_id, time)
) STRICT, WITHOUT ROWID;

INSERT INTO positions_by_day (account_id, asset_id, time, latitude, longitude, speed, heading, altitude, accuracy, satellites, ignition,
        odometer, battery, sensors, day)
    SELECT account_id, asset_id, time, latitude, longitude, speed, heading, altitude, accuracy, satellites, ignition, odometer, battery, sensors,
        time / 86400000
    FROM positions ORDER BY account_id, time / 86400000, asset_id, time;

DROP TABLE positions;

ALTER TABLE positions_by_day RENAME TO positions;
