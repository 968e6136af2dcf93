-- +goose Up
-- Trackers that sent to a door and that no asset has. protocol is a word such as teltonika; address is where the last attempt
-- came from. The program keeps the 10,000 that tried last, for 90 days.
CREATE TABLE unknown_trackers (
    protocol TEXT COLLATE "C" NOT NULL,
    identity TEXT COLLATE "C" NOT NULL,
    address  TEXT   NOT NULL,
    first_at BIGINT NOT NULL, -- Unix ms, as is last_at
    last_at  BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (protocol, identity)
);

CREATE INDEX unknown_trackers_by_last ON unknown_trackers (last_at, protocol, identity);
