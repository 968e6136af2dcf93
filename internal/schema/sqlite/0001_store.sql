-- +goose Up
-- Change notices between nodes: what other processes must forget or learn. Read in order of id.
CREATE TABLE changes (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    topic   TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

-- Small facts about the database itself, such as the check value of the server secret.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
