-- +goose Up
-- time is Unix milliseconds; degrees WGS 84; speed km/h; heading degrees; altitude and accuracy metres; odometer km;
-- battery percent; sensors a JSON object of numbers. The key is the order in which a trail is read.
CREATE TABLE positions (
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
    PRIMARY KEY (account_id, asset_id, time)
) STRICT, WITHOUT ROWID;

-- A copy of each asset's newest position, so that a list of assets needs no search through the trails.
CREATE TABLE last_positions (
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
    PRIMARY KEY (account_id, asset_id)
) STRICT, WITHOUT ROWID;
