package alert

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/trail"
)

// list returns the data of a list of alerts.
func (w *world) list(query string) []map[string]any {
	w.t.Helper()
	var out []map[string]any
	for _, a := range w.want(200, "GET", "/api/acme/alert"+query, "")["data"].([]any) {
		out = append(out, a.(map[string]any))
	}
	return out
}

func ids(list []map[string]any) []any {
	out := []any{}
	for _, a := range list {
		out = append(out, a["id"])
	}
	return out
}

func TestInbox(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		fastRule := w.rule(`{"name":"Too fast","type":"speed","severity":"critical","config":{"limit":90}}`)
		w.rule(`{"name":"Warm","type":"temperature","config":{"above":8},"applies_to":{"groups":["North"]}}`)
		north, south := w.asset("North"), w.asset("South")
		w.ingest(fast(north, 0, 100), fast(north, 10, 20), fast(south, 20, 110),
			sensed(north, 30, map[string]float64{"temperature": 9}), sensed(south, 40, map[string]float64{"temperature": 9}))
		w.settle()
		all := w.list("")
		if len(all) != 3 {
			t.Fatalf("%v", all)
		}
		warm, of, over := all[0], all[1], all[2]
		if of["asset_id"] != float64(south) || of["type"] != "speed" || of["rule_name"] != "Too fast" || of["state"] != "ended" && of["state"] != "open" ||
			of["message"] != "110 km/h where 90 are allowed." || of["triggered_at"] != time.UnixMilli(epoch+20_000).UTC().Format(time.RFC3339) ||
			of["latitude"] != 50.0 || fmt.Sprint(of["data"]) != "map[limit:90 seconds:0 speed:110]" {
			t.Errorf("%v", of)
		}
		if over["state"] != "ended" || warm["state"] != "open" || warm["type"] != "temperature" || warm["severity"] != "warning" {
			t.Errorf("%v, %v", over, warm)
		}
		for query, want := range map[string][]any{
			fmt.Sprint("?asset_id=", north): {warm["id"], over["id"]}, fmt.Sprint("?rule_id=", fastRule): {of["id"], over["id"]},
			"?type=temperature": {warm["id"]}, "?severity=critical&sort=id": {over["id"], of["id"]}, "?state=open": {warm["id"]}, "?state=withdrawn": {},
			"?sort=-severity&per_page=2": {of["id"], over["id"]}, "?per_page=1&page=3": {over["id"]},
			"?from=" + time.UnixMilli(epoch+20_000).UTC().Format(time.RFC3339) + "&to=" + time.UnixMilli(epoch+30_000).UTC().Format(time.RFC3339): {of["id"]},
		} {
			got := ids(w.list(query))
			if strings.Contains(query, "severity") { // made in one transaction, in either order
				slices.SortFunc(got, compareIDs)
				slices.SortFunc(want, compareIDs)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", query, diff)
			}
		}
		w.want(422, "GET", "/api/acme/alert?state=new", "")
		w.want(422, "GET", "/api/acme/alert?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "")

		// Acknowledged once, and never again.
		path := fmt.Sprint("/api/acme/alert/", warm["id"])
		tag := testkit.ETag(t, w.router, path)
		first := w.want(200, "POST", path+"/acknowledge", `{"note":" seen "}`)["data"].(map[string]any)
		if first["state"] != "acknowledged" || first["acknowledged_by"] != 42.0 || first["note"] != "seen" {
			t.Errorf("%v", first)
		}
		if now := testkit.ETag(t, w.router, path); now == tag {
			t.Errorf("an acknowledged alert has the tag that it had: %s", now)
		}
		if again := w.want(200, "POST", path+"/acknowledge", `{"note":"later"}`)["data"]; fmt.Sprint(again) != fmt.Sprint(first) {
			t.Errorf("%v, first %v", again, first)
		}
		if got := w.list("?state=acknowledged"); len(got) != 1 {
			t.Errorf("%v", got)
		}

		// A limited member sees the alerts of their assets alone.
		w.gate.part = &bearer.Part{Groups: []string{"South"}}
		if diff := cmp.Diff([]any{of["id"]}, ids(w.list(""))); diff != "" {
			t.Error(diff)
		}
		w.want(404, "GET", path, "")
		w.want(404, "POST", path+"/acknowledge", `{}`)
		bulk := fmt.Sprintf(`{"ids":[%v,%v,%v,999999]}`, of["id"], warm["id"], over["id"])
		got := w.want(200, "POST", "/api/acme/alert/acknowledge", bulk)["data"].(map[string]any)
		if diff := cmp.Diff(map[string]any{"acknowledged": []any{of["id"]}, "not_found": []any{warm["id"], over["id"], 999999.0}}, got); diff != "" {
			t.Error(diff)
		}
		w.gate.part = nil
		if over := w.want(200, "GET", fmt.Sprint("/api/acme/alert/", over["id"]), "")["data"].(map[string]any); over["acknowledged_at"] != nil {
			t.Errorf("a limited member acknowledged %v", over)
		}
		w.want(404, "GET", strings.Replace(path, "acme", "other", 1), "")
		w.want(404, "POST", strings.Replace(path, "acme", "other", 1)+"/acknowledge", `{}`)
		w.want(422, "POST", "/api/acme/alert/acknowledge", `{"ids":[]}`)
		w.want(422, "POST", path+"/acknowledge", `{"note":"`+strings.Repeat("x", 1001)+`"}`)
	})
}

func compareIDs(a, b any) int { return int(a.(float64) - b.(float64)) }

// A late position withdraws what wasn't so, another brings it back, and what was acknowledged stays so.
func TestLatePositions(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.rule(`{"name":"Too fast","type":"speed","config":{"limit":90,"seconds":60}}`)
		asset := w.asset("")
		w.ingest(fast(asset, 0, 100), fast(asset, 100, 100))
		w.settle()
		before := w.list("")
		if len(before) != 1 {
			t.Fatalf("%v", before)
		}
		path := fmt.Sprint("/api/acme/alert/", before[0]["id"])
		w.want(200, "POST", path+"/acknowledge", `{"note":"seen"}`)

		w.ingest(fast(asset, 50, 50)) // it wasn't so fast in between
		w.settle()
		gone := w.want(200, "GET", path, "")["data"].(map[string]any)
		if gone["state"] != "withdrawn" || gone["withdrawn_at"] == nil || len(w.list("")) != 0 || len(w.list("?state=withdrawn")) != 1 {
			t.Errorf("%v", gone)
		}

		w.ingest(fast(asset, 110, 100), fast(asset, 200, 100)) // and then it was
		w.settle()
		if got := w.list(""); len(got) != 1 || got[0]["id"] == before[0]["id"] || got[0]["triggered_at"] != time.UnixMilli(epoch+160_000).UTC().Format(time.RFC3339) {
			t.Errorf("%v", got)
		}
		want := []string{"alert.triggered: 100 km/h where 90 are allowed for a minute.", "alert.withdrawn: 100 km/h where 90 are allowed for a minute.",
			"alert.triggered: 100 km/h where 90 are allowed for a minute."}
		if diff := cmp.Diff(want, w.told()); diff != "" {
			t.Error(diff)
		}

		// The position that made it wrong is deleted, which no caller can do, and it is followed anew.
		w.must(db.Tx(context.Background(), func(tx *store.Tx) error {
			if _, err := tx.ExecContext(context.Background(), `DELETE FROM positions WHERE asset_id = $1 AND time = $2`, asset, epoch+50_000); err != nil {
				return err
			}
			_, err := tx.ExecContext(context.Background(), `UPDATE last_positions SET pending = 0, revision = revision + 1 WHERE asset_id = $1`, asset)
			return err
		}))
		w.settle()
		back := w.want(200, "GET", path, "")["data"].(map[string]any)
		if back["state"] != "acknowledged" || back["note"] != "seen" || back["withdrawn_at"] != nil {
			t.Errorf("%v", back)
		}
	})
}

// What a rule concluded stays when the rule changes or goes: late positions are judged by the new one, since it is valid.
func TestChangedRule(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		rule := w.rule(`{"name":"Too fast","type":"speed","config":{"limit":90}}`)
		asset := w.asset("")
		w.ingest(fast(asset, 0, 100), fast(asset, 10, 100))
		w.settle()
		w.want(200, "PATCH", fmt.Sprint("/api/acme/alert-rule/", rule), `{"config":{"limit":50}}`)
		w.since(rule, epoch+100_000)
		w.ingest(fast(asset, 90, 70), fast(asset, 5, 10)) // both before it is valid
		w.settle()
		got := w.list("")
		if len(got) != 1 || got[0]["state"] != "ended" {
			t.Errorf("%v", got)
		}
		w.ingest(fast(asset, 100, 70))
		w.settle()
		if got := w.list("?state=open"); len(got) != 1 || got[0]["message"] != "70 km/h where 50 are allowed." {
			t.Errorf("%v", got)
		}
		w.want(204, "DELETE", fmt.Sprint("/api/acme/alert-rule/", rule), "")
		w.ingest(fast(asset, 95, 10), fast(asset, 110, 70))
		w.settle()
		if got := w.list("?state=ended"); len(got) != 2 {
			t.Errorf("%v", got)
		}
	})
}

// Silence is raised once by two nodes, ended when something is heard again, and told.
func TestOffline(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		rule := w.rule(`{"name":"Silent","type":"offline","config":{"minutes":30},"applies_to":{"groups":["North"]}}`)
		north, south, long := w.asset("North"), w.asset("South"), w.asset("North")
		w.since(rule, epoch)
		w.ingest(at(north, 0), at(south, 0), at(long, -3600))
		w.settle()
		second := New(db, w.fleet, testkit.Audit(t, db), publicURL, func() time.Time { return w.now })
		second.Tell = w.service.Tell
		check := func() {
			t.Helper()
			w.must(w.service.CheckOffline(context.Background()))
			w.must(second.CheckOffline(context.Background()))
		}
		w.now = time.UnixMilli(epoch + 30*minute - 1)
		check()
		if len(w.told()) != 0 {
			t.Errorf("too early: %v", w.told())
		}
		w.now = w.now.Add(time.Millisecond)
		silent, err := second.store.silent(context.Background(), must(second.store.offlineRules(context.Background()))(t)[0], w.now.UnixMilli())
		w.must(err)
		check()
		// The other node had looked before the first raised it.
		w.must(db.Tx(context.Background(), func(tx *store.Tx) error {
			fresh, err := second.store.insertRows(context.Background(), tx, second.offlineRows(must(second.store.offlineRules(context.Background()))(t)[0], silent))
			if len(silent) != 1 || len(fresh) != 0 {
				t.Errorf("%v, %v", silent, fresh)
			}
			return err
		}))
		got := w.list("")
		if len(got) != 1 || got[0]["asset_id"] != float64(north) || got[0]["message"] != "Nothing was heard for 30 minutes." || got[0]["state"] != "open" ||
			got[0]["triggered_at"] != time.UnixMilli(epoch+30*minute).UTC().Format(time.RFC3339) {
			t.Errorf("%v", got)
		}
		w.ingest(at(north, 2000), at(north, 2010))
		w.settle()
		check()
		if got := w.list(""); got[0]["state"] != "ended" || got[0]["ended_at"] != time.UnixMilli(epoch+2_000_000).UTC().Format(time.RFC3339) {
			t.Errorf("%v", got)
		}
		w.ingest(at(north, 1000)) // late: it was silent all the same, as far as anybody could know
		w.settle()
		check()
		if got := w.list(""); len(got) != 1 || got[0]["state"] != "ended" {
			t.Errorf("%v", got)
		}
		if diff := cmp.Diff([]string{"alert.triggered: Nothing was heard for 30 minutes.", "alert.ended: Nothing was heard for 30 minutes."}, w.told()); diff != "" {
			t.Error(diff)
		}
		w.must(w.fleet.Delete(context.Background(), w.acme, north))
		if got := w.list(""); len(got) != 0 {
			t.Errorf("alerts of an asset that is gone: %v", got)
		}
	})
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// An asset that is put into a rule's group is judged by it.
func TestGroupChanges(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t))
	w.rule(`{"name":"Too fast","type":"speed","config":{"limit":90},"applies_to":{"groups":["North"]}}`)
	asset := w.asset("South")
	w.ingest(fast(asset, 0, 100))
	w.settle()
	if got := w.list(""); len(got) != 0 {
		t.Errorf("%v", got)
	}
	group := "North"
	_, err := w.fleet.Update(context.Background(), w.acme, asset, fleet.Change{Group: &group})
	w.must(err)
	w.ingest(fast(asset, 10, 100))
	w.settle()
	if got := w.list(""); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

// More alerts than one statement takes, and all of them are the same after a late position.
func TestManyAtOnce(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.rule(`{"name":"Too fast","type":"speed","config":{"limit":90}}`)
		asset := w.asset("")
		var positions []trail.Position
		for i := range 4 * chunk {
			positions = append(positions, fast(asset, 10*i, float64(i%2*100)))
		}
		w.ingest(positions...)
		w.settle()
		before := ids(w.list("?per_page=500"))
		if len(before) != 2*chunk || len(w.list("?per_page=500&state=ended")) != 2*chunk-1 {
			t.Fatalf("%d alerts", len(before))
		}
		w.ingest(fast(asset, 5, 0))
		w.settle()
		if diff := cmp.Diff(before, ids(w.list("?per_page=500"))); diff != "" || len(w.told()) != 2*chunk {
			t.Errorf("%s; told %d", diff, len(w.told()))
		}
	})
}

// An alert that was raised before what is followed anew, and ended there, goes on if it didn't end after all.
func TestLateEnd(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.rule(`{"name":"Warm","type":"temperature","config":{"above":8}}`)
		asset := w.asset("")
		one := func(second int, name string, value float64) {
			w.ingest(sensed(asset, second, map[string]float64{name: value}))
			w.settle()
		}
		w.ingest(at(asset, -10), at(asset, 20))
		one(0, "a.temperature", 9) // late, so that what is known at second 20 is saved
		one(40, "a.temperature", 1)
		if got := w.list("?state=ended"); len(got) != 1 {
			t.Fatalf("%v", got)
		}
		one(30, "b.temperature", 9)
		if got := w.list("?state=open"); len(got) != 1 || got[0]["ended_at"] != nil {
			t.Errorf("%v", got)
		}
		one(50, "b.temperature", 1)
		one(45, "b.temperature", 1)
		if got := w.list("?state=ended"); len(got) != 1 || got[0]["ended_at"] != time.UnixMilli(epoch+45_000).UTC().Format(time.RFC3339) {
			t.Errorf("%v", got)
		}
		if diff := cmp.Diff(3, len(w.told())); diff != "" { // triggered, ended, and ended again
			t.Errorf("%v", w.told())
		}
	})
}
