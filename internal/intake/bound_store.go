package intake

import (
	"context"
	"database/sql"
	"errors"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Bindings are Trackers as the table assets has them. internal/fleet is to answer this in its place, from memory and with the
// history of bindings.
type Bindings struct{ DB *store.DB }

// Bound implements Trackers: of several assets with the identity the one that was made first has it.
func (b Bindings) Bound(ctx context.Context, identity string) (accountID, assetID int64, err error) {
	err = b.DB.Read().QueryRowContext(ctx, `SELECT a.account_id, a.id FROM assets a JOIN accounts c ON c.id = a.account_id AND c.suspended = 0
		WHERE a.tracker = $1 ORDER BY a.created_at, a.id LIMIT 1`, identity).Scan(&accountID, &assetID)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.Missing("Tracker")
	}
	return accountID, assetID, store.Fault(err)
}
