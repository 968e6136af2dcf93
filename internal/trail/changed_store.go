package trail

import (
	"context"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
)

// settledSQL lets through what no transaction can come before any more.
//
// On PostgreSQL a change has the number of its transaction, and those commit in any order. Numbers below the oldest one that is
// under way are all there or never will be; the others are told next time. On SQLite one writes after the other.
func (s *Store) settledSQL() string {
	if s.db.Dialect == store.Postgres {
		return ` AND l.changed < ` + postgresSettled
	}
	return ``
}

// changed hands to each the account's last positions that changed after since, in the order of their changes, at most limit of
// them. The lastKnown is reused: each keeps nothing of it.
func (s *Store) changed(ctx context.Context, accountID int64, part *bearer.Part, since change, limit int, each func(change, *lastKnown)) error {
	args := []any{accountID, since.number, since.assetID, limit}
	seen, partArgs := partSQL(part, `l.asset_id`, len(args))
	return s.eachChange(ctx, ` AND (l.changed, l.asset_id) > ($2, $3)`+s.settledSQL()+seen+` ORDER BY l.changed, l.asset_id LIMIT $4`,
		append(args, partArgs...), each)
}

// whole hands to each all last positions of an account, in no particular order. It stops behind limit of them.
func (s *Store) whole(ctx context.Context, accountID int64, part *bearer.Part, limit int, each func(change, *lastKnown)) error {
	args := []any{accountID, limit}
	seen, partArgs := partSQL(part, `l.asset_id`, len(args))
	return s.eachChange(ctx, s.settledSQL()+seen+` ORDER BY l.asset_id LIMIT $2`, append(args, partArgs...), each)
}

// unsettled hands to each the account's last positions behind settled, up to which all that is settled was read: those that something
// may still come before. On SQLite nothing can.
func (s *Store) unsettled(ctx context.Context, accountID int64, part *bearer.Part, settled change, each func(change, *lastKnown)) error {
	if s.db.Dialect != store.Postgres {
		return nil
	}
	args := []any{accountID, settled.number, settled.assetID}
	seen, partArgs := partSQL(part, `l.asset_id`, len(args))
	return s.eachChange(ctx, ` AND (l.changed, l.asset_id) > ($2, $3)`+seen+` ORDER BY l.changed, l.asset_id`, append(args, partArgs...), each)
}

// exceeds reports whether an account has more than limit last positions, for everyone to see or not.
func (s *Store) exceeds(ctx context.Context, accountID int64, limit int) (more bool, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM last_positions WHERE account_id = $1 ORDER BY asset_id LIMIT 1 OFFSET $2)`,
		accountID, limit).Scan(&more)
	return more, store.Fault(err)
}

// head is the place behind all changes of an account.
func (s *Store) head(ctx context.Context, accountID int64) (at change, err error) {
	err = s.db.Each(ctx, `SELECT l.changed, l.asset_id FROM last_positions l WHERE l.account_id = $1`+s.settledSQL()+
		` ORDER BY l.changed DESC, l.asset_id DESC LIMIT 1`, []any{accountID}, func(scan func(...any) error) error {
		return scan((*whole)(&at.number), (*whole)(&at.assetID))
	})
	return at, err
}

func (s *Store) eachChange(ctx context.Context, which string, args []any, each func(change, *lastKnown)) error {
	row := newLastScanner()
	var number whole
	row.all = append(row.all, &number)
	return s.db.Each(ctx, `SELECT `+readColumns+`, `+concludedColumns+`, changed FROM last_positions l WHERE l.account_id = $1`+which, args,
		func(scan func(...any) error) error {
			l, err := row.scan(scan)
			if err != nil {
				return err
			}
			each(change{int64(number), l.AssetID}, l)
			return nil
		})
}

// sameLife returns since, or the beginning if since comes from another life of the database: one that was written out and read
// into another server counts its transactions anew, and a copy of an SQLite file that is put in the file's place goes on from where
// it was. Where such a copy has counted beyond since meanwhile, it can't be seen.
func (s *Store) sameLife(ctx context.Context, since change) (change, error) {
	if since.number == 0 {
		return since, nil
	}
	settledBefore := `SELECT number + 1 FROM position_changes`
	if s.db.Dialect == store.Postgres {
		settledBefore = `SELECT ` + postgresSettled
	}
	var settled int64
	err := s.db.Read().QueryRowContext(ctx, settledBefore).Scan(&settled)
	if since.number >= settled { // what was told was settled then, and settled only grows
		since = change{}
	}
	return since, store.Fault(err)
}

// newLife gives new numbers to last positions that bring theirs from another life of the database.
func (s *Store) newLife(ctx context.Context) error {
	if s.db.Dialect != store.Postgres {
		return nil
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE last_positions SET changed = `+postgresNumber+` WHERE changed > `+postgresNumber)
		return err
	})
}
