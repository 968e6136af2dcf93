-- +goose Up
-- scopes and grant_types are space-separated. token_lifetime is in seconds, NULL for the server's.
CREATE TABLE oauth_clients (
    client_id      TEXT    PRIMARY KEY,
    account_id     INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    owner_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name           TEXT    NOT NULL,
    scopes         TEXT    NOT NULL,
    grant_types    TEXT    NOT NULL,
    token_lifetime INTEGER,
    disabled       INTEGER NOT NULL DEFAULT 0,
    expires_at     INTEGER,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX oauth_clients_by_account ON oauth_clients (account_id, created_at, client_id);

-- hash is HMAC-SHA-256 of the secret under a key that isn't in the database; the secret itself is nowhere.
CREATE TABLE oauth_client_secrets (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    client_id  TEXT    NOT NULL REFERENCES oauth_clients (client_id) ON DELETE CASCADE,
    hash       BLOB    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX oauth_client_secrets_by_client ON oauth_client_secrets (client_id);

-- The further accounts of its owner that a client reaches beside its own.
CREATE TABLE oauth_client_accounts (
    client_id  TEXT    NOT NULL REFERENCES oauth_clients (client_id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (client_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    scopes     TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;

CREATE INDEX api_keys_by_account ON api_keys (account_id, id);
