package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/server"
)

// TestTokenErrors is the error table of contract §3, row by row.
func TestTokenErrors(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		id, secret := w.acme.clientID, w.acme.secret
		good := func(change ...string) string {
			v := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
			for i := 0; i < len(change); i += 2 {
				if v.Set(change[i], change[i+1]); change[i+1] == "" {
					v.Del(change[i])
				}
			}
			return v.Encode()
		}
		disabled, disabledSecret := w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: w.acme.adminID})
		must(t, w.node.Rooms.Credentials.Disable(context.Background(), w.acme.account.ID, disabled, true))
		expired, expiredSecret := w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: w.acme.adminID, ExpiresAt: w.clock.Now().Add(time.Minute)})
		w.clock.Advance(2 * time.Minute)
		noGrant, noGrantSecret := w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: w.acme.adminID, GrantTypes: []string{}})
		narrow, narrowSecret := w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: w.acme.adminID, Scopes: mustScopes(t, "read:assets write:trips")})
		basic := func(id, secret string) string {
			return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
		}
		otherSecret := w.globex.secret

		tests := []struct {
			name, body, contentType, authorization, query string
			status                                        int
			code, text                                    string
		}{
			{name: "wrong secret", body: good("client_secret", otherSecret), status: 401, code: "invalid_client", text: "Client authentication failed"},
			{name: "secret with a typing mistake", body: good("client_secret", "x"+secret[1:]), status: 401, code: "invalid_client", text: "Client authentication failed"},
			{name: "unknown client", body: good("client_id", "0e0aa4f0-58a5-4a68-9b2a-54be5a53bd4f"), status: 401, code: "invalid_client", text: "Client authentication failed"},
			{name: "absurd client", body: good("client_id", strings.Repeat("x", 5000)), status: 401, code: "invalid_client", text: "Client authentication failed"},
			{name: "disabled client", body: good("client_id", disabled, "client_secret", disabledSecret), status: 401, code: "invalid_client", text: "Client authentication failed"},
			{name: "expired client", body: good("client_id", expired, "client_secret", expiredSecret), status: 401, code: "invalid_client", text: "Client authentication failed"},
			{name: "wrong secret by Basic", body: "grant_type=client_credentials", authorization: basic(id, otherSecret), status: 401, code: "invalid_client", text: "Client authentication failed"},
			{name: "no client_id", body: good("client_id", ""), status: 400, code: "invalid_request", text: "client_id parameter is missing"},
			{name: "no client_secret", body: good("client_secret", ""), status: 400, code: "invalid_request", text: "client_secret parameter is missing"},
			{name: "Basic without secret", body: "grant_type=client_credentials", authorization: basic(id, ""), status: 400, code: "invalid_request", text: "client_secret parameter is missing"},
			{name: "broken form", body: "grant_type=%zz", status: 400, code: "invalid_request", text: "not a valid form"},
			{name: "broken JSON", body: `{"grant_type":`, contentType: "application/json", status: 400, code: "invalid_request", text: "not a valid JSON object"},
			{name: "JSON array", body: `[]`, contentType: "application/json", status: 400, code: "invalid_request", text: "not a valid JSON object"},
			{name: "JSON number", body: `{"grant_type":1}`, contentType: "application/json", status: 400, code: "invalid_request", text: "not a string: grant_type"},
			{name: "repeated in JSON", body: `{"grant_type":"client_credentials","grant_type":"client_credentials"}`, contentType: "application/json", status: 400, code: "invalid_request", text: "repeats a parameter"},
			{name: "repeated in a form", body: good() + "&scope=a&scope=b", status: 400, code: "invalid_request", text: "repeated: scope"},
			{name: "another content type", body: good(), contentType: "text/plain", status: 400, code: "invalid_request", text: "Content-Type"},
			{name: "credentials in the query", body: "grant_type=client_credentials", query: "?client_id=" + id + "&client_secret=" + secret, status: 400, code: "invalid_request", text: "never in the URL"},
			{name: "two different credentials", body: good(), authorization: basic(w.globex.clientID, otherSecret), status: 400, code: "invalid_request", text: "Two different"},
			{name: "broken Basic", body: "grant_type=client_credentials", authorization: "Basic !!", status: 400, code: "invalid_request", text: "not valid HTTP Basic"},
			{name: "another scheme", body: good(), authorization: "Bearer x", status: 400, code: "invalid_request", text: "HTTP Basic"},
			{name: "body over 16 KiB", body: good("scope", strings.Repeat("x", 17<<10)), status: 400, code: "invalid_request", text: "16 KiB"},
			{name: "no grant_type", body: good("grant_type", ""), status: 400, code: "unsupported_grant_type", text: "missing"},
			{name: "another grant_type", body: good("grant_type", "password"), status: 400, code: "unsupported_grant_type", text: "not supported"},
			{name: "unknown scope", body: good("scope", "read:assets fly:planes"), status: 400, code: "invalid_scope", text: "fly:planes"},
			{name: "odd scope", body: good("scope", "\"\\\n\x7fé"), status: 400, code: "invalid_scope", text: "?"},
			{name: "scope that it may not have", body: good("client_id", narrow, "client_secret", narrowSecret, "scope", "read:trips write:assets"), status: 400, code: "invalid_scope", text: "write:assets"},
			{name: "grant that it may not use", body: good("client_id", noGrant, "client_secret", noGrantSecret), status: 400, code: "unauthorized_client", text: "may not use"},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
				if tt.contentType != "" {
					h.Set("Content-Type", tt.contentType)
				}
				if tt.authorization != "" {
					h.Set("Authorization", tt.authorization)
				}
				a := w.do(w.node, "POST", "/oauth/token"+tt.query, h, tt.body)
				if a.status != tt.status || a.json["error"] != tt.code {
					t.Fatalf("got %d %s, want %d %s", a.status, a.body, tt.status, tt.code)
				}
				description, _ := a.json["error_description"].(string)
				if !strings.Contains(description, tt.text) || a.json["message"] != description {
					t.Errorf("description %q, message %q; want both to say %q", description, a.json["message"], tt.text)
				}
				wantChallenge := ""
				if tt.status == 401 && tt.authorization != "" {
					wantChallenge = `Basic realm="yipii"`
				}
				if got := a.header.Get("WWW-Authenticate"); got != wantChallenge {
					t.Errorf("WWW-Authenticate %q, want %q", got, wantChallenge)
				}
				if a.header.Get("Cache-Control") != "no-store" || a.header.Get("X-Request-Id") == "" {
					t.Errorf("headers %v", a.header)
				}
				if strings.Contains(a.body, secret) {
					t.Error("the answer repeats the secret")
				}
			})
		}
		if a := w.do(w.node, "GET", "/oauth/token", nil, ""); a.status != 405 || a.header.Get("Allow") != "POST" || a.json["message"] == nil {
			t.Errorf("GET: %d %v %s", a.status, a.header, a.body)
		}
	})
}

func mustScopes(t *testing.T, list string) bearer.Scopes {
	t.Helper()
	s, err := bearer.ParseScopes(list)
	must(t, err)
	return s
}

// TestTokenThrottle: a guesser is stopped and the real client on another address is not.
func TestTokenThrottle(t *testing.T) {
	proxied := func(c *server.Config) {
		c.AuthFailures, c.OfflineGrace = 3, time.Hour
		c.TrustedProxies = mustPrefixes("127.0.0.0/8")
	}
	onBoth(t, proxied, func(t *testing.T, w *world) {
		try := func(from, secret string) answer {
			return w.post(w.node, "/oauth/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {w.acme.clientID}, "client_secret": {secret}},
				http.Header{"X-Forwarded-For": {from}})
		}
		for range 3 {
			if a := try("203.0.113.9", w.globex.secret); a.status != 401 {
				t.Fatalf("guess: %d %s", a.status, a.body)
			}
		}
		a := try("203.0.113.9", w.globex.secret)
		if a.status != 429 || a.json["error"] != "slow_down" || a.header.Get("Retry-After") == "" {
			t.Errorf("fourth guess: %d %v %s", a.status, a.header, a.body)
		}
		if a := try("203.0.113.9", w.acme.secret); a.status != 429 {
			t.Errorf("right secret from the guesser's address: %d", a.status)
		}
		if a := try("203.0.113.10", w.acme.secret); a.status != 200 {
			t.Errorf("the real client: %d %s", a.status, a.body)
		}
		w.clock.Advance(time.Minute)
		if a := try("203.0.113.9", w.acme.secret); a.status != 200 {
			t.Errorf("a minute later: %d %s", a.status, a.body)
		}
	})
}

// TestTokenAnswer: the documented answer, in every way of asking, and a token that any JOSE library can check.
func TestTokenAnswer(t *testing.T) {
	for _, alg := range []string{"ES256", "EdDSA", "RS256"} {
		t.Run(alg, func(t *testing.T) {
			onBoth(t, func(c *server.Config) { c.SigningAlg = alg }, func(t *testing.T, w *world) {
				id, secret := w.acme.clientID, w.acme.secret
				basic := http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))}}
				inJSON, _ := json.Marshal(map[string]string{"grant_type": "client_credentials", "client_id": id, "client_secret": secret, "scope": "write:assets read:trips"})
				ways := map[string]answer{
					"form":  w.post(w.node, "/oauth/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}, "scope": {"write:assets read:trips"}}, nil),
					"basic": w.post(w.node, "/oauth/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"write:assets read:trips"}}, basic),
					"json":  w.do(w.node, "POST", "/oauth/token", http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Accept": {"text/html"}}, string(inJSON)),
				}
				for way, a := range ways {
					t.Run(way, func(t *testing.T) { checkTokenAnswer(t, w, a, alg) })
				}
				all := w.post(w.node, "/oauth/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}, nil)
				if all.json["scope"] != bearer.AllScopes.String() {
					t.Errorf("no scope asked: granted %v", all.json["scope"])
				}
				w.secrets = append(w.secrets, all.json["access_token"].(string))
			})
		})
	}
}

func checkTokenAnswer(t *testing.T, w *world, a answer, alg string) {
	if a.status != 200 || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Pragma") != "no-cache" || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
		t.Fatalf("%d %v %s", a.status, a.header, a.body)
	}
	text := a.json["access_token"].(string)
	w.secrets = append(w.secrets, text)
	delete(a.json, "access_token")
	want := map[string]any{"token_type": "Bearer", "expires_in": 31536000.0, "scope": "read:trips write:assets"}
	if diff := cmp.Diff(want, a.json); diff != "" {
		t.Error(diff)
	}
	var set jose.JSONWebKeySet
	must(t, json.Unmarshal([]byte(w.get(w.node, "/.well-known/jwks.json", "").body), &set))
	token, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	must(t, err)
	head := token.Headers[0]
	if head.ExtraHeaders["typ"] != "at+jwt" {
		t.Errorf("typ %v", head.ExtraHeaders["typ"])
	}
	keys := set.Key(head.KeyID)
	if len(keys) != 1 || keys[0].Use != "sig" || keys[0].Algorithm != alg || !keys[0].IsPublic() {
		t.Fatalf("the JWK Set has %d public keys %q", len(keys), head.KeyID)
	}
	switch keys[0].Key.(type) {
	case *ecdsa.PublicKey, ed25519.PublicKey, *rsa.PublicKey:
	default:
		t.Errorf("a %T is published", keys[0].Key)
	}
	claims := map[string]any{}
	must(t, token.Claims(keys[0].Key, &claims))
	iat, exp := claims["iat"].(float64), claims["exp"].(float64)
	if exp-iat != 31536000 || claims["nbf"] != iat || claims["jti"] == "" {
		t.Errorf("claims %v", claims)
	}
	for _, name := range []string{"iat", "exp", "nbf", "jti"} {
		delete(claims, name)
	}
	wantClaims := map[string]any{"iss": "https://iot.example", "aud": "https://iot.example", "sub": w.acme.clientID, "client_id": w.acme.clientID,
		"scope": "read:trips write:assets", "scopes": []any{"read:trips", "write:assets"}}
	if diff := cmp.Diff(wantClaims, claims); diff != "" {
		t.Error(diff)
	}
}

// TestMetadata: RFC 8414, exactly what is served.
func TestMetadata(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		a := w.get(w.node, "/.well-known/oauth-authorization-server", "")
		methods := []any{"client_secret_basic", "client_secret_post"}
		scopes := []any{}
		for _, name := range bearer.ScopeNames() {
			scopes = append(scopes, name)
		}
		const base = "https://iot.example"
		want := map[string]any{"issuer": base, "token_endpoint": base + "/oauth/token", "jwks_uri": base + "/.well-known/jwks.json",
			"scopes_supported": scopes, "response_types_supported": []any{}, "grant_types_supported": []any{"client_credentials"},
			"token_endpoint_auth_methods_supported": methods, "revocation_endpoint": base + "/oauth/revoke",
			"revocation_endpoint_auth_methods_supported": methods, "introspection_endpoint": base + "/oauth/introspect",
			"introspection_endpoint_auth_methods_supported": methods, "service_documentation": base + "/docs/authentication"}
		if diff := cmp.Diff(want, a.json); diff != "" {
			t.Error(diff)
		}
		for name, value := range want {
			if address, ok := value.(string); ok && strings.HasPrefix(address, base+"/") {
				if a := w.get(w.node, strings.TrimPrefix(address, base), ""); a.status == 404 {
					t.Errorf("%s names %s, which is not served", name, address)
				}
			}
		}
	})
}

// TestIntrospectAndRevoke: RFC 7662 and 7009, for one's own account and no other.
func TestIntrospectAndRevoke(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		mine := w.token(w.node, w.acme.clientID, w.acme.secret, "read:assets")
		foreign := w.token(w.node, w.globex.clientID, w.globex.secret, "")
		ask := func(path, token string) answer {
			return w.post(w.node, path, url.Values{"client_id": {w.acme.clientID}, "client_secret": {w.acme.secret}, "token": {token}}, nil)
		}
		a := ask("/oauth/introspect", mine)
		if a.status != 200 || a.json["active"] != true || a.json["scope"] != "read:assets" || a.json["client_id"] != w.acme.clientID || a.json["exp"] == nil || a.json["jti"] == nil {
			t.Errorf("mine: %d %s", a.status, a.body)
		}
		for name, token := range map[string]string{"foreign": foreign, "nonsense": "nonsense", "a secret": w.acme.secret} {
			if a := ask("/oauth/introspect", token); strings.TrimSpace(a.body) != `{"active":false}` {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		_, keyText, err := w.node.Rooms.Credentials.CreateKey(context.Background(), credential.Key{AccountID: w.acme.account.ID, UserID: w.acme.adminID, Name: "key", Scopes: mustScopes(t, "read:trips")})
		must(t, err)
		w.secrets = append(w.secrets, keyText)
		if a := ask("/oauth/introspect", keyText); a.json["active"] != true || a.json["scope"] != "read:trips" {
			t.Errorf("API key: %s", a.body)
		}
		if a := ask("/oauth/introspect", ""); a.status != 400 || a.json["error"] != "invalid_request" {
			t.Errorf("no token: %d %s", a.status, a.body)
		}
		if a := w.post(w.node, "/oauth/introspect", url.Values{"token": {mine}}, nil); a.status != 400 {
			t.Errorf("no client: %d %s", a.status, a.body)
		}
		for name, token := range map[string]string{"foreign": foreign, "nonsense": "nonsense", "mine": mine} {
			if a := ask("/oauth/revoke", token); a.status != 200 || a.body != "" {
				t.Errorf("revoke %s: %d %s", name, a.status, a.body)
			}
		}
		if a := w.get(w.node, "/api/user", foreign); a.status != 200 {
			t.Errorf("a foreign token was revoked: %d", a.status)
		}
		if a := ask("/oauth/introspect", mine); a.json["active"] != false {
			t.Errorf("revoked: %s", a.body)
		}
	})
}
