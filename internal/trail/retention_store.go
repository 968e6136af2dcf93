package trail

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/yipii/yipii/internal/store"
)

// cuts are the moments from which on positions are kept, by account; accounts that keep all aren't there.
func (s *Store) cuts(ctx context.Context, now int64) (map[int64]int64, error) {
	var cuts map[int64]int64
	err := s.reading(ctx, func(tx store.Writer) (err error) {
		cuts, err = cutsIn(ctx, tx, now)
		return err
	})
	return cuts, err
}

func cutsIn(ctx context.Context, tx store.Writer, now int64) (map[int64]int64, error) {
	cuts := map[int64]int64{}
	err := tx.Each(ctx, `SELECT account_id, retention_days FROM trail_settings WHERE retention_days IS NOT NULL`, nil, func(scan func(...any) error) error {
		var id, days int64
		err := scan(&id, &days)
		cuts[id] = (&Settings{RetentionDays: &days}).cut(now)
		return err
	})
	return cuts, err
}

// retentionLock is the advisory lock of the node that deletes.
const retentionLock = 7946300

// alone makes sure that no other node is at it until the transaction ends, or fails with errElsewhere.
func (s *Store) alone(ctx context.Context, tx store.Writer) error {
	if s.db.Dialect != store.Postgres {
		return nil // a writing transaction of SQLite is alone
	}
	var got bool
	err := tx.Each(ctx, `SELECT pg_try_advisory_xact_lock($1)`, []any{retentionLock}, func(scan func(...any) error) error { return scan(&got) })
	if err == nil && !got {
		err = errElsewhere
	}
	return err
}

// reported lists assets of an account that have reported, in their order.
func (s *Store) reported(ctx context.Context, accountID, after int64, limit int) ([]int64, error) {
	var ids []int64
	err := s.db.Rows(ctx, `SELECT asset_id FROM last_positions WHERE account_id = $1 AND asset_id > $2 ORDER BY asset_id LIMIT $3`,
		[]any{accountID, after, limit}, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		})
	return ids, err
}

// anyBefore reports whether an asset has positions before the end of a span.
func (s *Store) anyBefore(ctx context.Context, tx store.Writer, p span) (found bool, err error) {
	err = tx.Each(ctx, `SELECT EXISTS (SELECT 1 FROM positions WHERE `+s.ofAsset(`0`, `$3`)+` AND time < $3)`,
		[]any{p.accountID, p.assetID, p.to}, func(scan func(...any) error) error { return scan(&found) })
	return found, err
}

// portion is where the first room positions of a span end, and whether there are more.
func (s *Store) portion(ctx context.Context, tx store.Writer, p span, room int) (end int64, more bool, err error) {
	end = p.to
	err = tx.Each(ctx, `SELECT time FROM positions WHERE `+s.ofAsset(`$3`, `$4`)+` AND time >= $3 AND time < $4 ORDER BY `+byTime(s.db.Dialect)+` LIMIT 1 OFFSET $5`,
		[]any{p.accountID, p.assetID, p.from, p.to, room}, func(scan func(...any) error) error {
			more = true
			return scan(&end)
		})
	return end, more, err
}

func (s *Store) deleteSpan(ctx context.Context, tx store.Writer, p span) (int64, error) {
	return tx.Do(ctx, `DELETE FROM positions WHERE `+s.ofAsset(`$3`, `$4`)+` AND time >= $3 AND time < $4`, p.accountID, p.assetID, p.from, p.to)
}

// followUntil hands to each, in order of time, an asset's positions later than after and before until. The Position is reused.
func (s *Store) followUntil(ctx context.Context, tx store.Writer, accountID, assetID, after, until int64, each func(*Position) error) error {
	row := newScanner()
	return tx.Each(ctx, `SELECT `+readColumns+` FROM positions WHERE `+s.ofAsset(`$3`, `$4`)+` AND time > $3 AND time < $4 ORDER BY `+byTime(s.db.Dialect),
		[]any{accountID, assetID, after, until}, func(scan func(...any) error) error {
			if err := row.scan(scan); err != nil {
				return err
			}
			return each(&row.Position)
		})
}

// keptAsBar is what kept is of a memory behind which the positions are gone.
const keptAsBar = 2

// saveBar saves a memory as the oldest of an asset.
func (s *Store) saveBar(ctx context.Context, tx store.Writer, accountID, assetID, time int64, text string) error {
	if _, err := tx.Do(ctx, insertMemory, accountID, assetID, time, keptAsBar, text); err != nil {
		return err
	}
	_, err := tx.Do(ctx, `DELETE FROM asset_memories WHERE account_id = $1 AND asset_id = $2 AND time < $3`, accountID, assetID, time)
	return err
}

// expireQuarantine deletes an account's positions that were kept apart before a time.
func (s *Store) expireQuarantine(ctx context.Context, accountID, before int64) error {
	return s.writing(ctx, func(tx store.Writer) error {
		if err := s.alone(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Do(ctx, `DELETE FROM quarantined_positions WHERE account_id = $1 AND received_at < $2`, accountID, before)
		return err
	})
}

// disposable lists the partitions that no account needs: the oldest ones up to the first that is needed, and empty ones.
func (s *Store) disposable(ctx context.Context, cuts map[int64]int64) ([]partition, error) {
	if s.db.Dialect != store.Postgres {
		return nil, nil // SQLite has no partitions
	}
	var list []partition
	err := s.reading(ctx, func(tx store.Writer) error {
		all, err := partitions(ctx, tx)
		if err != nil {
			return err
		}
		latest, needed := latestCut(cuts), false
		for _, m := range all {
			if m.end > latest {
				break
			}
			accounts, err := accountsIn(ctx, tx, m)
			if err != nil {
				return err
			}
			needed = needed || neededBy(accounts, cuts, m.end)
			if !needed || len(accounts) == 0 {
				m.alone = needed
				list = append(list, m)
			}
		}
		return nil
	})
	return list, err
}

// partitions lists the partitions of positions, the oldest first.
func partitions(ctx context.Context, tx store.Writer) ([]partition, error) {
	var list []partition
	err := tx.Each(ctx, `SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'positions'::regclass ORDER BY 1`, nil,
		func(scan func(...any) error) error {
			var name string
			if err := scan(&name); err != nil {
				return err
			}
			first, err := time.Parse("positions_2006_01", name)
			if err == nil { // else somebody else made it
				list = append(list, partition{name: name, end: first.AddDate(0, 1, 0).UnixMilli()})
			}
			return nil
		})
	return list, err
}

// accountsIn lists the accounts with positions in a partition, by a leap through its key for each.
func accountsIn(ctx context.Context, tx store.Writer, m partition) ([]int64, error) {
	var ids []int64
	err := tx.Each(ctx, `WITH RECURSIVE a (id) AS ((SELECT account_id FROM `+m.name+` ORDER BY account_id LIMIT 1) UNION ALL
		SELECT (SELECT p.account_id FROM `+m.name+` p WHERE p.account_id > a.id ORDER BY p.account_id LIMIT 1) FROM a WHERE a.id IS NOT NULL)
		SELECT id FROM a WHERE id IS NOT NULL`, nil, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// lockNotAvailable is PostgreSQL's error code of a lock that could not be had in time.
const lockNotAvailable = "55P03"

// drop drops a partition, if nobody needs it, and says whether it is done with. Everyone who stores or reads positions holds a lock on
// positions, so this takes that one first and then waits for nobody; and it gives up soon, as all others wait behind it meanwhile.
// (DETACH … CONCURRENTLY would let them pass, but can't be one with the look whether anybody has stored something there.)
func (s *Store) drop(ctx context.Context, m partition, now int64) (done bool, err error) {
	err = s.db.PostgresTx(ctx, func(tx pgx.Tx) error {
		w := store.PostgresWriter(tx)
		if err := s.alone(ctx, w); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '300ms'`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `LOCK TABLE positions IN ACCESS EXCLUSIVE MODE`); err != nil {
			return err
		}
		cuts, err := cutsIn(ctx, w, now)
		if err != nil {
			return err
		}
		accounts, err := accountsIn(ctx, w, m)
		if err != nil || neededBy(accounts, cuts, m.end) {
			return err
		}
		_, err = tx.Exec(ctx, `DROP TABLE `+m.name)
		return err
	})
	var server *pgconn.PgError
	switch {
	case errors.As(err, &server) && server.Code == lockNotAvailable:
		return false, nil
	case errors.Is(err, errElsewhere):
		return true, nil
	}
	return err == nil, err
}
