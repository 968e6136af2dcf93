-- +goose Up
-- version counts the changes of a record, from 1: its ETag is made of it, and If-Match compares it.
ALTER TABLE assets ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
CREATE INDEX assets_by_group ON assets (account_id, group_name, id);

-- Which asset had which tracker, and when: from bound_at (Unix ms) until before unbound_at, which is NULL while it has it.
-- The live ones say the same as assets.tracker, in the same transaction.
CREATE TABLE tracker_bindings (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    asset_id   INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    identity   TEXT    NOT NULL,
    bound_at   INTEGER NOT NULL,
    unbound_at INTEGER
) STRICT;

CREATE UNIQUE INDEX tracker_bindings_live ON tracker_bindings (account_id, identity) WHERE unbound_at IS NULL;
CREATE INDEX tracker_bindings_by_identity ON tracker_bindings (identity, bound_at, id) WHERE unbound_at IS NULL;
CREATE INDEX tracker_bindings_by_asset ON tracker_bindings (asset_id, id);

-- Since when an asset has its tracker wasn't kept before: its making is the earliest that it can be.
INSERT INTO tracker_bindings (account_id, asset_id, identity, bound_at)
    SELECT account_id, id, tracker, created_at FROM assets WHERE tracker IS NOT NULL ORDER BY id;

-- The records of groups. assets.group_name, memberships.limited_to and links.limited_to name them.
CREATE TABLE asset_groups (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    version    INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX asset_groups_by_name ON asset_groups (account_id, name);

INSERT INTO asset_groups (account_id, name, created_at, updated_at)
    SELECT account_id, group_name, MIN(created_at), MIN(created_at) FROM assets
    WHERE group_name IS NOT NULL GROUP BY account_id, group_name ORDER BY account_id, group_name;

-- What positions carry as sensors "beacon.<identity>.…". kind is a word; asset_id is what it is fixed to, NULL for nothing.
CREATE TABLE beacons (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    identity   TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    asset_id   INTEGER REFERENCES assets (id) ON DELETE SET NULL,
    version    INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX beacons_by_identity ON beacons (account_id, identity);
CREATE INDEX beacons_by_asset ON beacons (asset_id);

-- ibutton is the 48-bit serial number of the driver's iButton, beacon_id the beacon that the driver carries. deleted_at
-- (Unix ms) is when the driver was deleted; the row stays, without keys, phone and licence, so that history has a name.
CREATE TABLE drivers (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    phone      TEXT,
    licence    TEXT,
    ibutton    INTEGER,
    beacon_id  INTEGER REFERENCES beacons (id) ON DELETE SET NULL,
    version    INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;

CREATE INDEX drivers_by_account ON drivers (account_id, id);
CREATE UNIQUE INDEX drivers_by_ibutton ON drivers (account_id, ibutton);
CREATE UNIQUE INDEX drivers_by_beacon ON drivers (beacon_id);

-- Who drove what: from started_at (Unix ms) until before ended_at, NULL while it lasts. No two of an asset overlap; the
-- program sees to that while it holds the asset's row.
CREATE TABLE driver_assignments (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    driver_id  INTEGER NOT NULL REFERENCES drivers (id) ON DELETE CASCADE,
    asset_id   INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    version    INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE INDEX driver_assignments_by_asset ON driver_assignments (asset_id, started_at);
CREATE INDEX driver_assignments_by_driver ON driver_assignments (driver_id, started_at);
