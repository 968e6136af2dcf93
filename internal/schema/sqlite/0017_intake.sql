-- +goose Up
-- Trackers that sent to a door and that no asset has. protocol is a word such as teltonika; address is where the last attempt
-- came from. The program keeps the 10,000 that tried last, for 90 days.
CREATE TABLE unknown_trackers (
    protocol TEXT    NOT NULL,
    identity TEXT    NOT NULL,
    address  TEXT    NOT NULL,
    first_at INTEGER NOT NULL, -- Unix ms, as is last_at
    last_at  INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (protocol, identity)
) STRICT, WITHOUT ROWID;

CREATE INDEX unknown_trackers_by_last ON unknown_trackers (last_at, protocol, identity);
