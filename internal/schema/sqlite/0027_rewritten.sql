-- +goose Up
-- rewritten counts the transactions that stored a position of the asset which was not later than all before it: what was read of
-- the asset's past may be different since. Positions that come in order leave it as it is.
ALTER TABLE last_positions ADD COLUMN rewritten INTEGER NOT NULL DEFAULT 0;
