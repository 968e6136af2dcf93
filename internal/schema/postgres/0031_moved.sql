-- +goose Up
-- What is added to the numbers that last_positions.changed gets here, which are those of transactions: 0, or, in a database that was
-- moved from SQLite, how far the count had come there. So what changed before the move keeps its number, what changes later has a
-- higher one, and a cursor that a program holds stays good. A function, because a constant costs nothing in a statement.
CREATE FUNCTION position_changes_before() RETURNS BIGINT LANGUAGE sql IMMUTABLE AS 'SELECT 0::bigint';
