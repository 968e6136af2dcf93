package fleet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const publicURL = "https://api.example.com"

// stillness is a fleet.Trails in which nothing has ever moved. It counts the questions that it is asked.
type stillness struct {
	asked  int
	purged []int64
}

func (s *stillness) Last(_ context.Context, _ int64, ids []int64) (map[int64]fleet.Fix, error) {
	s.asked++
	fixes := map[int64]fleet.Fix{}
	for _, id := range ids {
		fixes[id] = fleet.Fix{Status: "unavailable"}
	}
	return fixes, nil
}

func (s *stillness) Purge(_ context.Context, _ *store.Tx, _, id int64) error {
	s.purged = append(s.purged, id)
	return nil
}

// gate lets everyone into the accounts that it knows, as an admin. The real guard is tested where it lives.
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

// world is a fleet with two accounts, "acme" and "other".
type world struct {
	t           *testing.T
	db          *store.DB
	service     *fleet.Service
	trails      *stillness
	router      *web.Router
	acme, other int64
}

func newWorld(t *testing.T, db *store.DB) *world {
	w := &world{t: t, db: db, trails: &stillness{}, acme: testkit.Account(t, db, "acme"), other: testkit.Account(t, db, "other")}
	w.service = fleet.New(db, w.trails, publicURL+"/")
	w.router = web.NewRouter(web.Info{Title: "test"}, gate{"acme": w.acme, "other": w.other}, nil)
	w.service.Routes(w.router)
	if err := w.router.Err(); err != nil {
		t.Fatal(err)
	}
	return w
}

// call sends a request and returns the answer with its body as JSON.
func (w *world) call(method, path, body string) (*httptest.ResponseRecorder, map[string]any) {
	w.t.Helper()
	answer := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, bytes.NewBufferString(body))
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
func (w *world) want(status int, method, path, body string) map[string]any {
	w.t.Helper()
	answer, content := w.call(method, path, body)
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
