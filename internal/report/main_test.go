package report

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/alert"
	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/geofence"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/trip"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// house is the rooms below on one database, wired as the server does it, and a Maker above.
type house struct {
	*Maker
	tb    testing.TB
	db    *store.DB
	acme  int64
	clock time.Time
}

func newHouse(tb testing.TB, db *store.DB) *house {
	const base = "https://api.example.com"
	h := &house{tb: tb, db: db, acme: testkit.Account(tb, db, "acme"), clock: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return h.clock }
	log := testkit.Audit(tb, db)
	positions := trail.OpenStore(db, now)
	assets := fleet.New(db, log, positions, base)
	trips, fences, alerts := trip.New(db, assets, log, base), geofence.New(db, assets, log, base), alert.New(db, assets, log, base, now)
	service := trail.New(positions, assets, base, slog.New(slog.DiscardHandler), trips.Drivers(), trips, fences, alerts)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{}, 2)
	go func() { service.Run(ctx); ended <- struct{}{} }()
	go func() { service.RunFollowing(ctx); ended <- struct{}{} }()
	tb.Cleanup(func() {
		service.Close()
		cancel()
		<-ended
		<-ended
	})
	h.Maker = New(assets, service, trips, fences, alerts, now)
	return h
}

// asset makes an asset.
func (h *house) asset(name string) int64 {
	h.tb.Helper()
	asset, err := h.fleet.Create(h.tb.Context(), h.acme, fleet.Draft{Name: name})
	h.must(err)
	return asset.ID
}

func (h *house) must(err error) {
	h.tb.Helper()
	if err != nil {
		h.tb.Fatal(err)
	}
}

// ingest stores positions of an asset, and waits until they are followed.
func (h *house) ingest(assetID int64, positions ...trail.Position) {
	h.tb.Helper()
	for part := range slices.Chunk(positions, 5000) {
		part = slices.Clone(part)
		for i := range part {
			part[i].AssetID = assetID
		}
		result, err := h.trail.Ingest(h.tb.Context(), h.acme, part)
		if err != nil || len(result.Rejected) > 0 {
			h.tb.Fatalf("%+v, %v", result, err)
		}
	}
	for {
		extents, err := h.trail.Extents(h.tb.Context(), h.acme, []int64{assetID})
		h.must(err)
		if !extents[assetID].Pending.Known {
			return
		}
		select {
		case <-h.tb.Context().Done():
			h.tb.Fatal("positions are never followed")
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// request asks for a report of assets.
func (h *house) request(kind string, from, to time.Time, assets ...int64) Request {
	return Request{AccountID: h.acme, AccountKey: "acme", AccountName: "Acme", Zone: from.Location(), Units: document.Kilometres,
		Type: kind, Assets: assets, From: from, To: to}
}

func (h *house) report(r Request) *document.Document {
	h.tb.Helper()
	doc, err := h.Make(h.tb.Context(), r)
	h.must(err)
	return doc
}

func (h *house) fingerprint(r Request) string {
	h.tb.Helper()
	print, err := h.Fingerprint(h.tb.Context(), r)
	h.must(err)
	return print
}

// figure is the value of a key figure.
func figure(tb testing.TB, doc *document.Document, key string) any {
	tb.Helper()
	for _, f := range doc.Figures {
		if f.Key == key {
			return f.Value
		}
	}
	tb.Fatalf("%s has no figure %s", doc.Type, key)
	return nil
}

func table(tb testing.TB, doc *document.Document, key string) *document.Table {
	tb.Helper()
	for _, s := range doc.Sections {
		if t, ok := s.(*document.Table); ok && t.Key == key {
			return t
		}
	}
	tb.Fatalf("%s has no table %s", doc.Type, key)
	return nil
}

// cells are the values of a table by column, row for row.
func cells(tb testing.TB, doc *document.Document, key string) []map[string]any {
	tb.Helper()
	t := table(tb, doc, key)
	var list []map[string]any
	for row, err := range t.Rows {
		if err != nil {
			tb.Fatal(err)
		}
		if len(row) != len(t.Columns) {
			tb.Fatalf("%s: a row of %d values for %d columns", key, len(row), len(t.Columns))
		}
		cells := map[string]any{}
		for i, c := range t.Columns {
			cells[c.Key] = row[i]
		}
		list = append(list, cells)
	}
	return list
}

// sum adds up a column.
func sum(tb testing.TB, doc *document.Document, key, column string) (all float64) {
	tb.Helper()
	for _, row := range cells(tb, doc, key) {
		switch v := row[column].(type) {
		case float64:
			all += v
		case int64:
			all += float64(v)
		}
	}
	return all
}
