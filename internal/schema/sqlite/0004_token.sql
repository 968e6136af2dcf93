-- +goose Up
-- sealed is the private key (PKCS #8) under AES-256-GCM with a key that isn't in the database.
-- signs_from: from when new tokens are signed with it; verifies_until: NULL while it is the newest.
CREATE TABLE signing_keys (
    kid            TEXT    PRIMARY KEY,
    alg            TEXT    NOT NULL,
    sealed         BLOB    NOT NULL,
    created_at     INTEGER NOT NULL,
    signs_from     INTEGER NOT NULL,
    verifies_until INTEGER
) STRICT, WITHOUT ROWID;

-- kind is token, client, user or account. A token's row refuses it; another's refuses all of its tokens that were
-- issued up to issued_until. A row may go once keep_until has passed: the tokens that it speaks of have expired.
CREATE TABLE revocations (
    kind         TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    issued_until INTEGER NOT NULL,
    keep_until   INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;
