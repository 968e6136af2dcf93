package trail

import (
	"context"
	"database/sql"
	"slices"

	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
)

// lockedLast is what a transaction must know of an asset's row in last_positions before it changes it. The zero value
// stands for no row.
type lockedLast struct {
	time     int64
	revision int64
	pending  Maybe[int64]
}

// lastRow is what becomes of an asset's row in last_positions.
type lastRow struct {
	accountID, assetID int64
	position           *Position // nil: the stored one stays
	revision           int64
	pending            Maybe[int64]

	known           bool // what follows is; else what is stored stays
	stopAndGo, home bool
	driver          int64
	distance        float64 // kilometres
	engine          int64   // milliseconds
}

// lockLast reads the rows of assets, which are sorted by account and asset, and holds them until the transaction ends.
func (s *Store) lockLast(ctx context.Context, tx store.Writer, assets []stored) (map[int64]lockedLast, error) {
	found := make(map[int64]lockedLast, len(assets))
	read := func(scan func(...any) error) error {
		var id int64
		var l lockedLast
		err := scan(&id, &l.time, &l.revision, &l.pending)
		found[id] = l
		return err
	}
	if s.db.Dialect == store.Postgres {
		// A writing transaction of SQLite is alone. Here the rows are locked, in one order everywhere, so that nobody follows
		// an asset at the same time.
		accounts, ids := make([]int64, len(assets)), make([]int64, len(assets))
		for i := range assets {
			accounts[i], ids[i] = assets[i].accountID, assets[i].assetID
		}
		return found, tx.Each(ctx, `SELECT l.asset_id, l.time, l.revision, l.pending FROM unnest($1::bigint[], $2::bigint[]) AS k (account_id, asset_id)
			JOIN last_positions l ON l.account_id = k.account_id AND l.asset_id = k.asset_id
			ORDER BY l.account_id, l.asset_id FOR UPDATE OF l`, []any{accounts, ids}, read)
	}
	for len(assets) > 0 {
		account := assets[0].accountID
		args := []any{account}
		for len(assets) > 0 && assets[0].accountID == account && len(args) <= lastChunk {
			args = append(args, assets[0].assetID)
			assets = assets[1:]
		}
		query := `SELECT asset_id, time, revision, pending FROM last_positions WHERE account_id = $1 AND asset_id IN (` + store.Placeholders(2, len(args)-1) + `)`
		if err := tx.Each(ctx, query, args, read); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// lastScanner reads rows of readColumns and concludedColumns, again and again.
type lastScanner struct {
	lastKnown
	*scanner
	stopAndGo, home, driver, engine Maybe[int64]
	all                             []any
}

const concludedColumns = `stop_and_go, at_home, driver_id, distance, engine`

func newLastScanner() *lastScanner {
	s := &lastScanner{scanner: newScanner()}
	s.all = append(s.targets[:len(s.targets):len(s.targets)], &s.stopAndGo, &s.home, &s.driver, &s.distance, &s.engine)
	return s
}

// scan reads a row. What it returns is good until the next.
func (s *lastScanner) scan(scan func(...any) error) (*lastKnown, error) {
	if err := s.scanner.scan(func(...any) error { return scan(s.all...) }); err != nil {
		return nil, err
	}
	l := &s.lastKnown
	l.Position, l.stopAndGo, l.home, l.driver = s.scanner.Position, s.stopAndGo.Value != 0, s.home.Value != 0, s.driver.Value
	l.engine = Maybe[float64]{float64(s.engine.Value), s.engine.Known}
	return l, nil
}

// fix is what is known, in the shape that the API gives out.
func (l *lastKnown) fix(in Settings, now int64) fleet.Fix {
	fix := fleet.Fix{Status: statusOf(l, in, now), Position: l.given()}
	if l.Odometer.Known {
		fix.Odometer = &l.Odometer.Value
	} else if l.distance.Known {
		fix.Odometer = &l.distance.Value
	}
	if l.engine.Known {
		hours := l.engine.Value / 3_600_000
		fix.EngineHours = &hours
	}
	if l.driver != 0 {
		fix.DriverID = &l.driver
	}
	return fix
}

// lastChunk is the most assets of one question for last positions: a whole page of a list.
const lastChunk = 500

// Last implements fleet.Trails.
func (s *Store) Last(ctx context.Context, accountID int64, ids []int64) (map[int64]fleet.Fix, error) {
	fixes := make(map[int64]fleet.Fix, len(ids))
	now := s.now().UnixMilli()
	in, err := s.settings.Get(ctx, accountID)
	if err != nil {
		return nil, err
	}
	row := newLastScanner()
	for part := range slices.Chunk(ids, lastChunk) {
		args := make([]any, 0, 1+len(part))
		args = append(args, accountID)
		for _, id := range part {
			fixes[id] = fleet.Fix{Status: statusOf(nil, in, now)}
			args = append(args, id)
		}
		query := `SELECT ` + readColumns + `, ` + concludedColumns + ` FROM last_positions WHERE account_id = $1 AND asset_id IN (` + store.Placeholders(2, len(part)) + `)`
		err := s.db.Rows(ctx, query, args, func(rows *sql.Rows) error {
			last, err := row.scan(rows.Scan)
			if err == nil {
				own := *last // a fix points into it
				fixes[own.AssetID] = own.fix(in, now)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return fixes, nil
}

// newer is what makes a statement that inserts into last_positions replace what is there. Should a first row have come between the
// look and this (two nodes store the first positions of an asset at the same time), the newer position stays, and all of the
// asset's positions are pending.
func newer() string {
	return ` ON CONFLICT (account_id, asset_id) DO UPDATE SET ` + ifNewer("time", "latitude", "longitude", "speed", "heading", "altitude", "accuracy",
		"satellites", "ignition", "odometer", "battery", "sensors") + `
	revision = last_positions.revision + 1, changed = excluded.changed,
	rewritten = last_positions.rewritten + CASE WHEN excluded.revision = last_positions.revision + 1 THEN 0 ELSE 1 END,
	pending = CASE WHEN excluded.revision = last_positions.revision + 1 THEN excluded.pending ELSE 0 END,
	stop_and_go = COALESCE(excluded.stop_and_go, last_positions.stop_and_go), at_home = COALESCE(excluded.at_home, last_positions.at_home),
	driver_id = COALESCE(excluded.driver_id, last_positions.driver_id), distance = COALESCE(excluded.distance, last_positions.distance),
	engine = COALESCE(excluded.engine, last_positions.engine)`
}

// ifNewer sets columns of a position where it is newer than what is there.
func ifNewer(columns ...string) string {
	set := ""
	for _, c := range columns {
		set += c + ` = CASE WHEN excluded.time >= last_positions.time THEN excluded.` + c + ` ELSE last_positions.` + c + ` END, `
	}
	return set
}

const lastColumns = columns + `, revision, pending, changed, stop_and_go, at_home, driver_id, distance, engine`

// putLast writes the rows, which lockLast holds.
func (s *Store) putLast(ctx context.Context, tx store.Writer, rows []lastRow) error {
	number, err := s.changeNumber(ctx, tx)
	if err != nil {
		return err
	}
	var put, mark []*lastRow
	for i := range rows {
		if rows[i].position == nil {
			mark = append(mark, &rows[i])
		} else {
			put = append(put, &rows[i])
		}
	}
	marks := make([][]any, len(mark))
	for i, l := range mark {
		marks[i] = append([]any{l.accountID, l.assetID}, l.args(number)...)
	}
	changed := `$5`
	if s.db.Dialect == store.Postgres {
		changed = `$5 + ` + postgresNumber // $5 is 0
	}
	if err := tx.DoEach(ctx, `UPDATE last_positions SET revision = $3, pending = $4, changed = `+changed+`, stop_and_go = COALESCE($6, stop_and_go),
		at_home = COALESCE($7, at_home), driver_id = COALESCE($8, driver_id), distance = COALESCE($9, distance), engine = COALESCE($10, engine)
		WHERE account_id = $1 AND asset_id = $2`, marks); err != nil || len(put) == 0 {
		return err
	}
	if s.db.Dialect == store.Postgres {
		return putLastPostgres(ctx, tx, put)
	}
	args := make([][]any, len(put))
	for i, l := range put {
		var of rowArgs
		args[i] = append(of.of(&row{accountID: l.accountID, assetID: l.assetID, position: l.position}), l.args(number)...)
	}
	return tx.DoEach(ctx, `INSERT INTO last_positions (`+lastColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
		$15, $16, $17, $18, $19, $20, $21, $22)`+newer(), args)
}

// args are the arguments behind those of the position.
func (l *lastRow) args(number int64) []any {
	args := []any{l.revision, arg(l.pending), number, nil, nil, nil, nil, nil}
	if l.known {
		args[3], args[4], args[5], args[6], args[7] = bit(l.stopAndGo), bit(l.home), l.driver, l.distance, l.engine
	}
	return args
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// postgresNumber is what goes into changed on PostgreSQL: the transaction's own number, which tells readers what may still be
// under way, behind all that were given on SQLite if the database was moved from there. postgresSettled is the same of the oldest
// transaction that is under way.
const (
	postgresNumber  = `(pg_current_xact_id()::text::bigint + position_changes_before())`
	postgresSettled = `(pg_snapshot_xmin(pg_current_snapshot())::text::bigint + position_changes_before())`
)

// changeNumber is what goes into changed on SQLite; 0 on PostgreSQL. Readers ask for what lies beyond a number
// (changed_store.go), so none may become visible after a higher one was read: a writing transaction is alone.
func (s *Store) changeNumber(ctx context.Context, tx store.Writer) (number int64, err error) {
	if s.db.Dialect == store.Postgres {
		return 0, nil
	}
	err = tx.Each(ctx, `UPDATE position_changes SET number = number + 1 RETURNING number`, nil, func(scan func(...any) error) error { return scan(&number) })
	return number, err
}

// advanceLast writes the rows of assets that nobody has changed since they had the revision before, and that have nothing
// pending, and returns which they are. rows are sorted by account and asset. Those that are written stay locked.
func (s *Store) advanceLast(ctx context.Context, tx store.Writer, rows []lastRow) (map[int64]struct{}, error) {
	advanced := make(map[int64]struct{}, len(rows))
	if s.db.Dialect == store.Postgres {
		list := make([]*lastRow, len(rows))
		for i := range rows {
			list[i] = &rows[i]
		}
		// The revision that is given is the next one.
		return advanced, tx.Each(ctx, `UPDATE last_positions l SET time = g.time, latitude = g.latitude, longitude = g.longitude, speed = g.speed,
			heading = g.heading, altitude = g.altitude, accuracy = g.accuracy, satellites = g.satellites, ignition = g.ignition, odometer = g.odometer,
			battery = g.battery, sensors = g.sensors, revision = g.revision, stop_and_go = g.stop_and_go, at_home = g.at_home,
			driver_id = g.driver_id, distance = g.distance, engine = g.engine, changed = `+postgresNumber+`
			FROM (`+lastGiven+`) g WHERE l.account_id = g.account_id AND l.asset_id = g.asset_id AND l.revision = g.revision - 1 AND l.pending IS NULL
			RETURNING l.asset_id`, lastArrays(list), func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			advanced[id] = struct{}{}
			return err
		})
	}
	number, err := s.changeNumber(ctx, tx)
	if err != nil {
		return nil, err
	}
	args := make([][]any, len(rows))
	for i := range rows {
		l := &rows[i]
		var of rowArgs
		position := of.of(&row{position: l.position})[2:]
		args[i] = append(append(append(make([]any, 0, 22), position...), l.revision), append(l.args(number)[2:], l.accountID, l.assetID, l.revision-1)...)
	}
	// ? in place of $1: SQLite looks a parameter up by its name otherwise, which costs more here than the update.
	changed, err := tx.(*store.Tx).DoEachCounted(ctx, `UPDATE last_positions SET time = ?, latitude = ?, longitude = ?, speed = ?, heading = ?, altitude = ?,
		accuracy = ?, satellites = ?, ignition = ?, odometer = ?, battery = ?, sensors = ?, revision = ?, changed = ?, stop_and_go = ?, at_home = ?,
		driver_id = ?, distance = ?, engine = ? WHERE account_id = ? AND asset_id = ? AND revision = ? AND pending IS NULL`, args)
	for i, n := range changed {
		if n == 1 {
			advanced[rows[i].assetID] = struct{}{}
		}
	}
	return advanced, err
}
