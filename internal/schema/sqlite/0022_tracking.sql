-- +goose Up
-- Public tracking links. A link is known by its token, of which token_hash is a keyed hash, in hex, and token the text itself,
-- sealed under a key that isn't in the database: people copy the address again. pin_hash is a keyed hash too, NULL where no PIN
-- is asked for (access is 'open', else 'pin'). show is 'position', 'trail' or 'arrival'; the destination is there with the last
-- alone. generation counts the PINs: a session that was opened with an older one ends. Times are Unix milliseconds.
CREATE TABLE tracking_links (
    id                    INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id            INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    token_hash            TEXT    NOT NULL UNIQUE,
    token                 BLOB    NOT NULL,
    name                  TEXT    NOT NULL,
    starts_at             INTEGER NOT NULL,
    ends_at               INTEGER NOT NULL,
    access                TEXT    NOT NULL,
    pin_hash              BLOB,
    generation            INTEGER NOT NULL,
    show                  TEXT    NOT NULL,
    destination_name      TEXT,
    destination_latitude  REAL,
    destination_longitude REAL,
    created_by            INTEGER,
    created_at            INTEGER NOT NULL,
    updated_at            INTEGER NOT NULL,
    revoked_at            INTEGER,
    version               INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE INDEX tracking_links_by_account ON tracking_links (account_id, id);
CREATE INDEX tracking_links_by_name ON tracking_links (account_id, name, id);

-- The assets that a link shows.
CREATE TABLE tracking_link_assets (
    account_id INTEGER NOT NULL,
    link_id    INTEGER NOT NULL REFERENCES tracking_links (id) ON DELETE CASCADE,
    asset_id   INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    PRIMARY KEY (link_id, asset_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX tracking_link_assets_by_asset ON tracking_link_assets (asset_id);
