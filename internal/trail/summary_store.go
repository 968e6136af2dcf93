package trail

import (
	"context"
	"database/sql"
	"strings"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
)

// statusSQL is statusOf as SQL, over last_positions l, where $2 is the time up to which an asset is offline. A test
// holds the two to each other.
const statusSQL = `CASE WHEN l.time <= $2 THEN 'offline' WHEN l.speed > 10 THEN 'moving' WHEN l.speed >= 2 THEN 'slow_moving'
	WHEN l.ignition = 1 THEN 'idle' ELSE 'parked' END`

func (s *Store) counts(ctx context.Context, accountID int64, part *bearer.Part) (map[string]int, error) {
	counts := map[string]int{}
	args := []any{accountID, s.now().UnixMilli() - offlineAfter.Milliseconds()}
	seen, partArgs := partSQL(part, `l.asset_id`, len(args))
	err := s.db.Rows(ctx, `SELECT `+statusSQL+` AS status, COUNT(*) FROM last_positions l WHERE l.account_id = $1`+seen+` GROUP BY 1`,
		append(args, partArgs...), func(rows *sql.Rows) error {
			var status string
			var n int
			err := rows.Scan(&status, &n)
			counts[status] = n
			return err
		})
	if err != nil {
		return nil, err
	}
	reported := 0
	for _, n := range counts {
		reported += n
	}
	seen, partArgs = partSQL(part, `a.id`, 1)
	var all int
	if err := s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM assets a WHERE a.account_id = $1`+seen,
		append([]any{accountID}, partArgs...)...).Scan(&all); err != nil {
		return nil, store.Fault(err)
	}
	if all > reported { // the two questions are asked one after the other, so it may be a little less
		counts[statusUnavailable] = all - reported
	}
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
	either := []string{`1 = 0`} // of an empty part nothing is seen
	if len(part.Groups) > 0 {
		either = append(either, `m.group_name IN (`+store.Placeholders(taken+1, len(part.Groups))+`)`)
		for _, group := range part.Groups {
			args = append(args, group)
		}
	}
	if len(part.Assets) > 0 {
		either = append(either, `m.id IN (`+store.Placeholders(taken+1+len(args), len(part.Assets))+`)`)
		for _, id := range part.Assets {
			args = append(args, id)
		}
	}
	return ` AND ` + column + ` IN (SELECT m.id FROM assets m WHERE m.account_id = $1 AND (` + strings.Join(either, ` OR `) + `))`, args
}
