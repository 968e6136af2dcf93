package trail

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
)

// Store holds the room's SQL. It is made before fleet and trail, which both stand on it: to fleet it is fleet.Trails.
type Store struct {
	db       *store.DB
	now      func() time.Time
	settings *store.Cache[int64, Settings] // by account

	shortened chan struct{} // somebody may keep positions for a shorter time
}

// OpenStore makes the store on an open, migrated database. now tells the time, for an asset's status and for what lies
// too far in the future.
func OpenStore(db *store.DB, now func() time.Time) *Store {
	s := &Store{db: db, now: now, settings: watchSettings(db), shortened: make(chan struct{}, 1)}
	poke := func() {
		select {
		case s.shortened <- struct{}{}:
		default:
		}
	}
	db.Subscribe(settingsTopic, store.Subscriber{Reset: poke, Changed: func(string) { poke() }})
	return s
}

// columns are those of positions and of last_positions, in the order of args, scan and appendTuple.
const columns = `account_id, asset_id, time, latitude, longitude, speed, heading, altitude, accuracy, satellites, ignition, odometer, battery, sensors`

// readColumns are what scanner reads: the account is known from the question.
const readColumns = `asset_id, time, latitude, longitude, speed, heading, altitude, accuracy, satellites, ignition, odometer, battery, sensors`

// Scan implements sql.Scanner.
func (m *Maybe[T]) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*m = Maybe[T]{}
	case T:
		*m = Some(v)
	default:
		return fmt.Errorf("a column holds a %T where a %T was stored", value, m.Value)
	}
	return nil
}

// whole and real are columns that are never NULL. Other than numbers of Go, which database/sql sets by reflection, they scan
// themselves, which takes fewer steps for each of many values.
type (
	whole int64
	real  float64
)

// Scan implements sql.Scanner.
func (w *whole) Scan(value any) error {
	v, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a column holds a %T where a whole number was stored", value)
	}
	*w = whole(v)
	return nil
}

// Scan implements sql.Scanner.
func (r *real) Scan(value any) error {
	v, ok := value.(float64)
	if !ok {
		return fmt.Errorf("a column holds a %T where a number was stored", value)
	}
	*r = real(v)
	return nil
}

// What follows is how PostgreSQL's driver hands numbers and texts over without boxing each. It picks by the column's type, so
// a target has the method of its own type called and never another.

// ScanInt64 implements pgtype.Int64Scanner.
func (m *Maybe[T]) ScanInt64(v pgtype.Int8) error { return take(m, v.Int64, v.Valid) }

// ScanFloat64 implements pgtype.Float64Scanner.
func (m *Maybe[T]) ScanFloat64(v pgtype.Float8) error { return take(m, v.Float64, v.Valid) }

// ScanText implements pgtype.TextScanner.
func (m *Maybe[T]) ScanText(v pgtype.Text) error { return take(m, v.String, v.Valid) }

func take[T, V any](m *Maybe[T], value V, valid bool) error {
	into, ok := any(&m.Value).(*V)
	if !ok {
		return fmt.Errorf("a column holds a %T where a %T was stored", value, m.Value)
	}
	*into, m.Known = value, valid
	return nil
}

// ScanInt64 implements pgtype.Int64Scanner.
func (w *whole) ScanInt64(v pgtype.Int8) error {
	if !v.Valid {
		return w.Scan(nil)
	}
	*w = whole(v.Int64)
	return nil
}

// ScanFloat64 implements pgtype.Float64Scanner.
func (r *real) ScanFloat64(v pgtype.Float8) error {
	if !v.Valid {
		return r.Scan(nil)
	}
	*r = real(v.Float64)
	return nil
}

// scanner reads rows of readColumns into one Position, again and again, so that a long trail allocates little.
type scanner struct {
	Position
	ignition Maybe[int64]
	sensors  Maybe[string]
	targets  [13]any
}

func newScanner() *scanner {
	s := &scanner{}
	p := &s.Position
	s.targets = [...]any{(*whole)(&p.AssetID), (*whole)(&p.Time), (*real)(&p.Latitude), (*real)(&p.Longitude), &p.Speed, &p.Heading, &p.Altitude, &p.Accuracy,
		&p.Satellites, &s.ignition, &p.Odometer, &p.Battery, &s.sensors}
	return s
}

func (s *scanner) scan(scan func(...any) error) error {
	if err := scan(s.targets[:]...); err != nil {
		return err
	}
	s.Ignition = Maybe[bool]{s.ignition.Value != 0, s.ignition.Known}
	s.Sensors = Sensors(s.sensors.Value)
	return nil
}

// Purge implements fleet.Trails.
func (s *Store) Purge(ctx context.Context, tx *store.Tx, accountID, id int64) error {
	// The last position first: who is storing or following positions of the asset holds it until all is written, and finds
	// nothing to hold afterwards. Each statement sees what was committed before it.
	for _, table := range [...]string{"last_positions", "asset_memories"} {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE account_id = $1 AND asset_id = $2`, accountID, id); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM positions WHERE `+s.ofAsset(`0`, latest), accountID, id)
	return err
}

// between hands to each, in order of time, an asset's positions from from until before to (Unix milliseconds), at most
// limit of them. The Position is reused: each keeps nothing of it.
func (s *Store) between(ctx context.Context, accountID, assetID, from, to int64, limit int, each func(*Position)) error {
	row := newScanner()
	return s.db.Each(ctx, `SELECT `+readColumns+` FROM positions
		WHERE `+s.ofAsset(`$3`, `$4`)+` AND time >= $3 AND time < $4 ORDER BY `+byTime(s.db.Dialect)+` LIMIT $5`,
		[]any{accountID, assetID, from, to, limit}, func(scan func(...any) error) error {
			err := row.scan(scan)
			each(&row.Position)
			return err
		})
}

// postgresLanes is how many transactions the writer has under way at once on PostgreSQL: some use the time in which others
// wait for the disk. Of an asset one at a time writes, because it holds the asset's memory.
const postgresLanes = 4

// lanes are the ways into the database, side by side. SQLite takes one write at a time.
func (s *Store) lanes(fleet *fleet.Service, e *engine) []lane {
	if s.db.Dialect == store.Postgres {
		lanes := make([]lane, postgresLanes)
		for i := range lanes {
			l := &postgresLane{Store: s, engine: e, months: map[int32]bool{}}
			lanes[i] = func(ctx context.Context, rows []row) error { return l.writePostgres(ctx, fleet, rows) }
		}
		return lanes
	}
	return []lane{func(ctx context.Context, rows []row) error { return s.writeSQLite(ctx, fleet, e, rows) }}
}

// others lists one row of each asset that isn't ready, sorted by account and asset.
func others(rows []row, ready map[int64]struct{}) []*row {
	var list []*row
	seen := map[int64]struct{}{}
	for i := range rows {
		r := &rows[i]
		if i > 0 && r.assetID == rows[i-1].assetID { // rows of an asset stand together within a month
			continue
		}
		if _, ok := ready[r.assetID]; ok {
			continue
		}
		if _, ok := seen[r.assetID]; !ok {
			seen[r.assetID] = struct{}{}
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b *row) int {
		return cmp.Or(cmp.Compare(a.accountID, b.accountID), cmp.Compare(a.assetID, b.assetID))
	})
	return list
}

// writeSQLite stores rows in a transaction, which also follows them. Should a follower make it fail, they are stored in a
// second one, to be followed later.
func (s *Store) writeSQLite(ctx context.Context, fleet *fleet.Service, e *engine, rows []row) error {
	for {
		p := &pass{engine: e}
		err := s.db.Tx(ctx, func(tx *store.Tx) error {
			ready, err := p.advance(ctx, tx, rows)
			if err != nil {
				return err
			}
			if err := insertSQLite(ctx, tx, fleet, rows, ready); err != nil {
				return err
			}
			if err := p.follow(ctx, tx, rows); err != nil {
				return err
			}
			return ctx.Err() // the deadline may have passed unseen
		})
		if err == nil {
			p.keep()
			return nil
		}
		if !p.forget() || ctx.Err() != nil {
			return err
		}
		e.log.Warn("positions are stored without being followed yet", "cause", err.Error())
	}
}

// insertSQLite inserts row by row with one prepared statement: on SQLite that is quicker than many rows a statement. The
// assets that are ready are known to be there.
func insertSQLite(ctx context.Context, tx *store.Tx, fleet *fleet.Service, rows []row, ready map[int64]struct{}) error {
	held := maps.Clone(ready)
	if err := holdSQLite(ctx, tx, fleet, others(rows, ready), held); err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, `INSERT INTO positions (`+columns+`, day) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`) // see advanceLast for the ?
	if err != nil {
		return err
	}
	defer insert.Close()
	// Without a context of its own a statement needs no goroutine that watches it; the transaction has its deadline.
	var args rowArgs
	for i := range rows {
		r := &rows[i]
		r.fate = fateStored
		if _, ok := held[r.assetID]; !ok {
			r.fate = fateGone
			continue
		}
		result, err := insert.ExecContext(context.Background(), append(args.of(r), r.position.Time/dayMillis)...)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			r.fate = fateRepeat
		}
	}
	return nil
}

// holdSQLite adds to held which assets are still there, account by account.
func holdSQLite(ctx context.Context, tx *store.Tx, fleet *fleet.Service, rest []*row, held map[int64]struct{}) error {
	for len(rest) > 0 {
		account := rest[0].accountID
		var ids []int64
		for len(rest) > 0 && rest[0].accountID == account {
			ids = append(ids, rest[0].assetID)
			rest = rest[1:]
		}
		if err := fleet.Hold(ctx, tx, account, ids, held); err != nil {
			return err
		}
	}
	return nil
}

// rowArgs are the arguments of an insert, reused from row to row.
type rowArgs struct {
	accountID, assetID int64
	args               [14]any
}

func (a *rowArgs) of(r *row) []any {
	if a.accountID != r.accountID || a.assetID != r.assetID {
		a.accountID, a.assetID = r.accountID, r.assetID
		a.args[0], a.args[1] = r.accountID, r.assetID // an interface of a number is an allocation: not for every row
	}
	p := r.position
	a.args[2], a.args[3], a.args[4] = p.Time, p.Latitude, p.Longitude
	a.args[5], a.args[6], a.args[7], a.args[8] = arg(p.Speed), arg(p.Heading), arg(p.Altitude), arg(p.Accuracy)
	a.args[9], a.args[10], a.args[11], a.args[12] = arg(p.Satellites), nil, arg(p.Odometer), arg(p.Battery)
	a.args[13] = nil
	if p.Ignition.Known {
		a.args[10] = ignitionOf(p)
	}
	if p.Sensors != "" {
		a.args[13] = string(p.Sensors)
	}
	return a.args[:]
}

func arg[T any](m Maybe[T]) any {
	if !m.Known {
		return nil
	}
	return m.Value
}

// ignitionOf is a known ignition as a column has it.
func ignitionOf(p *Position) int64 {
	if p.Ignition.Value {
		return 1
	}
	return 0
}
