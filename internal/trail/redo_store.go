package trail

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/yipii/yipii/internal/store"
)

// pendingAsset is an asset with positions that are still to be followed.
type pendingAsset struct{ accountID, assetID int64 }

// savedMemory is a row of asset_memories.
type savedMemory struct {
	time int64
	kept bool
	text string
}

// writing runs fn in a writing transaction on either database.
func (s *Store) writing(ctx context.Context, fn func(store.Writer) error) error {
	if s.db.Dialect == store.Postgres {
		return s.db.PostgresTx(ctx, func(tx pgx.Tx) error { return fn(store.PostgresWriter(tx)) })
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error { return fn(tx) })
}

// reading runs fn on one view of the database; fn is to read alone.
func (s *Store) reading(ctx context.Context, fn func(store.Writer) error) error {
	return store.Fault(s.db.View(ctx, fn))
}

// pendingAfter lists assets with something pending, in order of account and asset.
func (s *Store) pendingAfter(ctx context.Context, after pendingAsset, limit int) ([]pendingAsset, error) {
	var list []pendingAsset
	err := s.db.Rows(ctx, `SELECT account_id, asset_id FROM last_positions WHERE pending IS NOT NULL AND (account_id, asset_id) > ($1, $2)
		ORDER BY account_id, asset_id LIMIT $3`, []any{after.accountID, after.assetID, limit}, func(rows *sql.Rows) error {
		var a pendingAsset
		err := rows.Scan(&a.accountID, &a.assetID)
		list = append(list, a)
		return err
	})
	return list, err
}

// lockPending holds an asset's row until the transaction ends. ok is false if nothing is pending any more, or if another
// node holds it.
func (s *Store) lockPending(ctx context.Context, tx store.Writer, a pendingAsset) (l lockedLast, ok bool, err error) {
	query := `SELECT l.time, l.revision, l.pending, COALESCE((SELECT MAX(m.time) FROM asset_memories m
		WHERE m.account_id = l.account_id AND m.asset_id = l.asset_id AND m.kept = 2), -1) FROM last_positions l JOIN assets a ON a.account_id = l.account_id AND a.id = l.asset_id
		WHERE l.account_id = $1 AND l.asset_id = $2 AND l.pending IS NOT NULL`
	if s.db.Dialect == store.Postgres {
		// A writing transaction of SQLite is alone. Here it waits for nobody: an asset that is being deleted is left alone too.
		query += ` FOR KEY SHARE OF a SKIP LOCKED FOR UPDATE OF l SKIP LOCKED`
	}
	err = tx.Each(ctx, query, []any{a.accountID, a.assetID}, func(scan func(...any) error) error {
		ok = true
		var bar int64 // what is behind it is gone: nobody goes back there
		err := scan(&l.time, &l.revision, &l.pending, &bar)
		l.pending.Value = max(l.pending.Value, bar+1)
		return err
	})
	return l, ok, err
}

// memoryBefore reads the newest saved memory from before a time, "" if there is none.
func (s *Store) memoryBefore(ctx context.Context, tx store.Writer, accountID, assetID, before int64) (text string, err error) {
	err = tx.Each(ctx, `SELECT memory FROM asset_memories WHERE account_id = $1 AND asset_id = $2 AND time < $3 ORDER BY time DESC LIMIT 1`,
		[]any{accountID, assetID, before}, func(scan func(...any) error) error { return scan(&text) })
	return text, err
}

// dropMemories deletes an asset's memories from a time on, and returns the time of the newest that is kept for good.
func (s *Store) dropMemories(ctx context.Context, tx store.Writer, accountID, assetID, from int64) (kept int64, err error) {
	if _, err := tx.Do(ctx, `DELETE FROM asset_memories WHERE account_id = $1 AND asset_id = $2 AND time >= $3`, accountID, assetID, from); err != nil {
		return 0, err
	}
	err = tx.Each(ctx, `SELECT COALESCE(MAX(time), 0) FROM asset_memories WHERE account_id = $1 AND asset_id = $2 AND kept > 0`,
		[]any{accountID, assetID}, func(scan func(...any) error) error { return scan(&kept) })
	return kept, err
}

// follow hands to each, in order of time, an asset's positions later than after, at most limit of them. The Position is
// reused: each keeps nothing of it.
func (s *Store) follow(ctx context.Context, tx store.Writer, accountID, assetID, after int64, limit int, each func(*Position) error) error {
	row := newScanner()
	return tx.Each(ctx, `SELECT `+readColumns+` FROM positions WHERE `+s.ofAsset(`$3`, latest)+` AND time > $3 ORDER BY `+byTime(s.db.Dialect)+` LIMIT $4`,
		[]any{accountID, assetID, after, limit}, func(scan func(...any) error) error {
			if err := row.scan(scan); err != nil {
				return err
			}
			return each(&row.Position)
		})
}

const (
	insertMemory = `INSERT INTO asset_memories (account_id, asset_id, time, kept, memory) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account_id, asset_id, time) DO UPDATE SET kept = excluded.kept, memory = excluded.memory`
	// dropPassing deletes the memory that isn't kept: there is a newer one.
	dropPassing = `DELETE FROM asset_memories WHERE account_id = $1 AND asset_id = $2 AND kept = 0 AND time < $3`
)

// saveMemories saves memories of an asset, the newest last.
func (s *Store) saveMemories(ctx context.Context, tx store.Writer, accountID, assetID int64, memories []savedMemory) error {
	if len(memories) == 0 {
		return nil
	}
	rows := make([][]any, len(memories))
	for i, m := range memories {
		rows[i] = []any{accountID, assetID, m.time, bit(m.kept), m.text}
	}
	if err := tx.DoEach(ctx, insertMemory, rows); err != nil {
		return err
	}
	_, err := tx.Do(ctx, dropPassing, accountID, assetID, memories[len(memories)-1].time)
	return err
}

// saveSnapshots saves memories of assets, sorted by account and asset, that still have the revision they were taken at.
// The others have changed meanwhile: a late position may have made them wrong.
func (s *Store) saveSnapshots(ctx context.Context, snapshots []snapshot) error {
	assets := make([]stored, len(snapshots))
	for i, m := range snapshots {
		assets[i] = stored{accountID: m.memory.accountID, assetID: m.memory.assetID}
	}
	return s.writing(ctx, func(tx store.Writer) error {
		now, err := s.lockLast(ctx, tx, assets)
		if err != nil {
			return err
		}
		var rows, passing [][]any
		for i, m := range snapshots {
			a := assets[i]
			if l, ok := now[a.assetID]; ok && l.revision == m.revision {
				rows = append(rows, []any{a.accountID, a.assetID, m.time, bit(m.kept), m.text})
				passing = append(passing, []any{a.accountID, a.assetID, m.time})
			}
		}
		if err := tx.DoEach(ctx, insertMemory, rows); err != nil {
			return err
		}
		return tx.DoEach(ctx, dropPassing, passing)
	})
}

func sortMemories(list []*memory) {
	slices.SortFunc(list, func(a, b *memory) int {
		return cmp.Or(cmp.Compare(a.accountID, b.accountID), cmp.Compare(a.assetID, b.assetID))
	})
}
