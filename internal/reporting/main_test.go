package reporting

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/report"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/web"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(nodeVariable); url != "" {
		runNode(url)
		return
	}
	testkit.Main(m)
}

const publicURL = "https://iot.example"

// clock is the time of day that a test moves.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) Advance(d time.Duration) { c.ahead.Add(int64(d)) }

// maker makes documents of a few words, as a test tells it to.
type maker struct {
	made  atomic.Int64
	data  atomic.Int64                // the fingerprint
	wait  func(context.Context) error // during Make
	saw   func(report.Request)        // at its beginning
	words string
}

func (m *maker) Check(_ context.Context, r report.Request) error {
	if r.Type == "trail" && len(r.Assets) > 1 {
		return errOneAsset
	}
	return nil
}

var errOneAsset = errors.New("one asset alone")

func (m *maker) Fingerprint(context.Context, report.Request) (string, error) {
	return time.Duration(m.data.Load()).String(), nil
}

func (m *maker) Make(ctx context.Context, r report.Request) (*document.Document, error) {
	m.made.Add(1)
	if m.saw != nil {
		m.saw(r)
	}
	if r.Progress != nil {
		r.Progress(0.5)
	}
	if m.wait != nil {
		if err := m.wait(ctx); err != nil {
			return nil, err
		}
	}
	return &document.Document{Type: r.Type, Title: r.Title + m.words, Account: r.AccountName}, nil
}

// write is a format of the test's own: the title.
func write(_ context.Context, w io.Writer, d *document.Document, _ document.Format) error {
	_, err := io.WriteString(w, d.Title)
	return err
}

// world is an installation with the accounts acme and other, and a caller who is acme's manager until a test says otherwise.
type world struct {
	t           *testing.T
	db          *store.DB
	clock       *clock
	secret      secret.Server
	acme, other int64
	caller      bearer.Principal
	asset       int64 // of acme
	*node

	mu     sync.Mutex
	events []string // told in transactions
	shown  []Event
}

// node is one process on a database.
type node struct {
	*Service
	router *web.Router
	maker  *maker
}

// Guard lets the caller in; entering accounts is bearer's own.
func (w *world) Guard(_ web.Route, next http.Handler) (http.Handler, error) {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		p := w.caller
		for _, m := range p.Accounts {
			if m.Key == r.PathValue("account_key") {
				p.Account = m
			}
		}
		next.ServeHTTP(out, r.WithContext(bearer.WithPrincipal(r.Context(), &p)))
	}), nil
}

func newWorld(t *testing.T, db *store.DB) *world {
	w := &world{t: t, db: db, clock: &clock{}, acme: testkit.Account(t, db, "acme"), other: testkit.Account(t, db, "other")}
	w.secret, _ = secret.New()
	w.caller = bearer.Principal{Credential: bearer.Credential{ID: "key:1", UserID: 1, Scopes: bearer.AllScopes},
		Accounts: []bearer.Membership{{AccountID: w.acme, Key: "acme", Name: "Acme", Role: bearer.Manager}}}
	w.node = w.start(&maker{})
	a, err := w.fleet.Create(t.Context(), w.acme, fleet.Draft{Name: "Van"})
	must(t, err)
	w.asset = a.ID
	return w
}

// start makes a node, which makes nothing by itself.
func (w *world) start(m *maker) *node {
	log := audit.New(w.db, w.secret)
	positions := trail.OpenStore(w.db, w.clock.Now)
	n := &node{maker: m, Service: New(w.db, w.secret, fleet.New(w.db, log, positions, publicURL), log, Options{BaseURL: publicURL, Now: w.clock.Now,
		Log: slog.New(slog.DiscardHandler), Maker: m, Write: write, Types: []string{"mileage", "trail"},
		Tell: func(_ context.Context, _ store.Writer, e Event) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, e.Name+" "+e.Report.ID)
			return nil
		},
		Show: func(e Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.shown = append(w.shown, e)
		}})}
	n.pace = pace{lease: 600 * time.Millisecond, beat: 50 * time.Millisecond, look: 50 * time.Millisecond, tidy: time.Hour, pause: time.Millisecond}
	n.router = web.NewRouter(web.Info{Title: "test"}, w, nil)
	n.Routes(n.router)
	must(w.t, n.router.Err())
	return n
}

// run lets a node make reports until the test ends, or until the function that it returns is called.
func (w *world) run(n *node) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); n.Run(ctx) }()
	stop = func() { cancel(); <-ended }
	w.t.Cleanup(stop)
	return stop
}

// call sends a request, with headers as name and value in turn.
func (w *world) call(method, path, body string, header ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body)).WithContext(w.t.Context())
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	out := httptest.NewRecorder()
	w.router.ServeHTTP(out, r)
	return out
}

// want is call that must be answered with a status; it returns the answer's JSON.
func (w *world) want(status int, method, path, body string) map[string]any {
	w.t.Helper()
	out := w.call(method, path, body)
	if out.Code != status {
		w.t.Fatalf("%s %s %.300s: %d, want %d: %s", method, path, body, out.Code, status, out.Body)
	}
	var content map[string]any
	if out.Body.Len() > 0 {
		must(w.t, json.Unmarshal(out.Body.Bytes(), &content))
	}
	return content
}

const mileage = `{"type":"mileage","format":"json","date_from":"2026-05-01","date_to":"2026-05-31","account_name":"acme","title":"May"}`

// until waits for a report to have a status: long enough for two of River's looks after what is tried again, of five seconds each.
func (w *world) until(id, status string) map[string]any {
	w.t.Helper()
	var last map[string]any
	for range 1200 {
		if last = w.want(200, "GET", prefix+"/"+id, ""); last["status"] == status {
			return last
		}
		time.Sleep(25 * time.Millisecond)
	}
	w.t.Fatalf("not %s within half a minute: %v", status, last)
	return nil
}

// told lists what was told of a report.
func (w *world) told(id string) (names []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if name, ok := strings.CutSuffix(e, " "+id); ok {
			names = append(names, name)
		}
	}
	return names
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
