package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/web"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const publicURL = "https://api.example.com"

// epoch is when the tests' rules and positions begin, in Unix milliseconds: long enough ago that no clock minds.
const epoch = 1_700_000_000_000

// gate lets everyone into the accounts that it knows, limited to part. The real guard is tested where it lives.
type gate struct {
	accounts map[string]int64
	part     *bearer.Part
}

func (g *gate) Guard(_ web.Route, next http.Handler) (http.Handler, error) {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, ok := g.accounts[r.PathValue("account_key")]
		if !ok {
			web.WriteError(w, r, fault.Missing("Account"))
			return
		}
		p := &bearer.Principal{Credential: bearer.Credential{UserID: 42}, Account: bearer.Membership{AccountID: id, Part: g.part}}
		next.ServeHTTP(w, r.WithContext(bearer.WithPrincipal(r.Context(), p)))
	}), nil
}

// world is a node on a database with the accounts "acme" and "other", whose positions are followed by alerts.
type world struct {
	t           testing.TB
	db          *store.DB
	service     *Service
	fleet       *fleet.Service
	trail       *trail.Service
	gate        *gate
	router      *web.Router
	acme, other int64
	now         time.Time // the clock of silence

	mu    sync.Mutex
	heard []string // what was told: kind and message
}

// told lists what was told so far.
func (w *world) told() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.heard)
}

func newWorld(t testing.TB, db *store.DB) *world {
	w := &world{t: t, acme: testkit.Account(t, db, "acme"), other: testkit.Account(t, db, "other")}
	w.start(db)
	return w
}

// start makes a node that runs. Called again it is a node that starts anew, or another one.
func (w *world) start(db *store.DB, before ...trail.Follower) {
	w.db, w.now = db, time.UnixMilli(epoch)
	positions := trail.OpenStore(db, time.Now)
	w.fleet = fleet.New(db, testkit.Audit(w.t, db), positions, publicURL)
	w.service = New(db, w.fleet, testkit.Audit(w.t, db), publicURL+"/", func() time.Time { return w.now })
	w.service.Tell = func(_ context.Context, _ store.Writer, kind string, alerts []Alert) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, a := range alerts {
			w.heard = append(w.heard, kind+": "+a.Message)
		}
		return nil
	}
	w.trail = trail.New(positions, w.fleet, publicURL, slog.New(slog.DiscardHandler), append(before, w.service)...)
	ctx, stop := context.WithCancel(context.Background())
	stored, followed := make(chan struct{}), make(chan struct{})
	go func() { defer close(stored); w.trail.Run(context.Background()) }()
	go func() { defer close(followed); w.trail.RunFollowing(ctx) }()
	running := w.trail
	w.t.Cleanup(func() {
		stop()
		<-followed
		running.Close()
		<-stored
	})
	w.gate = &gate{accounts: map[string]int64{"acme": w.acme, "other": w.other}}
	w.router = web.NewRouter(web.Info{Title: "test"}, w.gate, nil)
	w.service.Routes(w.router)
	w.must(w.router.Err())
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// want sends a request, fails unless the answer has this status, and returns the answer as JSON.
func (w *world) want(status int, method, path, body string) map[string]any {
	w.t.Helper()
	answer := httptest.NewRecorder()
	w.router.ServeHTTP(answer, httptest.NewRequestWithContext(context.Background(), method, path, bytes.NewBufferString(body)))
	if answer.Code != status {
		w.t.Fatalf("%s %s %s: %d, want %d: %s", method, path, body, answer.Code, status, answer.Body)
	}
	var content map[string]any
	if answer.Body.Len() > 0 {
		w.must(json.Unmarshal(answer.Body.Bytes(), &content))
	}
	return content
}

// rule makes a rule of acme that is valid since long ago.
func (w *world) rule(body string) int64 {
	w.t.Helper()
	id := int64(w.want(201, "POST", "/api/acme/alert-rule", body)["data"].(map[string]any)["id"].(float64))
	w.since(id, 1)
	return id
}

// since sets when a rule became valid.
func (w *world) since(id, ms int64) {
	w.t.Helper()
	w.must(w.db.Tx(context.Background(), func(tx *store.Tx) error {
		if _, err := tx.ExecContext(context.Background(), `UPDATE alert_rules SET valid_from = $1 WHERE id = $2`, ms, id); err != nil {
			return err
		}
		return tx.Announce(context.Background(), topic, number64(w.acme))
	}))
}

func (w *world) asset(group string) int64 {
	w.t.Helper()
	a, err := w.fleet.Create(context.Background(), w.acme, fleet.Draft{Name: "Van", Group: group})
	w.must(err)
	return a.ID
}

// ingest stores positions and waits until they are followed.
func (w *world) ingest(positions ...trail.Position) {
	w.t.Helper()
	result, err := w.trail.Ingest(context.Background(), w.acme, positions)
	w.must(err)
	if len(result.Rejected) > 0 {
		w.t.Fatalf("%+v", result)
	}
}

// settle waits until nothing is to be followed.
func (w *world) settle() {
	w.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		var pending int
		w.must(w.db.Read().QueryRowContext(context.Background(), `SELECT COUNT(*) FROM last_positions WHERE pending IS NOT NULL`).Scan(&pending))
		if pending == 0 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatal("positions are not followed")
		}
	}
}

// at is a position of an asset, seconds after epoch, that stands with an unknown ignition.
func at(asset int64, seconds int) trail.Position {
	return trail.Position{AssetID: asset, Time: epoch + int64(seconds)*1000, Latitude: 50, Longitude: 8, Speed: trail.Some(0.0)}
}

func fast(asset int64, seconds int, speed float64) trail.Position {
	p := at(asset, seconds)
	p.Speed = trail.Some(speed)
	return p
}

func sensed(asset int64, seconds int, readings map[string]float64) trail.Position {
	p := at(asset, seconds)
	p.Sensors, _ = trail.MakeSensors(readings)
	return p
}
