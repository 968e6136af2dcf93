package trip

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// tripStore holds the room's SQL, with setting_store.go. Every statement is bound to an account's id.
type tripStore struct{ db *store.DB }

const columns = `account_id, asset_id, start_time, kind, start_latitude, start_longitude, start_reason,
	end_time, end_latitude, end_longitude, end_reason, distance, idle, top_speed, driver_id, settled`

// columnTypes are PostgreSQL's types of columns.
var columnTypes = []string{"bigint", "bigint", "bigint", "text", "float8", "float8", "text",
	"bigint", "float8", "float8", "text", "float8", "bigint", "float8", "bigint", "bigint"}

// rowOf are a segment's values, in the order of columns.
func rowOf(accountID, assetID int64, g *segment) []any {
	row := []any{accountID, assetID, g.Start.Time, g.Kind, g.Start.Lat, g.Start.Lon, g.StartReason,
		nil, nil, nil, nil, g.Figures.Distance, g.Figures.Idle, g.Figures.Top, nil, g.Settled}
	if g.End.Time != 0 {
		row[7], row[8], row[9], row[10] = g.End.Time, g.End.Lat, g.End.Lon, g.EndReason
	}
	if g.Driver != 0 {
		row[14] = g.Driver
	}
	return row
}

// write deletes the rows that gone names (account, asset, settled after, settled up to) and then writes rows, the last of which
// wins where two have the same key.
func write(ctx context.Context, tx store.Writer, gone, rows [][]any) error {
	err := tx.DoEach(ctx, `DELETE FROM trips WHERE account_id = $1 AND asset_id = $2 AND settled > $3 AND settled <= $4`, gone)
	if err != nil {
		return err
	}
	type key struct{ account, asset, start, kind any }
	seen, unique := make(map[key]struct{}, len(rows)), make([][]any, 0, len(rows))
	for _, row := range slices.Backward(rows) {
		k := key{row[0], row[1], row[2], row[3]}
		if _, ok := seen[k]; !ok {
			seen[k] = struct{}{}
			unique = append(unique, row)
		}
	}
	slices.Reverse(unique) // as they were, sorted: who writes rows in another order would wait for this one, and this one for it
	return tx.Insert(ctx, `trips (`+columns+`)`, columnTypes, `ON CONFLICT (account_id, asset_id, start_time, kind) DO UPDATE SET
		start_latitude = excluded.start_latitude, start_longitude = excluded.start_longitude, start_reason = excluded.start_reason,
		end_time = excluded.end_time, end_latitude = excluded.end_latitude, end_longitude = excluded.end_longitude,
		end_reason = excluded.end_reason, distance = excluded.distance, idle = excluded.idle, top_speed = excluded.top_speed,
		driver_id = excluded.driver_id, settled = excluded.settled`, unique)
}

// scanTrip reads a row of columns.
func scanTrip(rows *sql.Rows) (Trip, error) {
	var g segment
	var accountID, assetID int64
	var endTime, driver sql.NullInt64
	var endLat, endLon sql.NullFloat64
	var endReason sql.NullString
	err := rows.Scan(&accountID, &assetID, &g.Start.Time, &g.Kind, &g.Start.Lat, &g.Start.Lon, &g.StartReason,
		&endTime, &endLat, &endLon, &endReason, &g.Figures.Distance, &g.Figures.Idle, &g.Figures.Top, &driver, &g.Settled)
	g.End, g.EndReason, g.Driver = spot{endTime.Int64, endLat.Float64, endLon.Float64}, endReason.String, driver.Int64
	return g.told(assetID, g.Settled), err
}

// question picks trips of a list: of one asset, or of all those that began in a range. Zero picks all; times are Unix milliseconds, the range half open.
type question struct {
	assetID  int64
	from, to int64
	kind     string
	driver   int64
	began    bool // in the range, rather than overlap it
}

// sortColumns maps the names that a list can be sorted by to columns.
func sortColumns() map[string]string {
	return map[string]string{"start": "start_time", "distance": "distance", "duration": "(COALESCE(end_time, settled) - start_time)",
		"idle_time": "idle", "top_speed": "top_speed"}
}

func (s tripStore) list(ctx context.Context, accountID int64, q question, page web.PageInput) ([]Trip, int, error) {
	column, descending, err := page.Order(sortColumns(), "-start")
	if err != nil {
		return nil, 0, err
	}
	where, args := q.where(ctx, accountID)
	var total int
	if err := s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM trips WHERE `+where, args...).Scan(&total); err != nil {
		return nil, 0, store.Fault(err)
	}
	// The rest of the key makes the order total: no row is on two pages.
	direction := "ASC"
	if descending {
		direction = "DESC"
	}
	query := fmt.Sprintf(`SELECT %s FROM trips WHERE %s ORDER BY %s %[4]s, start_time %[4]s, asset_id %[4]s, kind %[4]s LIMIT $%[5]d OFFSET $%[6]d`,
		columns, where, column, direction, len(args)+1, len(args)+2)
	trips := make([]Trip, 0, min(page.PerPage, total))
	err = s.db.Rows(ctx, query, append(args, page.PerPage, page.Offset()), func(rows *sql.Rows) error {
		t, err := scanTrip(rows)
		trips = append(trips, t)
		return err
	})
	return trips, total, err
}

// all lists trips and stops in the order in which they began.
func (s tripStore) all(ctx context.Context, accountID int64, q question) ([]Trip, error) {
	where, args := q.where(ctx, accountID)
	var trips []Trip
	err := s.db.Rows(ctx, `SELECT `+columns+` FROM trips WHERE `+where+` ORDER BY start_time, kind DESC`, args, func(rows *sql.Rows) error {
		t, err := scanTrip(rows)
		trips = append(trips, t)
		return err
	})
	return trips, err
}

// where writes the condition of a list. Only our own words stand in it; values are bound.
func (q question) where(ctx context.Context, accountID int64) (string, []any) {
	where, args := `account_id = $1`, []any{accountID}
	and := func(condition string, value any) {
		args = append(args, value)
		where += fmt.Sprintf(` AND `+condition, len(args))
	}
	if q.assetID != 0 {
		and(`asset_id = $%d`, q.assetID)
	}
	if q.kind != "" {
		and(`kind = $%d`, q.kind)
	}
	if q.driver != 0 {
		and(`driver_id = $%d`, q.driver)
	}
	if q.to != 0 {
		and(`start_time < $%d`, q.to)
	}
	switch {
	case q.from != 0 && !q.began:
		// An asset's segments don't overlap: of those that began before, only the last can reach into the range. So the index
		// gives both ends of what is read, however long the past is.
		and(`start_time >= COALESCE((SELECT MAX(start_time) FROM trips WHERE account_id = $1 AND asset_id = $2 AND start_time <= $%[1]d), $%[1]d)
			AND (end_time IS NULL OR end_time > $%[1]d OR start_time >= $%[1]d)`, q.from)
	case q.from != 0:
		and(`start_time >= $%d`, q.from)
	}
	if p := bearer.CallerOf(ctx); p != nil && p.Account.AccountID == accountID && p.Account.Part != nil {
		condition, more := fleet.PartSQL(p.Account.Part, len(args))
		args = append(args, more...)
		where += ` AND asset_id IN (SELECT id FROM assets WHERE account_id = $1 AND ` + condition + `)`
	}
	return where, args
}
