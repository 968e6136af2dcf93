-- +goose Up
-- Addresses that the provider gave, by place: degrees times 10,000, rounded, which is some 11 metres. '' says that the
-- provider knows none there. It is nobody's data: the same place has the same address for every account.
CREATE TABLE addresses (
    latitude  INTEGER NOT NULL,
    longitude INTEGER NOT NULL,
    address   TEXT NOT NULL,
    asked_at  INTEGER NOT NULL,
    PRIMARY KEY (latitude, longitude)
) STRICT, WITHOUT ROWID;

CREATE INDEX addresses_by_age ON addresses (asked_at);
