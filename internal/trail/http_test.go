package trail

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// longTrail stores n positions of a new asset, one a minute, the last of them at 24 hours after "from", across the end
// of a month.
func (n *node) longTrail(count int) (id int64, from time.Time) {
	n.tb.Helper()
	id = n.asset(n.acme, "")
	from = time.Date(2026, 2, 28, 22, 0, 0, 0, time.UTC)
	var positions []Position
	for i := range count {
		positions = append(positions, Position{AssetID: id, Time: from.UnixMilli() + int64(i)*60_000, Latitude: float64(i%90) + 0.5, Longitude: -float64(i % 180)})
	}
	n.ingest(positions...)
	return id, from
}

func times(content map[string]any) []string {
	list := []string{}
	for _, p := range content["data"].([]any) {
		list = append(list, p.(map[string]any)["timestamp"].(string))
	}
	return list
}

func TestTrailIsHalfOpenAndInOrder(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		id, _ := n.longTrail(200)
		get := func(query string) []string {
			return times(n.want(200, "GET", path("asset/%d/trail?%s", id, query), ""))
		}
		if got := get("from=2026-02-28T23:58:00Z&to=2026-03-01T00:01:00Z"); cmp.Diff([]string{"2026-02-28T23:58:00Z", "2026-02-28T23:59:00Z", "2026-03-01T00:00:00Z"}, got) != "" {
			t.Error(got)
		}
		if got := get("from=2026-02-28T23:58:00.0001Z&to=2026-02-28T23:59:00.0001Z"); cmp.Diff([]string{"2026-02-28T23:59:00Z"}, got) != "" {
			t.Error(got)
		}
		if got := get("from=2026-03-01T01:18:00%2B02:00&to=2026-03-01T01:19:00%2B02:00"); cmp.Diff([]string{"2026-02-28T23:18:00Z"}, got) != "" {
			t.Error(got)
		}
		if got := get("from=2026-03-01T00:00:00Z&to=2026-03-01T00:00:00Z"); len(got) > 0 {
			t.Error(got)
		}
		if got := get(""); len(got) != 200 { // the last 24 hours
			t.Errorf("%d without a range", len(got))
		}
		if got := get("to=2026-03-01T22:01:00Z"); len(got) != 199 {
			t.Errorf("%d in the 24 hours before to", len(got))
		}
		if got := get("from=2026-03-01T01:00:00Z"); len(got) != 20 {
			t.Errorf("%d from then on", len(got))
		}
	})
}

func TestTrailPages(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		id, from := n.longTrail(10)
		first := path("asset/%d/trail?from=%s&limit=4", id, from.Format(time.RFC3339))
		var got []string
		pages := 0
		for next := first; next != ""; pages++ {
			answer := n.send(httptest.NewRequest("GET", next, nil))
			var content struct {
				Data []struct{ Timestamp string }
				Meta map[string]*string
			}
			if err := json.Unmarshal(answer.Body.Bytes(), &content); err != nil || answer.Code != 200 {
				t.Fatalf("%s: %d, %v", next, answer.Code, err)
			}
			for _, p := range content.Data {
				got = append(got, p.Timestamp)
			}
			link, cursor := answer.Header().Get("Link"), content.Meta["next_cursor"]
			if next = ""; link != "" {
				target, ok := strings.CutSuffix(strings.TrimPrefix(link, "<"+publicURL), `>; rel="next"`)
				if !ok || !strings.Contains(target, "cursor="+*cursor) || !strings.Contains(target, "to=2026-03-01T08") {
					t.Fatalf("Link: %s", link)
				}
				next = target
			} else if cursor != nil {
				t.Errorf("a cursor without a link: %s", *cursor)
			}
		}
		if pages != 3 || len(got) != 10 || got[0] != "2026-02-28T22:00:00Z" || got[9] != "2026-02-28T22:09:00Z" {
			t.Errorf("%d pages: %v", pages, got)
		}
		// A page that ends exactly where the trail does has no next.
		content := n.want(200, "GET", strings.Replace(first, "limit=4", "limit=10", 1), "")
		if cursor := content["meta"].(map[string]any)["next_cursor"]; cursor != nil {
			t.Errorf("a next page of nothing: %v", cursor)
		}
	})
}

func TestTrailRefusesWrongQuestions(t *testing.T) {
	n := newNode(t, testkit.SQLite(t))
	id := n.asset(n.acme, "")
	for query, fields := range map[string][]string{
		"from=yesterday": {"from"}, "from=2026-03-01": {"from"}, "to=2026-03-01T00:00:00": {"to"}, "from=": {"from"},
		"from=2026-03-01T00:00:00+01:00":                    {"from"}, // a plus sign that wasn't written %2B
		"from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z": {"to"},
		"limit=0": {"limit"}, "limit=10001": {"limit"}, "limit=ten": {"limit"}, "limit=": {"limit"}, "format=kml": {"format"}, "format=": {"format"},
		"cursor=x": {"cursor"}, "cursor=": {"cursor"}, "cursor=AAAAAAAAAAA": {"cursor"}, "cursor=__________8": {"cursor"},
		"tolerance=-1": {"tolerance"}, "tolerance=NaN": {"tolerance"}, "tolerance=100001": {"tolerance"}, "tolerance=": {"tolerance"},
		"max_points=1": {"max_points"}, "max_points=10001": {"max_points"}, "max_points=x&tolerance=x": {"max_points", "tolerance"},
		"tolerance=5&limit=10": {"limit"}, "max_points=5&cursor=" + cursorAfter(goodTime()): {"cursor"},
		"limit=1&limit=1": {"limit"}, "form=2026-03-01T00:00:00Z&limit=x": {"form", "limit"}, "%zz": {"query"}, "a;b": {"query"},
	} {
		content := n.want(422, "GET", path("asset/%d/trail?%s", id, query), "")
		errors := content["errors"].(map[string]any)
		for _, field := range fields {
			if errors[field] == nil || len(errors) != len(fields) {
				t.Errorf("%s: %v", query, content)
			}
		}
	}
}

func TestReadingWhatIsNotTheCallersIsAlike(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		theirs := n.asset(n.other, "")
		if _, err := n.service.Ingest(t.Context(), n.other, []Position{at(theirs, 0)}); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{fmt.Sprint(theirs), "999999", "0", "-1", "abc", "99999999999999999999"} {
			for _, what := range []string{"position", "trail", "trail?format=gpx"} {
				if got := n.want(404, "GET", path("asset/%s/%s", id, what), ""); got["message"] != "Asset not found." || len(got) != 1 {
					t.Errorf("%s %s: %v", id, what, got)
				}
			}
		}
	})
}

func TestGeoJSON(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		id, from := n.longTrail(3)
		get := func(query string) string {
			answer := n.send(httptest.NewRequest("GET", path("asset/%d/trail?format=geojson&from=%s&%s", id, from.Format(time.RFC3339), query), nil))
			if answer.Code != 200 || answer.Header().Get("Content-Type") != "application/geo+json" || !json.Valid(answer.Body.Bytes()) {
				t.Fatalf("%d %s", answer.Code, answer.Body)
			}
			return strings.TrimSpace(answer.Body.String())
		}
		want := fmt.Sprintf(`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"LineString","coordinates":[[0,0.5],[-1,1.5],[-2,2.5]]},`+
			`"properties":{"asset_id":%d,"times":["2026-02-28T22:00:00Z","2026-02-28T22:01:00Z","2026-02-28T22:02:00Z"]}}],"next_cursor":null}`, id)
		if diff := cmp.Diff(want, get("")); diff != "" {
			t.Error(diff)
		}
		if got := get("limit=1"); !strings.Contains(got, `"geometry":{"type":"Point","coordinates":[0,0.5]}`) || strings.Contains(got, `"next_cursor":null`) {
			t.Error(got)
		}
		if got := get("to=" + from.Format(time.RFC3339)); got != `{"type":"FeatureCollection","features":[],"next_cursor":null}` {
			t.Error(got)
		}
	})
}

func TestGPX(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		id := n.asset(n.acme, "")
		high := at(id, 1)
		high.Altitude = Some(34.5)
		n.ingest(at(id, 0), high)
		answer := n.send(httptest.NewRequest("GET", path("asset/%d/trail?format=gpx", id), nil))
		if answer.Code != 200 || answer.Header().Get("Content-Type") != "application/gpx+xml" {
			t.Fatalf("%d %s", answer.Code, answer.Body)
		}
		type point struct {
			Lat       string  `xml:"lat,attr"`
			Lon       string  `xml:"lon,attr"`
			Elevation *string `xml:"ele"`
			Time      string  `xml:"time"`
		}
		var content struct {
			XMLName xml.Name `xml:"http://www.topografix.com/GPX/1/1 gpx"`
			Version string   `xml:"version,attr"`
			Name    string   `xml:"trk>name"`
			Points  []point  `xml:"trk>trkseg>trkpt"`
		}
		if err := xml.Unmarshal(answer.Body.Bytes(), &content); err != nil {
			t.Fatal(err)
		}
		elevation := "34.5"
		want := []point{{"0.25", "13.5", nil, "2026-03-01T07:30:00.123Z"}, {"1.25", "13.5", &elevation, "2026-03-01T07:30:01.123Z"}}
		if diff := cmp.Diff(want, content.Points); diff != "" || content.Name != "Van <1>" || content.Version != "1.1" {
			t.Errorf("%+v: %s", content, diff)
		}
	})
}

func TestDescription(t *testing.T) {
	n := newNode(t, testkit.SQLite(t))
	doc, err := n.router.OpenAPI(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var content struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name string }
		}
	}
	if err := json.Unmarshal(doc, &content); err != nil {
		t.Fatal(err)
	}
	trail := content.Paths["/api/{account_key}/asset/{id}/trail"]["get"]
	var names []string
	for _, p := range trail.Parameters {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"account_key", "id", "from", "to", "limit", "cursor", "format", "tolerance", "max_points"}, names); diff != "" {
		t.Error(diff)
	}
	for _, want := range []string{`"application/x-ndjson"`, `"application/gpx+xml"`, `#/components/schemas/SentPosition`, `#/components/schemas/TrailPage`} {
		if !strings.Contains(string(doc), want) {
			t.Errorf("the description lacks %s", want)
		}
	}
}

// A failure while a page is read is an error, not a page that looks complete.
func TestTrailThatCantBeRead(t *testing.T) {
	n := newNode(t, testkit.SQLite(t))
	id, _ := n.longTrail(3)
	err := n.db.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `ALTER TABLE positions RENAME COLUMN speed TO pace`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := n.want(500, "GET", path("asset/%d/trail", id), ""); got["message"] != "Server Error" {
		t.Error(got)
	}
}

func FuzzTrailQuery(f *testing.F) {
	for _, seed := range []string{"", "from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00%2B02:00&limit=5&format=gpx&cursor=" + cursorAfter(goodTime()), "tolerance=5e1&max_points=100", "limit=1&limit=2", "%", "a;b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		q, err := parseQuestion(query, time.UnixMilli(goodTime()))
		if err == nil && (q.limit < 1 || q.limit > maxLimit || q.to < q.from || q.start < q.from) {
			t.Errorf("%q: %+v", query, q)
		}
		if values, bad := url.ParseQuery(query); bad != nil || len(values["limit"]) > 1 {
			if err == nil {
				t.Errorf("%q passed", query)
			}
		}
	})
}
