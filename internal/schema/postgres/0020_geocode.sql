-- +goose Up
-- Addresses that the provider gave, by place: degrees times 10,000, rounded, which is some 11 metres. '' says that the
-- provider knows none there. It is nobody's data: the same place has the same address for every account.
CREATE TABLE addresses (
    latitude  BIGINT NOT NULL,
    longitude BIGINT NOT NULL,
    address   TEXT NOT NULL,
    asked_at  BIGINT NOT NULL,
    PRIMARY KEY (latitude, longitude)
);

CREATE INDEX addresses_by_age ON addresses (asked_at);
