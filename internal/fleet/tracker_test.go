package fleet_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

// boundTo fails unless a tracker is bound to this asset of this account; 0 and 0 for nobody's.
func (w *world) boundTo(identity string, accountID, assetID int64) {
	w.t.Helper()
	gotAccount, gotAsset, err := w.service.Bound(w.t.Context(), identity)
	if assetID == 0 != fault.Is(err, fault.NotFound) || gotAccount != accountID || gotAsset != assetID {
		w.t.Errorf("%s is bound to asset %d of account %d (%v), want %d of %d", identity, gotAsset, gotAccount, err, assetID, accountID)
	}
}

func (w *world) history(assetID int64) []string {
	w.t.Helper()
	content := w.want(200, "GET", fmt.Sprintf("/api/acme/asset/%d/tracker", assetID), "")
	list := []string{}
	for _, one := range content["data"].([]any) {
		b := one.(map[string]any)
		state := ""
		if b["unbound_at"] == nil {
			state = " now"
		}
		list = append(list, b["tracker"].(string)+state)
	}
	return list
}

func testTrackerHistory(t *testing.T, w *world) {
	w.boundTo("t1", 0, 0)
	first := w.create(w.acme, fleet.Draft{Name: "First", Tracker: "t1"})
	second := w.create(w.acme, fleet.Draft{Name: "Second"})
	w.boundTo("t1", w.acme, first.ID)
	path := fmt.Sprintf("/api/acme/asset/%d", second.ID)

	w.want(422, "PATCH", path, `{"tracker":"t1"}`)
	w.want(200, "PATCH", path, `{"tracker":"t2"}`)
	w.want(200, "PATCH", path, `{"tracker":"t2","name":"Second again"}`)
	w.want(200, "PATCH", path+"?move=true", `{"tracker":"t1"}`)
	w.boundTo("t1", w.acme, second.ID)
	w.boundTo("t2", 0, 0)
	if got := w.want(200, "GET", fmt.Sprintf("/api/acme/asset/%d", first.ID), "")["data"].(map[string]any)["tracker"]; got != nil {
		t.Errorf("the first still has %v", got)
	}
	if diff := cmp.Diff([]string{"t1"}, w.history(first.ID)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"t1 now", "t2"}, w.history(second.ID)); diff != "" {
		t.Error(diff)
	}
	// A member who doesn't see the second can't take its tracker, and hears of it as before.
	w.as(&bearer.Part{Assets: []int64{first.ID}}).want(422, "PATCH", fmt.Sprintf("/api/acme/asset/%d?move=true", first.ID), `{"tracker":"t1"}`)
	w.as(&bearer.Part{Assets: []int64{first.ID}}).want(404, "GET", path+"/tracker", "")
	w.want(404, "GET", "/api/other/asset/1/tracker", "")

	if _, _, err := w.service.EnsureByTracker(t.Context(), w.acme, "t3", fleet.Draft{Name: "Third"}); err != nil {
		t.Fatal(err)
	}
	w.boundTo("t3", w.acme, second.ID+1)
	w.want(204, "DELETE", path, "")
	w.boundTo("t1", 0, 0)
}

// A tracker that several accounts name is the oldest's, whatever another one claims, until that gives it up or is suspended.
func testBoundIsTheOldest(t *testing.T, w *world) {
	mine := w.create(w.acme, fleet.Draft{Name: "Mine", Tracker: "t"})
	theirs := w.create(w.other, fleet.Draft{Name: "Theirs", Tracker: "t"})
	w.boundTo("t", w.acme, mine.ID)
	accounts := account.New(w.db, testkit.Audit(t, w.db), publicURL)
	suspend := func(suspended bool) {
		if err := accounts.SuspendAccount(t.Context(), w.acme, suspended); err != nil {
			t.Fatal(err)
		}
	}
	suspend(true)
	w.boundTo("t", w.other, theirs.ID)
	suspend(false)
	w.boundTo("t", w.acme, mine.ID)
	none := ""
	if _, err := w.service.Update(t.Context(), w.acme, mine.ID, fleet.Change{Tracker: &none}); err != nil {
		t.Fatal(err)
	}
	w.boundTo("t", w.other, theirs.ID)
	again := "t"
	if _, err := w.service.Update(t.Context(), w.acme, mine.ID, fleet.Change{Tracker: &again}); err != nil {
		t.Fatal(err)
	}
	w.boundTo("t", w.other, theirs.ID)
}

// Another node hears of a change by its notice, of what nobody had too.
func TestBoundOnAnotherNode(t *testing.T) {
	url := testkit.PostgresURL(t)
	w := newWorld(t, testkit.OpenPostgres(t, url))
	there := testkit.OpenPostgres(t, url)
	other := &world{t: t, service: fleet.New(there, testkit.Audit(t, there), w.trails, publicURL)}
	if err := there.StartWatching(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	watched := make(chan struct{})
	go func() { there.Watch(ctx, slog.New(slog.DiscardHandler)); close(watched) }()
	t.Cleanup(func() { stop(); <-watched })
	other.boundTo("t", 0, 0)
	asset := w.create(w.acme, fleet.Draft{Name: "Van", Tracker: "t"})
	testkit.WithinASecond(t, "the other node knows the tracker", func() bool {
		_, id, _ := other.service.Bound(t.Context(), "t")
		return id == asset.ID
	})
}

// Whatever is done to trackers, the live bindings say what the assets do.
func TestBindingsFollowAssets(t *testing.T) {
	db := testkit.SQLite(t)
	w := newWorld(t, db)
	var ids []int64
	for i := range 3 {
		ids = append(ids, w.create(w.acme, fleet.Draft{Name: fmt.Sprint(i)}).ID)
	}
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			tracker := rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "tracker")
			id := rapid.SampledFrom(ids).Draw(t, "asset")
			_, err := w.service.Update(context.Background(), w.acme, id, fleet.Change{Tracker: &tracker, Move: rapid.Bool().Draw(t, "move")})
			if err != nil && !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
		}
		assets, _, err := w.service.List(context.Background(), w.acme, fleet.Filter{}, web.PageInput{Page: 1, PerPage: 10})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int64{}
		for _, a := range assets {
			if a.Tracker != nil {
				want[*a.Tracker] = a.ID
			}
		}
		for _, identity := range []string{"a", "b", "c"} {
			if _, id, err := w.service.Bound(context.Background(), identity); id != want[identity] {
				t.Fatalf("%s is bound to %d (%v), want %d", identity, id, err, want[identity])
			}
		}
	})
}
