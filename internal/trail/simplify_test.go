package trail

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-polyline"

	"github.com/yipii/yipii/internal/geo"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// drive is a winding way of count positions, one a second, some of them standing.
func drive(id int64, count int, wild float64) []Position {
	list := make([]Position, count)
	lat, lon := 52.5, 13.4
	for i := range list {
		list[i] = Position{AssetID: id, Time: goodTime() - int64(count-i)*1000, Latitude: lat, Longitude: lon, Speed: Some(50.0), Altitude: Some(34.5)}
		if i%200 < 150 {
			direction := float64(i)/300 + wild*math.Sin(float64(i)/7)
			lat, lon = lat+1e-4*math.Cos(direction), lon+1.6e-4*math.Sin(direction)
		}
	}
	return list
}

// simple is a simplified trail as the API gives it.
type simple struct {
	Data []struct {
		Timestamp           time.Time
		Latitude, Longitude float64
		Speed               *float64
	}
	Meta struct {
		NextCursor *string `json:"next_cursor"`
		Tolerance  *float64
	}
}

func (n *node) simple(id int64, query string) (s simple) {
	t := n.tb
	t.Helper()
	answer := n.send(httptest.NewRequest("GET", path("asset/%d/trail?%s", id, query), nil))
	if err := json.Unmarshal(answer.Body.Bytes(), &s); answer.Code != 200 || err != nil || s.Meta.Tolerance == nil || s.Meta.NextCursor != nil {
		t.Fatalf("%s: %d %.300s", query, answer.Code, answer.Body)
	}
	return s
}

// Whatever is asked, no position that is left out is farther from the line than the answer says, and no more than asked. (That
// it is so for any line is tested in geo.)
func TestSimplifiedTrail(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		for _, wild := range []float64{0, 0.4, 2} {
			id := n.asset(n.acme, "")
			all := drive(id, 1500, wild)
			n.ingest(all...)
			for _, tolerance := range []float64{0, 10, 250} {
				n.checkSimple(all, tolerance, 0)
				n.checkSimple(all, tolerance, 30)
			}
			n.checkSimple(all, 0, 2)
		}
	})
}

func (n *node) checkSimple(all []Position, tolerance float64, most int) {
	t := n.tb
	t.Helper()
	query := fmt.Sprintf("tolerance=%v", tolerance)
	if most > 0 {
		query += fmt.Sprintf("&max_points=%d", most)
	}
	got := n.simple(all[0].AssetID, query)
	told := *got.Meta.Tolerance
	if most > 0 && len(got.Data) > most || most == 0 && told != tolerance || told < tolerance {
		t.Fatalf("%s: %d points within %v m", query, len(got.Data), told)
	}
	next := 0
	for i := 0; i < len(all); i += 3 { // a third of them will do
		for next+1 < len(got.Data) && got.Data[next].Timestamp.UnixMilli() < all[i].Time {
			next++
		}
		a, b := got.Data[max(0, next-1)], got.Data[next]
		off := geo.ToSegment(all[i].Latitude, all[i].Longitude, geo.Point{Latitude: a.Latitude, Longitude: a.Longitude}, geo.Point{Latitude: b.Latitude, Longitude: b.Longitude})
		if off > told*1.001+0.1 {
			t.Fatalf("%s: position %d is %v m off, told were %v", query, i, off, told)
		}
	}
	if first, last := got.Data[0], got.Data[len(got.Data)-1]; first.Timestamp.UnixMilli() != all[0].Time ||
		last.Timestamp.UnixMilli() != all[len(all)-1].Time || *first.Speed != 50 {
		t.Fatalf("%s: an end is missing: %+v %+v", query, first, last)
	}
}

// Every format shows the same points.
func TestSimplifiedFormats(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		id := n.asset(n.acme, "")
		n.ingest(drive(id, 600, 0.4)...)
		want := n.simple(id, "max_points=40")
		get := func(format string) string {
			answer := n.send(httptest.NewRequest("GET", path("asset/%d/trail?max_points=40&format=%s", id, format), nil))
			if answer.Code != 200 || answer.Header().Get("Link") != "" {
				t.Fatalf("%d %s", answer.Code, answer.Body)
			}
			return answer.Body.String()
		}
		var line struct {
			Data Polyline
			Meta TrailMeta
		}
		if err := json.Unmarshal([]byte(get("polyline")), &line); err != nil || line.Data.Count != len(want.Data) || *line.Meta.Tolerance != *want.Meta.Tolerance {
			t.Fatalf("%v: %+v", err, line)
		}
		points, rest, err := polyline.DecodeCoords([]byte(line.Data.Polyline))
		if err != nil || len(rest) > 0 || len(points) != len(want.Data) {
			t.Fatal(points, rest, err)
		}
		for i, p := range points {
			if math.Abs(p[0]-want.Data[i].Latitude) > 0.500001e-5 || math.Abs(p[1]-want.Data[i].Longitude) > 0.500001e-5 {
				t.Errorf("point %d is %v, want %+v", i, p, want.Data[i])
			}
		}
		geojson, gpx := get("geojson"), get("gpx")
		if strings.Count(geojson, `"20`) != len(want.Data) || !strings.Contains(geojson, fmt.Sprintf(`"next_cursor":null,"tolerance":%v}`, *want.Meta.Tolerance)) {
			t.Error(geojson)
		}
		if strings.Count(gpx, "<ele>34.5</ele>") != len(want.Data) {
			t.Error(gpx)
		}
	})
}

func TestSimplifiedNothingAndTooMuch(t *testing.T) {
	n := newNode(t, testkit.SQLite(t))
	id := n.asset(n.acme, "")
	if got := n.simple(id, "tolerance=5"); len(got.Data) != 0 || *got.Meta.Tolerance != 5 {
		t.Errorf("%+v", got)
	}
	all := drive(id, 10_000, 2)
	n.ingest(all...)
	for i := range all {
		all[i].Time -= 10_000_000
	}
	n.ingest(all...)
	// Both bounds are of the trail's time, and what stands in line is left out even so.
	if got := n.want(422, "GET", path("asset/%d/trail?tolerance=0", id), ""); !strings.Contains(fmt.Sprint(got["errors"]), "More than 10000 positions would stay") {
		t.Error(got)
	}
	if got := n.simple(id, "max_points=10000"); len(got.Data) != 10_000 {
		t.Errorf("%d positions", len(got.Data))
	}
	from := time.UnixMilli(goodTime() - 50_000).UTC().Format(time.RFC3339Nano)
	if got := n.simple(id, "tolerance=0.01&from="+from); len(got.Data) > 50 {
		t.Errorf("%d positions", len(got.Data))
	}
}

// A polyline that isn't simplified has pages as every trail.
func TestPolylinePages(t *testing.T) {
	n := newNode(t, testkit.SQLite(t))
	id, from := n.longTrail(3)
	got := n.want(200, "GET", path("asset/%d/trail?format=polyline&limit=2&from=%s", id, from.Format(time.RFC3339)), "")
	data, meta := got["data"].(map[string]any), got["meta"].(map[string]any)
	if diff := cmp.Diff(map[string]any{"polyline": string(polyline.EncodeCoords([][]float64{{0.5, 0}, {1.5, -1}})), "count": 2.0}, data); diff != "" || meta["next_cursor"] == nil {
		t.Error(diff, meta)
	}
	got = n.want(200, "GET", path("asset/%d/trail?format=polyline&to=%s", id, from.Format(time.RFC3339)), "")
	if diff := cmp.Diff(map[string]any{"data": map[string]any{"polyline": "", "count": 0.0}, "meta": map[string]any{"next_cursor": nil}}, got); diff != "" {
		t.Error(diff)
	}
}
