package intake

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/token"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/web"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const publicURL = "https://api.example.com"

// house is one process on a database, with the accounts acme and other, and an asset of each.
type house struct {
	tb          testing.TB
	db          *store.DB
	accounts    *account.Service
	credentials *credential.Service
	fleet       *fleet.Service
	trail       *trail.Service
	service     *Service
	router      *web.Router // guarded, and for phones
	phones      *web.Router
	acme, other account.Account
	admin       int64  // of acme
	van         int64  // of acme, with the tracker vanIMEI
	run         func() // lets the trail store; newHouse calls it
}

const (
	vanIMEI   = "356307042441013"
	otherIMEI = "356307042441014"
)

func newHouse(tb testing.TB, db *store.DB) *house {
	h := build(tb, db)
	h.run()
	return h
}

// build makes a house whose trail takes positions and stores none until run is called.
func build(tb testing.TB, db *store.DB) *house {
	tb.Helper()
	ctx, now := context.Background(), time.Now
	server, _ := secret.New()
	log := audit.New(db, server)
	h := &house{tb: tb, db: db, accounts: account.New(db, log, publicURL)}
	positions := trail.OpenStore(db, now)
	h.credentials = credential.New(db, server, h.accounts, log, publicURL, now)
	h.fleet = fleet.New(db, log, positions, publicURL)
	h.trail = trail.New(positions, h.fleet, publicURL, slog.New(slog.DiscardHandler))
	must(tb, db.StartWatching(ctx))
	guard := &bearer.Guard{Tokens: h.credentials, Keys: h.credentials, KeyPrefix: credential.KeyPrefix, Directory: h.accounts, Limit: bearer.NewLimiter(0, time.Minute), Now: now,
		Staleness: func() time.Duration { return 0 }, Grace: time.Minute}
	tokens := token.New(token.Options{FailuresPerMinute: 20, Now: now}, nil, nil, h.credentials, h.accounts, guard)
	var err error
	h.service, err = New(Options{DB: db, Trail: h.trail, Fleet: h.fleet, Trackers: h.fleet, Unknown: NewUnknown(db, now), Guard: guard, Clients: tokens,
		Log: slog.New(slog.DiscardHandler), Now: now})
	must(tb, err)
	h.router, h.phones = web.NewRouter(web.Info{Title: "test"}, guard, nil), web.NewPages(nil, nil, web.WriteError)
	h.service.Routes(h.router)
	h.service.OpenRoutes(h.phones)
	must(tb, errors.Join(h.router.Err(), h.phones.Err()))
	h.acme, h.admin, err = h.accounts.Create(ctx, account.NewAccount{Key: "acme", Name: "Acme", Email: "ann@acme.example"})
	must(tb, err)
	h.other, _, err = h.accounts.Create(ctx, account.NewAccount{Key: "other", Name: "Other", Email: "bob@other.example"})
	must(tb, err)
	h.van = h.asset(h.acme.ID, vanIMEI)
	h.asset(h.other.ID, otherIMEI)
	h.run = func() {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			h.trail.Run(ctx)
		}()
		tb.Cleanup(func() {
			h.trail.Close()
			<-ended
		})
	}
	return h
}

func (h *house) asset(accountID int64, tracker string) int64 {
	h.tb.Helper()
	asset, err := h.fleet.Create(context.Background(), accountID, fleet.Draft{Name: "Van", Tracker: tracker})
	must(h.tb, err)
	return asset.ID
}

// key makes an API key of acme's admin.
func (h *house) key(scopes bearer.Scopes) (id int64, text string) {
	h.tb.Helper()
	k, text, err := h.credentials.CreateKey(context.Background(), credential.Key{AccountID: h.acme.ID, UserID: h.admin, Name: "test", Scopes: scopes})
	must(h.tb, err)
	return k.ID, text
}

// last is the van's last position; nil for none.
func (h *house) last() *fleet.Position {
	h.tb.Helper()
	found, err := h.fleet.Find(context.Background(), h.acme.ID, h.van)
	must(h.tb, err)
	return found.Position
}

// refusals is how often the doors refused for a reason.
func (h *house) refusals(protocol, reason string) float64 {
	return figure(h.tb, h.service.figures.refusals, protocol, reason)
}

func (h *house) taken(protocol, result string) float64 {
	return figure(h.tb, h.service.figures.positions, protocol, result)
}

// figure is a counter's value for the labels protocol and another.
func figure(tb testing.TB, counters *prometheus.CounterVec, protocol, other string) float64 {
	tb.Helper()
	registry := prometheus.NewRegistry()
	must(tb, registry.Register(counters))
	families, err := registry.Gather()
	must(tb, err)
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if labels := m.GetLabel(); labels[0].GetValue() == protocol && labels[1].GetValue() == other {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// unknown lists the unknown trackers as "protocol identity".
func (h *house) unknown() []string {
	h.tb.Helper()
	must(h.tb, h.service.Unknown.Flush(context.Background()))
	list, err := h.service.Unknown.List(context.Background(), 100)
	must(h.tb, err)
	var names []string
	for _, u := range list {
		names = append(names, u.Protocol+" "+u.Identity)
	}
	return names
}

// listen takes a port that is closed with the test.
func listen(tb testing.TB) net.Listener {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(tb, err)
	return listener
}

type closer interface{ Close(context.Context) error }

func closeLater(tb testing.TB, c closer) {
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil && !errors.Is(err, net.ErrClosed) {
			tb.Errorf("the port does not close: %v", err)
		}
	})
}

// dial connects; every read and write has to be done within 10 seconds.
func dial(tb testing.TB, addr net.Addr) net.Conn {
	tb.Helper()
	conn, err := net.Dial("tcp", addr.String())
	must(tb, err)
	tb.Cleanup(func() { conn.Close() })
	must(tb, conn.SetDeadline(time.Now().Add(10*time.Second)))
	return conn
}

// closed reports whether the other side closes without sending anything.
func closed(conn net.Conn) bool {
	b, err := io.ReadAll(conn)
	var timeout net.Error
	return len(b) == 0 && !(errors.As(err, &timeout) && timeout.Timeout())
}

func call(handler http.Handler, method, target, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	w := httptest.NewRecorder()
	// The outermost handler of the server begins each request so.
	handler.ServeHTTP(w, r.WithContext(web.WithRequest(r.Context(), &web.Request{})))
	return w
}

// until waits for a condition, at most half a minute.
func until(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("not within half a minute: %s", what)
		}
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
