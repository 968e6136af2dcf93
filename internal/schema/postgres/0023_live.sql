-- +goose Up
-- How much of what happens in an account is told live: slim or detailed.
CREATE TABLE live_settings (
    account_id BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    tier       TEXT NOT NULL
);
