package server_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/server"
)

// wholeServer is a whole server on SQLite with a client and a key. What goes wrong is logged to log.
func wholeServer(f *testing.T, log io.Writer) (h http.Handler, clientID, clientSecret, key string) {
	f.Helper()
	_, serverSecret := secret.New()
	s, err := server.New(context.Background(), server.Config{
		Database: server.Database{DatabaseURL: "sqlite:" + filepath.Join(f.TempDir(), "yipii.db"), ServerSecret: serverSecret},
		Tokens:   server.Tokens{PublicURL: "https://iot.example", SigningAlg: "ES256", TokenLifetime: time.Hour},
		Addr:     "127.0.0.1:0", OfflineGrace: time.Hour, RequestTimeout: time.Minute, ShutdownTimeout: time.Second,
	}, "test", server.NewLog(log, "error", "json"), time.Now)
	must(f, err)
	f.Cleanup(func() { s.Close() })
	ctx, r := context.Background(), s.Rooms
	a, admin, err := r.Accounts.Create(ctx, account.NewAccount{Key: "acme", Name: "Acme", Email: "a@acme.example"})
	must(f, err)
	for _, email := range []string{"b@acme.example", "c@acme.example", "d@acme.example"} {
		_, err := r.Accounts.AddMember(ctx, a.ID, "", email, bearer.Viewer)
		must(f, err)
	}
	c, text, err := r.Credentials.Create(ctx, credential.NewClient{AccountID: a.ID, OwnerID: admin, Name: "x", Scopes: bearer.AllScopes, GrantTypes: []string{credential.ClientCredentials}})
	must(f, err)
	_, key, err = r.Credentials.CreateKey(ctx, credential.Key{AccountID: a.ID, UserID: admin, Name: "x", Scopes: bearer.AllScopes})
	must(f, err)
	return s.Handler(), c.ID, text, key
}

// oddText is a text that a caller might send: pieces of what is right, put together wrongly, and noise.
func oddText(pieces ...string) *rapid.Generator[string] {
	piece := rapid.OneOf(rapid.SampledFrom(pieces), rapid.String(), rapid.SampledFrom([]string{"", "&", "=", "%", "%zz", "\x00", "\xff", "{", "}", "[", "]", `"`, ",", ":", "null", "1e999", "\\ud800"}))
	return rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces"), "") })
}

// TestOddOAuthBodies: whatever is sent to introspection, revocation and Passport's routes, by a client and a key that are
// good, the answer is no error of ours, is JSON where it has a body, and holds neither secret nor key.
func TestOddOAuthBodies(t *testing.T) {
	h, id, secret, key := wholeServer(t, io.Discard)
	routes := []struct{ method, path string }{{"POST", "/oauth/introspect"}, {"POST", "/oauth/revoke"},
		{"POST", "/oauth/personal-access-tokens"}, {"GET", "/oauth/personal-access-tokens"}, {"DELETE", "/oauth/personal-access-tokens/1x"}}
	bodies := oddText("token=abc", "&token_type_hint=access_token", `{"token":"a.b.c"}`, `{"name":"x","scopes":["read:assets"]}`, `"scopes":[null]`, "token="+key, `{"name":`)
	types := rapid.SampledFrom([]string{"", "application/json", "application/x-www-form-urlencoded", "text/plain", "application/json; charset=\xff", "a/b;;"})
	rapid.Check(t, func(t *rapid.T) {
		route := rapid.SampledFrom(routes).Draw(t, "route")
		r := httptest.NewRequest(route.method, route.path, strings.NewReader(bodies.Draw(t, "body")))
		r.URL.RawQuery = oddText("token=a", "page=2").Draw(t, "query")
		r.Header.Set("Content-Type", types.Draw(t, "type"))
		if strings.HasSuffix(route.path, "introspect") || strings.HasSuffix(route.path, "revoke") {
			r.SetBasicAuth(id, secret)
		} else {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		text := answer.Body.String()
		if answer.Code >= 500 || text != "" && !json.Valid([]byte(text)) {
			t.Errorf("%d %s", answer.Code, text)
		}
		if strings.Contains(text, secret) || strings.Contains(text, key) {
			t.Errorf("the answer holds a credential")
		}
	})
}

// TestOddBrowsers: whatever a browser's cookie and form hold, a page is answered, and nobody gets in by them.
func TestOddBrowsers(t *testing.T) {
	h, _, _, _ := wholeServer(t, io.Discard)
	cookies := oddText("__Host-yipii=", "yipw_x", "; ", "__Host-yipii-passkey=", "yipw_0000000000000000000000000000000000000000000000000")
	forms := oddText("code=123456", "token=yipl_x", "&email=", "password=", "&next=//evil.example")
	paths := rapid.SampledFrom([]string{"/", "/acme", "/acme/", "/acme/access", "/acme/client", "/login", "/login/code", "/login/passkey", "/login/passkey/begin",
		"/invite", "/invite/accept", "/reset", "/reset/password", "/password", "/me", "/me/totp", "/logout", "/static/x", "/.acme/"})
	rapid.Check(t, func(t *rapid.T) {
		path := paths.Draw(t, "path")
		r := httptest.NewRequest(rapid.SampledFrom([]string{"GET", "POST", "PUT"}).Draw(t, "method"), path, strings.NewReader(forms.Draw(t, "form")))
		r.Header.Set("Cookie", cookies.Draw(t, "cookie"))
		r.Header.Set("Sec-Fetch-Site", rapid.SampledFrom([]string{"same-origin", "cross-site", ""}).Draw(t, "from"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		if answer.Code >= 500 {
			t.Errorf("%s %s: %d %s", r.Method, path, answer.Code, answer.Body)
		}
		if answer.Code == 200 && (strings.HasPrefix(path, "/acme") || strings.HasPrefix(path, "/me")) {
			t.Errorf("%s %s is let in", r.Method, path)
		}
		if to := answer.Header().Get("Location"); to != "" && !(strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//")) {
			t.Errorf("%s %s leads to %s", r.Method, path, to)
		}
	})
}
