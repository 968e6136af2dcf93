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
