package token

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/yipii/yipii/internal/bearer"
)

// FuzzTokenRequest: whatever is sent to /oauth/*, reading it ends in parameters that stood there once, or in an OAuth
// error whose description holds only what RFC 6749 §5.2 allows.
func FuzzTokenRequest(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", "", "", "grant_type=client_credentials&client_id=a&client_secret=b&scope=read%3Aassets")
	f.Add("application/json", "", "", `{"grant_type":"client_credentials","client_id":"a","client_secret":null}`)
	f.Add("", "Basic YTpi", "x=1", "grant_type=client_credentials")
	f.Add("application/json; charset=utf-8", "Basic !!", "client_id=a", `{"a":"\ud800"}`)
	f.Fuzz(func(t *testing.T, contentType, authorization, query, body string) {
		r := httptest.NewRequest(http.MethodPost, "/oauth/token", strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", contentType)
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		params, err := readForm(r)
		if err == nil {
			_, err = readClientAuth(r, params)
		}
		if err == nil {
			_, err = grantScopes(bearer.AllScopes>>1, params["scope"])
		}
		if err == nil {
			return
		}
		e := present(err)
		if e.status < 400 || e.status > 499 || e.code == "" || e.text == "" {
			t.Errorf("%d %q %q", e.status, e.code, e.text)
		}
		if strings.ContainsFunc(e.text, func(c rune) bool { return c < 0x20 || c > 0x7e || c == '"' || c == '\\' }) {
			t.Errorf("description %q", e.text)
		}
	})
}

// FuzzParseToken: no text makes parsing panic, and what parses names one of our algorithms.
func FuzzParseToken(f *testing.F) {
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("eyJhbGciOiJFUzI1NiIsImtpZCI6IngiLCJ0eXAiOiJhdCtqd3QifQ.e30.AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parse(text)
		if err != nil {
			return
		}
		for _, alg := range Algs {
			if p.token.Headers[0].Algorithm == string(alg) {
				return
			}
		}
		t.Errorf("algorithm %q", p.token.Headers[0].Algorithm)
	})
}
