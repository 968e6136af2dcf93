-- +goose Up
-- Nothing: on PostgreSQL, where changes of positions are counted otherwise, there is now room for a count that began here.
SELECT 1;
