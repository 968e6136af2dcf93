package trail

import (
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/yipii/yipii/internal/schema"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// A table of before has the same rows after the migration, found by their key.
func TestPositionsGetTheirDay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "yipii.db")
	old, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	files, err := fs.Sub(schema.Files, "sqlite")
	if err != nil {
		t.Fatal(err)
	}
	migrations, err := goose.NewProvider(goose.DialectSQLite3, old, files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrations.UpTo(t.Context(), 23); err != nil {
		t.Fatal(err)
	}
	// Each 7 hours of 40 days, two assets in each of two accounts, every second row with nothing that need not be there.
	midnight := goodTime() / dayMillis * dayMillis
	const dump = `SELECT account_id || ' ' || asset_id || ' ' || time || ' ' || latitude || ' ' || longitude || ' ' || COALESCE(speed, '-') || COALESCE(heading, '-') ||
		COALESCE(altitude, '-') || COALESCE(accuracy, '-') || COALESCE(satellites, '-') || COALESCE(ignition, '-') || COALESCE(odometer, '-') || COALESCE(battery, '-') ||
		COALESCE(sensors, '-') FROM positions ORDER BY account_id, asset_id, time`
	if _, err := old.ExecContext(t.Context(), `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 136)
		INSERT INTO positions SELECT 1 + a.i / 2, 10 + a.i, $1 - i.i * 7 * 3600000, i.i / 4.0, 13.5, 1.5 + i.i, 2.5, 3.5, 4.5, 5, 1, 6.5, 7.5, '{"fuel":1}'
		FROM n i JOIN n a ON a.i < 4 WHERE i.i % 2 = 0 UNION ALL SELECT 1 + a.i / 2, 10 + a.i, $1 - i.i * 7 * 3600000, i.i / 4.0, 13.5,
		NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM n i JOIN n a ON a.i < 4 WHERE i.i % 2 = 1`, midnight); err != nil {
		t.Fatal(err)
	}
	before := texts(t, old, dump)
	old.Close()

	db, err := store.Open(t.Context(), "sqlite:"+file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, texts(t, db.Read(), dump)); diff != "" || len(before) != 4*137 {
		t.Error(len(before), diff)
	}
	n := &node{tb: t, db: db, store: OpenStore(db, nil)}
	for asset := int64(10); asset < 14; asset++ {
		if got := n.stored(1+(asset-10)/2, asset); len(got) != 137 || !slices.IsSortedFunc(got, func(a, b Position) int { return int(a.Time - b.Time) }) || got[136].Time != midnight {
			t.Errorf("asset %d has %d positions", asset, len(got))
		}
	}
	// Whoever writes a row with another day, which nobody would find, is told.
	err = db.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `INSERT INTO positions (account_id, asset_id, time, latitude, longitude, day) VALUES (1, 10, $1, 1, 1, 1)`, midnight+1)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "CHECK") {
		t.Errorf("a row of another day: %v", err)
	}
}

func texts(t *testing.T, db *sql.DB, query string) (list []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		list = append(list, text)
	}
	return list
}

// What selects an asset's positions on SQLite leads through all parts of the key, and sorts nothing.
func TestPositionsAreFoundByTheirKey(t *testing.T) {
	n := newNode(t, testkit.SQLite(t))
	order := ` ORDER BY ` + byTime(n.db.Dialect)
	for query, key := range map[string]string{
		`SELECT ` + readColumns + ` FROM positions WHERE ` + n.store.ofAsset(`$3`, `$4`) + ` AND time >= $3 AND time < $4` + order + ` LIMIT 5`: "time>? AND time<?",
		`SELECT ` + readColumns + ` FROM positions WHERE ` + n.store.ofAsset(`$3`, latest) + ` AND time > $3` + order:                           "time>?",
		`SELECT ` + readColumns + ` FROM positions WHERE ` + n.store.ofAsset(`$3`, `$3`) + ` AND time IN ($3, $4)` + order:                      "time=?",
		`DELETE FROM positions WHERE ` + n.store.ofAsset(`$3`, `$4`) + ` AND time >= $3 AND time < $4`:                                          "time>? AND time<?",
		`SELECT EXISTS (SELECT 1 FROM positions WHERE ` + n.store.ofAsset(`0`, `$3`) + ` AND time < $3)`:                                        "time<?",
		`SELECT (` + FirstAfterSQL(n.db.Dialect, `l.account_id`, `l.asset_id`, `l.time`) + `) FROM last_positions l`:                            "time>?",
	} {
		var plan []string
		rows, err := n.db.Read().QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+query, 1, 2, 3, 4)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, step)
		}
		rows.Close()
		all := strings.Join(plan, "\n")
		if !strings.Contains(all, "SEARCH positions USING PRIMARY KEY (account_id=? AND day=? AND asset_id=? AND "+key+")") ||
			strings.Contains(all, "SCAN positions") || strings.Contains(all, "TEMP B-TREE") {
			t.Errorf("%s\n%s", query, all)
		}
	}
}

// Trails over midnights and empty days; an asset that is deleted leaves nothing, and its neighbours all.
func TestDaysOfATrail(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		a, b, c := n.asset(n.acme, ""), n.asset(n.acme, ""), n.asset(n.other, "")
		midnight := goodTime() / dayMillis * dayMillis
		var times []int64
		for _, day := range []int64{200, 90, 3, 2, 0} {
			for _, ms := range []int64{-2, -1, 0, 1, 5_000} {
				times = append(times, midnight-day*dayMillis+ms)
			}
		}
		list := func(id int64) (positions []Position) {
			for _, at := range times {
				positions = append(positions, Position{AssetID: id, Time: at, Latitude: 1, Longitude: 2})
			}
			return positions
		}
		n.ingest(append(list(a), list(b)...)...)
		if _, err := n.service.Ingest(t.Context(), n.other, list(c)); err != nil {
			t.Fatal(err)
		}
		for from := range times {
			for to := from; to < len(times); to++ {
				var got []int64
				err := n.store.between(t.Context(), n.acme, a, times[from], times[to], 1000, func(p *Position) { got = append(got, p.Time) })
				if err != nil || !slices.Equal(got, times[from:to]) {
					t.Fatalf("from %d to %d: %v, %v", times[from], times[to], got, err)
				}
			}
		}
		var first []int64
		for after := range times {
			err := db.Rows(t.Context(), fmt.Sprintf(`SELECT COALESCE((%s), 0) FROM last_positions l WHERE l.asset_id = $2`,
				FirstAfterSQL(db.Dialect, `l.account_id`, `l.asset_id`, `$1`)), []any{times[after], a}, func(rows *sql.Rows) error {
				var at int64
				err := rows.Scan(&at)
				first = append(first, at)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(append(slices.Clone(times[1:]), 0), first); diff != "" {
			t.Errorf("the first after each: %s", diff)
		}
		if err := n.fleet.Delete(t.Context(), n.acme, a); err != nil {
			t.Fatal(err)
		}
		if x, y, z := n.stored(n.acme, a), n.stored(n.acme, b), n.stored(n.other, c); len(x) != 0 || len(y) != len(times) || len(z) != len(times) {
			t.Errorf("%d, %d and %d positions", len(x), len(y), len(z))
		}
	})
}
