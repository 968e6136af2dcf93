package geofence

import (
	"fmt"
	"strings"
	"testing"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

const all = "/api/acme/geofence"

func data(content map[string]any) map[string]any { return content["data"].(map[string]any) }

func list(content map[string]any) []any { return content["data"].([]any) }

func testCreateReadUpdateDelete(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	made := data(w.want(201, "POST", all, `{"name":" Depot ","description":"North gate\nat night","category":"home","dwell":10,"radius":150.5,"geometry":{"type":"Point","coordinates":[13.405,52.52,34]}}`))
	if made["name"] != "Depot" || made["shape"] != "circle" || made["radius"] != 150.5 || made["width"] != nil || made["applies_to"] != nil || made["active"] != true || made["valid_from"] != made["created_at"] {
		t.Errorf("made %v", made)
	}
	one := fmt.Sprint(all, "/", made["id"])
	read := data(w.want(200, "GET", one, ""))
	if fmt.Sprint(read) != fmt.Sprint(made) {
		t.Errorf("read %v, made %v", read, made)
	}
	if got := fmt.Sprint(read["geometry"]); got != "map[coordinates:[13.405 52.52] type:Point]" {
		t.Errorf("geometry %s", got)
	}

	// What it concludes follows from the shape, not from the name.
	w.since(int64(made["id"].(float64)), 5)
	renamed := data(w.want(200, "PATCH", one, `{"name":"Gate","description":null}`))
	if renamed["name"] != "Gate" || renamed["description"] != nil || renamed["valid_from"] != "1970-01-01T00:00:00.005Z" {
		t.Errorf("renamed %v", renamed)
	}
	same := data(w.want(200, "PATCH", one, `{"name":"Gate","radius":150.5}`))
	if fmt.Sprint(same) != fmt.Sprint(renamed) {
		t.Errorf("a change of nothing: %v", same)
	}
	moved := data(w.want(200, "PATCH", one, `{"geometry":{"type":"LineString","coordinates":[[1,2],[3,4]]},"width":40}`))
	if moved["shape"] != "corridor" || moved["radius"] != nil || moved["width"] != 40.0 || moved["valid_from"] == renamed["valid_from"] {
		t.Errorf("moved %v", moved)
	}
	w.want(422, "PATCH", one, `{"geometry":{"type":"Point","coordinates":[1,2]}}`) // a circle needs its radius

	for _, path := range []string{"/api/other/geofence/" + fmt.Sprint(made["id"]), all + "/999", all + "/0", all + "/x"} {
		for _, c := range [][2]string{{"GET", ""}, {"PATCH", `{"name":"x"}`}, {"DELETE", ""}} {
			if got := w.want(404, c[0], path, c[1])["message"]; got != "Geofence not found." {
				t.Errorf("%s %s: %v", c[0], path, got)
			}
		}
		w.want(404, "GET", path+"/event", "")
		w.want(404, "GET", path+"/asset", "")
	}
	w.want(204, "DELETE", one, "")
	w.want(404, "GET", one, "")
	var events int
	w.must(db.Read().QueryRow(`SELECT COUNT(*) FROM audit_events WHERE account_id = $1 AND action LIKE 'geofence.%'`, w.acme).Scan(&events))
	if events != 4 {
		t.Errorf("%d audit events", events)
	}
}

func testConditions(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	make := func(name string) string {
		return fmt.Sprint(all, "/", data(w.want(201, "POST", all, `{"name":"`+name+`","radius":50,"geometry":{"type":"Point","coordinates":[1,2]},"applies_to":{"groups":["North"]}}`))["id"])
	}
	testkit.Conditions(t, w.router, make("Yard"), `{"name":"Yard %d"}`)

	// A group's new name is a change too.
	depot := make("Depot")
	before := testkit.ETag(t, w.router, depot)
	w.must(db.Tx(t.Context(), func(tx *store.Tx) error { return w.service.RenameGroup(t.Context(), tx, w.acme, "North", "East") }))
	if after := testkit.ETag(t, w.router, depot); after == before || !strings.HasPrefix(after, `"2-`) {
		t.Errorf("%s, before %s", after, before)
	}
}

func TestRefused(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t))
	square := `[[0,0],[1,0],[1,1],[0,1],[0,0]]`
	many := strings.Repeat("[1,1],", 999) + "[1,1],[0,0]"
	asset := w.asset("")
	for _, c := range []struct {
		body, field string
	}{
		{`{"geometry":{"type":"Point","coordinates":[0,0]},"radius":50}`, "name"},
		{`{"name":" ","geometry":{"type":"Point","coordinates":[0,0]},"radius":50}`, "name"},
		{`{"name":5}`, "name"},
		{`{"name":"a"}`, "geometry"},
		{`{"name":"a","geometry":null}`, "geometry"},
		{`{"name":"a","geometry":7}`, "geometry"},
		{`{"name":"a","geometry":{"type":"Point","coordinates":[181,0]},"radius":50}`, "geometry"},
		{`{"name":"a","geometry":{"type":"Point","coordinates":[null,0]},"radius":50}`, "geometry"},
		{`{"name":"a","geometry":{"type":"Point","coordinates":[0]},"radius":50}`, "geometry"},
		{`{"name":"a","geometry":{"type":"MultiPoint","coordinates":[[0,0]]}}`, "geometry"},
		{`{"name":"a","geometry":{"type":"LineString","coordinates":[[0,0]]},"width":50}`, "geometry"},
		{`{"name":"a","geometry":{"type":"LineString","coordinates":[[0,0],[180,0]]},"width":50}`, "geometry"},
		{`{"name":"a","geometry":{"type":"Polygon","coordinates":[]}}`, "geometry"},
		{`{"name":"a","geometry":{"type":"MultiPolygon","coordinates":[]}}`, "geometry"},
		{`{"name":"a","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}}`, "geometry"},
		{`{"name":"a","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}}`, "geometry"},
		{`{"name":"a","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,1],[2,2],[0,0]]]}}`, "geometry"},
		{`{"name":"a","geometry":{"type":"Polygon","coordinates":[` + square + `,[[5,5],[6,5],[6,6],[5,5]]]}}`, "geometry"},
		{`{"name":"a","geometry":{"type":"Polygon","coordinates":[[[0,0],` + many + `]]}}`, "geometry"},
		{`{"name":"a","geometry":{"type":"Polygon","coordinates":[` + square + `]},"radius":5}`, "radius"},
		{`{"name":"a","geometry":{"type":"Point","coordinates":[0,0]}}`, "radius"},
		{`{"name":"a","geometry":{"type":"Point","coordinates":[0,0]},"radius":1e9}`, "radius"},
		{`{"name":"a","geometry":{"type":"LineString","coordinates":[[0,0],[1,0]]},"width":1}`, "width"},
		{`{"name":"a","geometry":{"type":"Point","coordinates":[0,0]},"radius":50,"dwell":0}`, "dwell"},
		{`{"name":"a","geometry":{"type":"Point","coordinates":[0,0]},"radius":50,"category":"Home!"}`, "category"},
		{`{"name":"a","geometry":{"type":"Point","coordinates":[0,0]},"radius":50,"applies_to":{}}`, "applies_to"},
		{fmt.Sprintf(`{"name":"a","geometry":{"type":"Point","coordinates":[0,0]},"radius":50,"applies_to":{"assets":[%d,99]}}`, asset), "applies_to.assets"},
		{`{"name":"a","geometry":{"type":"Point","coordinates":[0,0]},"radius":50,"colour":"red"}`, "colour"},
		{`[]`, "body"},
		{`7`, "body"},
		{`{"type":"FeatureCollection","features":[]}`, "features"},
		{`{"type":"Feature","geometry":null,"properties":{"name":"a"}}`, "geometry"},
		{`{"type":"FeatureCollection","features":[{"geometry":{"type":"Point","coordinates":[0,0]},"properties":{"name":"a","radius":9}},{"properties":null}]}`, "features.1.name"},
	} {
		answer := w.want(422, "POST", all, c.body)
		if _, ok := answer["errors"].(map[string]any)[c.field]; !ok {
			t.Errorf("%.200s: %v", c.body, answer)
		}
	}
	w.want(400, "POST", all, `{"name":`)
	if got := list(w.want(200, "GET", all, "")); len(got) != 0 {
		t.Errorf("there is %v", got)
	}
}

func testGeoJSONInAndOut(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	w.want(201, "POST", all, `{"type":"FeatureCollection","name":"export","features":[
			{"type":"Feature","id":"x","bbox":[0,0,1,1],"properties":{"name":"B","fid":3,"category":"no_go"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[0,1],[1,1],[1,0],[0,0]],[[0.2,0.2],[0.4,0.2],[0.4,0.4],[0.2,0.2]]]}},
			{"type":"Feature","properties":{"name":"a","dwell":5},"geometry":{"type":"MultiPolygon","coordinates":[[[[179,0],[180,0],[180,1],[179,0]]],[[[-180,0],[-179,0],[-180,1],[-180,0]]]]}}]}`)
	one := data(w.want(201, "POST", all, `{"type":"Feature","properties":{"name":"c","width":20},"geometry":{"type":"LineString","coordinates":[[0,0],[1,1]]}}`))
	if one["shape"] != "corridor" {
		t.Errorf("made %v", one)
	}
	out := w.want(200, "GET", all+"?format=geojson&sort=-name&per_page=2", "")
	features := out["features"].([]any)
	first := features[0].(map[string]any)
	if out["type"] != "FeatureCollection" || len(features) != 2 || first["type"] != "Feature" || first["properties"].(map[string]any)["width"] != 20.0 {
		t.Errorf("out: %v", out)
	}
	page := w.want(200, "GET", all+"?category=no_go", "")
	found := list(page)[0].(map[string]any)
	// The outer ring runs counter-clockwise, the hole clockwise.
	if got := fmt.Sprint(found["geometry"].(map[string]any)["coordinates"]); got != "[[[0 0] [1 0] [1 1] [0 1] [0 0]] [[0.2 0.2] [0.4 0.4] [0.4 0.2] [0.2 0.2]]]" {
		t.Errorf("rings %s", got)
	}
	for query, want := range map[string]int{"?search=b": 1, "?shape=polygon": 2, "?active=false": 0, "?sort=name&per_page=2&page=2": 1} {
		if got := len(list(w.want(200, "GET", all+query, ""))); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	w.want(422, "GET", all+"?sort=geometry", "")
	w.want(422, "GET", all+"?format=kml", "")
	w.want(422, "GET", all+"?color=red", "")
}

func testEventsAndWhoIsInside(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	yard := w.make(round("yard", `,"dwell":2`))
	north, south := w.engine(w.asset("North"), 1), w.engine(w.asset("South"), 1)
	north.take(at(1, 0), at(5, 500), at(6, 0))
	south.take(at(2, 0))
	one := fmt.Sprint(all, "/", yard)
	events := list(w.want(200, "GET", one+"/event", ""))
	if len(events) != 5 || events[0].(map[string]any)["time"] != "1970-01-01T00:06:00Z" {
		t.Errorf("events %v", events)
	}
	for query, want := range map[string]int{"?kind=dwelled": 1, "?from=1970-01-01T00:05:00Z": 2, "?from=1970-01-01T00:02:00Z&to=1970-01-01T00:05:00Z": 2, "?sort=time&per_page=1": 1} {
		if got := list(w.want(200, "GET", one+"/event"+query, "")); len(got) != want {
			t.Errorf("%s: %v", query, got)
		}
	}
	w.want(422, "GET", one+"/event?from=1971-01-01T00:00:00Z&to=1970-01-01T00:00:00Z", "")
	w.want(422, "GET", one+"/event?kind=left", "")
	if got := list(w.want(200, "GET", one+"/asset?sort=-since", "")); len(got) != 2 || got[0].(map[string]any)["asset_id"] != float64(north.asset) {
		t.Errorf("inside: %v", got)
	}
	ofNorth := fmt.Sprintf("/api/acme/asset/%d/geofence-event", north.asset)
	if got := list(w.want(200, "GET", ofNorth, "")); len(got) != 4 {
		t.Errorf("of the asset: %v", got)
	}
	w.want(404, "GET", strings.Replace(ofNorth, "acme", "other", 1), "")

	// A member who sees the group South alone.
	w.gate.part = &bearer.Part{Groups: []string{"South"}}
	if got := list(w.want(200, "GET", one+"/event", "")); len(got) != 1 {
		t.Errorf("a limited member sees %v", got)
	}
	if got := list(w.want(200, "GET", one+"/asset", "")); len(got) != 1 {
		t.Errorf("a limited member sees %v inside", got)
	}
	w.want(404, "GET", ofNorth, "")
	w.gate.part = nil

	// The history outlives the geofence, with its name.
	w.want(204, "DELETE", one, "")
	got := list(w.want(200, "GET", ofNorth, ""))
	if len(got) != 4 || got[0].(map[string]any)["geofence_name"] != "yard" {
		t.Errorf("after the geofence: %v", got)
	}
	north.take(at(3, 0)) // a late point finds it gone
	if got := list(w.want(200, "GET", ofNorth, "")); len(got) != 4 {
		t.Errorf("after a late point: %v", got)
	}
}

func testLimitedMembers(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	north, south := w.asset("North"), w.asset("South")
	everyone := w.make(round("everyone", ""))
	mine := w.make(round("mine", fmt.Sprintf(`,"applies_to":{"groups":["North"],"assets":[%d]}`, north)))
	both := w.make(round("both", fmt.Sprintf(`,"applies_to":{"groups":["North","South"],"assets":[%d,%d]}`, north, south)))
	theirs := w.make(round("theirs", fmt.Sprintf(`,"applies_to":{"assets":[%d]}`, south)))

	for name, part := range map[string]*bearer.Part{"by group": {Groups: []string{"North"}}, "by asset": {Assets: []int64{north}}} {
		w.gate.part = part
		if got := list(w.want(200, "GET", all, "")); len(got) != 3 {
			t.Errorf("%s: sees %v", name, got)
		}
		w.want(404, "GET", fmt.Sprint(all, "/", theirs), "")
		w.want(404, "DELETE", fmt.Sprint(all, "/", theirs), "")
		w.want(403, "DELETE", fmt.Sprint(all, "/", everyone), "")
		w.want(403, "PATCH", fmt.Sprint(all, "/", both), `{"name":"x"}`)
		to := data(w.want(200, "GET", fmt.Sprint(all, "/", both), ""))["applies_to"].(map[string]any)
		if fmt.Sprint(to["assets"]) != fmt.Sprint([]int64{north}) || strings.Contains(fmt.Sprint(to["groups"]), "South") {
			t.Errorf("%s: sees %v", name, to)
		}
		w.want(422, "POST", all, round("x", ""))
		w.want(422, "POST", all, round("x", fmt.Sprintf(`,"applies_to":{"assets":[%d]}`, south)))
		w.want(422, "POST", all, round("x", `,"applies_to":{"groups":["South"]}`))
		own := data(w.want(201, "POST", all, round("own", fmt.Sprintf(`,"applies_to":{"assets":[%d]}`, north))))["id"]
		w.want(422, "PATCH", fmt.Sprint(all, "/", own), `{"applies_to":null}`)
		w.want(200, "PATCH", fmt.Sprint(all, "/", own), `{"name":"still own"}`)
		w.want(204, "DELETE", fmt.Sprint(all, "/", own), "")
	}
	w.gate.part = &bearer.Part{Groups: []string{"North"}}
	w.want(200, "PATCH", fmt.Sprint(all, "/", mine), `{"category":"home"}`)
	w.gate.part = &bearer.Part{} // sees no asset
	if got := list(w.want(200, "GET", all, "")); len(got) != 1 {
		t.Errorf("who sees no asset sees %v", got)
	}
}
