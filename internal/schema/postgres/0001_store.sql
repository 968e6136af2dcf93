-- +goose Up
-- Change notices between nodes: what other processes must forget or learn. Read in order of id.
CREATE TABLE changes (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic   TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    at      BIGINT NOT NULL
);

-- Small facts about the database itself, such as the check value of the server secret.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
