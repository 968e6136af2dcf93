package fleet_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/testkit"
)

func testLookup(t *testing.T, w *world) {
	theirs := w.create(w.other, fleet.Draft{Name: "Theirs", Tracker: "imei-1"})
	want := fleet.Known{IDs: map[int64]struct{}{}, Trackers: map[string]int64{}}
	var ids []int64
	var trackers []string
	var rows []fleet.Row
	for i := range 600 { // more than one question of each
		rows = append(rows, fleet.Row{Change: fleet.Change{Name: new("Van"), Tracker: new(fmt.Sprint("imei-", i))}})
	}
	results, err := w.service.Upsert(t.Context(), w.acme, rows)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		tracker := *rows[i].Tracker
		want.IDs[*r.ID], want.Trackers[tracker] = struct{}{}, *r.ID
		ids, trackers = append(ids, *r.ID, *r.ID+1_000_000), append(trackers, tracker, tracker+"x")
	}
	got, err := w.service.Lookup(t.Context(), w.acme, append(ids, theirs.ID), trackers)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, err := w.service.Lookup(t.Context(), w.acme, nil, nil); err != nil || len(got.IDs)+len(got.Trackers) != 0 {
		t.Errorf("nothing: %v, %v", got, err)
	}
}

func testEnsureByTracker(t *testing.T, w *world) {
	made, ids := make([]bool, 8), make([]int64, 8)
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() {
			asset, created, err := w.service.EnsureByTracker(t.Context(), w.acme, "imei-1", fleet.Draft{Name: "Imported"})
			if err != nil {
				t.Error(err)
				return
			}
			made[i], ids[i] = created, asset.ID
		})
	}
	all.Wait()
	count := 0
	for i := range made {
		if made[i] {
			count++
		}
		if ids[i] != ids[0] {
			t.Errorf("assets %v", ids)
		}
	}
	if count != 1 {
		t.Errorf("%d calls made the asset", count)
	}
	for _, tracker := range []string{"", "a b"} {
		if _, _, err := w.service.EnsureByTracker(t.Context(), w.acme, tracker, fleet.Draft{Name: "Imported"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("tracker %q: %v", tracker, err)
		}
	}
}

// An asset that is held can't be deleted until its holder has committed.
func TestHoldPostgres(t *testing.T) {
	w := newWorld(t, testkit.Postgres(t))
	asset := w.create(w.acme, fleet.Draft{Name: "Van"})
	deleted := make(chan error, 1)
	err := w.db.PostgresTx(t.Context(), func(tx pgx.Tx) error {
		held := map[int64]struct{}{}
		accounts, ids := []int64{w.acme, w.other, w.acme}, []int64{asset.ID, asset.ID, asset.ID + 1}
		if err := w.service.HoldPostgres(t.Context(), tx, accounts, ids, held); err != nil {
			return err
		}
		if diff := cmp.Diff(map[int64]struct{}{asset.ID: {}}, held); diff != "" {
			t.Error(diff)
		}
		go func() { deleted <- w.service.Delete(t.Context(), w.acme, asset.ID) }()
		// Wait until the deletion waits for us.
		for waiting := 0; waiting == 0; {
			if err := tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM pg_locks WHERE NOT granted`).Scan(&waiting); err != nil {
				return err
			}
		}
		select {
		case err := <-deleted:
			t.Errorf("deleted while held: %v", err)
		default:
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-deleted; err != nil {
		t.Error(err)
	}
}
