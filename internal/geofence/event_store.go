package geofence

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// mine adds the condition that an asset_id is that of an asset which the caller sees.
func mine(ctx context.Context, accountID int64, args []any) (string, []any) {
	part := bearer.PartOf(ctx, accountID)
	if part == nil {
		return "", args
	}
	condition, partArgs := fleet.PartSQL(part, len(args))
	return ` AND asset_id IN (SELECT id FROM assets WHERE account_id = $1 AND ` + condition + `)`, append(args, partArgs...)
}

func (s geofenceStore) events(ctx context.Context, accountID int64, f EventFilter, page web.PageInput) ([]Event, int, error) {
	column, descending, err := page.Order(map[string]string{"time": "time"}, "-time")
	if err != nil {
		return nil, 0, err
	}
	where, args := `account_id = $1`, []any{accountID}
	add := func(condition string, value any) {
		args = append(args, value)
		where += fmt.Sprintf(` AND `+condition, len(args))
	}
	if f.GeofenceID != 0 {
		add(`geofence_id = $%d`, f.GeofenceID)
	}
	if f.AssetID != 0 {
		add(`asset_id = $%d`, f.AssetID)
	}
	if f.Kind != "" {
		add(`kind = $%d`, f.Kind)
	}
	if !f.From.IsZero() {
		add(`time >= $%d`, upMilli(f.From))
	}
	if !f.To.IsZero() {
		add(`time < $%d`, upMilli(f.To))
	}
	condition, args := mine(ctx, accountID, args)
	where += condition
	list := store.List[Event]{From: `geofence_events`, Columns: `id, kind, time, asset_id, geofence_id, geofence_name, latitude, longitude`,
		Where: where, Args: args, Order: store.By(column, descending), Scan: func(rows *sql.Rows) (e Event, err error) {
			var at int64
			err = rows.Scan(&e.ID, &e.Kind, &at, &e.AssetID, &e.GeofenceID, &e.GeofenceName, &e.Latitude, &e.Longitude)
			e.Time = time.UnixMilli(at).UTC()
			return e, err
		}}
	return list.Page(ctx, s.db, page.PerPage, page.Offset())
}

// upMilli is a time in Unix milliseconds, rounded up, so that a bound between two of them parts them where it should.
func upMilli(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }

func (s geofenceStore) inside(ctx context.Context, accountID, id int64, page web.PageInput) ([]Presence, int, error) {
	column, descending, err := page.Order(map[string]string{"asset_id": "asset_id", "asset_name": "name", "since": "since"}, "asset_id")
	if err != nil {
		return nil, 0, err
	}
	condition, args := mine(ctx, accountID, []any{accountID, id})
	where := `p.account_id = $1 AND p.geofence_id = $2` + condition
	var total int
	if err := s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM geofence_presences p WHERE `+where, args...).Scan(&total); err != nil {
		return nil, 0, store.Fault(err)
	}
	order := column + ` ASC, asset_id ASC`
	if descending {
		order = column + ` DESC, asset_id DESC`
	}
	list := make([]Presence, 0, min(page.PerPage, total))
	err = s.db.Rows(ctx, fmt.Sprintf(`SELECT p.asset_id, a.name, p.since FROM geofence_presences p JOIN assets a ON a.account_id = p.account_id AND a.id = p.asset_id
		WHERE %s ORDER BY %s LIMIT $%d OFFSET $%d`, where, order, len(args)+1, len(args)+2), append(args, page.PerPage, page.Offset()), func(rows *sql.Rows) error {
		var p Presence
		var since int64
		err := rows.Scan(&p.AssetID, &p.AssetName, &since)
		p.Since = time.UnixMilli(since).UTC()
		list = append(list, p)
		return err
	})
	return list, total, err
}
