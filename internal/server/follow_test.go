package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/web"
)

// follow is one van's day in a world, all of it over the API.
type follow struct {
	*world
	admin string    // the key of acme's admin
	base  time.Time // when the day begins: after the rules were made, and no more than an hour ahead

	mu    sync.Mutex
	heard map[string]int // messages that the receiver got, by type, asset and rule
}

const acmeAPI = "/api/acme-logistics/"

func (f *follow) make(path string, body any) int64 {
	f.t.Helper()
	return int64(f.want(201, path, f.call(f.node, "POST", acmeAPI+path, f.admin, body))["id"].(float64))
}

// send sends positions of an asset: minutes since base, east of 8° in hundredths, speed, and the ignition.
func (f *follow) send(asset int64, positions ...[4]float64) {
	f.t.Helper()
	body := []map[string]any{}
	for _, p := range positions {
		body = append(body, map[string]any{"asset_id": asset, "timestamp": f.base.Add(time.Duration(p[0] * float64(time.Minute))).Format(time.RFC3339Nano),
			"latitude": 50, "longitude": 8 + p[1]/100, "speed": p[2], "ignition": p[3] == 1})
	}
	if a := f.call(f.node, "POST", acmeAPI+"position", f.admin, body); a.status != 200 || a.json["accepted"] != float64(len(positions)) {
		f.t.Fatalf("%d %s", a.status, a.body)
	}
}

// told are the records of a list, the oldest first, each as the values of some fields.
func (f *follow) told(path string, fields ...string) []string {
	f.t.Helper()
	a := f.get(f.node, acmeAPI+path, f.admin)
	records, ok := a.json["data"].([]any)
	if !ok {
		f.t.Fatalf("%s: %d %s", path, a.status, a.body)
	}
	out := []string{}
	for _, r := range records {
		line := ""
		for _, field := range fields {
			value := r.(map[string]any)[field]
			if place, ok := value.(map[string]any); ok {
				value = place["time"]
			}
			if at, err := time.Parse(time.RFC3339, fmt.Sprint(value)); err == nil {
				value = at.Sub(f.base).Minutes()
			}
			line += fmt.Sprint(" ", value)
		}
		out = append([]string{line[1:]}, out...)
	}
	return out
}

// picture is all that is concluded of an asset.
func (f *follow) picture(asset int64) map[string][]string {
	return map[string][]string{
		"trips":  f.told(fmt.Sprintf("asset/%d/trip?kind=trip", asset), "start", "start_reason", "end", "end_reason"),
		"stops":  f.told(fmt.Sprintf("asset/%d/trip?kind=stop", asset), "start", "start_reason", "end", "end_reason"),
		"events": f.told(fmt.Sprintf("asset/%d/geofence-event", asset), "time", "kind"),
		"alerts": f.told(fmt.Sprintf("alert?asset_id=%d&sort=-triggered_at", asset), "triggered_at", "type", "message", "ended_at"),
	}
}

// becomes waits until got is want: what is late is followed soon, not at once.
func becomes[T any](f *follow, what string, want T, got func() T) {
	f.t.Helper()
	diff := ""
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if diff = cmp.Diff(want, got()); diff == "" {
			return
		}
	}
	f.t.Fatalf("%s: %s", what, diff)
}

// listen is a server that webhooks tell.
func (f *follow) listen() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var event struct {
			Type string
			Data struct {
				AssetID int64  `json:"asset_id"`
				Rule    string `json:"rule_name"`
			}
		}
		if json.NewDecoder(r.Body).Decode(&event) == nil {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.heard[fmt.Sprintf("%s %d %s", event.Type, event.Data.AssetID, event.Data.Rule)]++
		}
	}))
}

func (f *follow) got() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]int{}
	for key, n := range f.heard {
		out[key] = n
	}
	return out
}

// TestFollow: positions come in by HTTP, and what follows from them comes out of every room's API and by webhook, once; a late
// one leaves all as if it had come in time; who may not see the van sees nothing of it; and a group's new name changes nothing.
func TestFollow(t *testing.T) {
	streets := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"display_name":"Street %s"}`, r.FormValue("lon"))
	}))
	defer streets.Close()
	allow := func(c *server.Config) {
		c.WebhookNetworks, c.GeocoderURL = mustPrefixes("127.0.0.0/8"), streets.URL
	}
	onBoth(t, allow, func(t *testing.T, w *world) {
		f := &follow{world: w, admin: w.key(w.acme.account.ID, w.acme.adminID, bearer.AllScopes), heard: map[string]int{}}
		receiver := f.listen()
		defer receiver.Close()
		van, twin := f.make("asset", map[string]any{"name": "Van", "group": "North", "tracker": "kestrel-7"}), f.make("asset", map[string]any{"name": "Twin", "group": "North"})
		north := map[string]any{"groups": []string{"North"}}
		fence := f.make("geofence", map[string]any{"name": "Yard", "radius": 500, "applies_to": north,
			"geometry": map[string]any{"type": "Point", "coordinates": []float64{8.1, 50}}})
		f.make("alert-rule", map[string]any{"name": "Fast", "type": "speed", "config": map[string]any{"limit": 90}, "applies_to": north})
		f.make("alert-rule", map[string]any{"name": "Came", "type": "geofence", "config": map[string]any{"on": []string{"enter"}, "geofence_ids": []int64{fence}}, "applies_to": north})
		hook := f.want(201, "hook", f.call(f.node, "POST", acmeAPI+"webhook", f.admin, map[string]any{"url": receiver.URL,
			"event_types": []string{"trip.started", "geofence.entered", "alert.triggered"}}))
		w.secrets = append(w.secrets, hook["secret"].(string))
		f.base = time.Now().Add(time.Minute).UTC().Truncate(time.Second)

		begin := [][4]float64{{0, 0, 0, 0}, {3, 0, 0, 0}, {6, 0, 0, 0}, {7, 0, 0, 1}, {8, 1, 60, 1}, {9, 3, 100, 1}, {10, 5, 60, 1}}
		end := [][4]float64{{11, 7, 60, 1}, {12, 9, 60, 1}, {13, 10, 30, 1}, {14, 12, 60, 1}, {15, 14, 60, 1}, {16, 14, 0, 0}}
		f.send(van, append(begin, end...)...)
		becomes(f, "the day", map[string][]string{
			"trips": {"7 ignition_on 16 ignition_off"}, "stops": {"0 after_gap 7 ignition_on", "16 ignition_off <nil> <nil>"},
			"events": {"13 entered", "14 exited"},
			"alerts": {"9 speed 100 km/h where 90 are allowed. 10", "13 geofence Entered Yard. <nil>"},
		}, func() map[string][]string { return f.picture(van) })
		asset := f.want(200, "van", f.get(f.node, fmt.Sprintf("%sasset/%d", acmeAPI, van), f.admin))
		if km, _ := asset["odometer"].(float64); asset["status"] != "parked" || km < 9.9 || km > 10.1 {
			t.Errorf("%v after %v km", asset["status"], asset["odometer"])
		}
		becomes(f, "the messages", map[string]int{fmt.Sprintf("trip.started %d ", van): 1, fmt.Sprintf("geofence.entered %d ", van): 1,
			fmt.Sprintf("alert.triggered %d Fast", van): 1, fmt.Sprintf("alert.triggered %d Came", van): 1}, f.got)

		// A late position, at which the engine was off, parts the trip in two, as it does where it comes in its place.
		late := [4]float64{10.5, 6, 0, 0}
		f.send(van, late)
		f.send(twin, append(append(begin, late), end...)...)
		becomes(f, "two trips", []string{"7 ignition_on 10.5 ignition_off", "10.5 ignition_on 16 ignition_off"}, func() []string { return f.picture(twin)["trips"] })
		becomes(f, "late as in time", f.picture(twin), func() map[string][]string { return f.picture(van) })

		f.want(200, "kept apart", f.call(f.node, "POST", acmeAPI+"position", f.admin, []any{map[string]any{"tracker": "kestrel-7", "timestamp": "2099-01-01T00:00:00Z", "latitude": 50, "longitude": 8}}))
		f.hidden(van, fence)

		// The group by another name.
		group := f.get(f.node, acmeAPI+"group?search=North", f.admin).json["data"].([]any)[0].(map[string]any)["id"]
		f.want(200, "renamed", f.call(f.node, "PATCH", fmt.Sprint(acmeAPI, "group/", group), f.admin, map[string]any{"name": "Far north"}))
		f.send(van, [4]float64{20, 14, 0, 1}, [4]float64{21, 12, 100, 1}, [4]float64{22, 10, 30, 1})
		becomes(f, "after the renaming", []string{"13 entered", "14 exited", "22 entered"}, func() []string { return f.picture(van)["events"] })
		becomes(f, "alerts after the renaming", 4, func() int { return len(f.picture(van)["alerts"]) })
		if got := fmt.Sprint(f.want(200, "fence", f.get(f.node, fmt.Sprint(acmeAPI, "geofence/", fence), f.admin))["applies_to"]); got != "map[assets:[] groups:[Far north]]" {
			t.Errorf("the geofence applies to %s", got)
		}

		// What listing the trips had looked up meanwhile. The trip that goes on has no end.
		becomes(f, "addresses", []string{"Street 8.0000 to Street 8.0600", "Street 8.0600 to Street 8.1400", "Street 8.1400 to <nil>"}, func() []string { return f.streets(van) })
	})
}

// showing are the reading routes of the account that show an asset to the bearer of a key, whatever else is read by their number.
func (f *follow) showing(key string, asset int64) (list []string) {
	f.t.Helper()
	id := fmt.Sprint(asset)
	for _, rt := range f.node.Router.Routes() {
		if rt.Method != http.MethodGet || rt.Stream || rt.Access.Public || !strings.HasPrefix(rt.Pattern, web.AccountPrefix) {
			continue
		}
		path := pathParam.ReplaceAllString(strings.Replace(rt.Pattern, "{account_key}", "acme-logistics", 1), id)
		if a := f.get(f.node, path, key); strings.Contains(a.body, `"asset_id":`+id+`,`) || strings.Contains(a.body, "kestrel-7") {
			list = append(list, rt.Pattern)
		} else if a.status >= 500 {
			f.t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	return list
}

// streets are where an asset's trips began and ended, the first trip first.
func (f *follow) streets(asset int64) (list []string) {
	f.t.Helper()
	for _, t := range f.get(f.node, fmt.Sprintf("%strip?kind=trip&sort=start&to=%s&asset=%d", acmeAPI, f.base.Add(time.Hour).Format(time.RFC3339), asset), f.admin).json["data"].([]any) {
		trip := t.(map[string]any)
		end, _ := trip["end"].(map[string]any)
		list = append(list, fmt.Sprint(trip["start"].(map[string]any)["address"], " to ", end["address"]))
	}
	return list
}

// hidden holds that neither another account nor a member who is limited to another group sees anything of the van.
func (f *follow) hidden(van, fence int64) {
	f.t.Helper()
	ctx, accounts := context.Background(), f.node.Rooms.Accounts
	id, err := accounts.AddMember(ctx, f.acme.account.ID, "", "south@acme-logistics.example", bearer.Manager)
	must(f.t, err)
	must(f.t, accounts.SetRole(ctx, f.acme.account.ID, id, bearer.Manager, &bearer.Part{Groups: []string{"South"}}))
	south, globex := f.key(f.acme.account.ID, id, bearer.AllScopes), f.key(f.globex.account.ID, f.globex.adminID, bearer.AllScopes)
	alert := int64(f.get(f.node, acmeAPI+"alert", f.admin).json["data"].([]any)[0].(map[string]any)["id"].(float64))
	for api, key := range map[string]string{acmeAPI: south, "/api/globex/": globex} {
		for _, path := range []string{"asset/%d", "asset/%d/trip", "asset/%d/geofence-event", "asset/%d/position", "asset/%d/trail"} {
			if a := f.get(f.node, api+fmt.Sprintf(path, van), key); a.status != 404 || a.json["message"] != "Asset not found." {
				f.t.Errorf("%s%s: %d %s", api, path, a.status, a.body)
			}
		}
		for _, path := range []string{fmt.Sprint("geofence/", fence), fmt.Sprint("geofence/", fence, "/event"), fmt.Sprint("alert/", alert)} {
			if a := f.get(f.node, api+path, key); a.status != 404 {
				f.t.Errorf("%s%s: %d %s", api, path, a.status, a.body)
			}
		}
		for _, path := range []string{"asset", "trip", "geofence", "alert", "alert-rule", "position"} {
			if a := f.get(f.node, api+path, key); a.status != 200 || len(a.json["data"].([]any)) > 0 {
				f.t.Errorf("%s%s: %d %s", api, path, a.status, a.body)
			}
		}
	}
	if all, none := f.showing(f.admin, van), f.showing(south, van); len(none) > 0 || len(all) < 9 {
		f.t.Errorf("a limited member is shown it by %q, the admin by %q", none, all)
	}
	if a := f.get(f.node, "/api/acme-logistics/asset", globex); a.status != 404 {
		f.t.Errorf("another account: %d %s", a.status, a.body)
	}
}
