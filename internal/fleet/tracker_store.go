package fleet

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// rebind writes the history of an asset's tracker, which has just become what it is, and was before.
func (s fleetStore) rebind(ctx context.Context, tx *store.Tx, n *notes, asset Asset, before *string) error {
	old, now := textOf(before), textOf(asset.Tracker)
	if old == now {
		return nil
	}
	if old != "" {
		if _, err := tx.ExecContext(ctx, `UPDATE tracker_bindings SET unbound_at = $4
			WHERE account_id = $1 AND asset_id = $2 AND identity = $3 AND unbound_at IS NULL`, asset.AccountID, asset.ID, old, s.db.Now()); err != nil {
			return err
		}
		n.announce(trackerTopic, old)
	}
	if now != "" {
		if _, err := tx.ExecContext(ctx, `INSERT INTO tracker_bindings (account_id, asset_id, identity, bound_at) VALUES ($1, $2, $3, $4)`,
			asset.AccountID, asset.ID, now, s.db.Now()); err != nil {
			return err
		}
		n.announce(trackerTopic, now)
	}
	return nil
}

// bound is asked by a device's port, which knows a tracker and no account: the one statement that is bound to none.
func (s fleetStore) bound(ctx context.Context, identity string) (b binding, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT b.account_id, b.asset_id FROM tracker_bindings b
		JOIN accounts a ON a.id = b.account_id AND a.suspended = 0
		WHERE b.identity = $1 AND b.unbound_at IS NULL ORDER BY b.bound_at, b.id LIMIT 1`, identity).Scan(&b.accountID, &b.assetID)
	if errors.Is(err, sql.ErrNoRows) {
		return binding{}, nil // nobody's: that is kept too
	}
	return b, store.Fault(err)
}

func (s fleetStore) bindings(ctx context.Context, accountID, assetID int64, page web.PageInput) ([]Binding, int, error) {
	list := listing[Binding]{from: `tracker_bindings`, columns: `identity, bound_at, unbound_at`, where: `account_id = $1 AND asset_id = $2`,
		args: []any{accountID, assetID}, sort: map[string]string{"bound_at": "bound_at"}, scan: scanBinding}
	return list.page(ctx, s.db, page, "-bound_at")
}

func scanBinding(row scanner) (b Binding, err error) {
	var bound int64
	var unbound sql.NullInt64
	err = row.Scan(&b.Tracker, &bound, &unbound)
	b.BoundAt, b.UnboundAt = timeOf(bound), optionalTime(unbound)
	return b, err
}

func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func optionalTime(ms sql.NullInt64) *time.Time {
	if !ms.Valid {
		return nil
	}
	t := timeOf(ms.Int64)
	return &t
}
