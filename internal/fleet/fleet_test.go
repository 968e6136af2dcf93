package fleet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// TestFleet runs what needs both databases on one of each: making a database takes longer than most tests. Each has two accounts
// of its own, but trackers' identities are known across accounts, so no two tests use the same.
func TestFleet(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		for _, test := range []struct {
			name string
			run  func(*testing.T, *world)
		}{
			{"Bulk", testBulk},
			{"Drivers", testDrivers},
			{"AssignAtOnce", testAssignAtOnce},
			{"BeaconsAndSensors", testBeaconsAndSensors},
			{"Conditions", testConditions},
			{"Groups", testGroups},
			{"RenameAtOnce", testRenameAtOnce},
			{"AssetLife", testAssetLife},
			{"WhatIsNotTheCallersIsAlike", testWhatIsNotTheCallersIsAlike},
			{"AssetValidation", testAssetValidation},
			{"ListFiltersAndSorts", testListFiltersAndSorts},
			{"ListPages", testListPages},
			{"Lookup", testLookup},
			{"EnsureByTracker", testEnsureByTracker},
			{"TrackerHistory", testTrackerHistory},
			{"BoundIsTheOldest", testBoundIsTheOldest},
		} {
			t.Run(test.name, func(t *testing.T) { test.run(t, newWorld(t, db)) })
		}
	})
}

const publicURL = "https://api.example.com"

// stillness is a fleet.Trails in which nothing has ever moved. It counts the questions that it is asked.
type stillness struct {
	asked  int
	purged []int64
	fixes  map[int64]fleet.Fix // of those that have moved after all
}

func (s *stillness) Last(_ context.Context, _ int64, ids []int64) (map[int64]fleet.Fix, error) {
	s.asked++
	fixes := map[int64]fleet.Fix{}
	for _, id := range ids {
		fixes[id] = fleet.Fix{Status: "unavailable"}
		if fix, ok := s.fixes[id]; ok {
			fixes[id] = fix
		}
	}
	return fixes, nil
}

func (s *stillness) Purge(_ context.Context, _ *store.Tx, _, id int64) error {
	s.purged = append(s.purged, id)
	return nil
}

// gate lets everyone into the accounts that it knows, as an admin, or as a member limited to a part of the first one's
// assets where the request says so. The real guard is tested where it lives.
type gate map[string]int64

// partKey is the context's key of what a caller is limited to.
type partKey struct{}

func (g gate) Guard(_ web.Route, next http.Handler) (http.Handler, error) {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, ok := g[r.PathValue("account_key")]
		if !ok {
			web.WriteError(w, r, fault.Missing("Account"))
			return
		}
		p := &bearer.Principal{Account: bearer.Membership{AccountID: id}}
		p.Account.Part, _ = r.Context().Value(partKey{}).(*bearer.Part)
		next.ServeHTTP(w, r.WithContext(bearer.WithPrincipal(r.Context(), p)))
	}), nil
}

// world is a fleet with two accounts, which paths call "acme" and "other".
type world struct {
	t           *testing.T
	db          *store.DB
	service     *fleet.Service
	trails      *stillness
	router      *web.Router
	acme, other int64
	part        *bearer.Part // what the caller is limited to; nil: nothing
}

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	// Keys are one test's own in the database; the gate knows them by the same two names in all.
	key := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	w := &world{t: t, db: db, trails: &stillness{}, acme: testkit.Account(t, db, "acme-"+key), other: testkit.Account(t, db, "other-"+key)}
	w.service = fleet.New(db, testkit.Audit(t, db), w.trails, publicURL+"/")
	w.router = web.NewRouter(web.Info{Title: "test"}, gate{"acme": w.acme, "other": w.other}, nil)
	w.service.Routes(w.router)
	if err := w.router.Err(); err != nil {
		t.Fatal(err)
	}
	return w
}

// as is the world as a member sees it who is limited to a part of the assets.
func (w *world) as(part *bearer.Part) *world {
	limited := *w
	limited.part = part
	return &limited
}

// call sends a request and returns the answer with its body as JSON. header is name, value, name, value …
func (w *world) call(method, path, body string, header ...string) (*httptest.ResponseRecorder, map[string]any) {
	w.t.Helper()
	answer := httptest.NewRecorder()
	ctx := context.WithValue(w.t.Context(), partKey{}, w.part)
	r := httptest.NewRequestWithContext(ctx, method, path, bytes.NewBufferString(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w.router.ServeHTTP(answer, r)
	var content map[string]any
	if answer.Body.Len() > 0 {
		if err := json.Unmarshal(answer.Body.Bytes(), &content); err != nil {
			w.t.Fatalf("%s %s: %v in %s", method, path, err, answer.Body)
		}
	}
	return answer, content
}

// want fails unless the answer has this status.
func (w *world) want(status int, method, path, body string, header ...string) map[string]any {
	w.t.Helper()
	answer, content := w.call(method, path, body, header...)
	if answer.Code != status {
		w.t.Fatalf("%s %s %s: %d, want %d: %s", method, path, body, answer.Code, status, answer.Body)
	}
	return content
}

func (w *world) create(accountID int64, draft fleet.Draft) *fleet.Asset {
	w.t.Helper()
	asset, err := w.service.Create(w.t.Context(), accountID, draft)
	if err != nil {
		w.t.Fatal(err)
	}
	return asset
}
