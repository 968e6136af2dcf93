package trail

import (
	"context"
	"database/sql"
	"maps"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
)

// onlineSQL and its like are the conditions of statusOf on last_positions l, where $2 is the time up to which an asset is
// offline. They overlap: counts subtracts. A test holds them to statusOf. (FILTER is three times as quick as grouping by
// the status, and a page waits for it.)
const (
	onlineSQL = `l.time > $2`
	idleSQL   = `l.time > $2 AND l.ignition = 1 AND (l.speed IS NULL OR l.speed < 2)`
	slowSQL   = `l.time > $2 AND l.speed >= 2` // or faster
	movingSQL = `l.time > $2 AND l.speed > 10`
)

func (s *Store) counts(ctx context.Context, accountID int64, part *bearer.Part) (map[string]int, error) {
	args := []any{accountID, s.now().UnixMilli() - offlineAfter.Milliseconds()}
	seen, partArgs := partSQL(part, `l.asset_id`, len(args))
	var reported, online, idle, slow, moving int
	err := s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*), COUNT(*) FILTER (WHERE `+onlineSQL+`), COUNT(*) FILTER (WHERE `+idleSQL+`),
		COUNT(*) FILTER (WHERE `+slowSQL+`), COUNT(*) FILTER (WHERE `+movingSQL+`) FROM last_positions l WHERE l.account_id = $1`+seen,
		append(args, partArgs...)...).Scan(&reported, &online, &idle, &slow, &moving)
	if err != nil {
		return nil, store.Fault(err)
	}
	seen, partArgs = partSQL(part, `a.id`, 1)
	var all int
	if err := s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM assets a WHERE a.account_id = $1`+seen,
		append([]any{accountID}, partArgs...)...).Scan(&all); err != nil {
		return nil, store.Fault(err)
	}
	counts := map[string]int{statusMoving: moving, statusSlowMoving: slow - moving, statusIdle: idle, statusParked: online - slow - idle,
		statusOffline: reported - online, statusUnavailable: all - reported}
	// The two questions are asked one after the other, so the last may even be below nothing.
	maps.DeleteFunc(counts, func(_ string, n int) bool { return n <= 0 })
	return counts, nil
}

func (s *Store) newest(ctx context.Context, accountID int64, part *bearer.Part, limit int) ([]fleet.Asset, error) {
	args := []any{accountID, limit}
	seen, partArgs := partSQL(part, `l.asset_id`, len(args))
	assets := make([]fleet.Asset, 0, limit)
	now := s.now().UnixMilli()
	err := s.db.Rows(ctx, `SELECT a.name, a.type, l.asset_id, l.time, l.latitude, l.longitude, l.speed, l.heading, l.ignition FROM
		(SELECT account_id, asset_id, time, latitude, longitude, speed, heading, ignition FROM last_positions l
			WHERE l.account_id = $1`+seen+` ORDER BY l.time DESC, l.asset_id DESC LIMIT $2) l
		JOIN assets a ON a.account_id = l.account_id AND a.id = l.asset_id ORDER BY l.time DESC, l.asset_id DESC`,
		append(args, partArgs...), func(rows *sql.Rows) error {
			var a fleet.Asset
			var p Position
			var ignition sql.NullInt64
			if err := rows.Scan(&a.Name, &a.Type, &p.AssetID, &p.Time, &p.Latitude, &p.Longitude, &p.Speed, &p.Heading, &ignition); err != nil {
				return err
			}
			p.Ignition = Maybe[bool]{ignition.Int64 != 0, ignition.Valid}
			a.ID, a.AccountID, a.Status, a.Position = p.AssetID, accountID, statusOf(&p, now), p.given()
			assets = append(assets, a)
			return nil
		})
	return assets, err
}

// partSQL is the condition that column is an asset of the part. Its placeholders follow the first taken.
func partSQL(part *bearer.Part, column string, taken int) (condition string, args []any) {
	if part == nil {
		return "", nil
	}
	seen, args := fleet.PartSQL(part, taken)
	return ` AND ` + column + ` IN (SELECT id FROM assets WHERE account_id = $1 AND ` + seen + `)`, args
}
