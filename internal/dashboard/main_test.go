package dashboard

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/geofence"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/tracking"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/usage"
	"github.com/yipii/yipii/internal/web"
)

const publicURL = "https://iot.example.com"

// site is all pages on real rooms, with the accounts acme (of Ada, an admin, and Vic, a viewer) and other (of Oscar).
type site struct {
	tb              testing.TB
	db              *store.DB
	pages           *Service
	handler         http.Handler
	router          *web.Router
	acme, other     int64
	ada, vic, oscar int64
	now             time.Time
	gate            chan struct{} // see plainMaker
}

func newSite(tb testing.TB) *site {
	tb.Helper()
	s := &site{tb: tb, gate: make(chan struct{}), db: testkit.SQLite(tb), now: time.UnixMilli(time.Now().UnixMilli()).UTC()}
	now := func() time.Time { return s.now }
	server, _ := secret.New()
	log := audit.New(s.db, server)
	accounts := account.New(s.db, log, publicURL)
	positions := trail.OpenStore(s.db, now)
	assets := fleet.New(s.db, log, positions, publicURL)
	trails := trail.New(positions, assets, publicURL, slog.New(slog.DiscardHandler))
	go trails.Run(context.Background())
	tb.Cleanup(trails.Close)
	links := tracking.New(s.db, server, assets, trails, positions, log, tracking.Options{PublicURL: publicURL, Now: now, Log: slog.New(slog.DiscardHandler)})
	s.pages = New(Options{PublicURL: publicURL + "/", Accounts: accounts, Credentials: credential.New(s.db, server, accounts, log, publicURL, now),
		Fleet: assets, Trail: trails, Tracking: links, Usage: usage.New(s.db, log, now), Log: log, Now: now, Geofences: geofence.New(s.db, assets, log, publicURL), Reports: s.reports(server, assets, log),
		Sessions: session.New(s.db, server, accounts, log, session.Options{PublicURL: publicURL, Now: now})})
	s.people(accounts)
	s.router = web.NewPages(gate{s}, nil, s.pages.Present)
	s.pages.Routes(s.router)
	if err := s.router.Err(); err != nil {
		tb.Fatal(err)
	}
	s.handler = s.pages.Handler(s.router)
	return s
}

func (s *site) people(accounts *account.Service) {
	ctx := s.tb.Context()
	acme, ada, err := accounts.Create(ctx, account.NewAccount{Key: "acme", Name: "Acme Logistics", Email: "ada@example.com", AdminName: "Ada Archer"})
	s.must(err)
	other, oscar, err := accounts.Create(ctx, account.NewAccount{Key: "other", Name: "Other", Email: "oscar@example.com", AdminName: "Oscar"})
	s.must(err)
	s.acme, s.ada, s.other, s.oscar = acme.ID, ada, other.ID, oscar
	s.vic, err = accounts.AddMember(ctx, s.acme, "Vic Viewer", "vic@example.com", bearer.Viewer)
	s.must(err)
}

func (s *site) must(err error) {
	s.tb.Helper()
	if err != nil {
		s.tb.Fatal(err)
	}
}

// gate signs in whom the request's header names; the real one is tested where it lives.
type gate struct{ *site }

func (g gate) Guard(rt web.Route, next http.Handler) (http.Handler, error) {
	least := bearer.NoRole
	if rt.Access.Role != "" {
		var err error
		if least, err = bearer.ParseRole(rt.Access.Role); err != nil {
			return nil, err
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := strconv.ParseInt(r.Header.Get("Test-User"), 10, 64)
		user, err := g.pages.Accounts.User(r.Context(), id)
		if err != nil || user == nil {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		p := &bearer.Principal{User: user, Accounts: user.Memberships, Credential: bearer.Credential{ID: "session:9", UserID: id, Scopes: bearer.AllScopes}}
		for _, m := range user.Memberships {
			if rt.InAccount() && m.Key == r.PathValue("account_key") {
				p.Account, p.Home = m, m.AccountID
			}
		}
		switch {
		case rt.InAccount() && p.Home == 0:
			g.pages.Present(w, r, fault.Missing("Account"))
		case p.Account.Role < least:
			g.pages.Present(w, r, fault.New(fault.Forbidden, "This action is unauthorized."))
		default:
			next.ServeHTTP(w, r.WithContext(bearer.WithPrincipal(r.Context(), p)))
		}
	}), nil
}

// as sends a request of a user. A body, of names and values in turn, makes it a POST.
func (s *site) as(user int64, path string, body ...string) *httptest.ResponseRecorder {
	if body == nil {
		return s.send(user, http.MethodGet, path, "")
	}
	return s.send(user, http.MethodPost, path, values(body...).Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// send sends any request of a user, with the names and values of its header.
func (s *site) send(user int64, method, path, body string, header ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	request.Header.Set("Test-User", strconv.FormatInt(user, 10))
	ctx := web.WithRequest(s.tb.Context(), &web.Request{ID: "r1", ClientIP: netip.MustParseAddr("203.0.113.7"), UserAgent: "test/1"})
	answer := httptest.NewRecorder()
	s.handler.ServeHTTP(answer, request.WithContext(ctx))
	return answer
}

func values(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Add(pairs[i], pairs[i+1])
	}
	return out
}

// want is as, and fails unless the answer has this status; it returns the page.
func (s *site) want(status int, user int64, path string, body ...string) string {
	s.tb.Helper()
	answer := s.as(user, path, body...)
	if answer.Code != status {
		s.tb.Fatalf("%s: %d, want %d: %s", path, answer.Code, status, textOf(answer.Body.String()))
	}
	return answer.Body.String()
}

// sees fails unless the page has each of the texts.
func (s *site) sees(page string, texts ...string) {
	s.tb.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			s.tb.Errorf("%q is not in the page: %s", text, textOf(page))
		}
	}
}

// not fails if the page has one of the texts.
func (s *site) not(page string, texts ...string) {
	s.tb.Helper()
	for _, text := range texts {
		if strings.Contains(page, text) {
			s.tb.Errorf("%q is in the page: %s", text, textOf(page))
		}
	}
}

// client makes an OAuth client of an account.
func (s *site) client(accountID, owner int64, name string) *credential.Client {
	s.tb.Helper()
	c, _, err := s.pages.Credentials.Create(s.tb.Context(), credential.NewClient{AccountID: accountID, OwnerID: owner, Name: name,
		Scopes: bearer.AllScopes, GrantTypes: []string{credential.ClientCredentials}})
	s.must(err)
	return c
}

// asset makes an asset that reported at these minutes before now.
func (s *site) asset(accountID int64, draft fleet.Draft, minutesAgo ...int) *fleet.Asset {
	s.tb.Helper()
	a, err := s.pages.Fleet.Create(s.tb.Context(), accountID, draft)
	s.must(err)
	for i, minutes := range minutesAgo {
		_, err := s.pages.Trail.Ingest(s.tb.Context(), accountID, []trail.Position{{AssetID: a.ID, Time: s.now.Add(-time.Duration(minutes) * time.Minute).UnixMilli(),
			Latitude: 52.5 + float64(i)*0.01, Longitude: 13.4 + float64(i)*0.02, Speed: trail.Some(40 + float64(i)), Heading: trail.Some(70.0)}})
		s.must(err)
	}
	return a
}
