-- +goose Up
-- version counts the changes of a record, from 1: its ETag is made of it, and If-Match compares it.
ALTER TABLE geofences ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE alert_rules ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE webhooks ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
