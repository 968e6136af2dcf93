package fleet_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

// data is the record of an answer.
func data(content map[string]any) map[string]any { return content["data"].(map[string]any) }

func testDrivers(t *testing.T, w *world) {
	one := w.create(w.acme, fleet.Draft{Name: "One", Group: "North"})
	two := w.create(w.acme, fleet.Draft{Name: "Two"})
	theirs := w.create(w.other, fleet.Draft{Name: "Theirs"})
	tag := data(w.want(201, "POST", "/api/acme/beacon", `{"identity":"aa:bb","kind":"identification"}`))

	ada := data(w.want(201, "POST", "/api/acme/driver", fmt.Sprintf(`{"name":" Ada ","phone":"1","ibutton":"158fba2","beacon_id":%v}`, tag["id"])))
	if ada["ibutton"] != "00000158FBA2" || ada["name"] != "Ada" || ada["licence"] != nil {
		t.Errorf("made %v", ada)
	}
	bob := data(w.want(201, "POST", "/api/acme/driver", `{"name":"Bob","ibutton":281474976710655}`))
	adaPath, bobPath := fmt.Sprintf("/api/acme/driver/%v", ada["id"]), fmt.Sprintf("/api/acme/driver/%v", bob["id"])
	for body, field := range map[string]string{
		`{"name":""}`:                                         "name",
		`{"name":"x","ibutton":"158FBA2"}`:                    "ibutton",
		`{"name":"x","ibutton":22608802}`:                     "ibutton",
		`{"name":"x","ibutton":"1000000000000"}`:              "ibutton",
		`{"name":"x","ibutton":"zz"}`:                         "ibutton",
		`{"name":"x","ibutton":-1}`:                           "ibutton",
		`{"name":"x","ibutton":1.5}`:                          "ibutton",
		`{"name":"x","ibutton":[]}`:                           "ibutton",
		`{"name":"x","beacon_id":999}`:                        "beacon_id",
		`{"name":"x","beacon_id":0}`:                          "beacon_id",
		fmt.Sprintf(`{"name":"x","beacon_id":%v}`, tag["id"]): "beacon_id",
	} {
		if content := w.want(422, "POST", "/api/acme/driver", body); content["errors"].(map[string]any)[field] == nil {
			t.Errorf("%s: %v", body, content)
		}
	}
	keys, err := w.service.DriverByKey(t.Context(), w.acme)
	if err != nil {
		t.Fatal(err)
	}
	wantKeys := &fleet.Keys{IButtons: map[int64]int64{0x158fba2: int64(ada["id"].(float64)), 1<<48 - 1: int64(bob["id"].(float64))},
		Beacons: map[string]int64{"aa:bb": int64(ada["id"].(float64))}}
	if diff := cmp.Diff(wantKeys, keys); diff != "" {
		t.Error(diff)
	}
	for query, want := range map[string][]string{"": {"Ada", "Bob"}, "sort=-name": {"Bob", "Ada"}, "ibutton=158fba2": {"Ada"}, "search=BO": {"Bob"}} {
		if diff := cmp.Diff(want, names(w.want(200, "GET", "/api/acme/driver?"+query, ""))); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	w.want(404, "GET", "/api/other"+adaPath[len("/api/acme"):], "")

	// Assignments: half open, one driver an asset.
	assign := func(status int, path string, asset int64, from, until string) map[string]any {
		t.Helper()
		return w.want(status, "POST", path+"/assignment", fmt.Sprintf(`{"asset_id":%d,"from":"2026-01-%sT00:00:00Z","until":%s}`, asset, from, until))
	}
	first := data(assign(201, adaPath, one.ID, "02", `"2026-01-04T00:00:00Z"`))
	assign(409, bobPath, one.ID, "03", `null`)
	assign(409, bobPath, one.ID, "01", `"2026-01-03T00:00:00Z"`)
	open := data(assign(201, bobPath, one.ID, "04", `null`))
	assign(409, adaPath, one.ID, "05", `"2026-01-06T00:00:00Z"`)
	assign(201, adaPath, two.ID, "04", `null`)
	assign(422, adaPath, one.ID, "03", `"2026-01-03T00:00:00Z"`)
	assign(422, adaPath, theirs.ID, "03", `null`)
	w.want(409, "PATCH", fmt.Sprintf("%s/assignment/%v", adaPath, first["id"]), `{"until":"2026-01-05T00:00:00Z"}`)
	w.want(422, "PATCH", fmt.Sprintf("%s/assignment/%v", adaPath, first["id"]), `{"until":"2026-01-01T00:00:00Z"}`)
	w.want(404, "PATCH", fmt.Sprintf("%s/assignment/%v", bobPath, first["id"]), `{"until":null}`)
	ended := data(w.want(200, "PATCH", fmt.Sprintf("%s/assignment/%v", bobPath, open["id"]), `{"until":"2026-01-06T00:00:00Z"}`))
	if diff := cmp.Diff(ended, data(w.want(200, "GET", fmt.Sprintf("%s/assignment/%v", bobPath, open["id"]), ""))); diff != "" {
		t.Error(diff)
	}
	at := func(from, to int) []string {
		t.Helper()
		day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
		list, err := w.service.DriversAt(t.Context(), w.acme, one.ID, day(from), day(to))
		if err != nil {
			t.Fatal(err)
		}
		out := []string{}
		for _, a := range list {
			out = append(out, a.DriverName)
		}
		return out
	}
	for _, c := range []struct {
		from, to int
		want     []string
	}{{1, 2, []string{}}, {1, 3, []string{"Ada"}}, {2, 4, []string{"Ada"}}, {4, 5, []string{"Bob"}}, {3, 9, []string{"Ada", "Bob"}}, {6, 9, []string{}}} {
		if diff := cmp.Diff(c.want, at(c.from, c.to)); diff != "" {
			t.Errorf("%d to %d: %s", c.from, c.to, diff)
		}
	}

	// A limited member sees drivers by their assets, and changes none.
	limited := w.as(&bearer.Part{Assets: []int64{two.ID}})
	if diff := cmp.Diff([]string{"Ada"}, names(limited.want(200, "GET", "/api/acme/driver", ""))); diff != "" {
		t.Error(diff)
	}
	limited.want(404, "GET", bobPath, "")
	limited.want(404, "GET", fmt.Sprintf("%s/assignment/%v", adaPath, first["id"]), "")
	if n := limited.want(200, "GET", adaPath+"/assignment", "")["meta"].(map[string]any)["total"]; n != 1. {
		t.Errorf("%v assignments are seen", n)
	}
	limited.want(403, "PATCH", adaPath, `{"name":"x"}`)
	limited.want(403, "DELETE", adaPath, "")
	limited.want(403, "POST", "/api/acme/driver", `{"name":"x"}`)
	limited.want(422, "POST", adaPath+"/assignment", fmt.Sprintf(`{"asset_id":%d}`, one.ID))
	limited.want(409, "POST", adaPath+"/assignment", fmt.Sprintf(`{"asset_id":%d}`, two.ID))

	// A deleted driver is gone but for what they drove.
	w.want(204, "DELETE", adaPath, "")
	w.want(404, "GET", adaPath, "")
	if diff := cmp.Diff([]string{"Ada", "Bob"}, at(1, 9)); diff != "" {
		t.Error(diff)
	}
	w.want(200, "PATCH", bobPath, fmt.Sprintf(`{"ibutton":"158FBA2","beacon_id":%v}`, tag["id"]))
	data(w.want(201, "POST", bobPath+"/assignment", fmt.Sprintf(`{"asset_id":%d}`, two.ID)))
	w.want(204, "DELETE", fmt.Sprintf("/api/acme/beacon/%v", tag["id"]), "")
	keys, err = w.service.DriverByKey(t.Context(), w.acme)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&fleet.Keys{IButtons: map[int64]int64{0x158fba2: int64(bob["id"].(float64))}, Beacons: map[string]int64{}}, keys); diff != "" {
		t.Error(diff)
	}
}

// Of many who assign a driver to the same asset at the same moment, one does.
func testAssignAtOnce(t *testing.T, w *world) {
	asset := w.create(w.acme, fleet.Draft{Name: "Van"})
	var all sync.WaitGroup
	var mu sync.Mutex
	assigned := 0
	for i := range 6 {
		driver, err := w.service.CreateDriver(t.Context(), w.acme, fleet.DriverChange{Name: new(fmt.Sprint("Driver ", i))})
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			_, err := w.service.Assign(t.Context(), w.acme, fleet.NewAssignment{DriverID: driver.ID, AssetID: asset.ID, From: time.UnixMilli(1)})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				assigned++
			} else if !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if assigned != 1 {
		t.Errorf("%d drivers have the van", assigned)
	}
}

// Whatever is assigned and ended, no two assignments of an asset overlap, and DriversAt finds just those that touch a time.
func TestAssignmentsDontOverlap(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t))
	ctx := context.Background()
	driver, err := w.service.CreateDriver(ctx, w.acme, fleet.DriverChange{Name: new("Ada")})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		asset, err := w.service.Create(ctx, w.acme, fleet.Draft{Name: "Van"})
		if err != nil {
			t.Fatal(err)
		}
		moment := func(name string) time.Time { return time.UnixMilli(rapid.Int64Range(1, 12).Draw(t, name)).UTC() }
		var kept []fleet.Assignment
		for range rapid.IntRange(1, 5).Draw(t, "steps") {
			in := fleet.NewAssignment{DriverID: driver.ID, AssetID: asset.ID, From: moment("from")}
			if rapid.Bool().Draw(t, "ends") {
				in.Until = new(moment("until"))
			}
			overlaps := slices.ContainsFunc(kept, func(a fleet.Assignment) bool {
				return (in.Until == nil || a.From.Before(*in.Until)) && (a.Until == nil || in.From.Before(*a.Until))
			})
			a, err := w.service.Assign(ctx, w.acme, in)
			switch {
			case in.Until != nil && !in.Until.After(in.From):
				if !fault.Is(err, fault.Invalid) {
					t.Fatalf("%+v: %v", in, err)
				}
			case overlaps != fault.Is(err, fault.Conflict) || !overlaps && err != nil:
				t.Fatalf("%+v beside %+v: %v", in, kept, err)
			case err == nil:
				kept = append(kept, a)
			}
		}
		from, to := moment("asked from"), moment("asked to")
		found, err := w.service.DriversAt(ctx, w.acme, asset.ID, from, to)
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for _, a := range kept {
			if a.From.Before(to) && (a.Until == nil || a.Until.After(from)) {
				want++
			}
		}
		if len(found) != want {
			t.Fatalf("found %+v from %v to %v among %+v", found, from, to, kept)
		}
	})
}

func testBeaconsAndSensors(t *testing.T, w *world) {
	one := w.create(w.acme, fleet.Draft{Name: "One"})
	two := w.create(w.acme, fleet.Draft{Name: "Two"})
	cold := data(w.want(201, "POST", "/api/acme/beacon", fmt.Sprintf(`{"identity":"a.b","name":"Cold box","kind":"temperature","asset_id":%d}`, one.ID)))
	loose := data(w.want(201, "POST", "/api/acme/beacon", `{"identity":"c"}`))
	if loose["name"] != "c" || loose["kind"] != "other" || loose["asset_id"] != nil {
		t.Errorf("made %v", loose)
	}
	for body, field := range map[string]string{
		`{"identity":""}`: "identity", `{"identity":"a b"}`: "identity", `{"identity":"c"}`: "identity",
		`{"identity":"d","kind":"smell"}`: "kind", `{"identity":"d","asset_id":999}`: "asset_id", `{"identity":"d","asset_id":-4}`: "asset_id",
	} {
		if content := w.want(422, "POST", "/api/acme/beacon", body); content["errors"].(map[string]any)[field] == nil {
			t.Errorf("%s: %v", body, content)
		}
	}
	path := fmt.Sprintf("/api/acme/beacon/%v", cold["id"])
	limited := w.as(&bearer.Part{Assets: []int64{two.ID}})
	limited.want(404, "GET", path, "")
	limited.want(422, "POST", "/api/acme/beacon", `{"identity":"d"}`)
	limited.want(422, "POST", "/api/acme/beacon", fmt.Sprintf(`{"identity":"d","asset_id":%d}`, one.ID))
	theirs := data(limited.want(201, "POST", "/api/acme/beacon", fmt.Sprintf(`{"identity":"d","asset_id":%d}`, two.ID)))
	limited.want(422, "PATCH", fmt.Sprintf("/api/acme/beacon/%v", theirs["id"]), `{"asset_id":null}`)
	if diff := cmp.Diff([]string{"d"}, names(limited.want(200, "GET", "/api/acme/beacon", ""))); diff != "" {
		t.Error(diff)
	}
	for query, want := range map[string][]string{"sort=-name": {"d", "c", "Cold box"}, "kind=temperature": {"Cold box"}, fmt.Sprintf("asset_id=%d", two.ID): {"d"}, "search=A.B": {"Cold box"}} {
		if diff := cmp.Diff(want, names(w.want(200, "GET", "/api/acme/beacon?"+query, ""))); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	at := time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC)
	w.trails.fixes = map[int64]fleet.Fix{one.ID: {Status: "parked", Position: &fleet.Position{AssetID: one.ID, Timestamp: at, Sensors: map[string]float64{
		"beacon.a.b.temperature": 4.5, "beacon.x.rssi": -70, "humidity": 40, "external_voltage": 12.6, "ibutton": 7, "beacon.": 1, "fuel": 2}}}}
	reading := func(name, kind string, unit any, value float64, beacon any) any {
		return map[string]any{"name": name, "type": kind, "unit": unit, "value": value, "beacon_id": beacon, "at": "2026-03-01T08:30:00Z"}
	}
	want := []any{reading("beacon.", "other", nil, 1, nil), reading("beacon.a.b.temperature", "temperature", "°C", 4.5, cold["id"]),
		reading("beacon.x.rssi", "signal", "dBm", -70, nil), reading("external_voltage", "voltage", "V", 12.6, nil), reading("fuel", "other", nil, 2, nil),
		reading("humidity", "humidity", "%", 40, nil), reading("ibutton", "identification", nil, 7, nil)}
	if diff := cmp.Diff(any(want), w.want(200, "GET", fmt.Sprintf("/api/acme/asset/%d/sensor", one.ID), "")["data"]); diff != "" {
		t.Error(diff)
	}
	if got := w.want(200, "GET", fmt.Sprintf("/api/acme/asset/%d/sensor", two.ID), "")["data"]; len(got.([]any)) != 0 {
		t.Errorf("an asset that never reported reads %v", got)
	}
	limited.want(404, "GET", fmt.Sprintf("/api/acme/asset/%d/sensor", one.ID), "")
	w.want(204, "DELETE", fmt.Sprintf("/api/acme/asset/%d", one.ID), "")
	if got := data(w.want(200, "GET", path, ""))["asset_id"]; got != nil {
		t.Errorf("a beacon is fixed to the deleted asset %v", got)
	}
}

// The conditions of reading and writing, on each kind of record.
func testConditions(t *testing.T, w *world) {
	for _, c := range []struct{ noun, make, change string }{
		{"asset", `{"name":"Van"}`, `{"name":"Van 2"}`},
		{"group", `{"name":"North"}`, `{"name":"South"}`},
		{"driver", `{"name":"Ada"}`, `{"phone":"1"}`},
		{"beacon", `{"identity":"b"}`, `{"name":"Box"}`},
	} {
		answer, content := w.call("POST", "/api/acme/"+c.noun, c.make)
		path := fmt.Sprintf("/api/acme/%s/%v", c.noun, data(content)["id"])
		if got, want := answer.Header().Get("Location"), publicURL+path; got != want {
			t.Errorf("Location %q, want %q", got, want)
		}
		first := answer.Header().Get("ETag")
		answer, _ = w.call("GET", path, "", "If-None-Match", `"x", W/`+first)
		if answer.Code != 304 || answer.Body.Len() > 0 || answer.Header().Get("ETag") != first {
			t.Errorf("%s not modified: %d %q, %s", c.noun, answer.Code, answer.Body, answer.Header().Get("ETag"))
		}
		w.want(412, "PATCH", path, c.change, "If-Match", `"99"`)
		w.want(412, "DELETE", path, "", "If-Match", `"99"`)
		answer, _ = w.call("PATCH", path, c.change, "If-Match", first)
		second := answer.Header().Get("ETag")
		if answer.Code != 200 || second == first {
			t.Errorf("%s changed: %d, %s after %s", c.noun, answer.Code, second, first)
		}
		w.want(412, "PATCH", path, c.change, "If-Match", first)
		w.want(200, "GET", path, "", "If-None-Match", first)
		w.want(404, "GET", path+"9", "", "If-None-Match", "*")
		w.want(204, "DELETE", path, "", "If-Match", `"0", `+second)
	}
	// A position is news to who reads, and nothing to who writes.
	asset := w.create(w.acme, fleet.Draft{Name: "Van"})
	path := fmt.Sprintf("/api/acme/asset/%d", asset.ID)
	answer, _ := w.call("GET", path, "")
	still := answer.Header().Get("ETag")
	w.trails.fixes = map[int64]fleet.Fix{asset.ID: {Status: "moving", Position: &fleet.Position{AssetID: asset.ID}}}
	w.want(200, "GET", path, "", "If-None-Match", still)
	w.want(200, "PATCH", path, `{}`, "If-Match", still)
	w.want(412, "PATCH", path, `{}`, "If-Match", `"2"`)

	// Of many who change what they have all seen, one does.
	var all sync.WaitGroup
	var mu sync.Mutex
	changed := 0
	for i := range 6 {
		all.Go(func() {
			_, err := w.service.Update(t.Context(), w.acme, asset.ID, fleet.Change{Name: new(fmt.Sprint("Van ", i)), If: web.Precondition{IfMatch: still}})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				changed++
			} else if !fault.Is(err, fault.Stale) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if changed != 1 {
		t.Errorf("%d changes went through", changed)
	}
}
