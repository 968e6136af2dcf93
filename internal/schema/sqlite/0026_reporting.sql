-- +goose Up
-- What an account has set of its reports: zone is an IANA name, '' for UTC; units is "km" or "mi", '' for km.
CREATE TABLE report_settings (
    account_id INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    zone       TEXT NOT NULL DEFAULT '',
    units      TEXT NOT NULL DEFAULT ''
) STRICT;

-- Reports that were asked for. status is "queued", "processing", "completed" or "failed"; progress is 0 to 100; error says, in
-- plain words, why one failed. request is what it is about, as JSON. same_key is a sum of the request and of the data that it is
-- about: two alike are one report; NULL for one that stands in nobody's way any more (failed, or past keeping). whole is 1 for a
-- report about the whole account; the assets of the others stand in report_assets. While it is processing, claimed_by names the
-- worker, until claimed_until. attempts counts how often it was begun. file, file_place, size and digest are its file's: the name,
-- where it is ("database" or "s3"), bytes, and SHA-256 in hex. mail_at is when its letters may be sent next, NULL for never.
CREATE TABLE reports (
    id            TEXT    PRIMARY KEY,
    account_id    INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    user_id       INTEGER NOT NULL,
    schedule_id   INTEGER,
    status        TEXT    NOT NULL,
    progress      INTEGER NOT NULL DEFAULT 0,
    error         TEXT    NOT NULL DEFAULT '',
    type          TEXT    NOT NULL,
    format        TEXT    NOT NULL,
    priority      TEXT    NOT NULL,
    request       TEXT    NOT NULL,
    same_key      TEXT,
    whole         INTEGER NOT NULL,
    claimed_by    TEXT    NOT NULL DEFAULT '',
    claimed_until INTEGER,
    attempts      INTEGER NOT NULL DEFAULT 0,
    file          TEXT    NOT NULL DEFAULT '',
    file_place    TEXT    NOT NULL DEFAULT '',
    size          INTEGER NOT NULL DEFAULT 0,
    digest        TEXT    NOT NULL DEFAULT '',
    mail_at       INTEGER,
    created_at    INTEGER NOT NULL,
    started_at    INTEGER,
    ended_at      INTEGER,
    expires_at    INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX reports_alike ON reports (account_id, same_key);
CREATE INDEX reports_by_account ON reports (account_id, created_at, id);
CREATE INDEX reports_by_expiry ON reports (expires_at);
CREATE INDEX reports_open ON reports (status, claimed_until) WHERE status IN ('queued', 'processing');
CREATE INDEX reports_to_mail ON reports (mail_at) WHERE mail_at IS NOT NULL;

CREATE TABLE report_assets (
    report_id TEXT    NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
    asset_id  INTEGER NOT NULL,
    PRIMARY KEY (report_id, asset_id)
) STRICT, WITHOUT ROWID;

-- The files of reports, in pieces of the same length but for the last. A file of a worker that was overtaken goes with the next
-- claim or the end of its report. They have no foreign key: who deletes a report leaves its file to those who tidy up, as
-- a file in an S3 store is left to them too.
CREATE TABLE report_pieces (
    file   TEXT    NOT NULL,
    number INTEGER NOT NULL,
    data   BLOB    NOT NULL,
    PRIMARY KEY (file, number)
) STRICT;

-- Files that nothing refers to any more, to be deleted.
CREATE TABLE report_waste (
    file  TEXT PRIMARY KEY,
    place TEXT NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER report_files_of_deleted AFTER DELETE ON reports WHEN OLD.file <> ''
BEGIN
    INSERT INTO report_waste (file, place) VALUES (OLD.file, OLD.file_place) ON CONFLICT (file) DO NOTHING;
END;
-- +goose StatementEnd

-- Reports that are made again and again. request is what each is about, but for its dates, as JSON. every is "day", "week" or
-- "month"; day is the weekday (0 Sunday to 6) or the day of the month; minute is that of the day, in the account's zone.
-- deliver is "webhook" or "mail", recipients the user ids of members, space-separated. next_at is when it is due.
CREATE TABLE report_schedules (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    user_id    INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    request    TEXT    NOT NULL,
    whole      INTEGER NOT NULL,
    every      TEXT    NOT NULL,
    day        INTEGER NOT NULL,
    minute     INTEGER NOT NULL,
    deliver    TEXT    NOT NULL,
    recipients TEXT    NOT NULL,
    enabled    INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    last_at    INTEGER,
    last_error TEXT    NOT NULL DEFAULT '',
    version    INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX report_schedules_by_account ON report_schedules (account_id, id);
CREATE INDEX report_schedules_due ON report_schedules (next_at) WHERE enabled = 1;

CREATE TABLE report_schedule_assets (
    schedule_id INTEGER NOT NULL REFERENCES report_schedules (id) ON DELETE CASCADE,
    asset_id    INTEGER NOT NULL,
    PRIMARY KEY (schedule_id, asset_id)
) STRICT, WITHOUT ROWID;
