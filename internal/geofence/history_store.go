package geofence

import (
	"context"
	"database/sql"
	"time"
)

// What reports read: all of it, whoever asks. It is for the caller to know who may read it.

// History hands to each what an asset did at geofences from from until before to, in the order in which it happened: entered and
// exited. Geofences that were deleted since are among them.
func (s *Service) History(ctx context.Context, accountID, assetID int64, from, to time.Time, each func(Happened) error) error {
	return s.db.Rows(ctx, `SELECT kind, time, asset_id, geofence_id, geofence_name, latitude, longitude FROM geofence_events
		WHERE account_id = $1 AND asset_id = $2 AND time >= $3 AND time < $4 AND kind <> 'dwelled' ORDER BY time, id`,
		[]any{accountID, assetID, upMilli(from), upMilli(to)}, func(rows *sql.Rows) error {
			e, err := scanHappened(rows)
			if err != nil {
				return err
			}
			return each(e)
		})
}

func scanHappened(rows *sql.Rows) (e Happened, err error) {
	var at int64
	err = rows.Scan(&e.Kind, &at, &e.AssetID, &e.GeofenceID, &e.GeofenceName, &e.Latitude, &e.Longitude)
	e.Time = time.UnixMilli(at).UTC()
	return e, err
}

// InsideAt returns the enterings of an asset before a moment that no exiting followed until then, in the order in which they
// happened. Of one that was inside a geofence when it was drawn, nothing is known.
func (s *Service) InsideAt(ctx context.Context, accountID, assetID int64, at time.Time) ([]Happened, error) {
	var list []Happened
	err := s.db.Rows(ctx, `SELECT kind, time, asset_id, geofence_id, geofence_name, latitude, longitude FROM geofence_events e
		WHERE account_id = $1 AND asset_id = $2 AND time < $3 AND kind = 'entered' AND NOT EXISTS (SELECT 1 FROM geofence_events x
			WHERE x.account_id = $1 AND x.asset_id = $2 AND x.geofence_id = e.geofence_id AND x.time < $3 AND x.kind <> 'dwelled'
				AND (x.time > e.time OR x.time = e.time AND x.id > e.id)) ORDER BY time, id`,
		[]any{accountID, assetID, upMilli(at)}, func(rows *sql.Rows) error {
			e, err := scanHappened(rows)
			list = append(list, e)
			return err
		})
	return list, err
}

// All returns the account's geofences as they are now, by their ids, but what they apply to.
func (s *Service) All(ctx context.Context, accountID int64) (map[int64]*Geofence, error) {
	all := map[int64]*Geofence{}
	err := s.db.Rows(ctx, `SELECT `+geofenceColumns+` FROM geofences WHERE account_id = $1`, []any{accountID}, func(rows *sql.Rows) error {
		g, err := scanGeofence(rows)
		all[g.ID] = &g
		return err
	})
	return all, err
}
