package trail

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// markRewritten counts that positions were stored of assets that aren't later than all before. Their rows are held by lockLast.
func (s *Store) markRewritten(ctx context.Context, tx store.Writer, assets []stored) error {
	rows := make([][]any, len(assets))
	for i := range assets {
		rows[i] = []any{assets[i].accountID, assets[i].assetID}
	}
	return tx.DoEach(ctx, `UPDATE last_positions SET rewritten = rewritten + 1 WHERE account_id = $1 AND asset_id = $2`, rows)
}

func (s *Store) extents(ctx context.Context, accountID int64, ids []int64) (map[int64]Extent, error) {
	found := make(map[int64]Extent, len(ids))
	for part := range slices.Chunk(ids, lastChunk) {
		args := []any{accountID}
		for _, id := range part {
			args = append(args, id)
		}
		err := s.db.Rows(ctx, `SELECT asset_id, time, rewritten, revision, pending FROM last_positions
			WHERE account_id = $1 AND asset_id IN (`+store.Placeholders(2, len(part))+`)`, args, func(rows *sql.Rows) error {
			var id int64
			var e Extent
			err := rows.Scan(&id, &e.Time, &e.Rewritten, &e.Revision, &e.Pending)
			found[id] = e
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (s *Store) way(ctx context.Context, accountID, assetID, from, to int64, each func(*Position) error) error {
	p := Position{AssetID: assetID}
	var ignition Maybe[int64]
	targets := []any{(*whole)(&p.Time), (*real)(&p.Latitude), (*real)(&p.Longitude), &p.Speed, &ignition}
	return s.db.Each(ctx, `SELECT time, latitude, longitude, speed, ignition FROM positions
		WHERE `+s.ofAsset(`$3`, `$4`)+` AND time >= $3 AND time < $4 ORDER BY `+byTime(s.db.Dialect),
		[]any{accountID, assetID, from, to}, func(scan func(...any) error) error {
			if err := scan(targets...); err != nil {
				return err
			}
			p.Ignition = Maybe[bool]{ignition.Value != 0, ignition.Known}
			return each(&p)
		})
}

// sampleTimes finds the times of the positions that Sample returns. It takes the shortest length for which,
// and for all longer ones, they are few enough.
func (s *Store) sampleTimes(ctx context.Context, accountID, assetID, from, to int64, most int) (every time.Duration, times []int64, err error) {
	times, err = s.times(ctx, `SELECT time FROM positions WHERE `+s.ofAsset(`$3`, `$4`)+` AND time >= $3 AND time < $4
		ORDER BY `+byTime(s.db.Dialect)+` LIMIT $5`, accountID, assetID, from, to, most+1)
	if err != nil || len(times) <= most {
		return 0, times, err
	}
	lengths, last := intervals(), int64(0)
	if last = RoundInterval(time.Duration(to-from)*time.Millisecond, most).Milliseconds(); last > lengths[len(lengths)-1] {
		lengths = append(lengths, last)
	}
	// Of the last there are few enough, whatever there is; the shorter ones are tried while there are.
	at := slices.Index(lengths, last)
	if times, err = s.leap(ctx, accountID, assetID, from, to, lengths[at], most); err != nil {
		return 0, nil, err
	}
	for ; at > 0; at-- {
		shorter, err := s.leap(ctx, accountID, assetID, from, to, lengths[at-1], most+1)
		if err != nil {
			return 0, nil, err
		}
		if len(shorter) > most {
			break
		}
		times = shorter
	}
	return time.Duration(lengths[at]) * time.Millisecond, times, nil
}

// leap finds the first position of each interval, at most limit, by one look into the key for each. On SQLite, whose key has the day
// before the asset, it goes day by day.
func (s *Store) leap(ctx context.Context, accountID, assetID, from, to, every int64, limit int) ([]int64, error) {
	if s.db.Dialect == store.Postgres {
		return s.times(ctx, leapSQL(``), accountID, assetID, from, to, limit, every, from)
	}
	var times []int64
	next := from // where the next interval of which there is none yet begins
	for day := from / dayMillis; day <= (to-1)/dayMillis && len(times) < limit; day++ {
		found, err := s.times(ctx, leapSQL(` AND p.day = $8`), accountID, assetID, from, min(to, (day+1)*dayMillis), limit-len(times), every,
			max(next, day*dayMillis), day)
		if err != nil {
			return nil, err
		}
		if n := len(found); n > 0 {
			next = from + ((found[n-1]-from)/every+1)*every
		}
		times = append(times, found...)
	}
	return times, nil
}

// leapSQL finds times from $7 until before $4, at most $5, the first of each interval of length $6 that is counted from $3 on.
func leapSQL(inDay string) string {
	const of = `p.account_id = $1 AND p.asset_id = $2`
	return `WITH RECURSIVE leap (number, time) AS (
		SELECT 1, (SELECT p.time FROM positions p WHERE ` + of + inDay + ` AND p.time >= $7 AND p.time < $4 ORDER BY p.time LIMIT 1)
		UNION ALL SELECT l.number + 1, (SELECT p.time FROM positions p WHERE ` + of + inDay + `
			AND p.time >= $3 + ((l.time - $3) / $6 + 1) * $6 AND p.time < $4 ORDER BY p.time LIMIT 1)
		FROM leap l WHERE l.time IS NOT NULL AND l.number < $5)
		SELECT time FROM leap WHERE time IS NOT NULL`
}

// times are what a query finds, sorted: they come as they are found, not when all are, so that background work can pause.
func (s *Store) times(ctx context.Context, query string, args ...any) ([]int64, error) {
	var times []int64
	var at whole
	err := s.db.Each(ctx, query, args, func(scan func(...any) error) error {
		err := scan(&at)
		times = append(times, int64(at))
		return err
	})
	slices.Sort(times)
	return times, err
}

// fewTimes is how many times a statement asks for on SQLite, which makes a table of them before it finds the first row.
const fewTimes = 50

// atTimes reads an asset's positions at times, which are in order.
func (s *Store) atTimes(ctx context.Context, accountID, assetID int64, times []int64) ([]Position, error) {
	list := make([]Position, 0, len(times))
	row := newScanner()
	read := func(scan func(...any) error) error {
		err := row.scan(scan)
		list = append(list, row.Position)
		return err
	}
	if s.db.Dialect == store.Postgres {
		// One look into the key for each. Of a list of times it may think that reading all of the asset's rows is quicker.
		err := s.db.Each(ctx, `SELECT p.* FROM unnest($3::bigint[]) k (time) CROSS JOIN LATERAL (SELECT `+readColumns+` FROM positions
			WHERE account_id = $1 AND asset_id = $2 AND time = k.time LIMIT 1) p ORDER BY k.time`, []any{accountID, assetID, times}, read)
		return list, err
	}
	for len(times) > 0 {
		n := oneDay(min(len(times), fewTimes), func(i int) int64 { return times[i] })
		args := []any{accountID, assetID}
		for _, at := range times[:n] {
			args = append(args, at)
		}
		times = times[n:]
		err := s.db.Each(ctx, `SELECT `+readColumns+` FROM positions WHERE `+s.ofAsset(`$3`, `$3`)+`
			AND time IN (`+store.Placeholders(3, n)+`) ORDER BY time`, args, read)
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// sensors hands to add, in order of time, what an asset's sensors said from from until before to (Unix milliseconds).
func (s *Store) sensors(ctx context.Context, accountID, assetID, from, to int64, add func(at int64, sensors Sensors)) error {
	var at whole
	var sensors Maybe[string]
	targets := []any{&at, &sensors}
	return s.db.Each(ctx, `SELECT time, sensors FROM positions WHERE `+s.ofAsset(`$3`, `$4`)+` AND time >= $3 AND time < $4
		AND sensors IS NOT NULL ORDER BY `+byTime(s.db.Dialect), []any{accountID, assetID, from, to}, func(scan func(...any) error) error {
		err := scan(targets...)
		add(int64(at), Sensors(sensors.Value))
		return err
	})
}
