package fleet

import (
	"context"

	"github.com/yipii/yipii/internal/store"
)

// ensureGroup makes the record of a group where there is none, and locks it until the transaction ends: who renames it
// meanwhile waits, and takes the asset with it that is being put into the group. "" is no group.
func (s fleetStore) ensureGroup(ctx context.Context, tx *store.Tx, accountID int64, name string) error {
	if name == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO asset_groups (account_id, name, version, created_at, updated_at) VALUES ($1, $2, 1, $3, $3)
		ON CONFLICT (account_id, name) DO UPDATE SET name = excluded.name`, accountID, name, s.db.Now())
	return err
}
