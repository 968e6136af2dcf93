-- +goose Up
-- How an account wants its assets' statuses to be told (speeds in km/h, silences in milliseconds), and for how many days it
-- keeps positions (NULL: for ever). An account without a row has the documented values.
CREATE TABLE trail_settings (
    account_id         BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    still_below        DOUBLE PRECISION NOT NULL,
    moving_above       DOUBLE PRECISION NOT NULL,
    offline_after      BIGINT NOT NULL,
    disconnected_after BIGINT NOT NULL,
    retention_days     BIGINT
);
