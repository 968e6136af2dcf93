package server_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/docs"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/server"
)

// moved is somebody who has moved from the hosted service, and asks this server what docs/migrating.md tells of it.
type moved struct {
	*testing.T
	*world
	token, key string
	van        int64
}

// claims are checks of the rows of docs/migrating.md, by heading and by first cell without its links.
var claims = map[string]map[string]func(m *moved){
	"Addresses to change": addressClaims, "Tokens": tokenClaims, "Requests": requestClaims, "API keys": keyClaims, "Fleet": fleetClaims,
	"Live tracking": liveClaims, "Reports": reportClaims,
}

var guideLink = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)

// TestMigratingIsTrue: each row of the guide's tables has a check that asks the server, and no check is of a row that is gone.
func TestMigratingIsTrue(t *testing.T) {
	text, err := docs.Files.ReadFile("migrating.md")
	must(t, err)
	w := newWorld(t, sqliteURL(t), noSnapshot)
	shared := &moved{world: w, token: w.token(w.node, w.acme.clientID, w.acme.secret, ""), key: w.key(w.acme.account.ID, w.acme.adminID, bearer.AllScopes)}
	shared.van = w.asset(w.node, shared.token, "acme-logistics", "Van 1")
	heading, head, seen := "", true, map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			heading = strings.TrimSpace(strings.TrimLeft(line, "#"))
		}
		if !strings.HasPrefix(line, "|") {
			head = true
			continue
		}
		cell := strings.TrimSpace(guideLink.ReplaceAllString(strings.Split(line, "|")[1], "$1"))
		if head || strings.Trim(cell, "-") == "" {
			head = false
			continue
		}
		seen[heading+"/"+cell] = true
		t.Run(heading+"/"+cell, func(t *testing.T) {
			check := claims[heading][cell]
			if check == nil {
				t.Fatal("no check asks the server whether this row is true")
			}
			m, inner := *shared, *w
			m.T, inner.t = t, t
			m.world = &inner
			check(&m)
			w.secrets = inner.secrets
		})
	}
	for heading, checks := range claims {
		for cell := range checks {
			if !seen[heading+"/"+cell] {
				t.Errorf("%q stands not below %q", cell, heading)
			}
		}
	}
}

// is fails the test unless all of a claim holds.
func (m *moved) is(holds bool, what string, seen ...any) {
	m.Helper()
	if !holds {
		m.Errorf("%s: %v", what, seen)
	}
}

// ask sends JSON, or nothing, to a path of the account, or to one that begins with a slash.
func (m *moved) ask(status int, method, path string, body any) answer {
	m.Helper()
	if !strings.HasPrefix(path, "/") {
		path = "/api/acme-logistics/" + path
	}
	a := m.call(m.node, method, path, m.token, body)
	m.is(a.status == status, method+" "+path, a.status, a.body)
	return a
}

// record is what stands in the answer's data.
func (a answer) record() map[string]any {
	record, _ := a.json["data"].(map[string]any)
	return record
}

func (m *moved) form(change ...string) url.Values {
	v := url.Values{"grant_type": {"client_credentials"}, "client_id": {m.acme.clientID}, "client_secret": {m.acme.secret}}
	for i := 0; i < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

// issued is an answer of the token endpoint; what it holds shows nowhere.
func (m *moved) issued(status int, a answer) answer {
	m.Helper()
	m.is(a.status == status, "a token", a.status, a.body)
	if token, ok := a.json["access_token"].(string); ok {
		m.secrets = append(m.secrets, token)
	}
	return a
}

// elsewhere is a server with other settings.
func (m *moved) elsewhere(change func(*server.Config)) *moved {
	m.Helper()
	w := newWorld(m.T, sqliteURL(m.T), func(c *server.Config) {
		c.LiveNoSnapshot, c.OfflineGrace = true, time.Hour
		change(c)
	})
	return &moved{T: m.T, world: w, token: w.token(w.node, w.acme.clientID, w.acme.secret, "")}
}

// socket follows a channel.
func (m *moved) socket(channel string) *pusher {
	m.Helper()
	p := m.dial(m.node)
	m.follow(p, m.node, m.token, channel)
	return p
}

// move sends one position of an asset, now, and answers its status.
func (m *moved) move(asset int64, speed float64, more ...map[string]any) string {
	m.Helper()
	at := time.Now().Add(time.Duration(-60+len(more)) * time.Second)
	position := map[string]any{"asset_id": asset, "timestamp": at.UTC().Format(time.RFC3339), "latitude": 35.9, "longitude": 14.5, "speed": speed}
	for _, fields := range more {
		for name, value := range fields {
			position[name] = value
		}
	}
	m.ask(200, "POST", "position", position)
	status, _ := m.ask(200, "GET", fmt.Sprintf("asset/%d", asset), nil).record()["status"].(string)
	return status
}

// until reads a socket's messages up to an event.
func (m *moved) until(p *pusher, event string) said {
	m.Helper()
	for {
		if s := p.next(); s.Event == event {
			return s
		}
	}
}

var addressClaims = map[string]func(m *moved){
	"the host of the API (`api.…`)":                         func(m *moved) { m.ask(200, "GET", "/api/user", nil) },
	"its token endpoint, `/oauth/token`":                    func(m *moved) { m.issued(200, m.post(m.node, "/oauth/token", m.form(), nil)) },
	"`/api/{account_key}/…`":                                func(m *moved) { m.ask(200, "GET", "/api/acme-logistics/asset", nil) },
	"the host of live tracking (`ws-live.…`), for `wsHost`": func(m *moved) { m.dial(m.node) },
	"its channel authorisation, `/broadcasting/auth`": func(m *moved) {
		status, auth := m.authorize(m.node, m.token, m.dial(m.node).socket, "private-account.acme-logistics")
		m.is(status == 200 && strings.HasPrefix(auth, "yipii:"), "a signature", status, auth)
	},
	"the host of reports (`reporting.…`), `/api/v1/reports/…`": func(m *moved) { m.ask(200, "GET", "/api/v1/reports", nil) },
	"the sockets of reports (`ws-reporting.…`)":                func(m *moved) { reportEvents(m) },
	"the dashboard's host": func(m *moved) {
		m.password(m.acme.adminID, "correct horse battery")
		cookie := m.signIn("admin@acme-logistics.example", "correct horse battery")
		a := m.do(m.node, "GET", "/acme-logistics/", http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}}, "")
		m.is(a.status == 200 && strings.Contains(a.body, "<html"), "the dashboard", a.status)
	},
}

var tokenClaims = map[string]func(m *moved){
	"the request: `grant_type`, `client_id`, `client_secret`, `scope`, as a form": func(m *moved) {
		a := m.issued(200, m.post(m.node, "/oauth/token", m.form("scope", "read:assets"), nil))
		m.is(a.json["scope"] == "read:assets", "the scope", a.json["scope"])
		inJSON, _ := json.Marshal(map[string]string{"grant_type": "client_credentials", "client_id": m.acme.clientID, "client_secret": m.acme.secret})
		m.issued(200, m.do(m.node, "POST", "/oauth/token", http.Header{"Content-Type": {"application/json"}}, string(inJSON)))
		basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(m.acme.clientID+":"+m.acme.secret))
		m.issued(200, m.post(m.node, "/oauth/token", url.Values{"grant_type": {"client_credentials"}}, http.Header{"Authorization": {basic}}))
	},
	"the answer: `token_type`, `expires_in`, `access_token`": func(m *moved) {
		a := m.issued(200, m.post(m.node, "/oauth/token", m.form(), nil))
		m.is(a.json["token_type"] == "Bearer" && a.json["expires_in"] == 365*24*3600.0, "a year", a.json["token_type"], a.json["expires_in"])
		m.is(a.json["scope"] != nil && a.header.Get("Cache-Control") == "no-store", "ours", a.json["scope"], a.header)
	},
	"refresh tokens": func(m *moved) {
		a := m.issued(200, m.post(m.node, "/oauth/token", m.form(), nil))
		m.is(a.json["refresh_token"] == nil, "a refresh token is there")
		refused := m.post(m.node, "/oauth/token", m.form("grant_type", "refresh_token", "refresh_token", "x"), nil)
		m.is(refused.status == 400 && refused.json["error"] == "unsupported_grant_type", "the grant", refused.status, refused.body)
	},
	"the token": func(m *moved) {
		head, err := base64.RawURLEncoding.DecodeString(strings.Split(m.token, ".")[0])
		m.is(err == nil && strings.Contains(string(head), `"typ":"at+jwt"`), "its head", err, string(head))
	},
	"errors": func(m *moved) {
		a := m.post(m.node, "/oauth/token", m.form("client_secret", "wrong"), nil)
		m.is(a.status == 401 && a.json["error"] == "invalid_client" && a.json["error_description"] != nil && a.json["message"] == a.json["error_description"], "a wrong secret", a.status, a.body)
	},
	"credentials in the URL, repeated parameters": func(m *moved) {
		for query, form := range map[string]string{"?client_id=x&client_secret=y": "grant_type=client_credentials", "": m.form().Encode() + "&scope=read:assets&scope=read:trips"} {
			a := m.do(m.node, "POST", "/oauth/token"+query, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, form)
			m.is(a.status == 400 && a.json["error"] == "invalid_request", "refused", query, a.status, a.body)
		}
	},
	"guessing": func(m *moved) {
		e := m.elsewhere(func(c *server.Config) { c.AuthFailures = 3 })
		for range 3 {
			e.is(e.post(e.node, "/oauth/token", e.form("client_secret", "guess"), nil).status == 401, "a guess")
		}
		a := e.post(e.node, "/oauth/token", e.form("client_secret", "guess"), nil)
		e.is(a.status == 429 && a.json["error"] == "slow_down" && a.header.Get("Retry-After") != "", "one guess more", a.status, a.body)
	},
	"keys, discovery, introspection, revocation": func(m *moved) {
		for _, path := range []string{"/.well-known/jwks.json", "/.well-known/oauth-authorization-server"} {
			m.is(m.get(m.node, path, "").status == 200, path)
		}
		token := m.world.token(m.node, m.acme.clientID, m.acme.secret, "")
		about := url.Values{"client_id": {m.acme.clientID}, "client_secret": {m.acme.secret}, "token": {token}}
		for _, active := range []bool{true, false} {
			a := m.post(m.node, "/oauth/introspect", about, nil)
			m.is(a.status == 200 && a.json["active"] == active, "introspection", a.status, a.body)
			m.is(m.post(m.node, "/oauth/revoke", about, nil).status == 200, "revocation")
		}
	},
}

var requestClaims = map[string]func(m *moved){
	"`Authorization: Bearer …`": func(m *moved) {
		m.is(m.get(m.node, "/api/user", m.token).status == 200 && m.get(m.node, "/api/user", m.key).status == 200, "a token and a key")
		// What stands in an address would be in the log for good reason: a client wrote it there. So it is no real one.
		for _, name := range []string{"access_token", "token"} {
			a := m.get(m.node, "/api/user?"+name+"=abc", "")
			m.is(a.status == 401, "in the URL", name, a.status, a.body)
		}
	},
	"401 without or with a bad token": func(m *moved) {
		a := m.get(m.node, "/api/user", "")
		m.is(a.status == 401 && a.json["message"] == "Unauthenticated.", "without", a.status, a.body)
		a = m.get(m.node, "/api/user", "bad")
		m.is(a.status == 401 && a.json["message"] == "Unauthenticated." && a.json["error"] == "invalid_token" && a.json["error_description"] != "", "bad", a.status, a.body)
	},
	"403, 404, 422, 429": func(m *moved) {
		narrow := m.world.token(m.node, m.acme.clientID, m.acme.secret, "read:trips")
		m.is(m.get(m.node, "/api/acme-logistics/asset", narrow).status == 403, "a scope that is missing")
		m.ask(404, "GET", "/api/globex/asset", nil)
		foreign := m.world.token(m.node, m.globex.clientID, m.globex.secret, "")
		m.is(m.get(m.node, fmt.Sprintf("/api/globex/asset/%d", m.van), foreign).status == 404, "a foreign record")
		m.ask(422, "POST", "asset", map[string]any{"name": ""})
		e := m.elsewhere(func(c *server.Config) { c.RateLimit = 20 })
		status := 0
		for i := 0; i < 100 && status != 429; i++ {
			status = e.get(e.node, "/api/user", e.token).status
		}
		e.is(status == 429, "too many requests", status)
	},
	"unknown query parameters and fields": func(m *moved) {
		m.ask(422, "GET", "asset?colour=red", nil)
		m.ask(422, "POST", "asset", map[string]any{"name": "Van", "colour": "red"})
	},
	"`GET /api/user`": func(m *moved) {
		accounts, _ := m.ask(200, "GET", "/api/user", nil).json["accounts"].([]any)
		m.is(len(accounts) == 1 && accounts[0].(map[string]any)["key"] == "acme-logistics", "accounts", accounts)
	},
	"resource nouns": func(m *moved) {
		for _, noun := range []string{"asset", "geofence", "alert-rule"} {
			m.ask(200, "GET", noun, nil)
			m.ask(404, "GET", noun+"s", nil)
		}
	},
	"lists": func(m *moved) {
		a := m.ask(200, "GET", "asset?page=1&per_page=500&sort=-name", nil)
		m.is(a.json["data"] != nil && a.json["links"] != nil && a.json["meta"] != nil, "the parts", a.body)
		m.ask(422, "GET", "asset?per_page=501", nil)
	},
	"ids": func(m *moved) {
		made := m.ask(201, "POST", "asset", map[string]any{"name": "Van with a tracker", "tracker": "moved-1"}).record()
		id, _ := made["id"].(float64)
		m.is(id > 0 && id == float64(int64(id)), "an integer", made["id"])
		found, _ := m.ask(200, "GET", "asset?tracker=moved-1", nil).json["data"].([]any)
		m.is(len(found) == 1 && found[0].(map[string]any)["id"] == made["id"], "by tracker identity", found)
	},
	"times, units": func(m *moved) {
		van := m.asset(m.node, m.token, "acme-logistics", "Van that is timed")
		m.ask(200, "POST", "position", map[string]any{"asset_id": van, "timestamp": "2026-05-01T12:00:00+02:00", "latitude": 35.9, "longitude": 14.5, "speed": 42.5})
		p := m.ask(200, "GET", fmt.Sprintf("asset/%d/position", van), nil).record()
		at, _ := p["timestamp"].(string)
		read, err := time.Parse(time.RFC3339, at)
		m.is(err == nil && strings.HasSuffix(at, "Z") && read.Hour() == 10 && p["speed"] == 42.5 && p["latitude"] == 35.9, "a position", p)
	},
	"answers to conditional requests": func(m *moved) {
		path := fmt.Sprintf("/api/acme-logistics/asset/%d", m.van)
		tag := m.ask(200, "GET", path, nil).header.Get("ETag")
		with := func(method, name, value, body string) int {
			return m.do(m.node, method, path, http.Header{"Authorization": {"Bearer " + m.token}, "Content-Type": {"application/json"}, name: {value}}, body).status
		}
		m.is(tag != "" && with("GET", "If-None-Match", tag, "") == 304, "If-None-Match", tag)
		m.is(with("PATCH", "If-Match", `"other"`, `{"type":"van"}`) == 412 && with("PATCH", "If-Match", tag, `{"type":"van"}`) == 200, "If-Match")
	},
}

// made makes an API key over the API, and hides it.
func (m *moved) made(name string) (record map[string]any, key string) {
	m.Helper()
	a := m.call(m.node, "POST", "/api/acme-logistics/api-key", m.key, map[string]any{"name": name, "scopes": []string{"read:assets"}})
	m.is(a.status == 201, "a key", a.status)
	key, _ = a.record()["key"].(string)
	m.secrets = append(m.secrets, key)
	return a.record(), key
}

var keyClaims = map[string]func(m *moved){
	"shown once, listed with name, created, expires, last used; revoking is for good": func(m *moved) {
		record, key := m.made("Shown once")
		m.is(m.get(m.node, "/api/acme-logistics/asset", key).status == 200, "it is used")
		list := m.get(m.node, "/api/acme-logistics/api-key", m.key)
		m.is(!strings.Contains(list.body, key), "it is shown again")
		listed := map[string]any{}
		for _, one := range list.json["data"].([]any) {
			if one := one.(map[string]any); one["id"] == record["id"] {
				listed = one
			}
		}
		for _, field := range []string{"name", "created_at", "expires_at", "last_used_at"} {
			_, ok := listed[field]
			m.is(ok, field, listed)
		}
		m.is(m.call(m.node, "DELETE", fmt.Sprintf("/api/acme-logistics/api-key/%v", record["id"]), m.key, nil).status == 204, "it is revoked")
		m.is(m.get(m.node, "/api/acme-logistics/asset", key).status == 401, "it works still")
	},
	"form": func(m *moved) {
		_, key := m.made("Of a form")
		m.is(strings.HasPrefix(key, "yip_"), "how it begins")
	},
	"`/api/{account_key}/api-key` and `/oauth/personal-access-tokens`": func(m *moved) {
		m.is(m.get(m.node, "/api/acme-logistics/api-key", m.key).json["data"] != nil, "ours")
		a := m.call(m.node, "POST", "/oauth/personal-access-tokens", m.key, map[string]any{"name": "As Passport has it", "scopes": []string{"read:assets"}})
		token, _ := a.json["accessToken"].(string)
		m.secrets = append(m.secrets, token)
		about, _ := a.json["token"].(map[string]any)
		m.is(a.status == 200 && token != "" && about["name"] == "As Passport has it" && about["revoked"] == false && about["scopes"] != nil, "made", a.status, about)
		var list []map[string]any
		must(m.T, json.Unmarshal([]byte(m.get(m.node, "/oauth/personal-access-tokens", m.key).body), &list))
		m.is(len(list) > 0 && list[0]["id"] != nil && list[0]["name"] != nil, "listed as an array", list)
	},
	"OAuth clients by the API": func(m *moved) {
		made := m.call(m.node, "POST", "/api/acme-logistics/client", m.key, map[string]any{"name": "Planner", "scopes": []string{"read:assets"}}).record()
		id, first := fmt.Sprint(made["client_id"]), fmt.Sprint(made["client_secret"])
		second := fmt.Sprint(m.call(m.node, "POST", "/api/acme-logistics/client/"+id+"/secret", m.key, nil).record()["client_secret"])
		m.secrets = append(m.secrets, first, second)
		m.is(first != second, "two secrets")
		for _, secret := range []string{first, second} {
			m.issued(200, m.post(m.node, "/oauth/token", m.form("client_id", id, "client_secret", secret), nil))
		}
	},
	"a client that reaches several accounts": func(m *moved) {
		_, err := m.node.Rooms.Accounts.AddMember(context.Background(), m.globex.account.ID, "", "admin@acme-logistics.example", bearer.Viewer)
		must(m.T, err) // the client's owner is in two now
		m.ask(200, "GET", "asset", nil)
		m.ask(404, "GET", "/api/globex/asset", nil)
	},
}

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
