-- +goose Up
-- geometry is a GeoJSON geometry (RFC 7946): a Point, with radius in metres, a LineString, with width in metres, a Polygon or a
-- MultiPolygon. dwell is in minutes. everyone is 1 where it applies to all assets of the account, whatever the two tables below say.
-- valid_from (Unix ms) is since when it is as it is: nothing is concluded by it for positions before.
CREATE TABLE geofences (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    description TEXT,
    category    TEXT NOT NULL,
    shape       TEXT NOT NULL,
    geometry    TEXT NOT NULL,
    radius      REAL,
    width       REAL,
    dwell       INTEGER,
    everyone    INTEGER NOT NULL,
    active      INTEGER NOT NULL,
    valid_from  INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX geofences_by_account ON geofences (account_id, id);
CREATE INDEX geofences_by_name ON geofences (account_id, name, id);

-- The assets, and the groups of assets, that a geofence applies to where everyone is 0.
CREATE TABLE geofence_assets (
    account_id  INTEGER NOT NULL,
    geofence_id INTEGER NOT NULL REFERENCES geofences (id) ON DELETE CASCADE,
    asset_id    INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    PRIMARY KEY (geofence_id, asset_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX geofence_assets_by_asset ON geofence_assets (asset_id);
CREATE INDEX geofence_assets_by_account ON geofence_assets (account_id);

CREATE TABLE geofence_groups (
    account_id  INTEGER NOT NULL,
    geofence_id INTEGER NOT NULL REFERENCES geofences (id) ON DELETE CASCADE,
    group_name  TEXT NOT NULL,
    PRIMARY KEY (geofence_id, group_name)
) STRICT, WITHOUT ROWID;

CREATE INDEX geofence_groups_by_account ON geofence_groups (account_id);

-- What happened: kind is entered, exited or dwelled. time is when, and settled the time of the position at which it was
-- concluded (both Unix ms). A geofence may be gone, so its name is here too, as it was.
CREATE TABLE geofence_events (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id    INTEGER NOT NULL,
    asset_id      INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    geofence_id   INTEGER NOT NULL,
    geofence_name TEXT NOT NULL,
    kind          TEXT NOT NULL,
    time          INTEGER NOT NULL,
    latitude      REAL NOT NULL,
    longitude     REAL NOT NULL,
    settled       INTEGER NOT NULL,
    UNIQUE (asset_id, geofence_id, kind, time)
) STRICT;

CREATE INDEX geofence_events_by_asset ON geofence_events (asset_id, time);
CREATE INDEX geofence_events_by_settled ON geofence_events (asset_id, settled);
CREATE INDEX geofence_events_by_geofence ON geofence_events (account_id, geofence_id, time);

-- Who is inside, as of each asset's newest position. since is Unix ms.
CREATE TABLE geofence_presences (
    account_id  INTEGER NOT NULL,
    asset_id    INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    geofence_id INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    PRIMARY KEY (asset_id, geofence_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX geofence_presences_by_geofence ON geofence_presences (account_id, geofence_id, asset_id);
