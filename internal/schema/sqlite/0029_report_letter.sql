-- +goose Up
-- Who has got the letter of a report: written once the mail server has taken it, so that nobody gets it again.
CREATE TABLE report_letters (
    report_id TEXT NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
    user_id   INTEGER NOT NULL,
    sent_at   INTEGER NOT NULL,
    PRIMARY KEY (report_id, user_id)
) STRICT, WITHOUT ROWID;

-- unsent is to how many recipients the letters of the schedule's last report could not be sent before that was given up.
ALTER TABLE report_schedules ADD COLUMN unsent INTEGER NOT NULL DEFAULT 0;
