package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
	_ "modernc.org/sqlite"           // the "sqlite" driver
)

func isPostgres(url string) bool { return strings.HasPrefix(url, "postgres") }

// openRaw opens a database with the settings that the product opens it with.
func openRaw(url string) (*sql.DB, error) {
	path, isFile := strings.CutPrefix(url, "sqlite:")
	if !isFile {
		return sql.Open("pgx", url)
	}
	return sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)"+
		"&_pragma=synchronous(FULL)&_pragma=cache_size(-16000)&_txlock=immediate")
}

// clientID is the id of the n-th filled client, as fillClients writes it in SQL. It grows with n, so that a million go
// in quickly, and looks random behind that.
func clientID(n int) string {
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", n*4000, n*40503&0xffff, n*77&0xfff, n*91&0xfff, n*2654435761&0xffffffffffff)
}

// clientsPerAccount is how the filled clients lie: each fifty in an account of their own, with one owner.
const clientsPerAccount = 50

// fillClients inserts clients 1 to n-1 beside the installation's own, which is client 0. All have its secret: stored
// is a hash that depends on nothing else.
func fillClients(ctx context.Context, url, template string, n int) error {
	// Account and user 1 are the installation's.
	accounts := (n + clientsPerAccount - 1) / clientsPerAccount
	return fillRows(ctx, url, []filling{
		{2, accounts, `INSERT INTO accounts (id, key, name, created_at) SELECT n, 'fleet-' || n, 'Fleet ' || n, $3 FROM numbers`},
		{2, accounts, `INSERT INTO users (id, name, email, password_hash, created_at) SELECT n, 'Owner ' || n, 'owner' || n || '@example.com', '', $3 FROM numbers`},
		{2, accounts, `INSERT INTO memberships (account_id, user_id, role, created_at) SELECT n, n, 'admin', $3 FROM numbers`},
		{1, n - 1, `INSERT INTO oauth_clients (client_id, account_id, owner_id, name, scopes, grant_types, created_at, updated_at)
			SELECT ` + clientIDText + `, 1 + n / $5, 1 + n / $5, 'Client ' || n, t.scopes, t.grant_types, $3, $3
			FROM numbers, (SELECT scopes, grant_types FROM oauth_clients WHERE client_id = $4) AS t`},
		{1, n - 1, `INSERT INTO oauth_client_secrets (client_id, hash, created_at) SELECT ` + clientIDText + `, t.hash, $3
			FROM numbers, (SELECT hash FROM oauth_client_secrets WHERE client_id = $4) AS t`},
	}, template, clientsPerAccount)
}

// filling is a statement that inserts a row for each n of the table numbers, which runs from from to to. $3 is now, in
// Unix milliseconds; from $4 on are the values that go with it.
type filling struct {
	from, to int
	query    string
}

// openQuick opens a SQLite database that nobody else has open, for filling it: nothing need survive anything, and no row
// refers to one that isn't there.
func openQuick(url string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(url, "sqlite:")+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-400000)")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// fillRows opens a database and fills it.
func fillRows(ctx context.Context, url string, fillings []filling, values ...any) error {
	db, err := openQuick(url)
	if err != nil {
		return err
	}
	defer db.Close()
	return fillTables(ctx, db, fillings, values...)
}

func fillTables(ctx context.Context, db *sql.DB, fillings []filling, values ...any) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, fill := range fillings {
		const numbers = `WITH RECURSIVE numbers (n) AS (SELECT $1 WHERE $1 <= $2 UNION ALL SELECT n + 1 FROM numbers WHERE n < $2) `
		if _, err := tx.ExecContext(ctx, numbers+fill.query, append([]any{fill.from, fill.to, time.Now().UnixMilli()}, values...)...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// withoutIndexes takes a table's indexes away while fill inserts a great deal, and makes them again: sorting once is
// much quicker than finding a place for every row.
func withoutIndexes(ctx context.Context, db *sql.DB, table string, fill func() error) error {
	indexes, err := indexesOf(ctx, db, table)
	if err != nil {
		return err
	}
	for name := range indexes {
		if _, err := db.ExecContext(ctx, `DROP INDEX `+name); err != nil {
			return err
		}
	}
	if err := fill(); err != nil {
		return err
	}
	for _, text := range indexes {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// indexesOf are the statements that made a table's indexes, by name.
func indexesOf(ctx context.Context, db *sql.DB, table string) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL`, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	indexes := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		indexes[name] = text
	}
	return indexes, rows.Err()
}

// clientIDText is clientID in SQL.
const clientIDText = `printf('%08x-%04x-4%03x-8%03x-%012x', n * 4000, n * 40503 & 65535, n * 77 & 4095, n * 91 & 4095, n * 2654435761 & 281474976710655)`

// checkFollowed fails unless trips, geofence events and alerts were concluded, and nothing is left to be followed.
func checkFollowed(ctx context.Context, url string) error {
	db, err := openRaw(url)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, table := range []string{"trips", "geofence_events", "alerts"} {
		var n int
		if err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+table).Scan(&n); err != nil || n == 0 {
			return fmt.Errorf("%d %s were concluded (%v)", n, table, err)
		}
	}
	// What was marked is followed within moments.
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		var pending int
		if err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM last_positions WHERE pending IS NOT NULL`).Scan(&pending); err != nil {
			return err
		}
		if pending == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d assets are still to be followed", pending)
		}
	}
}

func countPositions(ctx context.Context, url string) (n int, err error) {
	db, err := openRaw(url)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, `SELECT COUNT(*) FROM positions`).Scan(&n)
	return n, err
}

func positionColumns() []string {
	return []string{"account_id", "asset_id", "time", "latitude", "longitude", "speed", "heading", "altitude", "accuracy", "satellites",
		"ignition", "odometer", "battery", "sensors"}
}

// values are a position's in the order of positionColumns.
func (p *position) values(into []any) []any {
	return append(into[:0], int64(1), p.assetID, p.time, p.latitude, p.longitude, p.speed, p.heading, p.altitude, p.accuracy, p.satellites,
		p.ignition, p.odometer, p.battery, p.sensors)
}

// inserter inserts batches with a number of connections at once.
type inserter func(ctx context.Context, batches [][]position, connections int) error

// rawInsert prepares the quickest plain way to insert batches into the database, each durable by itself.
func rawInsert(ctx context.Context, url string, base int64) (inserter, error) {
	if isPostgres(url) {
		return rawCopy(ctx, url, base)
	}
	db, err := openRaw(url)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	// The product's table there has the day (UTC) in its key.
	insert := `INSERT INTO positions (` + strings.Join(positionColumns(), ", ") + `, day) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	// SQLite has one writer: more connections would only wait.
	return func(_ context.Context, batches [][]position, _ int) error {
		for _, batch := range batches {
			if err := insertBatch(db, insert, batch); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// insertBatch inserts row by row in one transaction.
func insertBatch(db *sql.DB, insert string, batch []position) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	statement, err := tx.Prepare(insert)
	if err != nil {
		return err
	}
	defer statement.Close()
	args := make([]any, 0, 15)
	for i := range batch {
		if _, err := statement.Exec(append(batch[i].values(args), batch[i].time/86_400_000)...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// rawCopy inserts by COPY, each batch by itself.
func rawCopy(ctx context.Context, url string, base int64) (inserter, error) {
	var conns [fourSenders]*pgx.Conn
	for i := range conns {
		c, err := pgx.Connect(ctx, url)
		if err != nil {
			return nil, err
		}
		conns[i] = c
	}
	from := time.UnixMilli(base).UTC()
	// The product makes a partition a month when the month's first position arrives.
	partition := fmt.Sprintf(`CREATE TABLE positions_raw PARTITION OF positions FOR VALUES FROM (%d) TO (%d)`, base, from.AddDate(0, 1, 0).UnixMilli())
	if _, err := conns[0].Exec(ctx, partition); err != nil {
		return nil, err
	}
	return func(ctx context.Context, batches [][]position, connections int) error {
		var next atomic.Int64
		var wait sync.WaitGroup
		var errs [fourSenders]error
		for i, c := range conns[:connections] {
			wait.Go(func() {
				for n := int(next.Add(1)) - 1; n < len(batches) && errs[i] == nil; n = int(next.Add(1)) - 1 {
					batch, args := batches[n], make([]any, 0, 14)
					_, errs[i] = c.CopyFrom(ctx, pgx.Identifier{"positions"}, positionColumns(), pgx.CopyFromSlice(len(batch), func(k int) ([]any, error) {
						return batch[k].values(args), nil
					}))
				}
			})
		}
		wait.Wait()
		return errors.Join(errs[:]...)
	}, nil
}

// keyed is what a query for positions between $2 and $3, not two days apart, has to say so that the key of the product's table
// serves it: on SQLite also the days, and in their order.
func keyed(db *sql.DB) (condition, order string) {
	if _, postgres := db.Driver().(*stdlib.Driver); postgres {
		return "", "time"
	}
	return ` AND day IN ($2 / 86400000, ($3 - 1) / 86400000)`, "day, time"
}

// rawTrail reads an asset's positions of a time range that is within a day, or two.
func rawTrail(ctx context.Context, db *sql.DB, asset, from, to int64) ([]point, error) {
	days, order := keyed(db)
	rows, err := db.QueryContext(ctx, `SELECT asset_id, time, latitude, longitude, speed, heading, altitude, accuracy, satellites, ignition,
		odometer, battery, sensors FROM positions WHERE account_id = 1 AND asset_id = $1 AND time >= $2 AND time < $3`+days+` ORDER BY `+order, asset, from, to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	points := make([]point, 0, dayPoints)
	for rows.Next() {
		var p point
		var at int64
		var speed, heading, altitude, accuracy, odometer, battery sql.Null[float64]
		var satellites, ignition sql.Null[int64]
		var sensors sql.Null[string]
		if err := rows.Scan(&p.AssetID, &at, &p.Latitude, &p.Longitude, &speed, &heading, &altitude, &accuracy, &satellites, &ignition,
			&odometer, &battery, &sensors); err != nil {
			return nil, err
		}
		p.Timestamp = time.UnixMilli(at).UTC()
		p.Speed, p.Heading, p.Altitude, p.Accuracy = known(speed), known(heading), known(altitude), known(accuracy)
		p.Odometer, p.Battery, p.Satellites = known(odometer), known(battery), known(satellites)
		if ignition.Valid {
			on := ignition.V != 0
			p.Ignition = &on
		}
		if sensors.Valid {
			p.Sensors = []byte(sensors.V)
		}
		points = append(points, p)
	}
	return points, rows.Err()
}
