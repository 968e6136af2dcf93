package trail

import (
	"context"

	"github.com/yipii/yipii/internal/store"
)

// places hands to each, in order of time, where an asset was from from until before to (Unix milliseconds). The place is reused.
func (s *Store) places(ctx context.Context, tx store.Writer, accountID, assetID, from, to int64, each func(*place) error) error {
	var p place
	targets := []any{(*whole)(&p.time), (*real)(&p.latitude), (*real)(&p.longitude)}
	return tx.Each(ctx, `SELECT time, latitude, longitude FROM positions
		WHERE `+s.ofAsset(`$3`, `$4`)+` AND time >= $3 AND time < $4 ORDER BY `+byTime(s.db.Dialect),
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
	for len(places) > 0 {
		n := oneDay(len(places), func(i int) int64 { return places[i].time })
		args := []any{accountID, assetID}
		for _, p := range places[:n] {
			args = append(args, p.time)
		}
		places = places[n:]
		err := tx.Each(ctx, `SELECT `+readColumns+` FROM positions WHERE `+s.ofAsset(`$3`, `$3`)+`
			AND time IN (`+store.Placeholders(3, n)+`) ORDER BY time`, args, func(scan func(...any) error) error {
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

// oneDay is how many of the first of count times are of one day, so that SQLite looks for each of them in that day alone;
// lastChunk at most.
func oneDay(count int, time func(int) int64) int {
	n := 1
	for n < min(count, lastChunk) && time(n)/dayMillis == time(0)/dayMillis {
		n++
	}
	return n
}
