package geofence

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
)

// engine does with one asset's positions what the caller of followers does: it takes steps in the order of time, saves memories
// now and then, and when a position comes late takes the steps after the last saved memory before it anew.
type engine struct {
	*world
	asset   int64
	every   int // positions between two saved memories
	taken   []trail.Position
	saved   []saved // the first is of the beginning
	current trail.Memory
	events  []trail.Event // of the last take
	homes   map[int64]bool
}

type saved struct {
	time int64
	json json.RawMessage
}

func (w *world) engine(asset int64, every int) *engine {
	return &engine{world: w, asset: asset, every: every, saved: []saved{{}}, homes: map[int64]bool{}}
}

func (e *engine) memory(from json.RawMessage) trail.Memory {
	e.Helper()
	m, err := e.service.Memory(e.acme, e.asset, from)
	e.must(err)
	return m
}

// take takes in a batch of positions, in any order.
func (e *engine) take(batch ...trail.Position) {
	e.Helper()
	ctx := context.Background()
	newest := int64(0)
	if n := len(e.taken); n > 0 {
		newest = e.taken[n-1].Time
	}
	first := slices.MinFunc(batch, func(a, b trail.Position) int { return int(a.Time - b.Time) }).Time
	for _, p := range batch {
		i, found := slices.BinarySearchFunc(e.taken, p.Time, func(q trail.Position, t int64) int { return int(q.Time - t) })
		if !found {
			e.taken = slices.Insert(e.taken, i, p)
		}
	}
	outcome := trail.Outcome{AccountID: e.acme, AssetID: e.asset}
	after := newest
	if e.current == nil {
		e.current = e.memory(nil)
	}
	if first <= newest {
		for e.saved[len(e.saved)-1].time >= first {
			e.saved = e.saved[:len(e.saved)-1]
		}
		from := e.saved[len(e.saved)-1]
		e.current, after = e.memory(from.json), from.time
		outcome.Redone, outcome.After, outcome.Through = true, from.time, newest
	}
	e.must(e.current.Begin(ctx))
	e.events = nil
	for i := range e.taken {
		if e.taken[i].Time <= after {
			continue
		}
		step := trail.Step{Position: &e.taken[i]}
		e.current.Step(&step)
		e.events = append(e.events, step.Events...)
		if e.homes[e.taken[i].Time] = step.Home; i%e.every == 0 {
			text, err := e.current.MarshalJSON()
			e.must(err)
			e.saved = append(e.saved, saved{e.taken[i].Time, text})
		}
	}
	outcome.Memory = e.current
	if e.db.Dialect == store.Postgres && len(e.taken)%2 == 0 { // either kind of transaction will do
		e.must(e.db.PostgresTx(ctx, func(tx pgx.Tx) error { return e.service.Write(ctx, store.PostgresWriter(tx), []trail.Outcome{outcome}) }))
		return
	}
	e.must(e.db.Tx(ctx, func(tx *store.Tx) error { return e.service.Write(ctx, tx, []trail.Outcome{outcome}) }))
}

// stored are the asset's events and presences as rows of text, without their ids.
func (e *engine) stored() []string {
	e.Helper()
	var out []string
	ctx := context.Background()
	e.must(e.db.Rows(ctx, `SELECT geofence_id, kind, time, latitude, longitude, settled FROM geofence_events WHERE account_id = $1 AND asset_id = $2
		ORDER BY time, geofence_id, kind`, []any{e.acme, e.asset}, func(rows *sql.Rows) error {
		var fence, at, settled int64
		var kind string
		var lat, lon float64
		err := rows.Scan(&fence, &kind, &at, &lat, &lon, &settled)
		out = append(out, fmt.Sprintf("%d %s %d %v %v %d", fence, kind, at, lat, lon, settled))
		return err
	}))
	e.must(e.db.Rows(ctx, `SELECT geofence_id, since FROM geofence_presences WHERE account_id = $1 AND asset_id = $2 ORDER BY geofence_id`,
		[]any{e.acme, e.asset}, func(rows *sql.Rows) error {
			var fence, since int64
			err := rows.Scan(&fence, &since)
			out = append(out, fmt.Sprintf("inside of %d since %d", fence, since))
			return err
		}))
	return out
}

// since sets when a geofence began to be as it is.
func (w *world) since(id, ms int64) {
	w.Helper()
	w.must(w.db.Tx(context.Background(), func(tx *store.Tx) error {
		if _, err := tx.ExecContext(context.Background(), `UPDATE geofences SET valid_from = $1 WHERE id = $2`, ms, id); err != nil {
			return err
		}
		return tx.Announce(context.Background(), topic, fmt.Sprint(w.acme))
	}))
}

// make makes a geofence of acme, as old as the hills.
func (w *world) make(body string) int64 {
	w.Helper()
	made := w.want(201, "POST", "/api/acme/geofence", body)["data"].(map[string]any)
	id := int64(made["id"].(float64))
	w.since(id, 1)
	return id
}

const minute = 60_000

// testAnyOrderGivesTheSame: whatever the order and the batches in which positions come, the same is stored as of the sorted set.
func testAnyOrderGivesTheSame(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	// About a metre is 0.00001 degrees. They overlap, and one is younger than some of the positions.
	w.make(`{"name":"circle","category":"home","dwell":3,"radius":100,"geometry":{"type":"Point","coordinates":[0.002,0]}}`)
	w.make(`{"name":"square","dwell":1,"geometry":{"type":"Polygon","coordinates":[[[0.001,-0.001],[0.004,-0.001],[0.004,0.001],[0.001,0.001],[0.001,-0.001]]]}}`)
	w.make(`{"name":"road","width":60,"geometry":{"type":"LineString","coordinates":[[-0.01,0.0005],[0.01,0.0005]]}}`)
	young := w.make(`{"name":"young","dwell":2,"radius":150,"geometry":{"type":"Point","coordinates":[0.003,0]}}`)
	w.since(young, 10*minute)
	checked := 0
	rapid.Check(t, func(t *rapid.T) {
		if checked++; checked > 100 {
			return // enough: a database is slow
		}
		places := rapid.SliceOfN(rapid.IntRange(0, 16), 1, 40).Draw(t, "places")
		positions := make([]trail.Position, len(places))
		for i, place := range places {
			positions[i] = trail.Position{Time: int64(i+1) * minute / 2, Longitude: float64(place) * 0.0003, Latitude: float64(place%3) * 0.0004}
			if place%5 == 0 {
				positions[i].Accuracy = trail.Some(float64(place * 10))
			}
		}
		sorted := w.engine(w.asset(""), 1000)
		sorted.take(positions...)

		shuffled := w.engine(w.asset(""), rapid.IntRange(1, 9).Draw(t, "every"))
		order := rapid.Permutation(positions).Draw(t, "order")
		if rapid.Bool().Draw(t, "nearly in order") {
			order = slices.Clone(positions)
			for range 3 {
				i, j := rapid.IntRange(0, len(order)-1).Draw(t, "i"), rapid.IntRange(0, len(order)-1).Draw(t, "j")
				order[i], order[j] = order[j], order[i]
			}
		}
		for len(order) > 0 {
			n := rapid.IntRange(1, len(order)).Draw(t, "batch")
			shuffled.take(order[:n]...)
			order = order[n:]
		}
		if diff := cmp.Diff(sorted.stored(), shuffled.stored()); diff != "" {
			t.Fatalf("sorted -, shuffled +:\n%s", diff)
		}
		if diff := cmp.Diff(sorted.homes, shuffled.homes); diff != "" {
			t.Fatalf("at home, sorted -, shuffled +:\n%s", diff)
		}
	})
}
