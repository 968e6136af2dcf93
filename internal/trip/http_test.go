package trip

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

// node is the room behind its routes, with the accounts "acme" and "other". The real guard is tested where it lives.
type node struct {
	tb          testing.TB
	db          *store.DB
	room        *Service
	router      *web.Router
	acme, other int64
	part        *bearer.Part // what the caller is limited to
}

// Guard implements web.Gate.
func (n *node) Guard(_ web.Route, next http.Handler) (http.Handler, error) {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := map[string]int64{"acme": n.acme, "other": n.other}[r.PathValue("account_key")]
		p := &bearer.Principal{Account: bearer.Membership{AccountID: id, Part: n.part}}
		next.ServeHTTP(w, r.WithContext(bearer.WithPrincipal(r.Context(), p)))
	}), nil
}

func newNode(tb testing.TB, db *store.DB) *node {
	n := &node{tb: tb, db: db, room: newRoom(tb, db), acme: testkit.Account(tb, db, "acme"), other: testkit.Account(tb, db, "other")}
	n.router = web.NewRouter(web.Info{Title: "test"}, n, nil)
	n.room.Routes(n.router)
	if err := n.router.Err(); err != nil {
		tb.Fatal(err)
	}
	return n
}

// asset makes an asset of an account that has driven a day, in rounds of an hour: 40 minutes parked and 20 on the way.
func (n *node) asset(accountID int64, group string, rounds int) int64 {
	n.tb.Helper()
	var id int64
	err := n.db.Tx(n.tb.Context(), func(tx *store.Tx) error {
		return tx.QueryRowContext(n.tb.Context(), `INSERT INTO assets (account_id, name, type, group_name, created_at, updated_at)
			VALUES ($1, 'Van', 'vehicle', $2, 0, 0) RETURNING id`, accountID, group).Scan(&id)
	})
	if err != nil {
		n.tb.Fatal(err)
	}
	r := newRoad()
	r.speeds, r.every, r.driver = true, 60_000, id%2
	for i := range rounds {
		r.turn(false).ride(40, 0).turn(true).ride(20, float64(30+i))
	}
	d := newDriver(n.tb, n.room, accountID, id)
	d.write(n.db, d.take(r.positions, never))
	return id
}

// want asks and fails unless the answer has this status; it returns the answer as JSON.
func (n *node) want(status int, method, path, body string) map[string]any {
	n.tb.Helper()
	answer := httptest.NewRecorder()
	n.router.ServeHTTP(answer, httptest.NewRequest(method, path, bytes.NewBufferString(body)).WithContext(n.tb.Context()))
	var content map[string]any
	if err := json.Unmarshal(answer.Body.Bytes(), &content); err != nil || answer.Code != status {
		n.tb.Fatalf("%s %s %s: %d, want %d: %s", method, path, body, answer.Code, status, answer.Body)
	}
	return content
}

// list is a page's trips in short, such as "trip 00:40", and how many there are in all.
func (n *node) list(path string) (string, int) {
	n.tb.Helper()
	page := n.want(200, "GET", path, "")
	var got []string
	for _, each := range page["data"].([]any) {
		trip := each.(map[string]any)
		got = append(got, trip["kind"].(string)+" "+trip["start"].(map[string]any)["time"].(string)[11:16])
	}
	return strings.Join(got, ", "), int(page["meta"].(map[string]any)["total"].(float64))
}

func at(clock string) string { return url.QueryEscape("2026-01-01T" + clock + ":00Z") }

func TestListOfAnAsset(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		id := n.asset(n.acme, "", 3)
		n.asset(n.acme, "", 2)
		path := fmt.Sprintf("/api/acme/asset/%d/trip", id)
		for _, c := range []struct{ query, want string }{
			{"sort=start", "stop 00:01, trip 00:40, stop 01:01, trip 01:40, stop 02:01, trip 02:40"},
			{"", "trip 02:40, stop 02:01, trip 01:40, stop 01:01, trip 00:40, stop 00:01"},
			{"kind=trip", "trip 02:40, trip 01:40, trip 00:40"},
			{"kind=trip&sort=-top_speed&per_page=2", "trip 01:40, trip 00:40"}, // the one that goes on has none yet
			{"kind=trip&sort=start&per_page=1&page=2", "trip 01:40"},
			{"from=" + at("00:30") + "&to=" + at("01:30"), "stop 01:01, trip 00:40, stop 00:01"},
			{"from=" + at("01:01") + "&to=" + at("01:40"), "stop 01:01"},
			{"from=" + at("01:01") + "&to=" + at("01:01"), ""},
			{"from=" + at("05:00"), "trip 02:40"},
			{"kind=stop&from=" + at("05:00"), ""},
			{"to=" + at("00:01"), ""},
			{"sort=duration&kind=stop", "stop 00:01, stop 01:01, stop 02:01"},
		} {
			if got, _ := n.list(path + "?" + c.query); got != c.want {
				t.Errorf("%s: %s, want %s", c.query, got, c.want)
			}
		}
		for query, field := range map[string]string{"sort=color": "sort", "kind=tour": "kind", "from=yesterday": "from", "x=1": "x",
			"from=" + at("05:00") + "&to=" + at("04:00"): "to"} {
			if wrong := n.want(422, "GET", path+"?"+query, "")["errors"].(map[string]any); wrong[field] == nil {
				t.Errorf("%s: %v", query, wrong)
			}
		}
		first := n.want(200, "GET", path+"?kind=trip&sort=start&per_page=1&to="+at("02:00"), "")
		trip := first["data"].([]any)[0]
		want := map[string]any{"asset_id": float64(id), "kind": "trip", "start_reason": "ignition_on", "end_reason": "ignition_off",
			"duration": 1260.0, "idle_time": 60.0, "top_speed": 30.0, "driver_id": nil}
		if id%2 == 1 {
			want["driver_id"] = 1.0
		}
		for name, value := range want {
			if got := trip.(map[string]any)[name]; got != value {
				t.Errorf("%s: %v, want %v", name, got, value)
			}
		}
		if next := first["links"].(map[string]any)["next"]; next != "https://api.example.com"+path+"?kind=trip&page=2&per_page=1&sort=start&to=2026-01-01T02%3A00%3A00Z" {
			t.Error(next)
		}
	})
}

func TestListOfAllAssets(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		one, two := n.asset(n.acme, "north", 3), n.asset(n.acme, "south", 3)
		n.asset(n.other, "north", 3)
		day := "/api/acme/trip?kind=trip&from=" + at("00:00") + "&to=" + at("23:00")
		for path, want := range map[string]int{
			day: 6, fmt.Sprintf("%s&asset=%d", day, one): 3, day + "&driver=1": 3, day + "&driver=5": 0,
			"/api/acme/trip": 0, // the last 24 hours
			"/api/acme/trip?from=" + at("01:30") + "&to=" + at("02:00"): 2, // not those that had begun
		} {
			if _, got := n.list(path); got != want {
				t.Errorf("%s: %d, want %d", path, got, want)
			}
		}
		n.part = &bearer.Part{Groups: []string{"south"}}
		if _, got := n.list(day); got != 3 {
			t.Errorf("a part: %d", got)
		}
		n.part = &bearer.Part{}
		if _, got := n.list(day); got != 0 {
			t.Errorf("no part: %d", got)
		}
		n.part = nil
		n.want(422, "GET", "/api/acme/trip?from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", "")

		if err := fleet.New(db, testkit.Audit(t, db), purged{}, "").Delete(t.Context(), n.acme, two); err != nil {
			t.Fatal(err)
		}
		if _, got := n.list(day); got != 3 {
			t.Errorf("of a deleted asset: %d", got)
		}
	})
}

// purged is a fleet.Trails of which there is nothing to delete.
type purged struct{ fleet.Trails }

func (purged) Purge(context.Context, *store.Tx, int64, int64) error { return nil }

func TestWhatIsNotTheCallersIsAlike(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		theirs, hidden := n.asset(n.other, "", 2), n.asset(n.acme, "north", 2)
		n.part = &bearer.Part{Groups: []string{"south"}}
		for _, id := range []any{theirs, hidden, 999_999, 0, "x"} {
			if got := n.want(404, "GET", fmt.Sprintf("/api/acme/asset/%v/trip", id), ""); got["message"] != "Asset not found." || len(got) != 1 {
				t.Errorf("%v: %v", id, got)
			}
		}
		if _, got := n.list(fmt.Sprintf("/api/acme/trip?asset=%d&from=%s&to=%s", theirs, at("00:00"), at("23:00"))); got != 0 {
			t.Errorf("%d of another account's", got)
		}
	})
}

// The segment that goes on is told with the figures of its memory.
func TestCurrent(t *testing.T) {
	n := newNode(t, testkit.SQLite(t))
	id := n.asset(n.acme, "", 1)
	path := fmt.Sprintf("/api/acme/asset/%d/trip?kind=trip", id)
	open := func() map[string]any { return n.want(200, "GET", path, "")["data"].([]any)[0].(map[string]any) }
	if got := open(); got["distance"] != 0.0 || got["end"] != nil || got["end_reason"] != nil {
		t.Error(got)
	}
	now := &Trip{AssetID: id, Kind: Going, Start: TripPlace{Time: time.Date(2026, 1, 1, 0, 40, 0, 0, time.UTC)}, StartReason: IgnitionOn, Distance: 9.5}
	n.room.Current = func(context.Context, int64, int64) (*Trip, error) { return now, nil }
	if got := open(); got["distance"] != 9.5 {
		t.Error(got)
	}
	now = &Trip{Kind: Going, Start: TripPlace{Time: time.Date(2026, 1, 1, 5, 0, 0, 0, time.UTC)}, Distance: 7}
	if got := open(); got["distance"] != 0.0 {
		t.Error(got)
	}
}

func TestSetting(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		const path = "/api/acme/trip-setting"
		get := func() string { text, _ := json.Marshal(n.want(200, "GET", path, "")["data"]); return string(text) }
		const usual = `{"gap_after":1200,"moving_speed":2,"stay_radius":100,"stop_after":300}`
		if diff := cmp.Diff(usual, get()); diff != "" {
			t.Error(diff)
		}
		n.want(200, "PATCH", path, `{"stop_after":600,"stay_radius":250.5}`)
		if diff := cmp.Diff(`{"gap_after":1200,"moving_speed":2,"stay_radius":250.5,"stop_after":600}`, get()); diff != "" {
			t.Error(diff)
		}
		n.want(200, "PATCH", path, `{"gap_after":3600}`)
		if got, err := n.room.Thresholds(t.Context(), n.acme); err != nil || got != (Thresholds{10 * time.Minute, time.Hour, 2, 250.5}) {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := n.room.Thresholds(t.Context(), n.other); err != nil || got != (Thresholds{}.filled()) {
			t.Errorf("the other account has %+v, %v", got, err)
		}
		for body, field := range map[string]string{`{"stop_after":119}`: "stop_after", `{"gap_after":86401}`: "gap_after", `{"moving_speed":0}`: "moving_speed",
			`{"stay_radius":2001}`: "stay_radius", `{"stop_after":9223372036854775807}`: "stop_after", `{"color":1}`: "color"} {
			if wrong := n.want(422, "PATCH", path, body)["errors"].(map[string]any); wrong[field] == nil || len(wrong) != 1 {
				t.Errorf("%s: %v", body, wrong)
			}
		}
		n.want(200, "PATCH", path, `{"stop_after":null,"stay_radius":null,"gap_after":null}`)
		if diff := cmp.Diff(usual, get()); diff != "" {
			t.Error(diff)
		}
		var recorded int
		if err := db.Read().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM audit_events WHERE account_id = $1 AND action = 'trip_setting.changed'`, n.acme).Scan(&recorded); err != nil || recorded != 3 {
			t.Errorf("%d recorded, %v", recorded, err)
		}
	})
}

// A change is for the positions that come after it.
func TestThresholdsLookForward(t *testing.T) {
	n := newNode(t, testkit.SQLite(t))
	r := newRoad()
	r.speeds = true
	r.ride(10, 0).ride(10, 60).ride(6, 0).ride(10, 60).ride(6, 0)
	d := newDriver(t, n.room, n.acme, 1)
	half := len(r.positions) * 30 / 42
	d.write(n.db, d.take(r.positions[:half], never))
	n.want(200, "PATCH", "/api/acme/trip-setting", `{"stop_after":900}`)
	d.write(n.db, d.take(r.positions[half:], never))
	if got := kinds(rowsOf(t, n.db, n.acme, 1)); got != "stop 0-10 trip 10-21 stop 20-26 trip 26-…" {
		t.Error(got)
	}
}
