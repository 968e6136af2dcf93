package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const publicURL = "https://api.example.com"

// clock is the time of day that a test moves.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) Advance(d time.Duration) { c.ahead.Add(int64(d)) }

// world is an installation with the accounts "acme" and "other", and a caller who may do everything until a test says
// otherwise.
type world struct {
	t           *testing.T
	clock       *clock
	secret      secret.Server
	acme, other int64
	caller      bearer.Principal
	node        *node
}

// node is one process on a database.
type node struct {
	*Service
	router *web.Router
	audit  *audit.Log
}

// Guard lets everyone into the accounts that it knows. The real guard is tested where it lives.
func (w *world) Guard(_ web.Route, next http.Handler) (http.Handler, error) {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		id, ok := map[string]int64{"acme": w.acme, "other": w.other}[r.PathValue("account_key")]
		if !ok {
			web.WriteError(out, r, fault.Missing("Account"))
			return
		}
		p := w.caller
		p.Account.AccountID = id
		next.ServeHTTP(out, r.WithContext(bearer.WithPrincipal(r.Context(), &p)))
	}), nil
}

func newWorld(t *testing.T, db *store.DB) *world {
	w := &world{t: t, clock: &clock{}, acme: testkit.Account(t, db, "acme"), other: testkit.Account(t, db, "other")}
	w.secret, _ = secret.New()
	w.caller = bearer.Principal{Credential: bearer.Credential{ID: "key:1", Scopes: bearer.AllScopes}}
	w.node = w.start(db)
	return w
}

// start makes a node, which delivers nothing by itself.
func (w *world) start(db *store.DB) *node {
	log := audit.New(db, w.secret)
	n := &node{audit: log, Service: New(db, w.secret, log, Options{BaseURL: publicURL, Now: w.clock.Now, Random: func() float64 { return 0.5 },
		Log: slog.New(slog.DiscardHandler), Types: []string{"alert.triggered", "trip.started", "trip.ended"},
		Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})}
	n.limits.poll, n.limits.drain = 10*time.Millisecond, 0
	n.router = web.NewRouter(web.Info{Title: "test"}, w, nil)
	n.Routes(n.router)
	if err := n.router.Err(); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// run lets a node deliver until the test ends, or until the function that it returns is called.
func (w *world) run(n *node) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); n.Run(ctx) }()
	stop = func() { cancel(); <-ended }
	w.t.Cleanup(stop)
	return stop
}

// call sends a request and returns status, header and body.
func (w *world) call(method, path, body string) (int, http.Header, map[string]any) {
	w.t.Helper()
	out := httptest.NewRecorder()
	w.node.router.ServeHTTP(out, httptest.NewRequest(method, path, strings.NewReader(body)).WithContext(w.t.Context()))
	var content map[string]any
	if out.Body.Len() > 0 {
		if err := json.Unmarshal(out.Body.Bytes(), &content); err != nil {
			w.t.Fatalf("%s %s: %v in %s", method, path, err, out.Body)
		}
	}
	return out.Code, out.Header(), content
}

// want is call that must be answered with a status; it returns the answer's data, or the whole of it where it has none.
func (w *world) want(status int, method, path, body string) map[string]any {
	w.t.Helper()
	got, _, content := w.call(method, path, body)
	if got != status {
		w.t.Fatalf("%s %s %.300s: %d, want %d: %v", method, path, body, got, status, content)
	}
	if data, ok := content["data"].(map[string]any); ok {
		return data
	}
	return content
}

// webhook makes a webhook of acme's that wants everything.
func (w *world) webhook(url string) (*Webhook, string) {
	w.t.Helper()
	made, text, err := w.node.Create(w.t.Context(), w.acme, Draft{URL: url})
	must(w.t, err)
	return made, text
}

// tell enqueues an event of acme's for each key.
func (w *world) tell(keys ...string) {
	w.t.Helper()
	var events []Event
	for _, key := range keys {
		events = append(events, Event{AccountID: w.acme, AssetID: 7, Type: "alert.triggered", Time: w.clock.Now(), Key: key, Data: map[string]any{"key": key}})
	}
	must(w.t, w.node.db.Tx(w.t.Context(), func(tx *store.Tx) error { return w.node.Enqueue(w.t.Context(), tx, events) }))
}

// log is a webhook's log, the oldest first.
func (w *world) log(webhookID int64) []Delivery {
	w.t.Helper()
	list, _, err := w.node.Deliveries(w.t.Context(), w.acme, webhookID, DeliveryFilter{}, web.PageInput{Page: 1, PerPage: 500, Sort: "id"})
	must(w.t, err)
	return list
}

// actions are the events of acme's audit log that begin with "webhook.".
func (w *world) actions() (out []string) {
	w.t.Helper()
	must(w.t, w.node.db.Rows(w.t.Context(), `SELECT action FROM audit_events WHERE account_id = $1 AND action LIKE 'webhook.%' ORDER BY number`,
		[]any{w.acme}, scanText(&out)))
	return out
}

// message is a request that a receiver got.
type message struct {
	header http.Header
	body   string
}

func (m message) id() string { return m.header.Get("webhook-id") }

// receiver is somebody's server. It keeps what it gets and answers as its handler says, or 204.
type receiver struct {
	t      *testing.T
	server *httptest.Server
	answer atomic.Pointer[http.HandlerFunc]

	mu  sync.Mutex
	got []message
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{t: t}
	r.server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		r.mu.Lock()
		r.got = append(r.got, message{req.Header.Clone(), string(body)})
		r.mu.Unlock()
		if handler := r.answer.Load(); handler != nil {
			(*handler)(out, req)
			return
		}
		out.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(r.server.Close)
	return r
}

func (r *receiver) answers(handler http.HandlerFunc) { r.answer.Store(&handler) }

// status answers with a status from now on, and headers in pairs.
func (r *receiver) status(status int, header ...string) {
	r.answers(func(out http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			out.Header().Set(header[i], header[i+1])
		}
		out.WriteHeader(status)
		fmt.Fprintf(out, "answer %d", status)
	})
}

func (r *receiver) messages() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]message{}, r.got...)
}

// last is the newest message.
func (r *receiver) last() message {
	r.t.Helper()
	all := r.messages()
	if len(all) == 0 {
		r.t.Fatal("nothing was received")
	}
	return all[len(all)-1]
}

// verify says whether a secret signs the message: by our own reckoning of what the specification says, and by its
// reference library, which must agree.
func verify(t *testing.T, m message, text string) bool {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "whsec_"))
	must(t, err)
	mac := hmac.New(sha256.New, key)
	io.WriteString(mac, m.header.Get("webhook-id")+"."+m.header.Get("webhook-timestamp")+"."+m.body)
	mine := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	good := false
	for _, one := range strings.Split(m.header.Get("webhook-signature"), " ") {
		good = good || one == mine
	}
	library, err := standardwebhooks.NewWebhook(text)
	must(t, err)
	if theirs := library.VerifyIgnoringTimestamp([]byte(m.body), m.header) == nil; theirs != good {
		t.Errorf("the library says %v of a signature that is %v", theirs, good)
	}
	return good
}

// until waits for a condition.
func until(t *testing.T, what string, check func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !check(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within ten seconds: %s", what)
		}
	}
}

// step makes one turn of a node that doesn't run, waits for the attempts that it starts, and writes their results.
func step(t *testing.T, d *deliverer) {
	t.Helper()
	must(t, d.turn(t.Context()))
	d.wait.Wait()
	must(t, d.turn(t.Context()))
	d.wait.Wait()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestOnBoth runs what differs by database on SQLite and on PostgreSQL; there all on one, as making one takes longer than
// most of the tests.
func TestOnBoth(t *testing.T) {
	tests := []struct {
		name string
		test func(*testing.T, *store.DB)
	}{
		{"WebhookLife", testWebhookLife},
		{"WhoMay", testWhoMay},
		{"Enqueue", testEnqueue},
		{"Delivery", testDelivery},
		{"Rotation", testRotation},
		{"Schedule", testSchedule},
		{"Gone", testGone},
		{"FailingForDays", testFailingForDays},
		{"Takeover", testTakeover},
		{"ShutdownGivesBack", testShutdownGivesBack},
		{"Tidy", testTidy},
		{"Conditions", testConditions},
	}
	t.Run("sqlite", func(t *testing.T) {
		for _, one := range tests {
			t.Run(one.name, func(t *testing.T) { one.test(t, testkit.SQLite(t)) })
		}
	})
	t.Run("postgres", func(t *testing.T) {
		db := testkit.Postgres(t)
		for _, one := range tests {
			t.Run(one.name, func(t *testing.T) {
				for _, table := range []string{"webhook_deliveries", "webhooks", "accounts"} {
					must(t, db.Tx(t.Context(), func(tx *store.Tx) error {
						_, err := tx.ExecContext(t.Context(), `DELETE FROM `+table)
						return err
					}))
				}
				one.test(t, db)
			})
		}
	})
}
