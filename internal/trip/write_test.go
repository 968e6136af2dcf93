package trip

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/trail"
)

// none is a fleet.Trails of a fleet that has never reported.
type none struct{ fleet.Trails }

func newRoom(tb testing.TB, db *store.DB) *Service {
	return New(db, fleet.New(db, testkit.Audit(tb, db), none{}, "https://api.example.com"), testkit.Audit(tb, db), "https://api.example.com")
}

// row is a row of trips whole, without whose it is.
type row struct {
	Kind             string
	Start            spot
	StartReason      string
	EndTime          sql.NullInt64
	EndLat, EndLon   sql.NullFloat64
	EndReason        sql.NullString
	Distance         float64
	Idle             int64
	Top              float64
	Driver           sql.NullInt64
	Settled          int64
	accountID, asset int64
}

func rowsOf(tb testing.TB, db *store.DB, accountID, assetID int64) []row {
	tb.Helper()
	var list []row
	err := db.Rows(tb.Context(), `SELECT `+columns+` FROM trips WHERE account_id = $1 AND asset_id = $2 ORDER BY start_time, kind`,
		[]any{accountID, assetID}, func(rows *sql.Rows) error {
			var r row
			err := rows.Scan(&r.accountID, &r.asset, &r.Start.Time, &r.Kind, &r.Start.Lat, &r.Start.Lon, &r.StartReason, &r.EndTime, &r.EndLat, &r.EndLon,
				&r.EndReason, &r.Distance, &r.Idle, &r.Top, &r.Driver, &r.Settled)
			r.accountID, r.asset = 0, 0
			list = append(list, r)
			return err
		})
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

// anyRoad draws what an asset does for some hours: with or without ignition and speeds, parked, lost, and with jumps.
func anyRoad(t *rapid.T) []trail.Position {
	r := newRoad()
	r.speeds = rapid.Bool().Draw(t, "speeds")
	wired := rapid.Bool().Draw(t, "ignition")
	r.every = rapid.SampledFrom([]int64{20_000, 60_000, 240_000}).Draw(t, "every")
	for range rapid.IntRange(1, 12).Draw(t, "parts") {
		minutes := rapid.Float64Range(0.5, 15).Draw(t, "minutes")
		switch rapid.SampledFrom([]string{"ride", "ride", "stand", "stand", "park", "crawl", "lost", "jump", "leap"}).Draw(t, "part") {
		case "ride":
			if wired {
				r.turn(true)
			}
			r.ride(minutes, 50)
		case "stand":
			r.ride(minutes, 0)
		case "park":
			if wired {
				r.turn(false)
			}
			r.driver = rapid.Int64Range(0, 3).Draw(t, "driver")
			r.ride(minutes, 0)
		case "crawl":
			r.ride(minutes, 1.5)
		case "lost":
			r.hush(5*minutes, rapid.SampledFrom([]float64{0, 0.2, 10}).Draw(t, "km"))
		case "jump":
			r.km += 0.4
			r.ride(float64(r.every)/60_000, 0)
			r.km -= 0.4
		case "leap":
			r.km += 700
			r.ride(1, 0)
		}
	}
	return r.positions
}

// TestAnyOrder: whatever the order and the repetition in which a set of positions comes in, however it is split into batches
// and whichever memories were saved on the way, the table holds what the sorted set gives.
func TestAnyOrder(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		room, acme, brisk, asset := newRoom(t, db), testkit.Account(t, db, "acme"), testkit.Account(t, db, "brisk"), int64(0)
		if _, err := room.setThresholds(t.Context(), brisk, func(s *settings) { s.stopAfter, s.gapAfter = new(int64(120)), new(int64(300)) }); err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(rt *rapid.T) {
			if db.Dialect == store.Postgres && asset >= 2*25 {
				return // fewer rounds
			}
			accountID := rapid.SampledFrom([]int64{acme, brisk}).Draw(rt, "account")
			sorted := anyRoad(rt)
			late := [][]trail.Position{rapid.Permutation(sorted).Draw(rt, "order")}
			if n := len(sorted); n > 1 && rapid.Bool().Draw(rt, "nearly sorted") { // as of a tracker that fell silent for a while
				cut := rapid.IntRange(0, n-1).Draw(rt, "late from")
				back := rapid.IntRange(cut, n-1).Draw(rt, "late to")
				late = [][]trail.Position{sorted[:cut], sorted[back:], sorted[cut:back]}
			}
			for range rapid.IntRange(0, 5).Draw(rt, "repeats") {
				if n := len(sorted); n > 0 {
					late = append(late, []trail.Position{sorted[rapid.IntRange(0, n-1).Draw(rt, "repeat")]})
				}
			}
			size := rapid.SampledFrom([]int{1, 7, 30, 1000}).Draw(rt, "batch")
			odds := rapid.IntRange(1, 10).Draw(rt, "saves")
			count := 0
			keep := func() bool { count++; return count%odds == 0 }

			asset++
			d := newDriver(t, room, accountID, asset)
			for _, part := range late {
				for batch := range slices.Chunk(part, size) {
					d.write(db, d.take(batch, keep))
					if rapid.Bool().Draw(rt, "restart") { // another node goes on with what is saved
						text, _ := json.Marshal(d.memory)
						d.memory = d.recall(text)
					}
				}
			}
			got := rowsOf(t, db, accountID, asset)

			asset++
			once := newDriver(t, room, accountID, asset)
			once.write(db, once.take(sorted, never))
			if diff := cmp.Diff(rowsOf(t, db, accountID, asset), got, cmp.AllowUnexported(row{})); diff != "" {
				rt.Fatalf("%s", diff)
			}
			check(rt, got)
		})
	})
}

// check holds rows to what is always so: they lie one after the other, at most the last is open, and each says why.
func check(t *rapid.T, list []row) {
	var until int64
	for i, r := range list {
		switch {
		case r.Start.Time < until, r.EndTime.Valid && r.EndTime.Int64 < r.Start.Time, !r.EndTime.Valid && i < len(list)-1:
			t.Fatalf("row %d overlaps: %+v", i, list)
		case r.StartReason == "" || r.EndTime.Valid != r.EndReason.Valid:
			t.Fatalf("row %d doesn't say why: %+v", i, r)
		case r.Settled < max(r.Start.Time, r.EndTime.Int64):
			t.Fatalf("row %d was settled before it was: %+v", i, r)
		case r.Kind == Going && r.EndTime.Valid && (r.EndTime.Int64 == r.Start.Time || r.Idle > r.EndTime.Int64-r.Start.Time):
			t.Fatalf("row %d lasted less than it idled: %+v", i, r)
		case i > 0 && r.Start.Time == until && r.Kind == list[i-1].Kind:
			t.Fatalf("row %d goes on as the one before: %+v", i, list)
		}
		until = r.EndTime.Int64
	}
}

// A late position changes what follows from it and leaves the rest alone.
func TestLatePosition(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		room, accountID := newRoom(t, db), testkit.Account(t, db, "acme")
		r := newRoad()
		r.speeds = true
		r.turn(false).ride(10, 0).turn(true).ride(20, 60).turn(false).ride(10, 0).turn(true).ride(20, 60).turn(false).ride(10, 0)
		// The ignition's going off after the first ride comes last.
		at := slices.IndexFunc(r.positions, func(p trail.Position) bool { return p.Time == began+30*60_000+30_000 })
		late := slices.Clone(r.positions[at : at+20])
		early := slices.Delete(slices.Clone(r.positions), at, at+20)
		d := newDriver(t, room, accountID, 1)
		d.write(db, d.take(early, func() bool { return true }))
		if got := kinds(rowsOf(t, db, accountID, 1)); got != "stop 0-10 trip 10-61 stop 60-…" {
			t.Error(got)
		}
		d.write(db, d.take(late, func() bool { return true }))
		if got := kinds(rowsOf(t, db, accountID, 1)); got != "stop 0-10 trip 10-31 stop 30-40 trip 40-61 stop 60-…" {
			t.Error(got)
		}
	})
}

// A late position that bridges a gap opens again what the gap had closed.
func TestReopened(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		room, accountID := newRoom(t, db), testkit.Account(t, db, "acme")
		r := newRoad()
		r.speeds = true
		r.ride(90, 60)
		d := newDriver(t, room, accountID, 1)
		cut, back := len(r.positions)/3, 2*len(r.positions)/3
		d.write(db, d.take(r.positions[:cut], func() bool { return true }))
		d.write(db, d.take(r.positions[back:], never))
		if got := kinds(rowsOf(t, db, accountID, 1)); got != "trip 0-30 trip 60-…" {
			t.Error(got)
		}
		d.write(db, d.take(r.positions[cut:back], never))
		if got := kinds(rowsOf(t, db, accountID, 1)); got != "trip 0-…" {
			t.Error(got)
		}
	})
}

func kinds(list []row) (text string) {
	for _, r := range list {
		end := "…"
		if r.EndTime.Valid {
			end = fmt.Sprint((r.EndTime.Int64 - began + 30_000) / 60_000)
		}
		text += fmt.Sprintf(" %s %d-%s", r.Kind, (r.Start.Time-began)/60_000, end)
	}
	return text[1:]
}

func TestEvents(t *testing.T) {
	r := newRoad()
	r.speeds = true
	r.driver = 4
	r.turn(false).ride(10, 0).turn(true).ride(20, 60).ride(10, 0)
	room := newRoom(t, testkit.SQLite(t))
	d := newDriver(t, room, 1, 1)
	d.take(r.positions, never)
	var got []string
	for _, e := range d.events {
		got = append(got, fmt.Sprintf("%s %d %.3f", e.Kind, (e.Time-began)/1000, e.Latitude))
	}
	if diff := cmp.Diff([]string{"trip.started 600 52.000", "trip.ended 1830 52.180"}, got); diff != "" {
		t.Error(diff)
	}
	if trip := d.memory.came[1]; trip.Driver != 4 {
		t.Errorf("driver %d", trip.Driver)
	}
}

func BenchmarkStep(b *testing.B) {
	for _, speeds := range []bool{true, false} {
		r := newRoad()
		r.every, r.speeds = 5000, speeds
		if speeds {
			r.turn(true)
		}
		for range 10 {
			r.ride(25, 50).ride(3, 0).ride(20, 30).ride(20, 0)
		}
		steps := make([]*trail.Step, len(r.positions))
		for i := range r.positions {
			var before *trail.Position
			if i > 0 {
				before = &r.positions[i-1]
			}
			steps[i] = stepOf(before, &r.positions[i])
		}
		b.Run(fmt.Sprintf("speeds=%v", speeds), func(b *testing.B) {
			m := &memory{limits: Thresholds{}.limits()}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%len(steps) == 0 {
					m.state, m.came = state{Anchors: m.Anchors[:0]}, m.came[:0]
				}
				s := steps[i%len(steps)]
				s.Events = s.Events[:0]
				m.Step(s)
			}
		})
	}
}

func BenchmarkSave(b *testing.B) {
	r := newRoad()
	r.speeds = true
	r.turn(true).ride(25, 50)
	m := &memory{limits: Thresholds{}.limits()}
	var before *trail.Position
	for i := range r.positions {
		m.Step(stepOf(before, &r.positions[i]))
		before = &r.positions[i]
	}
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		text, err := m.MarshalJSON()
		if err != nil {
			b.Fatal(err)
		}
		size = len(text)
	}
	b.ReportMetric(float64(size), "bytes")
}

// No list reads more of the table than what lies in its range.
func TestPlans(t *testing.T) {
	db := testkit.SQLite(t)
	for name, q := range map[string]question{
		"of an asset":        {assetID: 7},
		"in a range":         {assetID: 7, from: 1000, to: 2000},
		"of all, in a range": {began: true, from: 1000, to: 2000},
	} {
		where, args := q.where(t.Context(), 1)
		var plan string
		err := db.Rows(t.Context(), `EXPLAIN QUERY PLAN SELECT `+columns+` FROM trips WHERE `+where+` ORDER BY start_time DESC LIMIT 50`, args, func(rows *sql.Rows) error {
			var id, parent, unused int
			var detail string
			err := rows.Scan(&id, &parent, &unused, &detail)
			plan += detail + "\n"
			return err
		})
		if err != nil || strings.Contains(plan, "SCAN trips") || strings.Contains(plan, "TEMP B-TREE") || (q.from != 0) != strings.Contains(plan, "start_time>") {
			t.Errorf("%s: %s, %v", name, plan, err)
		}
	}
}
