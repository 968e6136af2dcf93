package reporting

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// lineUp gives an account its turn at the end of those that wait, if it has none. It holds it until the transaction's end.
func lineUp(ctx context.Context, tx store.Writer, accountID int64) error {
	_, err := tx.Do(ctx, `INSERT INTO report_turns (account_id, turn) SELECT CAST($1 AS BIGINT), COALESCE(MAX(turn), 0) + 1 FROM report_turns WHERE 1 = 1
		ON CONFLICT (account_id) DO UPDATE SET turn = report_turns.turn`, accountID)
	return err
}

// takeTurn claims the next report of the account whose turn it is, which then is the last in line. none says that no account waits. With
// neither a report nor none, the turn was another's, or nothing waited any more: try again.
func takeTurn(ctx context.Context, tx store.Writer, worker, place string, now, until time.Time) (r *Report, none bool, err error) {
	var accountID, turn int64
	if err := tx.Each(ctx, `SELECT account_id, turn FROM report_turns ORDER BY turn, account_id LIMIT 1`, nil, func(scan func(...any) error) error {
		return scan(&accountID, &turn)
	}); err != nil || accountID == 0 {
		return nil, err == nil, err
	}
	held, err := tx.Do(ctx, `UPDATE report_turns SET turn = (SELECT MAX(turn) + 1 FROM report_turns) WHERE account_id = $1 AND turn = $2`, accountID, turn)
	if err != nil || held == 0 {
		return nil, false, err
	}
	id := ""
	if err := tx.Each(ctx, `SELECT id FROM reports WHERE account_id = $1 AND status = 'queued' AND paused = 0
		ORDER BY (CASE priority WHEN 'high' THEN 1 WHEN 'low' THEN 3 ELSE 2 END), created_at, id LIMIT 1`, []any{accountID}, func(scan func(...any) error) error {
		return scan(&id)
	}); err != nil {
		return nil, false, err
	}
	if id == "" { // a report of it that comes now waits for this transaction, and lines up anew
		_, err := tx.Do(ctx, `DELETE FROM report_turns WHERE account_id = $1`, accountID)
		return nil, false, err
	}
	r, err = claim(ctx, tx, id, worker, place, now, until)
	return r, false, err
}

// pausedIn tells which account a paused report is in; 0 for one that isn't paused.
func (s reportStore) pausedIn(ctx context.Context, id string) (accountID int64, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT account_id FROM reports WHERE id = $1 AND status = 'queued' AND paused = 1`, id).Scan(&accountID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return accountID, store.Fault(err)
}

// unpause lets a report wait for its turn.
func unpause(ctx context.Context, tx store.Writer, accountID int64, id string) error {
	if err := lineUp(ctx, tx, accountID); err != nil {
		return err
	}
	_, err := tx.Do(ctx, `UPDATE reports SET paused = 0 WHERE account_id = $1 AND id = $2 AND paused = 1`, accountID, id)
	return err
}

// anyTurn reports whether an account waits for its turn.
func (s reportStore) anyTurn(ctx context.Context) (waits bool, err error) {
	var n int64
	err = s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM report_turns LIMIT 1) t`).Scan(&n)
	return n > 0, store.Fault(err)
}
