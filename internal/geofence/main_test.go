package geofence

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
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

// TestOnBoth runs the room's tests on one database of each kind, in accounts of their own: making a database takes longer than they do.
func TestOnBoth(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		for name, test := range map[string]func(*testing.T, *store.DB){
			"AnyOrderGivesTheSame":   testAnyOrderGivesTheSame,
			"CreateReadUpdateDelete": testCreateReadUpdateDelete,
			"GeoJSONInAndOut":        testGeoJSONInAndOut,
			"EventsAndWhoIsInside":   testEventsAndWhoIsInside,
			"LimitedMembers":         testLimitedMembers,
			"ManyRedoneAtOnce":       testManyRedoneAtOnce,
			"WhatIsConcluded":        testWhatIsConcluded,
			"BeingDrawnAround":       testBeingDrawnAround,
			"WhomItAppliesTo":        testWhomItAppliesTo,
			"Conditions":             testConditions,
		} {
			t.Run(name, func(t *testing.T) { test(t, db) })
		}
	})
}

const publicURL = "https://api.example.com"

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
		p := &bearer.Principal{Account: bearer.Membership{AccountID: id, Part: g.part}}
		ctx := web.WithRequest(r.Context(), &web.Request{ID: "test"})
		next.ServeHTTP(w, r.WithContext(bearer.WithPrincipal(ctx, p)))
	}), nil
}

// world is the room with two accounts, "acme" and "other".
type world struct {
	testing.TB
	db          *store.DB
	fleet       *fleet.Service
	service     *Service
	gate        *gate
	router      *web.Router
	acme, other int64
}

func newWorld(t testing.TB, db *store.DB) *world {
	key := func() string { return strings.ToLower(rand.Text()) }
	w := &world{TB: t, db: db, acme: testkit.Account(t, db, key()), other: testkit.Account(t, db, key())}
	w.fleet = fleet.New(db, testkit.Audit(t, db), trail.OpenStore(db, time.Now), publicURL)
	w.service = New(db, w.fleet, testkit.Audit(t, db), publicURL)
	w.gate = &gate{accounts: map[string]int64{"acme": w.acme, "other": w.other}}
	w.router = web.NewRouter(web.Info{Title: "test"}, w.gate, nil)
	w.service.Routes(w.router)
	if err := w.router.Err(); err != nil {
		t.Fatal(err)
	}
	return w
}

// asset makes an asset of acme and returns its id.
func (w *world) asset(group string) int64 {
	w.Helper()
	asset, err := w.fleet.Create(context.Background(), w.acme, fleet.Draft{Name: "Van", Group: group})
	w.must(err)
	return asset.ID
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// want sends a request and fails unless the answer has this status; it returns the answer's body as JSON.
func (w *world) want(status int, method, path, body string) map[string]any {
	w.Helper()
	answer := httptest.NewRecorder()
	w.router.ServeHTTP(answer, httptest.NewRequestWithContext(context.Background(), method, path, bytes.NewBufferString(body)))
	if answer.Code != status {
		w.Fatalf("%s %s %.300s: %d, want %d: %s", method, path, body, answer.Code, status, answer.Body)
	}
	var content map[string]any
	if answer.Body.Len() > 0 {
		w.must(json.Unmarshal(answer.Body.Bytes(), &content))
	}
	return content
}
