package trail

import (
	"context"
	"database/sql"
	"maps"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
)

// The conditions of statusOf on last_positions l, one of which each row meets: $2 and $3 are the times up to which an asset
// is offline and disconnected, $4 and $5 the speeds that StillBelow and MovingAbove say. A test holds them to statusOf.
// (FILTER is three times as quick as grouping by the status, and a page waits for it.)
const (
	onlineSQL  = `l.time > $2 AND `
	rollingSQL = onlineSQL + `COALESCE(l.stop_and_go, 0) = 0 AND `
	stillSQL   = rollingSQL + `COALESCE(l.speed, 0) < $4 AND `

	inTrafficSQL = onlineSQL + `l.stop_and_go = 1`
	movingSQL    = rollingSQL + `l.speed > $5`
	slowSQL      = rollingSQL + `l.speed >= $4 AND l.speed <= $5`
	idleSQL      = stillSQL + `l.ignition = 1`
	garageSQL    = stillSQL + `COALESCE(l.ignition, 0) = 0 AND l.at_home = 1`
	offlineSQL   = `l.time <= $2 AND l.time > $3`
	lostSQL      = `l.time <= $3`
)

func (s *Store) counts(ctx context.Context, accountID int64, part *bearer.Part) (map[string]int, error) {
	in, err := s.settings.Get(ctx, accountID)
	if err != nil {
		return nil, err
	}
	now := s.now().UnixMilli()
	args := []any{accountID, now - in.OfflineAfter*1000, now - in.DisconnectedAfter*1000, in.StillBelow, in.MovingAbove}
	seen, partArgs := partSQL(part, `l.asset_id`, len(args))
	words := [...]struct{ status, condition string }{{statusInTraffic, inTrafficSQL}, {statusMoving, movingSQL}, {statusSlowMoving, slowSQL},
		{statusIdle, idleSQL}, {statusGarage, garageSQL}, {statusOffline, offlineSQL}, {statusDisconnected, lostSQL}}
	var reported, all int
	query, targets := `SELECT COUNT(*)`, []any{&reported}
	var numbers [len(words)]int
	for i, word := range words {
		query += `, COUNT(*) FILTER (WHERE ` + word.condition + `)`
		targets = append(targets, &numbers[i])
	}
	err = s.db.Read().QueryRowContext(ctx, query+` FROM last_positions l WHERE l.account_id = $1`+seen, append(args, partArgs...)...).Scan(targets...)
	if err != nil {
		return nil, store.Fault(err)
	}
	seen, partArgs = partSQL(part, `a.id`, 1)
	if err := s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM assets a WHERE a.account_id = $1`+seen,
		append([]any{accountID}, partArgs...)...).Scan(&all); err != nil {
		return nil, store.Fault(err)
	}
	counts := map[string]int{statusUnavailable: all - reported, statusParked: reported}
	for i, word := range words {
		counts[word.status] = numbers[i]
		counts[statusParked] -= numbers[i]
	}
	// The two questions are asked one after the other, so the last may even be below nothing.
	maps.DeleteFunc(counts, func(_ string, n int) bool { return n <= 0 })
	return counts, nil
}

func (s *Store) newest(ctx context.Context, accountID int64, part *bearer.Part, limit int) ([]fleet.Asset, error) {
	args := []any{accountID, limit}
	seen, partArgs := partSQL(part, `l.asset_id`, len(args))
	assets := make([]fleet.Asset, 0, limit)
	now := s.now().UnixMilli()
	in, err := s.settings.Get(ctx, accountID)
	if err != nil {
		return nil, err
	}
	err = s.db.Rows(ctx, `SELECT a.name, a.type, l.asset_id, l.time, l.latitude, l.longitude, l.speed, l.heading, l.ignition, l.stop_and_go, l.at_home FROM
		(SELECT account_id, asset_id, time, latitude, longitude, speed, heading, ignition, stop_and_go, at_home FROM last_positions l
			WHERE l.account_id = $1`+seen+` ORDER BY l.time DESC, l.asset_id DESC LIMIT $2) l
		JOIN assets a ON a.account_id = l.account_id AND a.id = l.asset_id ORDER BY l.time DESC, l.asset_id DESC`,
		append(args, partArgs...), func(rows *sql.Rows) error {
			var a fleet.Asset
			var p lastKnown
			var ignition, stopAndGo, home sql.NullInt64
			if err := rows.Scan(&a.Name, &a.Type, &p.AssetID, &p.Time, &p.Latitude, &p.Longitude, &p.Speed, &p.Heading, &ignition, &stopAndGo, &home); err != nil {
				return err
			}
			p.Ignition = Maybe[bool]{ignition.Int64 != 0, ignition.Valid}
			p.stopAndGo, p.home = stopAndGo.Int64 != 0, home.Int64 != 0
			a.ID, a.AccountID, a.Status, a.Position = p.AssetID, accountID, statusOf(&p, in, now), p.given()
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
