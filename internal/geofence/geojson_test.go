package geofence

import (
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzNew: whatever comes in as new geofences is refused by a fault or can be drawn; what was drawn reads back as it was.
func FuzzNew(f *testing.F) {
	for _, seed := range []string{
		`{"name":"a","radius":50,"geometry":{"type":"Point","coordinates":[13.4,52.5]}}`,
		`{"name":"a","width":50,"geometry":{"type":"LineString","coordinates":[[179,1],[-179,2,5]]}}`,
		`{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]],[[0.5,0.1],[0.6,0.1],[0.6,0.2],[0.5,0.1]]]},"properties":{"name":"x"}}`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[[[80,0],[80,90],[80,-90],[80,0]]]]},"properties":{"name":"p"}}]}`,
		`{"name":"cap","geometry":{"type":"Polygon","coordinates":[[[0,80],[120,80],[-120,80],[0,80]]]}}`,
		`{"geometry":{"type":"Polygon","coordinates":null}}`, `{"geometry":{"type":"MultiPolygon","coordinates":[[],[[]]]}}`, `[]`, `null`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		list, _, err := readNew(body)
		if err != nil {
			return
		}
		for _, fields := range list {
			g := Geofence{Category: defaultCategory, Active: true}
			if len(g.apply(fields)) > 0 {
				continue
			}
			area := g.shapeOf().area()
			box := area.Box()
			area.Contains(box.South, box.West)
			area.Within((box.South+box.North)/2, (box.West+box.East)/2, margin)
			if len(box.Parts()) == 0 || !(box.South <= box.North) || !(box.West <= box.East) {
				t.Fatalf("the box of %s is %v", body, box)
			}
			text, err := json.Marshal(g.Geometry)
			if err != nil {
				t.Fatal(err)
			}
			again, err := ParseGeometry(text)
			if err != nil || !reflect.DeepEqual(again, g.Geometry) {
				t.Fatalf("%s became %+v, which was %+v: %v", text, again, g.Geometry, err)
			}
		}
	})
}
