package tracking

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/secret"
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
			"CreateReadUpdateDelete": testCreateReadUpdateDelete,
			"Conditions":             testConditions,
			"LimitedMembers":         testLimitedMembers,
			"PublicSide":             testPublicSide,
			"PINs":                   testPINs,
			"EndsOfALink":            testEndsOfALink,
			"WhatIsShown":            testWhatIsShown,
			"ForTheLiveRoom":         testForTheLiveRoom,
			"NothingReadable":        testNothingReadable,
			"Pages":                  testPages,
		} {
			t.Run(name, func(t *testing.T) { test(t, db) })
		}
	})
}

const publicURL = "https://iot.example.com"

// gate lets everyone into the accounts that it knows, limited to part. The real guard is tested where it lives.
type gate struct {
	accounts map[string]int64
	part     *bearer.Part
	role     bearer.Role
	scopes   bearer.Scopes
}

func (g *gate) Guard(_ web.Route, next http.Handler) (http.Handler, error) {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, ok := g.accounts[r.PathValue("account_key")]
		if !ok {
			web.WriteError(w, r, fault.Missing("Account"))
			return
		}
		p := &bearer.Principal{Account: bearer.Membership{AccountID: id, Part: g.part, Role: g.role}, User: &bearer.User{ID: 7}, Credential: bearer.Credential{Scopes: g.scopes}}
		next.ServeHTTP(w, r.WithContext(bearer.WithPrincipal(r.Context(), p)))
	}), nil
}

// world is the room with two accounts, "acme" and "other".
type world struct {
	testing.TB
	db          *store.DB
	fleet       *fleet.Service
	trail       *trail.Service
	service     *Service
	gate        *gate
	router      *web.Router
	pages       *web.Router
	acme, other int64
	ahead       *atomic.Int64
	logs        *bytes.Buffer
	from        string // the address that requests come from
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func (w *world) wait(d time.Duration) { w.ahead.Add(int64(d)) }

func newWorld(t testing.TB, db *store.DB) *world {
	key := func() string { return strings.ToLower(rand.Text()) }
	w := &world{TB: t, db: db, acme: testkit.Account(t, db, key()), other: testkit.Account(t, db, key()), ahead: &atomic.Int64{}, logs: &bytes.Buffer{}, from: "203.0.113.7"}
	server, _ := secret.New()
	log := testkit.Audit(t, db)
	positions := trail.OpenStore(db, w.now)
	w.fleet = fleet.New(db, log, positions, publicURL)
	w.trail = trail.New(positions, w.fleet, publicURL, slog.New(slog.DiscardHandler))
	go w.trail.Run(context.Background())
	t.Cleanup(w.trail.Close)
	w.service = New(db, server, w.fleet, w.trail, positions, log, Options{PublicURL: publicURL + "/", Now: w.now, Log: slog.New(slog.NewTextHandler(w.logs, nil))})
	w.gate = &gate{accounts: map[string]int64{"acme": w.acme, "other": w.other}, role: bearer.Manager, scopes: bearer.AllScopes}
	w.router = web.NewRouter(web.Info{Title: "test"}, w.gate, nil)
	w.service.Routes(w.router)
	w.must(w.router.Err())
	w.pages = web.NewPages(nil, nil, w.service.Present)
	w.service.Pages(w.pages)
	w.must(w.pages.Err())
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// asset makes an asset of acme that reported at these minutes before now, on its way east, and returns its id.
func (w *world) asset(group string, minutesAgo ...int) int64 {
	w.Helper()
	asset, err := w.fleet.Create(context.Background(), w.acme, fleet.Draft{Name: "Van", Group: group})
	w.must(err)
	for i, minutes := range minutesAgo {
		w.report(asset.ID, w.now().Add(-time.Duration(minutes)*time.Minute), 52.5, 13.4+float64(i)*0.01)
	}
	return asset.ID
}

func (w *world) report(asset int64, at time.Time, latitude, longitude float64) {
	w.Helper()
	_, err := w.trail.Ingest(context.Background(), w.acme, []trail.Position{{AssetID: asset, Time: at.UnixMilli(), Latitude: latitude, Longitude: longitude, Speed: trail.Some(40.0)}})
	w.must(err)
}

func (w *world) ask(router http.Handler, method, path, body, authorization string) *httptest.ResponseRecorder {
	w.Helper()
	answer := httptest.NewRecorder()
	ctx := web.WithRequest(context.Background(), &web.Request{ID: "test", ClientIP: netip.MustParseAddr(w.from), Log: slog.New(slog.NewTextHandler(w.logs, nil))})
	r := httptest.NewRequestWithContext(ctx, method, path, bytes.NewBufferString(body))
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	router.ServeHTTP(answer, r)
	return answer
}

// want sends a request to the API and fails unless the answer has this status; it returns the answer's body as JSON.
func (w *world) want(status int, method, path, body string, authorization ...string) map[string]any {
	w.Helper()
	answer := w.ask(w.router, method, path, body, strings.Join(authorization, ""))
	if answer.Code != status {
		w.Fatalf("%s %s %.300s: %d, want %d: %s", method, path, body, answer.Code, status, answer.Body)
	}
	var content map[string]any
	if answer.Body.Len() > 0 {
		w.must(json.Unmarshal(answer.Body.Bytes(), &content))
	}
	return content
}

const all = "/api/acme/tracking-link"

func data(content map[string]any) map[string]any { return content["data"].(map[string]any) }

// link makes a link of acme's that lasts for an hour, and returns its path and its token. more are further fields.
func (w *world) link(more string, assets ...int64) (path, token string) {
	w.Helper()
	made := data(w.want(201, "POST", all, fmt.Sprintf(`{"name":"Delivery","asset_ids":%s,"from":%q,"until":%q%s}`, strings.ReplaceAll(fmt.Sprint(assets), " ", ","),
		w.now().Add(-time.Hour).Format(time.RFC3339), w.now().Add(time.Hour).Format(time.RFC3339), more)))
	return fmt.Sprint(all, "/", made["id"]), strings.TrimPrefix(made["url"].(string), publicURL+"/t/")
}

func public(token string) string { return "/api/public/tracking/" + token }
