package live

import (
	"context"
	"database/sql"
	"errors"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
)

// place is where an asset belongs.
type place struct {
	account int64
	group   string // "" for none
}

// readPlace finds an asset's account and group. One that isn't there is a NotFound fault, which no cache keeps.
func readPlace(ctx context.Context, db *store.DB, asset int64) (p place, err error) {
	err = db.Read().QueryRowContext(ctx, `SELECT account_id, COALESCE(group_name, '') FROM assets WHERE id = $1`, asset).Scan(&p.account, &p.group)
	if errors.Is(err, sql.ErrNoRows) {
		return place{}, fault.Missing("Asset")
	}
	return p, store.Fault(err)
}

// readGroup finds a group's account and name.
func readGroup(ctx context.Context, db *store.DB, id int64) (p place, err error) {
	err = db.Read().QueryRowContext(ctx, `SELECT account_id, name FROM asset_groups WHERE id = $1`, id).Scan(&p.account, &p.group)
	if errors.Is(err, sql.ErrNoRows) {
		return place{}, fault.Missing("Group")
	}
	return p, store.Fault(err)
}

// readTier finds an account's tier; detailed for one that has decided nothing.
func readTier(ctx context.Context, db *store.DB, account int64) (tier string, err error) {
	err = db.Read().QueryRowContext(ctx, `SELECT tier FROM live_settings WHERE account_id = $1`, account).Scan(&tier)
	if errors.Is(err, sql.ErrNoRows) {
		return tierDetailed, nil
	}
	return tier, store.Fault(err)
}

func putTier(ctx context.Context, tx *store.Tx, account int64, tier string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO live_settings (account_id, tier) VALUES ($1, $2)
		ON CONFLICT (account_id) DO UPDATE SET tier = excluded.tier`, account, tier)
	return err
}

// places finds where the assets of moves belong, from memory where they were asked for before. One that can't be found out
// belongs nowhere: who is limited to groups doesn't see it then.
func (s *Service) places(ctx context.Context, moves []trail.Move) []place {
	out := make([]place, len(moves))
	for i := range moves {
		if i > 0 && moves[i].AssetID == moves[i-1].AssetID {
			out[i] = out[i-1]
			continue
		}
		out[i], _ = s.assets.Get(ctx, moves[i].AssetID)
	}
	return out
}
