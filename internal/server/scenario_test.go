package server_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// world is a running node with two accounts, and everything needed to start more nodes on the same database.
type world struct {
	t      *testing.T
	config server.Config
	clock  *clock
	logs   *logBuffer
	node   *node

	acme, globex tenant
	secrets      []string // every secret, token and key of the test: none may show in a log or the database
}

// tenant is an account with its admin and a client that may do everything.
type tenant struct {
	account  account.Account
	adminID  int64
	clientID string
	secret   string
}

// node is one server process's worth.
type node struct {
	*server.Server
	url string
}

// clock is the time of day that a test can move.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) Advance(d time.Duration) { c.ahead.Add(int64(d)) }

type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buf.Reset()
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// onBoth runs test in a world on SQLite and in one on PostgreSQL. change adjusts the settings.
func onBoth(t *testing.T, change func(*server.Config), test func(t *testing.T, w *world)) {
	t.Run("sqlite", func(t *testing.T) {
		test(t, newWorld(t, "sqlite:"+filepath.Join(t.TempDir(), "yipii.db"), change))
	})
	t.Run("postgres", func(t *testing.T) { test(t, newWorld(t, testkit.PostgresURL(t), change)) })
}

func newWorld(t *testing.T, databaseURL string, change func(*server.Config)) *world {
	t.Helper()
	_, serverSecret := secret.New()
	w := &world{t: t, clock: &clock{}, logs: &logBuffer{}, secrets: []string{serverSecret}}
	w.config = server.Config{
		Database: server.Database{DatabaseURL: databaseURL, ServerSecret: serverSecret},
		Tokens:   server.Tokens{PublicURL: "https://iot.example", SigningAlg: "ES256", TokenLifetime: 365 * 24 * time.Hour},
		Addr:     "127.0.0.1:0", RateLimit: 100_000, AuthFailures: 1000, OfflineGrace: time.Minute,
		RequestTimeout: 20 * time.Second, ShutdownTimeout: 5 * time.Second, LogLevel: "info", LogFormat: "json",
	}
	if change != nil {
		change(&w.config)
	}
	w.node = w.startNode()
	w.acme, w.globex = w.tenant("acme-logistics"), w.tenant("globex")
	t.Cleanup(w.nothingLeaked)
	return w
}

// startNode starts one more node on the world's database.
func (w *world) startNode() *node {
	w.t.Helper()
	s, err := server.New(context.Background(), w.config, "test", server.NewLog(w.logs, "debug", "json"), w.clock.Now)
	if err != nil {
		w.t.Fatal(err)
	}
	s.Start()
	h := httptest.NewServer(s.Handler())
	w.t.Cleanup(func() { h.Close(); s.Close() })
	return &node{s, h.URL}
}

func (w *world) tenant(key string) tenant {
	w.t.Helper()
	a, admin, err := w.node.Rooms.Accounts.Create(context.Background(), account.NewAccount{Key: key, Name: strings.ToUpper(key[:1]) + key[1:], Email: "admin@" + key + ".example"})
	must(w.t, err)
	out := tenant{account: a, adminID: admin}
	out.clientID, out.secret = w.client(credential.NewClient{AccountID: a.ID, OwnerID: admin, Scopes: bearer.AllScopes})
	return out
}

// client makes a client, by default one that may get tokens.
func (w *world) client(in credential.NewClient) (id, secret string) {
	w.t.Helper()
	in.Name = "test"
	if in.GrantTypes == nil {
		in.GrantTypes = []string{credential.ClientCredentials}
	}
	c, text, err := w.node.Rooms.Credentials.Create(context.Background(), in)
	must(w.t, err)
	w.secrets = append(w.secrets, text)
	return c.ID, text
}

// token gets a tenant's token from a node.
func (w *world) token(n *node, clientID, secret, scope string) string {
	w.t.Helper()
	a := w.post(n, "/oauth/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {secret}, "scope": {scope}}, nil)
	if a.status != 200 {
		w.t.Fatalf("no token: %d %s", a.status, a.body)
	}
	token := a.json["access_token"].(string)
	w.secrets = append(w.secrets, token)
	return token
}

// answer is an HTTP answer, read whole.
type answer struct {
	status int
	header http.Header
	body   string
	json   map[string]any
}

func (w *world) do(n *node, method, path string, header http.Header, body string) answer {
	w.t.Helper()
	req, err := http.NewRequest(method, n.url+path, strings.NewReader(body))
	must(w.t, err)
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := (&http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	must(w.t, err)
	defer res.Body.Close()
	a := answer{status: res.StatusCode, header: res.Header}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return a // it would go on for ever
	}
	text, err := io.ReadAll(res.Body)
	must(w.t, err)
	a.body = string(text)
	_ = json.Unmarshal(text, &a.json)
	return a
}

func (w *world) get(n *node, path, token string) answer {
	w.t.Helper()
	h := http.Header{}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	return w.do(n, "GET", path, h, "")
}

func (w *world) post(n *node, path string, form url.Values, header http.Header) answer {
	w.t.Helper()
	h := header.Clone()
	if h == nil {
		h = http.Header{}
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return w.do(n, "POST", path, h, form.Encode())
}

// within tries check until it holds, for a second: the promise to other nodes.
func (w *world) within(what string, check func() bool) {
	w.t.Helper()
	testkit.WithinASecond(w.t, what, check)
}

// nothingLeaked searches the logs and every text and binary column of the database for the test's secrets.
func (w *world) nothingLeaked() {
	logs := w.logs.String()
	dump := w.dump()
	for _, secret := range w.secrets {
		for name, text := range map[string]string{"log": logs, "database": dump} {
			if strings.Contains(text, secret) {
				w.t.Errorf("a secret stands in the %s", name)
			}
		}
	}
	if !strings.Contains(logs, `"msg":"request"`) || !strings.Contains(dump, w.acme.clientID) {
		w.t.Error("the search for secrets saw no request line or no client: it proves nothing")
	}
}

func (w *world) dump() string {
	db, err := store.Open(context.Background(), w.config.DatabaseURL, store.Options{})
	if err != nil {
		return w.acme.clientID // the test stopped its database
	}
	defer db.Close()
	list := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if db.Dialect == store.Postgres {
		list = `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`
	}
	var tables []string
	must(w.t, db.Rows(context.Background(), list, nil, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		tables = append(tables, name)
		return err
	}))
	var out strings.Builder
	for _, table := range tables {
		must(w.t, db.Rows(context.Background(), `SELECT * FROM `+table, nil, func(rows *sql.Rows) error {
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := rows.Scan(values...); err != nil {
				return err
			}
			for _, v := range values {
				switch v := (*v.(*any)).(type) {
				case []byte:
					out.Write(v)
				default:
					fmt.Fprint(&out, v)
				}
				out.WriteByte('\n')
			}
			return nil
		}))
	}
	return out.String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
