-- +goose Up
-- Nothing: on SQLite the key of positions gets the day before the asset; here each month has a partition.
SELECT 1;
