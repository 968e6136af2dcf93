package trail

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const publicURL = "https://api.example.com"

// gate lets everyone into the accounts that it knows. The real guard is tested where it lives.
type gate map[string]int64

func (g gate) Guard(_ web.Route, next http.Handler) (http.Handler, error) {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, ok := g[r.PathValue("account_key")]
		if !ok {
			web.WriteError(w, r, fault.Missing("Account"))
			return
		}
		p := &bearer.Principal{Account: bearer.Membership{AccountID: id}}
		next.ServeHTTP(w, r.WithContext(bearer.WithPrincipal(r.Context(), p)))
	}), nil
}

// node is one process on a database, with the accounts "acme" and "other".
type node struct {
	tb          testing.TB
	db          *store.DB
	store       *Store
	fleet       *fleet.Service
	service     *Service
	router      *web.Router
	acme, other int64
	now         time.Time
	followers   []Follower
}

// newNode makes a node that runs; second makes another one on the same database.
func newNode(tb testing.TB, db *store.DB) *node {
	n := &node{tb: tb, db: db, acme: testkit.Account(tb, db, "acme"), other: testkit.Account(tb, db, "other")}
	n.start()
	return n
}

func (n *node) second(db *store.DB) *node {
	other := &node{tb: n.tb, db: db, acme: n.acme, other: n.other, followers: n.followers}
	other.start()
	return other
}

func (n *node) start() {
	n.now = time.UnixMilli(goodTime()).UTC()
	n.store = OpenStore(n.db, func() time.Time { return n.now })
	n.fleet = fleet.New(n.db, testkit.Audit(n.tb, n.db), n.store, publicURL)
	n.service = New(n.store, n.fleet, publicURL, slog.New(slog.DiscardHandler), n.followers...)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.service.Run(context.Background())
	}()
	n.tb.Cleanup(func() {
		n.service.Close()
		<-ended
	})
	n.router = web.NewRouter(web.Info{Title: "test"}, gate{"acme": n.acme, "other": n.other}, nil)
	n.fleet.Routes(n.router)
	n.service.Routes(n.router)
	if err := n.router.Err(); err != nil {
		n.tb.Fatal(err)
	}
}

// asset makes an asset of an account.
func (n *node) asset(accountID int64, tracker string) int64 {
	n.tb.Helper()
	asset, err := n.fleet.Create(n.tb.Context(), accountID, fleet.Draft{Name: "Van <1>", Tracker: tracker})
	if err != nil {
		n.tb.Fatal(err)
	}
	return asset.ID
}

func (n *node) send(request *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	n.router.ServeHTTP(answer, request.WithContext(n.tb.Context()))
	return answer
}

// want sends a request and fails unless the answer has this status; it returns the answer's body as JSON.
func (n *node) want(status int, method, path, body string) map[string]any {
	n.tb.Helper()
	answer := n.send(httptest.NewRequest(method, path, bytes.NewBufferString(body)))
	if answer.Code != status {
		n.tb.Fatalf("%s %s %.200s: %d, want %d: %s", method, path, body, answer.Code, status, answer.Body)
	}
	var content map[string]any
	if err := json.Unmarshal(answer.Body.Bytes(), &content); err != nil {
		n.tb.Fatalf("%s %s: %v in %s", method, path, err, answer.Body)
	}
	return content
}

// ingest stores positions that must all be good ones.
func (n *node) ingest(positions ...Position) Result {
	n.tb.Helper()
	result, err := n.service.Ingest(n.tb.Context(), n.acme, positions)
	if err != nil || len(result.Rejected) > 0 {
		n.tb.Fatalf("%+v, %v", result, err)
	}
	return result
}

// stored reads an asset's whole trail.
func (n *node) stored(accountID, assetID int64) []Position {
	n.tb.Helper()
	var list []Position
	err := n.store.between(n.tb.Context(), accountID, assetID, 0, latestCursor, 1_000_000, func(p *Position) { list = append(list, *p) })
	if err != nil {
		n.tb.Fatal(err)
	}
	return list
}

// at is a position of an asset, seconds after goodTime less an hour.
func at(assetID int64, seconds int) Position {
	return Position{AssetID: assetID, Time: goodTime() - 3_600_000 + int64(seconds)*1000, Latitude: float64(seconds%90) + 0.25, Longitude: 13.5}
}

func path(format string, args ...any) string { return fmt.Sprintf("/api/acme/"+format, args...) }
