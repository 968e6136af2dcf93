package server_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/server"
)

// The handlers without a socket: what the server itself costs, for profiles. How fast the program is, beside
// baselines, is measured by `make bench`.

func benchServer(b *testing.B) (s *server.Server, clientID, clientSecret string) {
	b.Helper()
	_, serverSecret := secret.New()
	log, err := os.Create(filepath.Join(b.TempDir(), "log"))
	must(b, err)
	s, err = server.New(context.Background(), server.Config{
		Database: server.Database{DatabaseURL: "sqlite:" + filepath.Join(b.TempDir(), "yipii.db"), ServerSecret: serverSecret},
		Tokens:   server.Tokens{PublicURL: "https://iot.example", SigningAlg: "ES256", TokenLifetime: 365 * 24 * time.Hour},
		Addr:     "127.0.0.1:0", RateLimit: 1_000_000_000, AuthFailures: 1000, OfflineGrace: time.Hour, RequestTimeout: time.Minute, ShutdownTimeout: time.Second,
	}, "bench", server.NewLog(server.NewLogWriter(log), "info", "json"), time.Now)
	must(b, err)
	b.Cleanup(func() { s.Close(); log.Close() })
	a, admin, err := s.Rooms.Accounts.Create(context.Background(), account.NewAccount{Key: "acme", Name: "Acme", Email: "a@acme.example"})
	must(b, err)
	c, text, err := s.Rooms.Credentials.Create(context.Background(), credential.NewClient{AccountID: a.ID, OwnerID: admin, Name: "x",
		Scopes: bearer.AllScopes, GrantTypes: []string{credential.ClientCredentials}})
	must(b, err)
	return s, c.ID, text
}

func tokenRequest(id, secret string) *http.Request {
	r := httptest.NewRequest("POST", "/oauth/token", strings.NewReader("grant_type=client_credentials&client_id="+id+"&client_secret="+secret))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// blank is an answer that nobody reads.
type blank struct{ header http.Header }

func (w *blank) Header() http.Header         { return w.header }
func (w *blank) Write(b []byte) (int, error) { return len(b), nil }
func (w *blank) WriteHeader(int)             {}

func BenchmarkToken(b *testing.B) {
	s, id, secret := benchServer(b)
	for b.Loop() {
		s.Handler().ServeHTTP(&blank{http.Header{}}, tokenRequest(id, secret))
	}
}

// The two that must not be told apart by time.
func BenchmarkWrongSecret(b *testing.B) { benchRefusal(b, func(id string) string { return id }) }

func BenchmarkUnknownClient(b *testing.B) {
	benchRefusal(b, func(string) string { return "0e0aa4f0-58a5-4a68-9b2a-54be5a53bd4f" })
}

func benchRefusal(b *testing.B, pick func(id string) string) {
	s, id, _ := benchServer(b)
	_, wrong, err := s.Rooms.Credentials.Create(context.Background(), credential.NewClient{AccountID: 1, OwnerID: 1, Name: "y"})
	must(b, err)
	for b.Loop() {
		s.Handler().ServeHTTP(&blank{http.Header{}}, tokenRequest(pick(id), wrong))
	}
}

func BenchmarkUser(b *testing.B) {
	s, id, secret := benchServer(b)
	answer := httptest.NewRecorder()
	s.Handler().ServeHTTP(answer, tokenRequest(id, secret))
	body, _ := io.ReadAll(answer.Body)
	_, token, _ := strings.Cut(string(body), `"access_token":"`)
	token, _, _ = strings.Cut(token, `"`)
	for b.Loop() {
		r := httptest.NewRequest("GET", "/api/user", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		s.Handler().ServeHTTP(&blank{http.Header{}}, r)
	}
}
