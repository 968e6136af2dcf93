-- +goose Up
-- sealed is the private key (PKCS #8) under AES-256-GCM with a key that isn't in the database.
-- signs_from: from when new tokens are signed with it; verifies_until: NULL while it is the newest.
CREATE TABLE signing_keys (
    kid            TEXT PRIMARY KEY,
    alg            TEXT NOT NULL,
    sealed         BYTEA NOT NULL,
    created_at     BIGINT NOT NULL,
    signs_from     BIGINT NOT NULL,
    verifies_until BIGINT 
);

-- kind is token, client, user or account. A token's row refuses it; another's refuses all of its tokens that were
-- issued up to issued_until. A row may go once keep_until has passed: the tokens that it speaks of have expired.
CREATE TABLE revocations (
    kind         TEXT NOT NULL,
    subject      TEXT NOT NULL,
    issued_until BIGINT NOT NULL,
    keep_until   BIGINT NOT NULL,
    PRIMARY KEY (kind, subject)
);
