package geofence

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"

	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
)

// at is a position some minutes after the beginning and so many metres, about, east of the place where all geofences here are.
func at(minutes int64, east float64) trail.Position {
	return trail.Position{Time: minutes * minute, Longitude: east / 111_320}
}

func (e *engine) told() []string {
	out := []string{}
	for _, v := range e.events {
		out = append(out, fmt.Sprintf("%s %s %d", v.Kind[len("geofence."):], v.SubjectName, v.Time/minute))
	}
	return out
}

func (e *engine) expect(what string, want ...string) {
	e.Helper()
	if got := e.told(); !slices.Equal(got, want) {
		e.Errorf("%s: %q, want %q", what, got, want)
	}
}

func (e *engine) ids() map[string]int64 {
	e.Helper()
	out := map[string]int64{}
	e.must(e.db.Rows(context.Background(), `SELECT id, kind, time FROM geofence_events WHERE account_id = $1 AND asset_id = $2`, []any{e.acme, e.asset}, func(rows *sql.Rows) error {
		var id, time int64
		var kind string
		err := rows.Scan(&id, &kind, &time)
		out[fmt.Sprintf("%s %d", kind, time/minute)] = id
		return err
	}))
	return out
}

func round(name, more string) string {
	return fmt.Sprintf(`{"name":%q,"radius":100,"geometry":{"type":"Point","coordinates":[0,0]}%s}`, name, more)
}

func testWhatIsConcluded(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	w.make(round("yard", `,"category":"home","dwell":10`))
	e := w.engine(w.asset(""), 1)
	e.take(at(1, 500))
	e.expect("outside")
	e.take(at(2, 90))
	e.expect("inside", "entered yard 2")
	e.take(at(3, 110), at(4, 90), at(5, 119))
	e.expect("on the edge")
	if !e.homes[2*minute] || !e.homes[3*minute] || e.homes[minute] {
		t.Errorf("at home: %v", e.homes)
	}
	e.take(at(6, 125))
	e.expect("beyond the margin", "exited yard 6")
	e.take(at(7, 90))
	vague := at(8, 300)
	vague.Accuracy = trail.Some(250.0)
	e.take(vague)
	e.expect("a vague position outside")
	e.take(at(30, 600))
	e.expect("dwelled, concluded outside", "dwelled yard 17", "exited yard 30")

	// A late point changes what follows it and nothing else: what is the same keeps its id.
	before := e.ids()
	e.take(at(20, 400))
	e.expect("the steps after the late point", "dwelled yard 17", "exited yard 20")
	after := e.ids()
	for _, kept := range []string{"entered 2", "exited 6", "entered 7"} {
		if before[kept] == 0 || before[kept] != after[kept] {
			t.Errorf("%s: id %d, then %d", kept, before[kept], after[kept])
		}
	}
	if _, stays := after["exited 30"]; stays || after["exited 20"] == 0 {
		t.Errorf("after the late point: %v", after)
	}

	// What takes a step anew and concludes the same keeps it all.
	e.take(at(29, 700))
	if again := e.ids(); len(again) != len(after) || again["exited 20"] != after["exited 20"] {
		t.Errorf("%v became %v", after, again)
	}
}

func testBeingDrawnAround(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	yard := w.make(round("yard", ""))
	w.since(yard, 10*minute)
	e := w.engine(w.asset(""), 1)
	e.take(at(1, 500), at(2, 0), at(8, 10))
	e.expect("before it was made")
	e.take(at(12, 0))
	e.expect("it was made around the asset")
	if got := e.stored(); !slices.Equal(got, []string{fmt.Sprintf("inside of %d since %d", yard, 10*minute)}) {
		t.Errorf("stored: %q", got)
	}
	e.take(at(13, 300))
	e.expect("leaving", "exited yard 13")
	e.take(at(14, 300), at(15, 0))
	e.expect("coming back", "entered yard 15")

	// The shape moves away at 20: what it concluded stays, and so it does when a point comes late.
	w.want(200, "PATCH", fmt.Sprint("/api/acme/geofence/", yard), `{"geometry":{"type":"Point","coordinates":[1,0]}}`)
	w.since(yard, 20*minute)
	e.take(at(21, 300))
	e.expect("it has moved away")
	kept := e.ids()
	e.take(at(9, 500))
	if again := e.ids(); len(again) != 2 || again["exited 13"] != kept["exited 13"] || again["entered 15"] != kept["entered 15"] {
		t.Errorf("%v became %v", kept, again)
	}
	if got := e.stored(); len(got) != 2 {
		t.Errorf("stored: %q", got)
	}
}

func testWhomItAppliesTo(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	north, alone, other := w.engine(w.asset("North"), 1), w.engine(w.asset(""), 1), w.engine(w.asset("South"), 1)
	w.make(round("north", `,"applies_to":{"groups":["North"]}`))
	w.make(round("alone", fmt.Sprintf(`,"applies_to":{"assets":[%d]}`, alone.asset)))
	off := w.make(round("off", `,"active":false`))
	for _, e := range []*engine{north, alone, other} {
		e.take(at(1, 0))
	}
	north.expect("by group", "entered north 1")
	alone.expect("by id", "entered alone 1")
	other.expect("neither")
	group := "North"
	_, err := w.fleet.Update(context.Background(), w.acme, other.asset, fleet.Change{Group: &group})
	w.must(err)
	other.take(at(2, 0))
	other.expect("moved into the group", "entered north 2")
	w.want(200, "PATCH", fmt.Sprint("/api/acme/geofence/", off), `{"active":true}`)
	w.since(off, 3*minute)
	other.take(at(4, 0))
	other.expect("switched on around it")
	if got := len(other.stored()); got != 3 {
		t.Errorf("stored: %q", other.stored())
	}
	w.want(200, "PATCH", fmt.Sprint("/api/acme/geofence/", off), `{"active":false}`)
	other.take(at(5, 900))
	other.expect("switched off", "exited north 5")
	if got := other.stored(); len(got) != 2 {
		t.Errorf("stored: %q", got)
	}
	w.must(w.fleet.Delete(context.Background(), w.acme, other.asset))
	other.current.(*memory).changed = true
	other.take(at(6, 0)) // its last position was on the way
	if got := other.stored(); len(got) != 0 {
		t.Errorf("of a deleted asset: %q", got)
	}
}

// Many assets whose steps are taken anew are stored together, each by its own.
func testManyRedoneAtOnce(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	w.make(round("yard", ""))
	engines := make([]*engine, 2*compared+7)
	before := make([]map[string]int64, len(engines))
	outcomes := make([]trail.Outcome, len(engines))
	for i := range engines {
		e := w.engine(w.asset(""), 1)
		e.take(at(1, 0), at(5, float64(500+i)))
		engines[i], before[i] = e, e.ids()
		m := e.memory(nil)
		w.must(m.Begin(context.Background()))
		for _, p := range []trail.Position{at(1, 0), at(3, float64(i%2*500)), at(5, float64(500+i))} {
			m.Step(&trail.Step{Position: &p})
		}
		outcomes[i] = trail.Outcome{AccountID: w.acme, AssetID: e.asset, Memory: m, Redone: true, Through: 5 * minute}
	}
	w.must(db.Tx(context.Background(), func(tx *store.Tx) error { return w.service.Write(context.Background(), tx, outcomes) }))
	for i, e := range engines {
		exit := "exited 5"
		if i%2 == 1 {
			exit = "exited 3"
		}
		after := e.ids()
		if len(after) != 2 || after["entered 1"] != before[i]["entered 1"] || after[exit] == 0 || i%2 == 0 && after[exit] != before[i][exit] {
			t.Errorf("%d: %v became %v", i, before[i], after)
		}
	}
}
