package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/server"
)

// What docs/migrating.md tells of the fleet, live tracking and reports; the rest is in migrating_test.go.

var fleetClaims = map[string]func(m *moved){
	"statuses Moving, In Traffic, Slow Moving, Idle, Parked, Garage, Offline, Disconnected, Unavailable": func(m *moved) {
		described := m.get(m.node, "/openapi.json", "").body
		m.is(strings.Contains(described, "moving, in_traffic, slow_moving, idle, parked, garage, offline, disconnected or unavailable."), "the description")
		van := m.asset(m.node, m.token, "acme-logistics", "Van with a status")
		status := m.ask(200, "GET", fmt.Sprintf("asset/%d", van), nil).record()["status"]
		m.is(status == "unavailable", "before it reports", status)
		got := m.move(van, 0, map[string]any{"ignition": true})
		m.is(got == "idle", "with its ignition on", got)
	},
	"`moving`": func(m *moved) {
		for speed, want := range map[float64]string{50: "moving", 10.5: "moving", 10: "slow_moving", 2.5: "slow_moving"} {
			van := m.asset(m.node, m.token, "acme-logistics", fmt.Sprintf("Van at %g km/h", speed))
			got := m.move(van, speed, map[string]any{"ignition": true})
			m.is(got == want, want, speed, got)
		}
	},
	"`/asset/{id}/position`, `/trail`, `/trip`": func(m *moved) {
		van := m.asset(m.node, m.token, "acme-logistics", "Van with a trail")
		m.move(van, 30)
		m.move(van, 30, map[string]any{"latitude": 35.901}) // a second later
		path := fmt.Sprintf("asset/%d/", van)
		m.ask(200, "GET", path+"position", nil)
		m.ask(200, "GET", path+"trip", nil)
		for format, part := range map[string]string{"json": `"data"`, "geojson": `"LineString"`, "gpx": "<gpx", "polyline": `"polyline"`} {
			a := m.ask(200, "GET", path+"trail?format="+format, nil)
			m.is(strings.Contains(a.body, part), format, a.body)
		}
	},
	"`POST /position`": func(m *moved) {
		van := m.asset(m.node, m.token, "acme-logistics", "Van that sends")
		start := time.Now().Add(-24 * time.Hour).UTC()
		line := func(n int) string {
			return fmt.Sprintf(`{"asset_id":%d,"timestamp":%q,"latitude":35.9,"longitude":14.5}`, van, start.Add(time.Duration(n)*time.Second).Format(time.RFC3339))
		}
		lines := make([]string, 10_001)
		for n := range lines {
			lines[n] = line(n)
		}
		send := func(kind, body string) answer {
			return m.do(m.node, "POST", "/api/acme-logistics/position", http.Header{"Authorization": {"Bearer " + m.token}, "Content-Type": {kind}}, body)
		}
		for name, s := range map[string]struct {
			kind, body string
			stored     float64
		}{
			"one":    {"application/json", line(-1), 1},
			"array":  {"application/json", "[" + line(-2) + "," + line(-3) + "]", 2},
			"NDJSON": {"application/x-ndjson", strings.Join(lines[:10_000], "\n"), 10_000},
		} {
			a := send(s.kind, s.body)
			m.is(a.status == 200 && a.json["accepted"] == s.stored, name, a.status, a.json["accepted"])
		}
		a := send("application/x-ndjson", strings.Join(lines, "\n"))
		m.is(a.status == 413 || a.status == 422, "one too many", a.status, a.body)
		trail, _ := m.ask(200, "GET", fmt.Sprintf("asset/%d/trail?from=%s&limit=1", van, start.Format(time.RFC3339)), nil).json["data"].([]any)
		m.is(len(trail) == 1, "stored when it is answered", trail)
	},
	"groups, drivers, beacons, geofences, alert rules, alerts, tracking links, webhooks, members": func(m *moved) {
		described := m.get(m.node, "/openapi.json", "").body
		for _, noun := range []string{"group", "driver", "beacon", "geofence", "alert-rule", "alert", "tracking-link", "webhook", "member"} {
			m.is(m.get(m.node, "/api/acme-logistics/"+noun, m.key).status == 200 && strings.Contains(described, `"/api/{account_key}/`+noun+`"`), noun)
			m.is(m.get(m.node, "/docs/api/"+noun+"s", "").status == 200, "its page in the reference", noun)
		}
	},
	"billing, maintenance plans, other pages of the hosted dashboard": func(m *moved) {
		for _, noun := range []string{"billing", "invoice", "maintenance", "maintenance-plan"} {
			m.ask(404, "GET", noun, nil)
		}
	},
}

var liveClaims = map[string]func(m *moved){
	"Pusher's protocol 7": func(m *moved) {
		p := m.socket("private-account.acme-logistics")
		p.say("pusher:ping", map[string]string{})
		m.until(p, "pusher:pong")
	},
	"app key": func(m *moved) {
		m.dial(m.node)
		code := (&pusher{t: m.T, conn: m.connect(m.node, "mine?protocol=7")}).ended()
		m.is(code >= 4000 && code < 4100, "another key", code)
		e := m.elsewhere(func(c *server.Config) { c.LiveAppKey = "mine" })
		hello := (&pusher{t: m.T, conn: e.connect(e.node, "mine?protocol=7")}).next()
		m.is(hello.Event == "pusher:connection_established", "a key of one's own", hello)
	},
	"event names": func(m *moved) {
		for dot, m := range map[string]*moved{".": m, "": m.elsewhere(func(c *server.Config) { c.LivePlainNames = true })} {
			p := m.socket("private-account.acme-logistics")
			van := m.asset(m.node, m.token, "acme-logistics", "Van that is told of")
			m.move(van, 30)
			m.until(p, dot+"location.updated")
			m.node.Rooms.Live.Alert(m.acme.account.ID, van, map[string]any{"id": 1})
			m.until(p, dot+"alert.triggered")
		}
	},
	"channel of an account": func(m *moved) {
		m.socket("private-account.acme-logistics")
		m.socket(fmt.Sprintf("private-asset.%d", m.van))
		group := m.ask(201, "POST", "group", map[string]any{"name": "North"}).record()
		m.socket(fmt.Sprintf("private-group.%v", group["id"]))
		link := m.ask(201, "POST", "tracking-link", map[string]any{"name": "Delivery", "asset_ids": []int64{m.van}, "from": time.Now().UTC().Format(time.RFC3339),
			"until": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}).record()
		address := fmt.Sprint(link["url"])
		link["id"] = address[strings.LastIndex(address, "/")+1:]
		opened := m.ask(200, "POST", fmt.Sprintf("/api/public/tracking/%v/session", link["id"]), map[string]any{})
		guest := fmt.Sprint(opened.json["token"])
		m.secrets = append(m.secrets, guest)
		m.follow(m.dial(m.node), m.node, guest, fmt.Sprintf("private-tracking.%v", link["id"]))
	},
	"one event's data": func(m *moved) {
		p := m.socket("private-account.acme-logistics")
		first, second := m.asset(m.node, m.token, "acme-logistics", "Van of two"), m.asset(m.node, m.token, "acme-logistics", "Other of two")
		m.move(first, 30)
		m.is(strings.HasPrefix(m.until(p, ".location.updated").Data, "{"), "one position")
		at := time.Now().UTC().Format(time.RFC3339)
		position := func(asset int64) map[string]any {
			return map[string]any{"asset_id": asset, "timestamp": at, "latitude": 35.9, "longitude": 14.5}
		}
		m.ask(200, "POST", "position", []any{position(first), position(second)})
		data := m.until(p, ".location.updated").Data
		m.is(strings.HasPrefix(data, "["), "two positions", data)
	},
	"tiers": func(m *moved) {
		m.is(m.ask(200, "GET", "live-setting", nil).record()["tier"] == "detailed", "at first")
		for _, tier := range []string{"slim", "detailed"} {
			m.is(m.ask(200, "PUT", "live-setting", map[string]any{"tier": tier}).record()["tier"] == tier, tier)
		}
	},
	"the end of a token": func(m *moved) {
		e := m.elsewhere(func(*server.Config) {})
		id, secret := e.client(credential.NewClient{AccountID: e.acme.account.ID, OwnerID: e.acme.adminID, Scopes: bearer.AllScopes, TokenLifetime: time.Hour})
		e.token = e.world.token(e.node, id, secret, "")
		p := e.socket("private-account.acme-logistics")
		e.clock.Advance(2 * time.Hour)
		code := p.ended()
		m.is(code == 4009, "the code", code)
	},
	"events of reports": func(m *moved) { reportEvents(m) },
	"without a library": func(m *moved) {
		a := m.ask(200, "GET", "live", nil)
		m.is(strings.HasPrefix(a.header.Get("Content-Type"), "text/event-stream"), "Server-Sent Events", a.header)
	},
}

// reportEvents: a report that is made, and one that takes longer than it may, are told on the account's channel.
func reportEvents(m *moved) {
	m.Helper()
	p := m.socket("private-account.acme-logistics")
	m.report(m.node, m.token, "Told "+m.Name())
	m.until(p, ".report.completed")
	e := m.elsewhere(func(c *server.Config) { c.ReportTimeout = time.Nanosecond })
	e.asset(e.node, e.token, "acme-logistics", "Van 1")
	p = e.socket("private-account.acme-logistics")
	e.report(e.node, e.token, "Too late")
	e.until(p, ".report.failed")
}

// documentedReport is a request as the hosted service's documentation has it.
func documentedReport(title string) map[string]any {
	return map[string]any{"account_name": "acme-logistics", "type": "mileage", "format": "json", "title": title, "asset_ids": []int64{},
		"date_from": "2026-05-01", "date_to": "2026-05-31"}
}

var reportClaims = map[string]func(m *moved){
	"`POST /api/v1/reports/generate` with the documented fields": func(m *moved) {
		m.ask(201, "POST", generate, documentedReport("Of documented fields"))
		without := documentedReport("Of no account")
		without["account_name"] = "somebody-else"
		m.ask(404, "POST", generate, without)
	},
	"the answer": func(m *moved) {
		made := m.ask(201, "POST", generate, documentedReport("Asked for twice"))
		again := m.ask(200, "POST", generate, documentedReport("Asked for twice"))
		m.is(made.json["id"] == again.json["id"], "the same report", made.body, again.body)
	},
	"types, list, status, download, deletion": func(m *moved) {
		wrong := documentedReport("Of no type")
		wrong["type"] = "nonsense"
		m.ask(422, "POST", generate, wrong)
		id := m.report(m.node, m.token, "Read and deleted")
		path := "/api/v1/reports/" + id
		m.reportDone(m.node, m.token, id)
		m.is(strings.Contains(m.ask(200, "GET", "/api/v1/reports?account_name=acme-logistics", nil).body, id), "the list")
		m.is(m.ask(200, "GET", path+"/download", nil).body != "", "the download")
		link, err := url.Parse(fmt.Sprint(m.ask(201, "POST", path+"/link", map[string]any{}).record()["url"]))
		must(m.T, err)
		m.is(m.get(m.node, link.RequestURI(), "").status == 200, "the link")
		m.ask(201, "POST", "/api/v1/report-schedules", map[string]any{"name": "Daily", "type": "mileage", "format": "json", "every": "daily", "time": "06:00", "deliver": "webhook"})
		m.ask(204, "DELETE", path, nil)
		m.ask(404, "GET", path, nil)
	},
}
