package trail

import (
	"context"
	"slices"

	"github.com/yipii/yipii/internal/store"
)

// places hands to each, in order of time, where an asset was from from until before to (Unix milliseconds). The place is reused.
func (s *Store) places(ctx context.Context, tx store.Writer, accountID, assetID, from, to int64, each func(*place) error) error {
	var p place
	targets := []any{(*whole)(&p.time), (*real)(&p.latitude), (*real)(&p.longitude)}
	return tx.Each(ctx, `SELECT time, latitude, longitude FROM positions
		WHERE account_id = $1 AND asset_id = $2 AND time >= $3 AND time < $4 ORDER BY time`,
		[]any{accountID, assetID, from, to}, func(scan func(...any) error) error {
			if err := scan(targets...); err != nil {
				return err
			}
			return each(&p)
		})
}

// at hands to each the asset's positions at places, which are in order of time. The Position is reused.
func (s *Store) at(ctx context.Context, tx store.Writer, accountID, assetID int64, places []place, each func(*Position)) error {
	row := newScanner()
	for part := range slices.Chunk(places, lastChunk) {
		args := []any{accountID, assetID}
		for _, p := range part {
			args = append(args, p.time)
		}
		err := tx.Each(ctx, `SELECT `+readColumns+` FROM positions WHERE account_id = $1 AND asset_id = $2
			AND time IN (`+store.Placeholders(3, len(part))+`) ORDER BY time`, args, func(scan func(...any) error) error {
			err := row.scan(scan)
			each(&row.Position)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
