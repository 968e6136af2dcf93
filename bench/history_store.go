package main

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// history is what assets have stored: of each as many positions, one after another up to a time.
type history struct {
	assets []int64 // their numbers follow each other
	steps  int     // positions of each
	every  int64   // ms between two of them
	to     int64   // Unix ms, behind the last

	// sensors is the readings of each, as an expression over its number n; "" for none.
	sensors string
}

// from is the time of the first positions.
func (h history) from() int64 { return h.to - int64(h.steps)*h.every }

// nextDay is the first step after a step that is on a later day (UTC).
func (h history) nextDay(step int) int {
	const day = 86_400_000
	midnight := ((h.from()+int64(step)*h.every)/day + 1) * day
	return min(h.steps, int((midnight-h.from()+h.every-1)/h.every))
}

// fillHistory inserts positions into the table, day by day as they would have come, and within a day in the order of its key. They
// are not followed, and no asset has a last position from them.
func (b *bench) fillHistory(ctx context.Context, in *installation, h history) error {
	start := time.Now()
	n := len(h.assets)
	if n == 0 || h.assets[n-1]-h.assets[0] != int64(n-1) {
		return fmt.Errorf("the numbers of %d assets don't follow each other", n)
	}
	db, err := openRaw(in.url)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := partitions(ctx, db, in.url, h.from(), h.to); err != nil {
		return err
	}
	dayName, day := `, day`, `, time / 86400000` // of SQLite's key
	if isPostgres(in.url) {
		dayName, day = ``, ``
	}
	sensors := h.sensors
	if sensors == "" {
		sensors = `NULL`
	}
	for first, next := 0, 0; first < h.steps; first = next {
		next = h.nextDay(first)
		query := fmt.Sprintf(`WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < %[1]d - 1),
			stored (asset_id, time, n) AS (SELECT %[2]d + i / %[3]d, %[4]d + (%[5]d + i %% %[3]d) * CAST(%[6]d AS BIGINT), i / %[3]d * %[7]d + %[5]d + i %% %[3]d FROM numbers)
			INSERT INTO positions (account_id, asset_id, time, latitude, longitude, speed, heading, altitude, accuracy, satellites, ignition, odometer, battery, sensors%[8]s)
			SELECT 1, asset_id, time, 52.52 + 0.1 * sin(n / 3000.0) + 0.0005 * sin(n / 11.0), 13.405 + 0.15 * cos(n / 3000.0),
				n %% 90 + 0.5, n %% 360, 34.5, 4.5, 9 + n %% 6, 1, 48000 + n * 0.01, 80.5, %[10]s%[9]s FROM stored`,
			n*(next-first), h.assets[0], next-first, h.from(), first, h.every, h.steps, dayName, day, sensors)
		if _, err := db.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	if isPostgres(in.url) { // autovacuum would come to it during the measurement
		_, err = db.ExecContext(ctx, `VACUUM ANALYZE positions`)
	} else {
		_, err = db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	}
	b.logf("%s positions inserted in %.1f s", thousands(float64(n*h.steps)), time.Since(start).Seconds())
	return err
}

// fillTrips inserts trips and the stops between them, as many of each a day and asset, from from until before to.
func fillTrips(ctx context.Context, in *installation, assets []int64, from, to int64, perDay int) error {
	db, err := openRaw(in.url)
	if err != nil {
		return err
	}
	defer db.Close()
	length := 86_400_000 / int64(perDay)
	for _, asset := range assets {
		query := fmt.Sprintf(`WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < %[1]d - 1),
			parts (start_time, end_time, kind, n) AS (SELECT %[2]d + i * CAST(%[3]d AS BIGINT), %[2]d + (i + 1) * CAST(%[3]d AS BIGINT), CASE i %% 2 WHEN 0 THEN 'trip' ELSE 'stop' END, i FROM numbers)
			INSERT INTO trips (account_id, asset_id, start_time, kind, start_latitude, start_longitude, start_reason, end_time, end_latitude, end_longitude, end_reason, distance, idle, top_speed, settled)
			SELECT 1, %[4]d, start_time, kind, 52.52 + n * 0.00001, 13.405, 'moved', end_time, 52.53, 13.405 + n * 0.00001, 'stopped',
				CASE kind WHEN 'trip' THEN 12.5 + n * 0.001 ELSE 0 END, 60000, CASE kind WHEN 'trip' THEN 87.5 ELSE 0 END, end_time FROM parts`,
			(to-from)/length*2, from, length/2, asset)
		if _, err := db.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// waitingReports counts the reports that aren't made yet.
func waitingReports(ctx context.Context, in *installation, n *int) error {
	db, err := openRaw(in.url)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.QueryRowContext(ctx, `SELECT COUNT(*) FROM reports WHERE status IN ('queued', 'processing')`).Scan(n)
}

// rawReadings reads what an asset's sensors said, row by row, and returns how many rows there were.
func rawReadings(ctx context.Context, db *sql.DB, asset int64) (n int, err error) {
	_, order := keyed(db)
	rows, err := db.QueryContext(ctx, `SELECT time, sensors FROM positions WHERE account_id = 1 AND asset_id = $1 ORDER BY `+order, asset)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		var sensors string
		if err := rows.Scan(&at, &sensors); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

// partitions makes the partitions of PostgreSQL's table, with the names that the product gives them.
func partitions(ctx context.Context, db *sql.DB, url string, from, to int64) error {
	if !isPostgres(url) {
		return nil
	}
	at := time.UnixMilli(from).UTC()
	for month := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC); month.UnixMilli() < to; month = month.AddDate(0, 1, 0) {
		query := fmt.Sprintf(`CREATE TABLE IF NOT EXISTS positions_%s PARTITION OF positions FOR VALUES FROM (%d) TO (%d)`,
			month.Format("2006_01"), month.UnixMilli(), month.AddDate(0, 1, 0).UnixMilli())
		if _, err := db.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// rawPlaces reads when and where an asset was, row by row, and returns how many rows there were.
func rawPlaces(ctx context.Context, db *sql.DB, asset int64) (n int, err error) {
	// It is the only asset, so nothing else is read though its key says more.
	_, order := keyed(db)
	rows, err := db.QueryContext(ctx, `SELECT time, latitude, longitude FROM positions WHERE account_id = 1 AND asset_id = $1 ORDER BY `+order, asset)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		var latitude, longitude float64
		if err := rows.Scan(&at, &latitude, &longitude); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}
