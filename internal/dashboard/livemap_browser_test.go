//go:build !race

package dashboard

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/geofence"
	"github.com/yipii/yipii/internal/testkit/browser"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/web"
)

// reporter is an asset that has reported once, at a place.
func (s *site) reporter(name string, latitude, longitude float64, minutesAgo int, speed float64) int64 {
	s.tb.Helper()
	a, err := s.pages.Fleet.Create(s.tb.Context(), s.acme, fleet.Draft{Name: name})
	s.must(err)
	_, err = s.pages.Trail.Ingest(s.tb.Context(), s.acme, []trail.Position{{AssetID: a.ID, Time: s.now.Add(-time.Duration(minutesAgo) * time.Minute).UnixMilli(),
		Latitude: latitude, Longitude: longitude, Speed: trail.Some(speed), Heading: trail.Some(200.0)}})
	s.must(err)
	return a.ID
}

// watched is the page with a map, open in a browser.
type watched struct {
	*browser.Page
	t *testing.T
}

func (s *site) watch(t *testing.T, user int64, look browser.Look) watched {
	t.Helper()
	p := watched{s.openAs(t, user), t}
	p.As(look)
	p.open("/acme/map")
	return p
}

// open goes to a page with a map, and waits until the map shows all that it has.
func (p watched) open(path string) {
	p.t.Helper()
	p.Goto(path)
	p.Do(chromedp.WaitVisible(".lm-list li button"))
	p.until(`live.map.loaded()`)
}

// until waits for something to be true. live is the map that mountLiveMap answered with.
func (p watched) until(condition string) {
	p.t.Helper()
	p.Do(chromedp.Poll[chromedp.Void](`(() => { const live = document.querySelector("[data-live-map]").liveMap; return Boolean(live && (` + condition + `)); })()`))
}

// do runs a statement, with live in it.
func (p watched) do(statement string) {
	p.t.Helper()
	p.Do(chromedp.Evaluate[chromedp.Void](`{ const live = document.querySelector("[data-live-map]").liveMap; ` + statement + `; undefined }`))
}

// value is an expression as JSON.
func (p watched) value(expression string) string {
	p.t.Helper()
	return browser.Read(p.Page, chromedp.Evaluate[string](`(() => { const live = document.querySelector("[data-live-map]").liveMap; return JSON.stringify(`+expression+`); })()`))
}

// drawn lists what is drawn of a layer, as the values of a property.
func drawn(layer, property string) string {
	return fmt.Sprintf(`live.map.queryRenderedFeatures({layers: [%q]}).map(f => f.properties[%q])`, layer, property)
}

// TestLiveMap: markers stand where assets are, in the colour of their status and turned by their heading; they move when
// something newer is heard, and only then.
func TestLiveMap(t *testing.T) {
	s := newSite(t)
	van := s.asset(s.acme, fleet.Draft{Name: "Van 12"}, 60, 50, 40, 30, 20, 10, 1).ID
	truck := s.reporter("Truck 3", 53.55, 10.0, 3, 0)
	s.reporter("Car 4", 52.23, 21.01, 200, 0)
	s.reporter("Bus 9", 50.08, 14.43, 1, 12)
	p := s.watch(t, s.ada, browser.Look{})
	p.until(drawn("markers", "icon") + `.sort().join() === "arrow-moving,arrow-moving,arrow-parked,dot-offline"`)
	s.picture(p.Page, "map-desk")
	if got := p.Text(".lm-list"); !strings.Contains(got, "Van 12") || !strings.Contains(got, "Moving · 46 km/h") || !strings.Contains(got, "Offline") {
		t.Errorf("the list says %q", got)
	}

	update := func(id int64, after time.Duration, latitude, longitude float64) {
		t.Helper()
		p.do(fmt.Sprintf(`live.update([{asset_id: %d, latitude: %v, longitude: %v, speed: 61, heading: 90, timestamp: %q, status: "in_traffic"}])`,
			id, latitude, longitude, s.now.Add(after).Format(time.RFC3339Nano)))
	}
	before := p.value(fmt.Sprintf(`live.shownAt(%d)`, truck))
	update(truck, -time.Hour, 10, 10)
	if got := p.value(fmt.Sprintf(`live.shownAt(%d)`, truck)); got != before {
		t.Errorf("an older position moved it to %s", got)
	}
	update(truck, time.Second, 53.6, 10.2)
	p.until(fmt.Sprintf(`live.shownAt(%d).lat === 53.6 && live.shownAt(%[1]d).lng === 10.2`, truck))
	p.until(drawn("markers", "icon") + `.includes("arrow-in_traffic") && ` + drawn("markers", "heading") + `.includes(90)`)
	if got := p.Text(".lm-list"); !strings.Contains(got, "In traffic · 61 km/h · just now") {
		t.Errorf("the list says %q", got)
	}

	// The chosen one shows its trail of the last day, and the trail grows.
	p.Do(chromedp.Click(fmt.Sprintf(`button[data-asset="%d"]`, van)), chromedp.WaitVisible(".lm-trail"))
	p.until(`live.trail.state().points === 7`)
	if got := p.Text(".lm-card"); !strings.Contains(got, "Van 12") || !strings.Contains(got, "46 km/h") || !strings.Contains(got, "7 positions") {
		t.Errorf("the card says %q", got)
	}
	update(van, time.Second, 52.57, 13.54)
	p.until(`live.trail.state().points === 8`)
	p.do(`live.fit([[13.4, 52.5], [13.54, 52.57]])`)
	p.until(`live.map.queryRenderedFeatures({layers: ["trail"]}).length > 0 && live.map.queryRenderedFeatures({layers: ["chosen"]}).length > 0`)
	time.Sleep(time.Second) // the marker glides
	s.picture(p.Page, "map-trail")

	// Playing goes on by itself, stops, and goes where the slider is put.
	p.Do(chromedp.Click(".lm-play"))
	p.until(`live.trail.state().playing && live.trail.state().at.lng > 13.4 && live.map.queryRenderedFeatures({layers: ["played"]}).length === 1`)
	first := p.value(`live.trail.state().moment`)
	p.until(`live.trail.state().moment > ` + first)
	p.Do(chromedp.Click(".lm-play"))
	p.until(`!live.trail.state().playing`)
	p.do(`const s = document.querySelector(".lm-trail input"); s.value = 500; s.dispatchEvent(new Event("input"))`)
	p.until(`Math.abs(live.trail.state().at.lng - 13.46) < 0.02`)
	s.picture(p.Page, "map-played")
	t.Run("axe", func(t *testing.T) {
		for _, v := range p.In(t).Axe() {
			t.Error(v)
		}
	})
	p.Do(chromedp.Click(".lm-close"))
	p.until(`document.querySelector(".lm-card").hidden && live.trail.state().points === 0`)
	if got := p.value(`document.activeElement.dataset.asset`); got != strconv.Quote(strconv.FormatInt(van, 10)) {
		t.Errorf("the focus is on %s", got)
	}
	p.Check()
}

// TestLiveMapOfMany: many assets in one place are one circle with their number, which a click takes apart.
func TestLiveMapOfMany(t *testing.T) {
	s := newSite(t)
	for i := range 40 {
		s.reporter(fmt.Sprint("Van ", i), 52.5+float64(i%7)*0.004, 13.4+float64(i/7)*0.006, i%5, float64(i))
	}
	s.reporter("Far away", 41.9, 12.5, 1, 50)
	p := s.watch(t, s.ada, browser.Look{Phone: true, Dark: true})
	p.until(drawn("clusters", "point_count") + `.join() === "40"`)
	p.until(`live.map.queryRenderedFeatures({layers: ["cluster-counts"]}).length === 1`)
	s.picture(p.Page, "map-phone-cluster")
	p.do(`const [f] = live.map.queryRenderedFeatures({layers: ["clusters"]}); const at = live.map.project(f.geometry.coordinates); live.map.fire("click", {point: at, lngLat: live.map.unproject(at)})`)
	p.until(`live.map.getZoom() > 8 && !live.map.isMoving() && live.map.loaded() && live.map.queryRenderedFeatures({layers: ["markers", "clusters"]}).length > 1`)
	s.picture(p.Page, "map-phone")
	p.Do(chromedp.SendKeys(".lm-list input", "van 3"))
	if got := p.value(`document.querySelectorAll(".lm-list li").length`); got != "11" {
		t.Errorf("the search finds %s", got)
	}
	p.Do(chromedp.Click(`.lm-list li button`), chromedp.WaitVisible(".lm-card"))
	p.until(`!live.map.isMoving() && live.map.loaded()`)
	s.picture(p.Page, "map-phone-card")
	if n := p.Overflow(); n > 0 {
		t.Errorf("%d pixels too wide", n)
	}
	p.Check()
}

// TestDrawGeofence: what is drawn is kept by the service that the API calls, and is on the map then.
func TestDrawGeofence(t *testing.T) {
	s := newSite(t)
	s.reporter("Van 1", 52.5, 13.4, 1, 30)
	p := s.watch(t, s.ada, browser.Look{})
	p.Do(chromedp.Click("[data-draw=polygon]"), chromedp.WaitVisible(".lm-draw form:not([hidden])"))
	for _, at := range [][2]int{{800, 300}, {1000, 320}, {950, 560}} {
		p.Do(chromedp.MouseClickXY(float64(at[0]), float64(at[1])))
		time.Sleep(400 * time.Millisecond) // otherwise it is a double click
	}
	p.Do(chromedp.SendKeys("#lm-fence-name", "North yard"))
	p.until(`live.draft.feature().geometry.coordinates[0].length === 4`)
	s.picture(p.Page, "map-draw")
	p.Do(chromedp.Click(".lm-draw form:not([hidden]) .lm-primary"))
	p.until(`!live.draft.drawing() && ` + drawn("fence-names", "name") + `.includes("North yard")`)

	p.Do(chromedp.Click("[data-draw=circle]"), chromedp.WaitVisible(".lm-draw form:not([hidden])"), chromedp.SendKeys("#lm-fence-name", "Depot"), chromedp.Click(".lm-middle"))
	p.do(`const r = document.querySelector("#lm-fence-size"); r.value = 1500; r.dispatchEvent(new Event("input"))`)
	p.Do(chromedp.Click(".lm-draw form:not([hidden]) .lm-primary"))
	p.until(`!live.draft.drawing() && ` + drawn("fence-names", "name") + `.includes("Depot")`)
	p.do(`live.map.zoomTo(11, {animate: false})`)
	p.until(`live.map.loaded()`)
	s.picture(p.Page, "map-fences")
	made, _, err := s.pages.Geofences.List(t.Context(), s.acme, geofence.Filter{}, web.PageInput{Page: 1, PerPage: 9})
	s.must(err)
	if len(made) != 2 || made[0].Name != "North yard" || made[0].Shape != "polygon" || made[1].Shape != "circle" || *made[1].Radius != 1500 {
		t.Errorf("%+v", made)
	}
	p.Check()
	p.open("/acme/map")
	p.until(drawn("fence-names", "name") + `.includes("North yard")`)
}

// TestEditGeofence: a manager moves corners, sizes and names of what is kept, and deletes it; what others changed meanwhile isn't
// written over.
func TestEditGeofence(t *testing.T) {
	s := newSite(t)
	s.reporter("Van 1", 52.47, 13.47, 1, 30)
	make := func(body string) geofence.Geofence {
		made, _, err := s.pages.Geofences.Import(t.Context(), s.acme, []byte(body))
		s.must(err)
		return made[0]
	}
	yard := make(`{"name":"Yard","geometry":{"type":"Polygon","coordinates":[[[13.38,52.49],[13.42,52.49],[13.42,52.52],[13.38,52.52],[13.38,52.49]]]}}`)
	depot := make(`{"name":"Depot","geometry":{"type":"Point","coordinates":[13.5,52.5]},"radius":1500,"dwell":10}`)
	now := func(g geofence.Geofence) geofence.Geofence {
		found, err := s.pages.Geofences.Find(t.Context(), s.acme, g.ID)
		s.must(err)
		return *found
	}
	p := s.watch(t, s.ada, browser.Look{})
	p.do(`live.map.jumpTo({center: [13.45, 52.5], zoom: 11})`)
	p.until(`live.map.loaded() && ` + drawn("fence-names", "name") + `.length === 2`)
	drag := func(from, to string) {
		t.Helper()
		p.do(fmt.Sprintf(`const event = (at) => ({point: live.map.project(at), lngLat: {toArray: () => at}, preventDefault() {}});
			live.map.fire("mousedown", event(%s)); live.map.fire("mousemove", event(%s)); live.map.fire("mouseup", event(%[2]s))`, from, to))
	}
	corners := `live.draft.feature().geometry.coordinates[0]`

	// A click on it asks whether it is meant.
	p.do(`const at = live.map.project([13.415, 52.492]); live.map.fire("click", {point: at, lngLat: live.map.unproject(at)})`)
	p.until(`document.querySelector("#lm-fence-which").selectedOptions[0].text === "Yard"`)
	s.picture(p.Page, "map-fence-choose")
	p.Do(chromedp.Click(".lm-draw form:not([hidden]) .lm-primary"), chromedp.WaitVisible("#lm-fence-name"))
	p.until(`live.draft.drawing() && live.map.loaded() && live.map.queryRenderedFeatures({layers: ["draft-points"]}).length === 8`)
	drag("[13.42, 52.52]", "[13.44, 52.53]")
	p.until(corners + `[2].join() === "13.44,52.53"`)
	p.until(`live.map.loaded()`)
	drag("[13.40, 52.49]", "[13.40, 52.48]") // between two corners
	p.until(corners + `.length === 6 && ` + corners + `[1].join() === "13.4,52.48" && live.map.loaded()`)
	p.do(`const n = document.querySelector("#lm-fence-name"); n.value = "South yard"`)
	s.picture(p.Page, "map-fence-edit")
	t.Run("axe", func(t *testing.T) {
		for _, v := range p.In(t).Axe() {
			t.Error(v)
		}
	})
	p.Do(chromedp.Click(".lm-draw form:not([hidden]) .lm-primary"))
	p.until(`!live.draft.drawing() && ` + drawn("fence-names", "name") + `.includes("South yard")`)
	if got := now(yard); got.Name != "South yard" || got.Version != yard.Version+1 {
		t.Errorf("%+v", got)
	} else if text, _ := got.Geometry.MarshalJSON(); !strings.Contains(string(text), `[[[13.38,52.49],[13.4,52.48],[13.42,52.49],[13.44,52.53],[13.38,52.52],[13.38,52.49]]]`) {
		t.Errorf("%s", text)
	}

	// A circle: its middle and its radius. What the map doesn't show stays as it is.
	p.do(fmt.Sprintf(`live.draft.edit(%d)`, depot.ID))
	p.until(`live.draft.drawing() && live.map.loaded() && live.map.queryRenderedFeatures({layers: ["draft-points"]}).length === 2`)
	drag("[13.5, 52.5]", "[13.51, 52.5]")
	p.do(`const r = document.querySelector("#lm-fence-size"); r.value = 900; r.dispatchEvent(new Event("input"))`)
	p.Do(chromedp.Click(".lm-draw form:not([hidden]) .lm-primary"))
	p.until(`!live.draft.drawing()`)
	if got := now(depot); *got.Radius != 900 || *got.Dwell != 10 || got.Name != "Depot" {
		t.Errorf("%+v", got)
	} else if text, _ := got.Geometry.MarshalJSON(); !strings.Contains(string(text), `[13.51,52.5]`) {
		t.Errorf("%s", text)
	}

	// Somebody else was quicker.
	p.do(fmt.Sprintf(`live.draft.edit(%d)`, depot.ID))
	p.until(`live.draft.drawing()`)
	_, err := s.pages.Geofences.Revise(t.Context(), s.acme, depot.ID, []byte(`{"name":"Main depot"}`), web.Precondition{})
	s.must(err)
	p.do(`document.querySelector("#lm-fence-name").value = "Old depot"`)
	p.Do(chromedp.Click(".lm-draw form:not([hidden]) .lm-primary"))
	p.until(`document.querySelector(".lm-draw form:not([hidden]) .lm-wrong").textContent.includes("Somebody else")`)
	if got := now(depot); got.Name != "Main depot" {
		t.Errorf("%+v", got)
	}
	p.Forget() // the browser tells of the 412 itself
	p.do(`live.draft.stop()`)

	p.do(fmt.Sprintf(`live.draft.edit(%d)`, depot.ID))
	p.until(`live.draft.drawing()`)
	p.Do(chromedp.Click(".lm-draw .lm-danger"))
	p.until(`document.querySelector(".lm-danger").dataset.sure === "yes"`)
	p.Do(chromedp.Click(".lm-draw .lm-danger"))
	p.until(`!live.draft.drawing() && live.map.loaded() && ` + drawn("fence-names", "name") + `.join() === "South yard"`)
	if _, err := s.pages.Geofences.Find(t.Context(), s.acme, depot.ID); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	p.Check()
}

// TestMapRoutes: what the map asks for, who may ask, and who may draw.
func TestMapRoutes(t *testing.T) {
	s := newSite(t)
	van := s.asset(s.acme, fleet.Draft{Name: "Van 12"}, 30, 20, 1)
	s.asset(s.other, fleet.Draft{Name: "Theirs"}, 1)
	s.asset(s.acme, fleet.Draft{Name: "New"})
	positions := s.want(http.StatusOK, s.vic, "/acme/map/positions")
	s.sees(positions, `"name":"Van 12","status":"moving","latitude":52.5`, `"name":"New","status":"unavailable","latitude":null`)
	s.not(positions, "Theirs")
	s.sees(s.want(http.StatusOK, s.vic, fmt.Sprint("/acme/map/trail/", van.ID)), `"points":[[`, `,13.4,52.5,40,70]`, `"truncated":false`)
	s.sees(s.want(http.StatusOK, s.vic, "/acme/map/geofences"), `"features":[]`)
	s.sees(s.want(http.StatusOK, s.ada, "/acme/map"), "/acme/map/geofence&#34;")
	s.not(s.want(http.StatusOK, s.vic, "/acme/map"), "/acme/map/geofence&#34;")
	s.want(http.StatusForbidden, s.vic, "/acme/map/geofence", "x", "y")
	answer := s.as(s.ada, "/acme/map/geofence", "x", "y")
	if answer.Code != http.StatusBadRequest || answer.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", answer.Code, answer.Header())
	}
	made, _, err := s.pages.Geofences.Import(t.Context(), s.acme, []byte(`{"name":"Yard","geometry":{"type":"Point","coordinates":[13.5,52.5]},"radius":1500}`))
	s.must(err)
	one := fmt.Sprint("/acme/map/geofence/", made[0].ID)
	change := func(user int64, method, path, tag, body string) *httptest.ResponseRecorder {
		return s.send(user, method, path, body, "Content-Type", "application/json", "If-Match", tag)
	}
	read := s.as(s.ada, one)
	s.sees(read.Body.String(), `"name":"Yard"`)
	tag := read.Header().Get("ETag")
	for what, tt := range map[string]struct {
		answer *httptest.ResponseRecorder
		status int
	}{
		"a viewer reads":        {s.as(s.vic, one), 403},
		"a viewer changes":      {change(s.vic, "PATCH", one, tag, `{"name":"Mine"}`), 403},
		"a viewer deletes":      {change(s.vic, "DELETE", one, tag, ""), 403},
		"another account's":     {change(s.oscar, "PATCH", strings.Replace(one, "acme", "other", 1), tag, `{"name":"Mine"}`), 404},
		"nonsense":              {change(s.ada, "PATCH", one, tag, `{"radius":1}`), 422},
		"several":               {change(s.ada, "PATCH", one, tag, `{"type":"FeatureCollection","features":[{"type":"Feature"}]}`), 422},
		"an older one":          {change(s.ada, "PATCH", one, `"99"`, `{"name":"Mine"}`), 412},
		"an older one's end":    {change(s.ada, "DELETE", one, `"99"`, ""), 412},
		"a geofence that isn't": {change(s.ada, "DELETE", "/acme/map/geofence/999", "", ""), 404},
	} {
		if tt.answer.Code != tt.status {
			t.Errorf("%s: %d %s", what, tt.answer.Code, tt.answer.Body)
		}
	}
	changed := change(s.ada, "PATCH", one, tag, `{"name":"Depot"}`)
	s.sees(changed.Body.String(), `"name":"Depot"`, `"radius":1500`)
	if changed.Code != 200 || changed.Header().Get("ETag") == tag {
		t.Errorf("%d %v", changed.Code, changed.Header())
	}
	if answer := change(s.ada, "DELETE", one, changed.Header().Get("ETag"), ""); answer.Code != 204 {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	s.pages.MapTiles, s.pages.LiveKey = "https://tiles.example.com/{z}/{x}/{y}.png", "k1"
	answer = s.as(s.vic, "/acme/map")
	if csp := answer.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "connect-src 'self' https://tiles.example.com;") {
		t.Error(csp)
	}
	s.sees(answer.Body.String(), "private-account.acme", "/broadcasting/auth", "tiles.example.com")
}
