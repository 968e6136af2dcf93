package alert

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/trail"
)

// fences is a follower that says an asset enters the geofence 3 where its latitude is above 55, dwells there after a minute, and
// leaves it where it isn't.
type fences struct{}

type fence struct {
	Since   int64
	Dwelled bool
}

func (fences) Key() string { return "geofence" }

func (fences) Memory(_, _ int64, saved json.RawMessage) (trail.Memory, error) {
	f := &fence{}
	if saved == nil {
		return f, nil
	}
	type plain fence
	return f, json.Unmarshal(saved, (*plain)(f))
}

func (fences) Write(context.Context, store.Writer, []trail.Outcome) error { return nil }

func (f *fence) Begin(context.Context) error { return nil }

func (f *fence) MarshalJSON() ([]byte, error) {
	type plain fence
	return json.Marshal((*plain)(f))
}

func (f *fence) Step(s *trail.Step) {
	say := func(kind string, at int64) {
		s.Events = append(s.Events, trail.Event{Kind: "geofence." + kind, Time: at, Latitude: s.Position.Latitude, Longitude: s.Position.Longitude, SubjectID: 3, SubjectName: "Depot"})
	}
	if f.Since != 0 && !f.Dwelled && s.Position.Time >= f.Since+minute {
		f.Dwelled = true
		say("dwelled", f.Since+minute)
	}
	switch inside := s.Position.Latitude > 55; {
	case inside && f.Since == 0:
		f.Since = s.Position.Time
		say("entered", f.Since)
	case !inside && f.Since != 0:
		*f = fence{}
		say("exited", s.Position.Time)
	}
}

// followed makes a world whose alerts hear of fences, with a rule of each type that follows positions.
func followed(t testing.TB, db *store.DB) *world {
	w := &world{t: t, acme: testkit.Account(t, db, "acme"), other: testkit.Account(t, db, "other")}
	w.start(db, fences{})
	for _, rule := range []string{
		`"type":"speed","config":{"limit":90,"seconds":30}`, `"type":"speed","cool_down":2,"config":{"limit":80}`,
		`"type":"idle","config":{"minutes":1}`, `"type":"geofence","config":{}`, `"type":"geofence","cool_down":1,"config":{"on":["enter"]}`,
		`"type":"power_cut","config":{"below_volts":9}`, `"type":"temperature","config":{"above":8,"minutes":1}`, `"type":"service_due","config":{"every_km":50}`,
	} {
		w.rule(`{"name":"r",` + rule + `}`)
	}
	return w
}

// inbox are the alerts of an asset that hold, without what differs from asset to asset.
func (w *world) inbox(asset int64) []string {
	w.t.Helper()
	var out []string
	w.must(w.db.Rows(context.Background(), `SELECT `+alertColumns+` FROM alerts WHERE account_id = $1 AND asset_id = $2 AND withdrawn_at IS NULL
		ORDER BY triggered_at, rule_id, occasion`, []any{w.acme, asset}, func(rows *sql.Rows) error {
		a, err := scanAlert(rows.Scan)
		out = append(out, fmt.Sprint(a.RuleID, a.occasion, (a.at-epoch)/1000, (a.settled-epoch)/1000, a.end, a.Latitude, a.Message, a.Data))
		return err
	}))
	return out
}

// expected are the alerts of positions in order of time, of one memory that has never been saved.
func (w *world) expected(positions []trail.Position) []string {
	w.t.Helper()
	asset := w.asset("")
	sorted := slices.Clone(positions)
	slices.SortFunc(sorted, func(a, b trail.Position) int { return int(a.Time - b.Time) })
	for i := range sorted {
		sorted[i].AssetID = asset
	}
	w.ingest(sorted...)
	w.settle()
	return w.inbox(asset)
}

// drawn is a position of an asset, of what matters to the rules.
func drawn(t *rapid.T, asset int64, i int) trail.Position {
	p := fast(asset, i*20, float64(rapid.SampledFrom([]int{0, 1, 50, 85, 95, 120}).Draw(t, "speed")))
	p.Latitude = rapid.SampledFrom([]float64{50, 50.1, 60}).Draw(t, "latitude")
	if rapid.Bool().Draw(t, "ignition told") {
		p.Ignition = trail.Some(rapid.Bool().Draw(t, "ignition"))
	}
	if rapid.IntRange(0, 3).Draw(t, "odometer told") == 0 {
		p.Odometer = trail.Some(float64(rapid.IntRange(0, 300).Draw(t, "odometer")))
	}
	if rapid.Bool().Draw(t, "sensors told") {
		readings := map[string]float64{}
		for _, r := range []struct {
			name   string
			values [2]float64
		}{{"a.temperature", [2]float64{5, 9}}, {"temperature", [2]float64{5, 9}}, {"power_cut", [2]float64{0, 1}}, {"external_voltage", [2]float64{5, 12}}} {
			if i := rapid.IntRange(0, 2).Draw(t, r.name); i < 2 {
				readings[r.name] = r.values[i]
			}
		}
		p.Sensors, _ = trail.MakeSensors(readings)
	}
	return p
}

// Whatever the order, the repetitions and the batches in which positions come, and wherever a node starts anew, the alerts that
// hold are those of the sorted positions.
func TestAnyOrderGivesTheSame(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		w := followed(t, db)
		checked, enough := 0, 30
		if db.Dialect == store.Postgres {
			enough = 10
		}
		rapid.Check(t, func(r *rapid.T) {
			if checked++; checked > enough {
				return // a database is slow
			}
			asset := w.asset("")
			var all []trail.Position
			for i := range rapid.IntRange(1, 30).Draw(r, "positions") {
				all = append(all, drawn(r, asset, i))
			}
			order := rapid.Permutation(all).Draw(r, "order")
			if rapid.Bool().Draw(r, "repeated") {
				order = append(order, order[:len(order)/2]...)
			}
			for len(order) > 0 {
				n := rapid.IntRange(1, min(10, len(order))).Draw(r, "batch")
				w.ingest(slices.Clone(order[:n])...)
				order = order[n:]
				switch rapid.IntRange(0, 9).Draw(r, "then") {
				case 0:
					w.start(db, fences{})
				case 1, 2, 3:
					w.settle()
				}
			}
			w.settle()
			if diff := cmp.Diff(w.expected(all), w.inbox(asset)); diff != "" {
				r.Fatal(diff)
			}
		})
	})
}
