-- +goose Up
CREATE TABLE assets (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id   INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL,
    type         TEXT    NOT NULL,
    group_name   TEXT,
    registration TEXT,
    vin          TEXT,
    tracker      TEXT,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX assets_by_account ON assets (account_id, id);
CREATE INDEX assets_by_name ON assets (account_id, name, id);
CREATE UNIQUE INDEX assets_by_tracker ON assets (account_id, tracker);
