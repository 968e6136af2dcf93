-- +goose Up
-- Browsers in which a person signed in. hash is HMAC-SHA-256 of the cookie under a key that isn't in the database. half
-- is 1 while the second factor is still to come, and failures counts the wrong ones. how says what was shown:
-- "password", "password+totp", "passkey", … proved_at is when the person last showed that it is them; ip and user_agent
-- are those of the last time it was seen.
CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash       BLOB    NOT NULL UNIQUE,
    half       INTEGER NOT NULL,
    failures   INTEGER NOT NULL DEFAULT 0,
    how        TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    proved_at  INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ip         TEXT    NOT NULL,
    user_agent TEXT    NOT NULL
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- secret is the shared secret of the one-time codes (RFC 6238), sealed under a key that isn't in the database.
-- confirmed_at is NULL until the first code was right. step is the newest time step whose code was taken.
CREATE TABLE totp_secrets (
    user_id      INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret       BLOB    NOT NULL,
    step         INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL,
    confirmed_at INTEGER
) STRICT;

-- Each works once and is deleted then. hash is keyed, as that of a session.
CREATE TABLE recovery_codes (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash    BLOB    NOT NULL,
    PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;

-- record is the public key and what else WebAuthn keeps of it, as JSON; nothing in it is secret.
CREATE TABLE passkeys (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id BLOB    NOT NULL UNIQUE,
    record        TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    used_at       INTEGER
) STRICT;

CREATE INDEX passkeys_by_user ON passkeys (user_id, id);

-- Challenges that a passkey has answered, until they expire, so that no answer counts twice.
CREATE TABLE answered_challenges (
    hash       BLOB    PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One-time links, deleted when they are used. kind is "invitation" or "reset". An invitation has account, e-mail address,
-- name, role and limited_to (as memberships have it); a reset has the user. made_by is who handed it out, 0 for the
-- operator or the server itself.
CREATE TABLE links (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE,
    account_id INTEGER REFERENCES accounts (id) ON DELETE CASCADE,
    user_id    INTEGER REFERENCES users (id) ON DELETE CASCADE,
    email      TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    limited_to TEXT    NOT NULL,
    made_by    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX links_by_account ON links (account_id, id);
CREATE INDEX links_by_user ON links (user_id);

-- Who is suspended is signed out for good, whichever room or command did it: sessions don't come back with the person.
-- +goose StatementBegin
CREATE TRIGGER users_suspended AFTER UPDATE OF suspended ON users WHEN NEW.suspended = 1 BEGIN
    DELETE FROM sessions WHERE user_id = NEW.id;
    DELETE FROM links WHERE user_id = NEW.id;
END;
-- +goose StatementEnd
