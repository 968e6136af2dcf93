package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

func TestPhones(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		at := time.Now().Add(-time.Hour).Truncate(time.Second).UTC()
		form := fmt.Sprintf("timestamp=%d&lat=35.9&lon=14.5&speed=10&bearing=90&batt=80&charge=1", at.Unix())
		location := fmt.Sprintf(`{"location":{"timestamp":%q,"coords":{"latitude":35.9,"longitude":14.5,"speed":10,"heading":90,"accuracy":5},"battery":{"level":0.5}},"device_id":%q}`,
			at.Add(time.Minute).Format(time.RFC3339), vanIMEI)
		_, key := h.key(bearer.AllScopes)
		const own = "/api/acme/position/osmand"
		for _, c := range []struct {
			what, method, target, body string
			open                       bool
			status                     int
			accepted, duplicates       int
		}{
			{"query", "GET", "/?id=" + vanIMEI + "&" + form, "", true, 200, 1, 0},
			{"again, in a body", "POST", "/", "id=" + vanIMEI + "&" + form, true, 200, 0, 1},
			{"again, guarded", "POST", own + "?id=" + vanIMEI, form, false, 200, 0, 1},
			{"JSON", "POST", "/", location, true, 200, 1, 0},
			{"JSON, guarded", "POST", own, location, false, 200, 0, 1},
			{"guarded query", "GET", own + "?id=" + vanIMEI + "&lat=1&lon=2&timestamp=" + fmt.Sprint(at.Add(-time.Minute).UnixMilli()), "", false, 200, 1, 0},
			{"no position", "GET", "/?id=" + vanIMEI + "&batt=5", "", true, 200, 0, 0},
			{"outside the globe", "GET", "/?id=" + vanIMEI + "&lat=91&lon=2", "", true, 200, 0, 0},
			{"no time is now", "GET", "/?id=" + vanIMEI + "&lat=2&lon=2", "", true, 200, 1, 0},
			{"a clock that stands at 1970", "GET", "/?id=" + vanIMEI + "&lat=1&lon=2&timestamp=0", "", true, 200, 0, 0},
			{"the same in JSON", "POST", "/", `{"location":{"timestamp":"1970-01-01T00:00:00Z","coords":{"latitude":1,"longitude":2}},"device_id":"` + vanIMEI + `"}`, true, 200, 0, 0},
			{"unknown", "GET", "/?id=nobody&lat=1&lon=2", "", true, 404, 0, 0},
			{"unknown, guarded", "GET", own + "?id=somebody&lat=1&lon=2", "", false, 404, 0, 0},
			{"another account's, guarded", "GET", own + "?id=" + otherIMEI + "&lat=1&lon=2", "", false, 404, 0, 0},
			{"unreadable", "GET", "/?id=1&lat=x&lon=2", "", true, 400, 0, 0},
			{"no identity", "POST", own, "", false, 400, 0, 0},
		} {
			handler, credential := h.router, key
			if c.open {
				handler, credential = h.phones, ""
			}
			w := call(handler, c.method, c.target, credential, c.body)
			var result struct{ Accepted, Duplicates int }
			_ = json.Unmarshal(w.Body.Bytes(), &result)
			if w.Code != c.status || result.Accepted != c.accepted || result.Duplicates != c.duplicates {
				t.Errorf("%s: %d %s", c.what, w.Code, w.Body)
			}
		}
		if got := sorted(h.unknown()); !slices.Equal(got, []string{"osmand " + otherIMEI, "osmand nobody", "osmand somebody"}) {
			t.Errorf("unknown: %q", got)
		}
		if p := h.last(); p == nil || p.Latitude != 2 || time.Since(p.Timestamp) > time.Minute {
			t.Errorf("%+v", p)
		}
		if w := call(h.router, "GET", own+"?id="+vanIMEI+"&lat=1&lon=2", "", ""); w.Code != 401 {
			t.Errorf("without a credential: %d", w.Code)
		}
		_, reader := h.key(bearer.Scopes(1))
		if w := call(h.router, "GET", own+"?id="+vanIMEI+"&lat=1&lon=2", reader, ""); w.Code != 403 {
			t.Errorf("without the scope: %d", w.Code)
		}
	})
}

func TestForwardedByTraccar(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	_, key := h.key(bearer.AllScopes)
	at := time.Now().Add(-time.Hour).Truncate(time.Second).UTC()
	body := func(identity string, valid bool) string {
		return fmt.Sprintf(`{"position":{"fixTime":%q,"valid":%v,"latitude":35.9,"longitude":14.5,"speed":10,"course":90,"attributes":{"ignition":true,"totalDistance":12500,"temp2":4.5}},"device":{"uniqueId":%q}}`,
			at.Format("2006-01-02T15:04:05.000+00:00"), valid, identity)
	}
	unset := `{"position":{"fixTime":"1970-01-01T00:00:00.000+00:00","valid":true,"latitude":1,"longitude":2},"device":{"uniqueId":"` + vanIMEI + `"}}`
	for _, c := range []struct {
		body     string
		status   int
		accepted float64
	}{{unset, 200, 0}, {body(vanIMEI, false), 200, 0}, {body(vanIMEI, true), 200, 1}, {body("nobody", true), 404, 0}, {body(otherIMEI, true), 404, 0}, {"{}", 400, 0}} {
		w := call(h.router, "POST", "/api/acme/position/traccar", key, c.body)
		var result map[string]any
		_ = json.Unmarshal(w.Body.Bytes(), &result)
		if accepted, _ := result["accepted"].(float64); w.Code != c.status || accepted != c.accepted {
			t.Errorf("%s: %d %s", c.body, w.Code, w.Body)
		}
	}
	if p := h.last(); p == nil || !p.Timestamp.Equal(at) || *p.Odometer != 12.5 || !*p.Ignition || *p.Speed != 18.52 {
		t.Errorf("%+v", p)
	}
	// A thermometer on a wire is one by its name, to lists of sensors, alert rules and reports alike.
	readings, err := h.fleet.Sensors(context.Background(), h.acme.ID, h.van)
	if err != nil || len(readings) != 1 || readings[0].Type != "temperature" || readings[0].Value != 4.5 {
		t.Errorf("%+v %v", readings, err)
	}
}

// TestHTTPNotAvailable: 503 with Retry-After, on every door.
func TestHTTPNotAvailable(t *testing.T) {
	h := build(t, testkit.SQLite(t))
	_, key := h.key(bearer.AllScopes)
	h.trail.Close()
	const query = "?id=" + vanIMEI + "&lat=1&lon=2"
	forwarded := `{"position":{"latitude":1,"longitude":2},"device":{"uniqueId":"` + vanIMEI + `"}}`
	for name, w := range map[string]*httptest.ResponseRecorder{
		"phones":  call(h.phones, "GET", "/"+query, "", ""),
		"osmand":  call(h.router, "GET", "/api/acme/position/osmand"+query, key, ""),
		"traccar": call(h.router, "POST", "/api/acme/position/traccar", key, forwarded),
	} {
		if w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
}
