-- +goose Up
-- time is Unix milliseconds; degrees WGS 84; speed km/h; heading degrees; altitude and accuracy metres; odometer km;
-- battery percent; sensors a JSON object of numbers. The key is the order in which a trail is read.
CREATE TABLE positions (
    account_id BIGINT NOT NULL,
    asset_id   BIGINT NOT NULL,
    time       BIGINT NOT NULL,
    latitude   DOUBLE PRECISION NOT NULL,
    longitude  DOUBLE PRECISION NOT NULL,
    speed      DOUBLE PRECISION,
    heading    DOUBLE PRECISION,
    altitude   DOUBLE PRECISION,
    accuracy   DOUBLE PRECISION,
    satellites BIGINT,
    ignition   BIGINT,
    odometer   DOUBLE PRECISION,
    battery    DOUBLE PRECISION,
    sensors    TEXT,
    PRIMARY KEY (account_id, asset_id, time)
) PARTITION BY RANGE (time);

-- Partitions, one a calendar month (UTC), are made when the first position of their month arrives: positions_YYYY_MM.

-- A copy of each asset's newest position, so that a list of assets needs no search through the trails.
CREATE TABLE last_positions (
    account_id BIGINT NOT NULL,
    asset_id   BIGINT NOT NULL,
    time       BIGINT NOT NULL,
    latitude   DOUBLE PRECISION NOT NULL,
    longitude  DOUBLE PRECISION NOT NULL,
    speed      DOUBLE PRECISION,
    heading    DOUBLE PRECISION,
    altitude   DOUBLE PRECISION,
    accuracy   DOUBLE PRECISION,
    satellites BIGINT,
    ignition   BIGINT,
    odometer   DOUBLE PRECISION,
    battery    DOUBLE PRECISION,
    sensors    TEXT,
    PRIMARY KEY (account_id, asset_id)
);
