-- +goose Up
-- The accounts that have reports waiting, in the order in which they have their turns: the least first. Who has had one goes to the
-- end. A row may outlive what it stood for, even its account: it goes when its turn comes and nothing waits. Who changes a report's
-- row as well takes this one first.
CREATE TABLE report_turns (
    account_id INTEGER PRIMARY KEY,
    turn       INTEGER NOT NULL
) STRICT;

CREATE INDEX report_turns_in_order ON report_turns (turn, account_id);

INSERT INTO report_turns (account_id, turn) SELECT DISTINCT account_id, 0 FROM reports WHERE status = 'queued';

-- paused is 1 for a report that waits until it is tried again: it has no turn until then.
ALTER TABLE reports ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;

-- What waits of an account, in the order in which it is made.
CREATE INDEX reports_waiting ON reports (account_id, (CASE priority WHEN 'high' THEN 1 WHEN 'low' THEN 3 ELSE 2 END), created_at, id)
    WHERE status = 'queued' AND paused = 0;
