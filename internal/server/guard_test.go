package server_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/token"
	"github.com/yipii/yipii/internal/web"
)

func mustPrefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range list {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

// refusal is what contract §4 says of a refused request.
type refusal struct {
	status    int
	body      string
	challenge string
}

var (
	noToken = refusal{401, `{"message":"Unauthenticated."}`, `Bearer realm="yipii"`}
	invalid = badToken("The access token is invalid.")
	expired = badToken("The access token has expired.")
	revoked = badToken("The access token has been revoked.")
	foreign = refusal{404, `{"message":"Account not found."}`, ""}
	role    = refusal{403, `{"message":"This action is unauthorized."}`, ""}
)

func badToken(detail string) refusal {
	return refusal{401, `{"message":"Unauthenticated.","error":"invalid_token","error_description":"` + detail + `"}`,
		`Bearer realm="yipii", error="invalid_token", error_description="` + detail + `"`}
}

func scopeMissing(scope string) refusal {
	return refusal{403, `{"message":"Invalid scope(s) provided.","error":"insufficient_scope"}`,
		`Bearer realm="yipii", error="insufficient_scope", scope="` + scope + `"`}
}

func (want refusal) check(t *testing.T, name string, a answer) {
	t.Helper()
	got := refusal{a.status, strings.TrimSpace(a.body), a.header.Get("WWW-Authenticate")}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(refusal{})); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
	if a.header.Get("X-Request-Id") == "" || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("%s: headers %v", name, a.header)
	}
}

// TestEveryRouteIsGuarded walks the declared routes, so that a new one joins by itself: with no token, bad ones of
// every kind, one without the scope, one whose role may not, and a foreign account's, each route refuses as the
// contract says. Every path is made from its pattern.
func TestEveryRouteIsGuarded(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		ctx := context.Background()
		good := w.token(w.node, w.acme.clientID, w.acme.secret, "")
		foreignToken := w.token(w.node, w.globex.clientID, w.globex.secret, "")
		shortID, shortSecret := w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: w.acme.adminID, Scopes: bearer.AllScopes, TokenLifetime: time.Second})
		expiredToken := w.token(w.node, shortID, shortSecret, "")
		scopelessID, scopelessSecret := w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: w.acme.adminID})
		scopeless := w.token(w.node, scopelessID, scopelessSecret, "")
		revokedID, revokedSecret := w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: w.acme.adminID, Scopes: bearer.AllScopes})
		revokedToken := w.token(w.node, revokedID, revokedSecret, "")
		must(t, w.node.Rooms.Revocations.RevokeIssued(ctx, token.OfClient, revokedID, time.Hour))
		driverID, err := w.node.Rooms.Accounts.AddMember(ctx, w.acme.account.ID, "Dan", "dan@acme.example", bearer.Driver)
		must(t, err)
		driverClient, driverSecret := w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: driverID, Scopes: bearer.AllScopes})
		driver := w.token(w.node, driverClient, driverSecret, "")
		w.clock.Advance(2 * time.Second)

		walked := 0
		for _, rt := range w.node.Router.Routes() {
			if rt.Access.Public {
				continue
			}
			walked++
			path := pathOf(rt, "acme-logistics")
			call := func(token string) answer {
				h := http.Header{"Content-Type": {"application/json"}}
				if token != "" {
					h.Set("Authorization", "Bearer "+token)
				}
				return w.do(w.node, rt.Method, path, h, "{}")
			}
			name := rt.Method + " " + rt.Pattern
			noToken.check(t, name+" without a token", call(""))
			invalid.check(t, name+" with nonsense", call("nonsense"))
			invalid.check(t, name+" with a forged token", call(forge(good)))
			expired.check(t, name+" with an expired token", call(expiredToken))
			revoked.check(t, name+" with a revoked token", call(revokedToken))
			if rt.Access.Scope != "" {
				scopeMissing(rt.Access.Scope).check(t, name+" without the scope", call(scopeless))
			}
			if rt.InAccount() {
				foreign.check(t, name+" with a foreign token", call(foreignToken))
				role.check(t, name+" with a role that may not", call(driver))
				unknown := w.do(w.node, rt.Method, pathOf(rt, "no-such-account"), http.Header{"Authorization": {"Bearer " + good}}, "{}")
				foreign.check(t, name+" in an account that doesn't exist", unknown)
			}
			if a := call(good); a.status == 401 || a.status == 403 || a.status >= 500 || strings.Contains(a.body, "Account not found") {
				t.Errorf("%s with a good token: %d %s", name, a.status, a.body)
			}
		}
		if walked < 8 {
			t.Errorf("only %d guarded routes were walked", walked)
		}
	})
}

var pathParam = regexp.MustCompile(`\{[a-z_]+\}`)

func pathOf(rt web.Route, accountKey string) string {
	path := strings.Replace(rt.Pattern, "{account_key}", accountKey, 1)
	return strings.ReplaceAll(pathParam.ReplaceAllString(path, "999999"), "{$}", "")
}

// forge turns the middle of a token's signature.
func forge(good string) string {
	i := len(good) - 20
	other := byte('A')
	if good[i] == 'A' {
		other = 'B'
	}
	return good[:i] + string(other) + good[i+1:]
}

// TestTokenPlaces: the token is taken from the Authorization header and from nowhere else.
func TestTokenPlaces(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		good := w.token(w.node, w.acme.clientID, w.acme.secret, "")
		auth := func(values ...string) http.Header { return http.Header{"Authorization": values} }
		noToken.check(t, "query", w.do(w.node, "GET", "/api/user?access_token="+good, nil, ""))
		noToken.check(t, "Basic", w.do(w.node, "GET", "/api/user", auth("Basic eDp5"), ""))
		invalid.check(t, "twice", w.do(w.node, "GET", "/api/user", auth("Bearer "+good, "Bearer "+good), ""))
		invalid.check(t, "empty", w.do(w.node, "GET", "/api/user", auth("Bearer "), ""))
		invalid.check(t, "huge", w.do(w.node, "GET", "/api/user", auth("Bearer "+strings.Repeat("a", 5000)), ""))
		invalid.check(t, "two words", w.do(w.node, "GET", "/api/user", auth("Bearer "+good+" x"), ""))
		invalid.check(t, "API key with a typing mistake", w.do(w.node, "GET", "/api/user", auth("Bearer yip_"+strings.Repeat("a", 49)), ""))
		if a := w.do(w.node, "GET", "/api/user", auth("bearer "+good), ""); a.status != 200 {
			t.Errorf("lower-case scheme: %d %s", a.status, a.body)
		}
	})
}

// TestUser: the caller's profile, alike for tokens and API keys.
func TestUser(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		_, keyText, err := w.node.Rooms.Credentials.CreateKey(context.Background(), credential.Key{AccountID: w.acme.account.ID, UserID: w.acme.adminID, Name: "key"})
		must(t, err)
		w.secrets = append(w.secrets, keyText)
		want := fmt.Sprintf(`{"id":%d,"name":"admin","email":"admin@acme-logistics.example","accounts":[{"id":%d,"key":"acme-logistics","name":"Acme-logistics","role":"admin"}]}`,
			w.acme.adminID, w.acme.account.ID)
		for name, text := range map[string]string{"token": w.token(w.node, w.acme.clientID, w.acme.secret, ""), "key": keyText} {
			if a := w.get(w.node, "/api/user", text); a.status != 200 || strings.TrimSpace(a.body) != want {
				t.Errorf("%s: %d %s, want %s", name, a.status, a.body, want)
			}
		}
	})
}

// TestWidenedClient: a client reaches its own account, and more of its owner's only if it was widened.
func TestWidenedClient(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		ctx := context.Background()
		_, err := w.node.Rooms.Accounts.AddMember(ctx, w.globex.account.ID, "", "admin@acme-logistics.example", bearer.Viewer)
		must(t, err)
		narrow := w.token(w.node, w.acme.clientID, w.acme.secret, "")
		if a := w.get(w.node, "/api/globex/asset", narrow); a.status != 404 {
			t.Errorf("narrow: %d", a.status)
		}
		id, text := w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: w.acme.adminID, Scopes: bearer.AllScopes, Reach: []int64{w.globex.account.ID}})
		wide := w.token(w.node, id, text, "")
		if a := w.get(w.node, "/api/globex/asset", wide); a.status != 200 {
			t.Errorf("widened: %d %s", a.status, a.body)
		}
		role.check(t, "widened, but a viewer there", w.do(w.node, "DELETE", "/api/globex/asset/1", http.Header{"Authorization": {"Bearer " + wide}}, ""))
	})
}

// TestRateLimit: 429 with the headers of the contract.
func TestRateLimit(t *testing.T) {
	onBoth(t, func(c *server.Config) { c.RateLimit = 3 }, func(t *testing.T, w *world) {
		good := w.token(w.node, w.acme.clientID, w.acme.secret, "")
		for left := 2; left >= 0; left-- {
			a := w.get(w.node, "/api/user", good)
			if a.status != 200 || a.header.Get("X-RateLimit-Limit") != "3" || a.header.Get("X-RateLimit-Remaining") != fmt.Sprint(left) {
				t.Errorf("%d left: %d %v", left, a.status, a.header)
			}
		}
		a := w.get(w.node, "/api/user", good)
		if a.status != 429 || a.json["message"] != "Too Many Attempts." || a.header.Get("Retry-After") == "" || a.header.Get("X-RateLimit-Remaining") != "0" {
			t.Errorf("over: %d %v %s", a.status, a.header, a.body)
		}
		w.clock.Advance(20 * time.Second)
		if a := w.get(w.node, "/api/user", good); a.status != 200 {
			t.Errorf("a third of a minute later: %d", a.status)
		}
	})
}

// TestUnknownPaths: JSON, whatever Accept says.
func TestUnknownPaths(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		for _, path := range []string{"/api/nope", "/api", "/api//user", "/api/../api/user", "/api/acme-logistics/nope"} {
			a := w.do(w.node, "GET", path, http.Header{"Accept": {"text/html"}}, "")
			if a.status != 404 || a.json["message"] == nil {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
		a := w.do(w.node, "DELETE", "/api/user", nil, "")
		if a.status != 405 || a.header.Get("Allow") != "GET, HEAD" || a.json["message"] != "Method not allowed." {
			t.Errorf("405: %d %v %s", a.status, a.header, a.body)
		}
	})
}
