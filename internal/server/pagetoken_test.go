package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/server"
)

// TestPageToken: a page of this server gets a token for who is signed in. It does in one account what the person may, but makes no
// credentials, and ends with the session, at most after ten minutes; no other site gets one.
func TestPageToken(t *testing.T) {
	onBoth(t, func(c *server.Config) { c.OfflineGrace = time.Hour }, func(t *testing.T, w *world) {
		ctx := context.Background()
		_, err := w.node.Rooms.Accounts.AddMember(ctx, w.globex.account.ID, "", "admin@acme-logistics.example", bearer.Viewer)
		must(t, err)
		w.password(w.acme.adminID, "correct horse battery")
		cookie := w.signIn("admin@acme-logistics.example", "correct horse battery")
		other := w.startNode()
		ask := func(account string, header http.Header) answer {
			h := http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "Content-Type": {"application/json"}, "Sec-Fetch-Site": {"same-origin"}}
			for name, values := range header {
				h[name] = values
			}
			return w.do(w.node, "POST", "/docs/session-token?account="+account, h, "{}")
		}
		token := func(account string) string {
			a := ask(account, nil)
			var made struct {
				AccessToken string `json:"access_token"`
				ExpiresIn   int    `json:"expires_in"`
				Accounts    []struct{ Key, Role string }
			}
			must(t, json.Unmarshal([]byte(a.body), &made))
			if a.status != 200 || made.ExpiresIn != 600 || len(made.Accounts) != 2 || a.header.Get("Cache-Control") != "no-store" {
				t.Fatalf("%d %v", a.status, a.header)
			}
			w.secrets = append(w.secrets, made.AccessToken)
			return made.AccessToken
		}
		for name, c := range map[string]struct {
			account string
			header  http.Header
			status  int
		}{
			"another site":     {"", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
			"another's form":   {"", http.Header{"Content-Type": {"text/plain"}}, 403},
			"nobody":           {"", http.Header{"Cookie": {""}}, 204},
			"half a cookie":    {"", http.Header{"Cookie": {cookie.Name + "=" + cookie.Value[:20]}}, 204},
			"unknown account":  {"initech", nil, 404},
			"an API token":     {"", http.Header{"Cookie": {""}, "Authorization": {"Bearer " + w.token(w.node, w.acme.clientID, w.acme.secret, "")}}, 204},
			"one that is good": {"globex", nil, 200},
		} {
			a := ask(c.account, c.header)
			if a.status != c.status {
				t.Errorf("%s: %d, want %d", name, a.status, c.status)
			}
			if text, _ := a.json["access_token"].(string); text != "" {
				w.secrets = append(w.secrets, text)
			}
		}

		acme, globex := token("acme-logistics"), token("globex")
		jsonType := func(token string) http.Header {
			return http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}
		}
		for _, c := range []struct {
			what, method, path, token, body string
			status                          int
		}{
			{"reads", "GET", "/api/acme-logistics/asset", acme, "", 200},
			{"writes", "POST", "/api/acme-logistics/asset", acme, `{"name":"Van"}`, 201},
			{"one account alone", "GET", "/api/globex/asset", acme, "", 404},
			{"a viewer reads", "GET", "/api/globex/asset", globex, "", 200},
			{"a viewer doesn't write", "POST", "/api/globex/asset", globex, `{"name":"Van"}`, 403},
			{"makes no key", "POST", "/api/acme-logistics/api-key", acme, `{"name":"x"}`, 403},
			{"makes no client", "POST", "/api/acme-logistics/client", acme, `{"name":"x"}`, 403},
			{"invites nobody", "POST", "/api/acme-logistics/member", acme, `{"email":"x@example.com","role":"viewer"}`, 403},
			{"changed", "GET", "/api/user", acme[:len(acme)-2] + "AA", "", 401},
			{"cut", "GET", "/api/user", acme[:40], "", 401},
		} {
			if a := w.do(w.node, c.method, c.path, jsonType(c.token), c.body); a.status != c.status {
				t.Errorf("%s: %d %s", c.what, a.status, a.body)
			}
		}
		if a := w.do(w.node, "GET", "/acme-logistics/", http.Header{"Authorization": {"Bearer " + acme}}, ""); a.status != 303 {
			t.Errorf("a page is opened by it: %d", a.status)
		}
		if a := w.get(other, "/api/user", acme); a.status != 200 {
			t.Errorf("on another node: %d", a.status)
		}

		w.clock.Advance(9*time.Minute + 50*time.Second)
		if a := w.get(w.node, "/api/user", acme); a.status != 200 {
			t.Errorf("before its end: %d", a.status)
		}
		w.clock.Advance(11 * time.Second)
		if a := w.get(w.node, "/api/user", acme); a.status != 401 || a.json["error_description"] != "The access token has expired." {
			t.Errorf("after its end: %d %s", a.status, a.body)
		}
		again := token("acme-logistics")
		if a := w.get(other, "/api/user", again); a.status != 200 {
			t.Errorf("the next one: %d", a.status)
		}
		must(t, w.node.Rooms.Sessions.SignOut(ctx, cookie.Value))
		if a := w.get(w.node, "/api/user", again); a.status != 401 || a.json["error_description"] != "The access token has been revoked." {
			t.Errorf("after signing out: %d %s", a.status, a.body)
		}
		w.within("refused on the other node", func() bool { return w.get(other, "/api/user", again).status == 401 })
	})
}
