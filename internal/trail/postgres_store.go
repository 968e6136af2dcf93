package trail

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
)

// postgresLane is one of the writer's lanes into PostgreSQL: while one waits for its commit, another sends. It remembers
// a little between its transactions.
type postgresLane struct {
	*Store
	engine *engine

	months map[int32]bool // those whose partition is known to be there
	copied []byte         // buffer of COPY
	merge  int            // how many transactions more go without COPY, see writePostgres
}

// PostgreSQL's error codes (its documentation, appendix A) that a transaction is run again for.
const (
	uniqueViolation     = "23505"
	noPartition         = "23514" // check_violation: no partition for a row
	deadlock            = "40P01"
	serializationFailed = "40001"
)

// mergesAfterRepeat is how many transactions avoid COPY after one met a row that was there already: repeats come in
// runs (a tracker that sends its memory again, a second import), and a COPY that fails is work for nothing.
const mergesAfterRepeat = 16

// writePostgres stores rows by COPY, the quickest way, which fails at the first row that is there already. The
// transaction is run again then with INSERT … ON CONFLICT DO NOTHING.
func (l *postgresLane) writePostgres(ctx context.Context, fleet *fleet.Service, rows []row) error {
	const attempts = 5
	merge := l.merge > 0
	for attempt := 1; ; attempt++ {
		if err := l.ensurePartitions(ctx, rows); err != nil {
			return err
		}
		repeats := false
		p := &pass{engine: l.engine}
		err := l.db.PostgresTx(ctx, func(tx pgx.Tx) (err error) {
			w := store.PostgresWriter(tx)
			ready, err := p.advance(ctx, w, rows)
			if err != nil {
				return err
			}
			if repeats, err = l.writeTx(ctx, tx, fleet, rows, ready, merge); err != nil {
				return err
			}
			return p.follow(ctx, w, rows)
		})
		followed := false
		if err == nil {
			p.keep()
		} else {
			followed = p.forget()
		}
		var server *pgconn.PgError
		switch {
		case err == nil:
			if repeats {
				l.merge = mergesAfterRepeat
			} else {
				l.merge = max(0, l.merge-1)
			}
			return nil
		case attempt == attempts || !errors.As(err, &server) && !followed:
			return err
		case server == nil:
			l.engine.log.Warn("positions are stored without being followed yet", "cause", err.Error())
			continue
		}
		switch server.Code {
		case uniqueViolation:
			merge = true
		case noPartition:
			clear(l.months) // someone has dropped one
		case deadlock, serializationFailed:
		default:
			if !followed { // else it may be a follower's, and goes well without
				return err
			}
			l.engine.log.Warn("positions are stored without being followed yet", "cause", err.Error())
		}
	}
}

// writeTx stores rows in tx, sets the fate of each, and says whether one was there already. The assets that are ready are
// known to be there.
func (l *postgresLane) writeTx(ctx context.Context, tx pgx.Tx, fleet *fleet.Service, rows []row, ready map[int64]struct{}, merge bool) (repeats bool, err error) {
	rest := others(rows, ready)
	held := maps.Clone(ready)
	if len(rest) > 0 {
		accountIDs, ids := make([]int64, len(rest)), make([]int64, len(rest))
		for i, r := range rest {
			accountIDs[i], ids[i] = r.accountID, r.assetID
		}
		if err := fleet.HoldPostgres(ctx, tx, accountIDs, ids, held); err != nil {
			return false, err
		}
	}
	for i := range rows {
		rows[i].fate = fateStored
		if _, ok := held[rows[i].assetID]; !ok {
			rows[i].fate = fateGone
		}
	}
	if merge {
		repeats, err = mergePostgres(ctx, tx, rows)
	} else {
		err = l.copyPostgres(ctx, tx, rows)
	}
	return repeats, err
}

// copyPostgres sends rows in COPY's binary form (PostgreSQL's documentation, COPY, "Binary Format").
func (l *postgresLane) copyPostgres(ctx context.Context, tx pgx.Tx, rows []row) error {
	b := append(l.copied[:0], "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	for i := range rows {
		if rows[i].fate == fateStored {
			b = appendTuple(b, &rows[i])
		}
	}
	b = append(b, 0xff, 0xff)
	l.copied = b
	_, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(b), `COPY positions (`+columns+`) FROM STDIN BINARY`)
	return err
}

func appendTuple(b []byte, r *row) []byte {
	p := r.position
	b = binary.BigEndian.AppendUint16(b, 14)
	b = appendInt8(b, r.accountID)
	b = appendInt8(b, r.assetID)
	b = appendInt8(b, p.Time)
	b = appendFloat8(b, Some(p.Latitude))
	b = appendFloat8(b, Some(p.Longitude))
	b = appendFloat8(b, p.Speed)
	b = appendFloat8(b, p.Heading)
	b = appendFloat8(b, p.Altitude)
	b = appendFloat8(b, p.Accuracy)
	if p.Satellites.Known {
		b = appendInt8(b, p.Satellites.Value)
	} else {
		b = appendNull(b)
	}
	if p.Ignition.Known {
		b = appendInt8(b, ignitionOf(p))
	} else {
		b = appendNull(b)
	}
	b = appendFloat8(b, p.Odometer)
	b = appendFloat8(b, p.Battery)
	if p.Sensors == "" {
		return appendNull(b)
	}
	return append(binary.BigEndian.AppendUint32(b, uint32(len(p.Sensors))), p.Sensors...)
}

func appendNull(b []byte) []byte { return append(b, 0xff, 0xff, 0xff, 0xff) }

func appendInt8(b []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(append(b, 0, 0, 0, 8), uint64(v))
}

func appendFloat8(b []byte, v Maybe[float64]) []byte {
	if !v.Known {
		return appendNull(b)
	}
	return binary.BigEndian.AppendUint64(append(b, 0, 0, 0, 8), math.Float64bits(v.Value))
}

// unnested makes rows of the parameters that arrays makes of rows.
const unnested = `SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::float8[], $5::float8[], $6::float8[], $7::float8[],
	$8::float8[], $9::float8[], $10::bigint[], $11::bigint[], $12::float8[], $13::float8[], $14::text[]) AS given (` + columns + `)`

// arrays turns rows into one array a column.
func arrays(rows []*row) []any {
	n := len(rows)
	accounts, assets, times := make([]int64, n), make([]int64, n), make([]int64, n)
	latitudes, longitudes := make([]float64, n), make([]float64, n)
	var floats [6][]*float64
	for i := range floats {
		floats[i] = make([]*float64, n)
	}
	satellites, ignitions, sensors := make([]*int64, n), make([]*int64, n), make([]*string, n)
	for i, r := range rows {
		p := r.position
		accounts[i], assets[i], times[i], latitudes[i], longitudes[i] = r.accountID, r.assetID, p.Time, p.Latitude, p.Longitude
		for j, m := range [...]*Maybe[float64]{&p.Speed, &p.Heading, &p.Altitude, &p.Accuracy, &p.Odometer, &p.Battery} {
			floats[j][i] = m.pointer()
		}
		satellites[i] = p.Satellites.pointer()
		if p.Ignition.Known {
			on := ignitionOf(p)
			ignitions[i] = &on
		}
		if p.Sensors != "" {
			text := string(p.Sensors)
			sensors[i] = &text
		}
	}
	return []any{accounts, assets, times, latitudes, longitudes, floats[0], floats[1], floats[2], floats[3],
		satellites, ignitions, floats[4], floats[5], sensors}
}

// The numbers of a row of last_positions go to PostgreSQL in two arrays, one after the other, row by row. An array for each
// column costs twice as much there: each becomes a table first.
var (
	lastFloats = []string{"latitude", "longitude", "speed", "heading", "altitude", "accuracy", "odometer", "battery", "distance"}
	lastWords  = []string{"account_id", "time", "satellites", "ignition", "revision", "pending", "stop_and_go", "at_home", "driver_id", "engine"}

	lastGiven      = givenLast()
	lastGivenNames = "asset_id, sensors, " + strings.Join(lastFloats, ", ") + ", " + strings.Join(lastWords, ", ")
)

// What stands for NULL in those arrays: one with NULLs in it is walked from its beginning for each number.
var nullFloat, nullWord = math.NaN(), int64(math.MinInt64)

// givenLast is the query that makes rows of the parameters that lastArrays makes of rows.
func givenLast() string {
	query := `SELECT asset_id, sensors`
	for i, name := range lastFloats {
		query += fmt.Sprintf(`, NULLIF(($3::float8[])[n * %d - %d], 'NaN') AS %s`, len(lastFloats), len(lastFloats)-1-i, name)
	}
	for i, name := range lastWords {
		query += fmt.Sprintf(`, NULLIF(($4::bigint[])[n * %d - %d], %d) AS %s`, len(lastWords), len(lastWords)-1-i, nullWord, name)
	}
	return query + ` FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS u (asset_id, sensors, n)`
}

func lastArrays(last []*lastRow) []any {
	assets, sensors := make([]int64, len(last)), make([]*string, len(last))
	floats, words := make([]float64, 0, len(last)*len(lastFloats)), make([]int64, 0, len(last)*len(lastWords))
	for i, l := range last {
		p := l.position
		assets[i] = l.assetID
		if p.Sensors != "" {
			text := string(p.Sensors)
			sensors[i] = &text
		}
		floats = append(floats, p.Latitude, p.Longitude)
		for _, m := range [...]*Maybe[float64]{&p.Speed, &p.Heading, &p.Altitude, &p.Accuracy, &p.Odometer, &p.Battery} {
			floats = append(floats, m.or(nullFloat))
		}
		ignition := nullWord
		if p.Ignition.Known {
			ignition = ignitionOf(p)
		}
		words = append(words, l.accountID, p.Time, p.Satellites.or(nullWord), ignition, l.revision, l.pending.or(nullWord))
		if l.known {
			floats = append(floats, l.distance)
			words = append(words, bit(l.stopAndGo), bit(l.home), l.driver, l.engine)
		} else {
			floats = append(floats, nullFloat)
			words = append(words, nullWord, nullWord, nullWord, nullWord)
		}
	}
	return []any{assets, sensors, floats, words}
}

// putLastPostgres puts all rows with one statement.
func putLastPostgres(ctx context.Context, tx store.Writer, last []*lastRow) error {
	_, err := tx.Do(ctx, `INSERT INTO last_positions (`+lastGivenNames+`, changed) SELECT `+lastGivenNames+`, `+postgresNumber+`
		FROM (`+lastGiven+`) g`+newer(), lastArrays(last)...)
	return err
}

// mergePostgres inserts what isn't there yet, and says whether anything was.
func mergePostgres(ctx context.Context, tx pgx.Tx, rows []row) (repeats bool, err error) {
	type key struct{ assetID, time int64 }
	waiting := make(map[key]*row, len(rows))
	list := make([]*row, 0, len(rows))
	for i := range rows {
		if r := &rows[i]; r.fate == fateStored {
			r.fate = fateRepeat // until it is returned
			list = append(list, r)
			waiting[key{r.assetID, r.position.Time}] = r
		}
	}
	returned, err := tx.Query(ctx, `INSERT INTO positions (`+columns+`) `+unnested+` ON CONFLICT DO NOTHING RETURNING asset_id, time`, arrays(list)...)
	if err != nil {
		return false, err
	}
	var k key
	stored, err := pgx.ForEachRow(returned, []any{&k.assetID, &k.time}, func() error {
		waiting[k].fate = fateStored
		return nil
	})
	return stored.RowsAffected() < int64(len(list)), err
}

// ensurePartitions makes the partitions of rows' months that aren't known to be there.
func (l *postgresLane) ensurePartitions(ctx context.Context, rows []row) error {
	for i := range rows {
		month := rows[i].month
		if i > 0 && month == rows[i-1].month || l.months[month] {
			continue
		}
		if err := l.makePartition(ctx, month); err != nil {
			return fmt.Errorf("make a partition of positions: %w", err)
		}
		l.months[month] = true
	}
	return nil
}

// partitionLock is the advisory lock of making partitions.
const partitionLock = 7946200

// makePartition makes a month's partition, in a transaction of its own, unless it is there.
func (s *Store) makePartition(ctx context.Context, month int32) error {
	return s.db.PostgresTx(ctx, func(tx pgx.Tx) error { return makePartition(ctx, tx, month) })
}

// makePartition makes a month's partition unless it is there. It is made as a table by itself and then attached, because that asks
// for a weaker lock on positions than CREATE TABLE … PARTITION OF: those who insert and read, pg_dump among them, go on meanwhile.
// The lock lets one node do it at a time.
func makePartition(ctx context.Context, tx pgx.Tx, month int32) error {
	first := time.Date(int(month)/12, time.Month(month%12+1), 1, 0, 0, 0, 0, time.UTC)
	name := fmt.Sprintf("positions_%04d_%02d", first.Year(), first.Month())
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, partitionLock); err != nil {
		return err
	}
	var there bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_inherits
		WHERE inhparent = 'positions'::regclass AND inhrelid = to_regclass($1))`, name).Scan(&there)
	if err != nil || there {
		return err
	}
	if _, err := tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS `+name+` (LIKE positions INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, fmt.Sprintf(`ALTER TABLE positions ATTACH PARTITION %s FOR VALUES FROM (%d) TO (%d)`,
		name, first.UnixMilli(), first.AddDate(0, 1, 0).UnixMilli()))
	return err
}
