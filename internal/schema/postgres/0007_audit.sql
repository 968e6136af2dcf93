-- +goose Up
-- What was done, refused and used, numbered without gaps in each account; account_id 0 is the installation itself.
-- Rows are only ever added. mac is HMAC-SHA-256 over the row and the mac of the row before, under a key that isn't in
-- the database: a row that is changed or taken out breaks the chain. user_id is 0 where no person is known; credential
-- is what they came with (a client id, "key:7", "session:9"); subject is what was acted on, in the same words. noun is
-- the action's part before its dot, so that "all about clients" has an index. detail is a JSON object of texts. No
-- reference to other tables: the log outlives what it speaks of.
CREATE TABLE audit_events (
    account_id   BIGINT NOT NULL,
    number       BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    action       TEXT   NOT NULL,
    noun         TEXT   NOT NULL,
    user_id      BIGINT NOT NULL,
    user_name    TEXT   NOT NULL,
    credential   TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    subject_name TEXT   NOT NULL,
    ip           TEXT   NOT NULL,
    user_agent   TEXT   NOT NULL,
    detail       TEXT   NOT NULL,
    mac          BYTEA  NOT NULL,
    PRIMARY KEY (account_id, number)
);

-- A list is in order of time, whatever it is filtered by: each filter has the index that is in this order already.
CREATE INDEX audit_events_by_time ON audit_events (account_id, at, number);
CREATE INDEX audit_events_by_action ON audit_events (account_id, action, at, number);
CREATE INDEX audit_events_by_noun ON audit_events (account_id, noun, at, number);
CREATE INDEX audit_events_by_user ON audit_events (account_id, user_id, at, number);
CREATE INDEX audit_events_by_credential ON audit_events (account_id, credential, at, number);
CREATE INDEX audit_events_by_subject ON audit_events (account_id, subject, at, number);

-- The newest number and mac of each account. Adding an event locks this row, so that the chain never forks. seal is a
-- MAC over the two: who takes the last rows out can't write the head that would have been theirs.
CREATE TABLE audit_heads (
    account_id BIGINT PRIMARY KEY,
    number     BIGINT NOT NULL,
    mac        BYTEA  NOT NULL,
    seal       BYTEA  NOT NULL
);
