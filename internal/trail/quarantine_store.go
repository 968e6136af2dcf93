package trail

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// quarantine keeps positions of an account's assets apart, for good when it returns. What is there already, or belongs to an asset
// that is gone, is passed over.
func (s *Store) quarantine(ctx context.Context, accountID int64, list suspects) error {
	list = list.newest()
	now := s.now().UnixMilli()
	rows := make([][]any, len(list))
	var ids []int64
	for i, p := range list {
		rows[i] = []any{accountID, p.assetID, now, p.time, p.reason, p.message, p.position}
		ids = append(ids, p.assetID)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	bound := make([][]any, len(ids))
	for i, id := range ids {
		bound[i] = []any{accountID, id, quarantineKept}
	}
	const attempts = 3
	for attempt := 1; ; attempt++ {
		err := s.quarantineOnce(ctx, accountID, ids, rows, bound)
		if attempt == attempts || !store.IsDeadlock(err) { // who deletes what is old takes rows in another order
			return err
		}
	}
}

func (s *Store) quarantineOnce(ctx context.Context, accountID int64, ids []int64, rows, bound [][]any) error {
	return s.writing(ctx, func(tx store.Writer) error {
		if s.db.Dialect == store.Postgres {
			// One at a time is at an asset: two that keep the same positions apart, each in its own order, would wait for each other. A
			// writing transaction of SQLite is alone.
			if _, err := tx.Do(ctx, `SELECT 1 FROM assets WHERE account_id = $1 AND id = ANY($2) ORDER BY id FOR NO KEY UPDATE`, accountID, ids); err != nil {
				return err
			}
		}
		err := tx.DoEach(ctx, `INSERT INTO quarantined_positions (account_id, asset_id, received_at, time, reason, message, position)
			SELECT a.account_id, a.id, $3, $4, $5, $6, $7 FROM assets a WHERE a.account_id = $1 AND a.id = $2 ON CONFLICT (asset_id, time, reason) DO NOTHING`, rows)
		if err != nil {
			return err
		}
		return tx.DoEach(ctx, `DELETE FROM quarantined_positions WHERE account_id = $1 AND asset_id = $2 AND id <=
			(SELECT id FROM quarantined_positions WHERE account_id = $1 AND asset_id = $2 ORDER BY id DESC LIMIT 1 OFFSET $3)`, bound)
	})
}

// quarantineSQL is the condition of a filter, and of what the caller may see.
func quarantineSQL(accountID int64, part *bearer.Part, f quarantineFilter) (where string, args []any) {
	args = []any{accountID, f.from, f.to}
	where = `account_id = $1 AND received_at >= $2 AND received_at < $3`
	if f.assetID != 0 {
		args = append(args, f.assetID)
		where += ` AND asset_id = ` + store.Placeholders(len(args), 1)
	}
	if f.reason != "" {
		args = append(args, f.reason)
		where += ` AND reason = ` + store.Placeholders(len(args), 1)
	}
	seen, partArgs := partSQL(part, `asset_id`, len(args))
	return where + seen, append(args, partArgs...)
}

// quarantined lists an account's positions that were kept apart, and how many there are on all pages.
func (s *Store) quarantined(ctx context.Context, accountID int64, part *bearer.Part, f quarantineFilter, page web.PageInput) ([]QuarantinedPosition, int, error) {
	column, descending, err := page.Order(map[string]string{"received_at": "received_at"}, "-received_at")
	if err != nil {
		return nil, 0, err
	}
	where, args := quarantineSQL(accountID, part, f)
	var total int
	if err := s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM quarantined_positions WHERE `+where, args...).Scan(&total); err != nil {
		return nil, 0, store.Fault(err)
	}
	order := column + `, id`
	if descending {
		order = column + ` DESC, id DESC`
	}
	n := len(args)
	var list []QuarantinedPosition
	err = s.db.Rows(ctx, `SELECT id, asset_id, received_at, reason, message, position FROM quarantined_positions WHERE `+where+
		` ORDER BY `+order+` LIMIT `+store.Placeholders(n+1, 1)+` OFFSET `+store.Placeholders(n+2, 1),
		append(args, page.PerPage, page.Offset()), func(rows *sql.Rows) error {
			var q QuarantinedPosition
			var received int64
			var position string
			err := rows.Scan(&q.ID, &q.AssetID, &received, &q.Reason, &q.Message, &position)
			q.ReceivedAt, q.Position = time.UnixMilli(received).UTC(), asGiven(position)
			list = append(list, q)
			return err
		})
	return list, total, err
}

func emptyQuarantine(ctx context.Context, tx *store.Tx, accountID int64, part *bearer.Part, f quarantineFilter) (int64, error) {
	where, args := quarantineSQL(accountID, part, f)
	return tx.Do(ctx, `DELETE FROM quarantined_positions WHERE `+where, args...)
}

// deleteQuarantined deletes one; that it isn't there, or not the caller's, is a NotFound fault of the noun.
func deleteQuarantined(ctx context.Context, tx *store.Tx, accountID int64, part *bearer.Part, id int64, noun string) error {
	seen, args := partSQL(part, `asset_id`, 2)
	result, err := tx.ExecContext(ctx, `DELETE FROM quarantined_positions WHERE account_id = $1 AND id = $2`+seen, append([]any{accountID, id}, args...)...)
	return store.OneRow(result, err, noun)
}
