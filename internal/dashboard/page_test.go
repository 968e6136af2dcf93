package dashboard

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/atlas"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/reporting"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/tracking"
	"github.com/yipii/yipii/internal/web"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// ids are values for the variables of a site's paths.
type ids struct{ asset, client, secret, key, member, invitation, link, report, schedule string }

// furnished is a site with one of everything in the account.
func furnished(t *testing.T) (*site, ids) {
	s := newSite(t)
	asset := s.asset(s.acme, fleet.Draft{Name: "Van 12", Group: "North", Registration: "B-YP 12"}, 30, 20, 1)
	c := s.client(s.acme, s.ada, "Importer")
	s.want(200, s.ada, "/acme/client/"+c.ID+"/secret", "x", "")
	s.want(200, s.ada, "/acme/key", "name", "Notebook", "scopes", "read:assets")
	_, err := s.pages.Sessions.Invite(t.Context(), session.Invitation{AccountID: s.acme, Email: "nora@example.com", Role: 2})
	s.must(err)
	invitations, err := s.pages.Sessions.Invitations(t.Context(), s.acme)
	s.must(err)
	keys, _, err := s.pages.Credentials.KeysPage(t.Context(), s.acme, 0, 0, 1)
	s.must(err)
	s.want(303, s.ada, "/acme/tracking-links", "name", "Delivery", "asset_ids", strconv.FormatInt(asset.ID, 10), "show", "position",
		"from", s.now.Format("2006-01-02T15:04"), "until", s.now.AddDate(0, 0, 1).Format("2006-01-02T15:04"), "pin", "4711")
	links, _, err := s.pages.Tracking.List(t.Context(), s.acme, 0, web.PageInput{Page: 1, PerPage: 1})
	s.must(err)
	s.want(303, s.ada, "/acme/report", "type", "mileage", "format", "html", "date_from", "2026-05-01", "date_to", "2026-05-31", "title", "May")
	s.made()
	s.want(303, s.ada, "/acme/report", "type", "mileage", "format", "pdf", "date_from", "2026-05-01", "date_to", "2026-05-31")
	s.want(303, s.ada, "/acme/report-schedule", "name", "Mondays", "type", "mileage", "format", "pdf", "every", "weekly", "weekday", "1", "time", "06:30", "deliver", "webhook")
	reports, _, err := s.pages.Reports.List(t.Context(), s.acme, reporting.Filter{Status: reporting.Completed}, web.PageInput{Page: 1, PerPage: 1})
	s.must(err)
	text := func(n int64) string { return strconv.FormatInt(n, 10) }
	return s, ids{text(asset.ID), c.ID, text(c.Secrets[0].ID), text(keys[0].ID), text(s.vic), text(invitations[0].ID), text(links[0].ID), reports[0].ID, "1"}
}

// path fills in a route's pattern.
func (i ids) path(accountKey string, rt web.Route) string {
	noun, _, _ := strings.Cut(strings.TrimPrefix(rt.Pattern, web.PagePrefix), "/")
	id := map[string]string{"asset": i.asset, "map": i.asset, "client": i.client, "key": i.key, "member": i.member, "invitation": i.invitation, "tracking-links": i.link, "report": i.report, "report-schedule": i.schedule}[noun]
	return strings.NewReplacer("{account_key}", accountKey, "{id}", id, "{secret}", i.secret, "{$}", "").Replace(rt.Pattern)
}

// noPage reports whether what a route sends is no page of ours, but the file of a report, or a geofence as JSON.
func noPage(rt web.Route) bool {
	return strings.HasSuffix(rt.Pattern, "/file") || strings.HasSuffix(rt.Pattern, "/map/geofence/{id}")
}

// TestEveryPage walks the routes: each page has the headers, nothing inline, and names for all its controls.
func TestEveryPage(t *testing.T) {
	s, one := furnished(t)
	for _, rt := range s.router.Routes() {
		if !rt.InAccount() || rt.Method != http.MethodGet || noPage(rt) {
			continue
		}
		path := one.path("acme", rt)
		answer := s.as(s.ada, path)
		page := answer.Body.String()
		if answer.Code != http.StatusOK {
			t.Errorf("%s: %d: %s", path, answer.Code, textOf(page))
		}
		checkHeaders(t, path, answer)
		checkPage(t, path, page)
	}
}

func checkHeaders(t *testing.T, where string, answer *httptest.ResponseRecorder) {
	t.Helper()
	policy := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	if where == "/acme/map" {
		policy = atlas.ContentSecurity("") // MapLibre draws in a worker
	}
	for name, want := range map[string]string{
		"Content-Security-Policy": policy,
		"Referrer-Policy":         "no-referrer", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
	} {
		if got := answer.Header().Get(name); got != want {
			t.Errorf("%s: %s is %q", where, name, got)
		}
	}
}

// TestRoles: the navigation hides what a role may not, and asking for it anyway is refused.
func TestRoles(t *testing.T) {
	s, one := furnished(t)
	for _, rt := range s.router.Routes() {
		if !rt.InAccount() {
			continue
		}
		path, body := one.path("acme", rt), []string(nil)
		if rt.Method == http.MethodPost {
			body = []string{"x", ""}
		}
		if rt.Access.Role == "admin" {
			s.want(http.StatusForbidden, s.vic, path, body...)
		}
		answer := s.as(s.oscar, path, body...)
		if answer.Code != http.StatusNotFound {
			t.Errorf("%s %s of an account that isn't the caller's: %d", rt.Method, path, answer.Code)
		}
		if answer := s.as(0, path, body...); answer.Code != http.StatusSeeOther {
			t.Errorf("%s %s without a session: %d", rt.Method, path, answer.Code)
		}
	}
	page := s.want(http.StatusOK, s.vic, "/acme/")
	s.sees(page, `href="/acme/asset"`, `href="/acme/access"`)
	s.not(page, `href="/acme/member"`, `href="/acme/audit"`, `href="/acme/settings"`, `href="/acme/client/new"`)
	s.sees(s.want(http.StatusOK, s.ada, "/acme/"), `href="/acme/member"`, `href="/acme/audit"`, `href="/acme/settings"`)
}

// TestForeignIDs: what another account has is not found, as what nobody has.
func TestForeignIDs(t *testing.T) {
	s, _ := furnished(t)
	foreign := ids{client: s.client(s.other, s.oscar, "Theirs").ID, member: strconv.FormatInt(s.oscar, 10), secret: "1", invitation: "77"}
	theirs := s.asset(s.other, fleet.Draft{Name: "Theirs"}, 1).ID
	foreign.asset = strconv.FormatInt(theirs, 10)
	s.want(200, s.oscar, "/other/key", "name", "Theirs", "scopes", "read:assets")
	keys, _, err := s.pages.Credentials.KeysPage(t.Context(), s.other, 0, 0, 1)
	s.must(err)
	foreign.key = strconv.FormatInt(keys[0].ID, 10)
	until := time.Now().Add(time.Hour)
	link, err := s.pages.Tracking.Create(t.Context(), s.other, tracking.LinkFields{Name: some("Theirs"), AssetIDs: some([]int64{theirs}), Until: some(until)})
	s.must(err)
	foreign.link = strconv.FormatInt(link.ID, 10)
	s.want(303, s.oscar, "/other/report", "type", "mileage", "format", "html", "date_from", "2026-05-01", "date_to", "2026-05-31", "title", "Theirs")
	s.want(303, s.oscar, "/other/report-schedule", "name", "Theirs", "type", "mileage", "format", "pdf", "every", "daily", "time", "06:30", "deliver", "webhook")
	reports, _, err := s.pages.Reports.List(t.Context(), s.other, reporting.Filter{}, web.PageInput{Page: 1, PerPage: 1})
	s.must(err)
	foreign.report, foreign.schedule = reports[0].ID, "2"
	nobodys := ids{"999", "00000000-0000-4000-8000-000000000000", "999", "999", "999", "999", "999", "00000000-0000-4000-8000-000000000000", "999"}
	noIDs := ids{"x", "x", "x", "x", "x", "x", "x", "x", "x"}
	for _, rt := range s.router.Routes() {
		if !rt.InAccount() || !strings.Contains(rt.Pattern, "{id}") {
			continue
		}
		var body []string
		if rt.Method == http.MethodPost {
			body = []string{"name", "Mine now", "scopes", "read:assets", "token_lifetime", "0", "role", "viewer"}
		}
		for _, i := range []ids{foreign, nobodys, noIDs} {
			page := s.want(http.StatusNotFound, s.ada, i.path("acme", rt), body...)
			if !noPage(rt) {
				s.sees(page, "Not found")
			}
			s.not(page, "Theirs")
		}
	}
}

// TestOtherSites: a change that another site's page asks for isn't made.
func TestOtherSites(t *testing.T) {
	s, one := furnished(t)
	request := httptest.NewRequest(http.MethodPost, "/acme/client/"+one.client+"/revoke", nil)
	request.Header.Set("Test-User", strconv.FormatInt(s.ada, 10))
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	answer := httptest.NewRecorder()
	s.handler.ServeHTTP(answer, request)
	if answer.Code != http.StatusForbidden {
		t.Errorf("%d", answer.Code)
	}
	checkHeaders(t, "the refusal", answer)
	s.want(http.StatusOK, s.ada, "/acme/client/"+one.client)
}

// TestEscaping: names are text, whatever they hold.
func TestEscaping(t *testing.T) {
	s := newSite(t)
	const evil = `<script>alert(1)</script>"'&`
	a := s.asset(s.acme, fleet.Draft{Name: evil, Group: evil, Registration: `"><img src=x>`}, 1)
	c := s.client(s.acme, s.ada, evil)
	for _, path := range []string{"/acme/", "/acme/asset", "/acme/asset?search=" + `%3Cscript%3E`, "/acme/asset/" + strconv.FormatInt(a.ID, 10), "/acme/access",
		"/acme/client/" + c.ID, "/acme/client/" + c.ID + "/rotate", "/acme/client/" + c.ID + "/revoke", "/acme/audit", "/acme/audit?action=%3Cscript%3E&subject=%22%3E%3Cimg"} {
		page := s.want(http.StatusOK, s.ada, path)
		s.not(page, "<script>", "<img")
		checkPage(t, path, page)
	}
	s.sees(s.want(http.StatusOK, s.ada, "/acme/asset"), "&lt;script&gt;")
}

func TestStart(t *testing.T) {
	s := newSite(t)
	for path, to := range map[string]string{"/": "/acme/", "/acme": "/acme/", "/elsewhere": "/elsewhere/"} {
		answer := s.as(s.ada, path)
		if answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != to {
			t.Errorf("%s: %d %s", path, answer.Code, answer.Header().Get("Location"))
		}
	}
	for _, path := range []string{"/favicon.ico", "/static", "/A", "/acme/nothing", "/acme/asset/1/nothing", "/acme//"} {
		answer := s.as(s.ada, path)
		if answer.Code != http.StatusNotFound || !strings.Contains(answer.Header().Get("Content-Type"), "html") {
			t.Errorf("%s: %d", path, answer.Code)
		}
		checkHeaders(t, path, answer)
		checkPage(t, path, answer.Body.String())
	}
	if answer := s.as(s.ada, "/acme/settings/x", "a", "b"); answer.Code != http.StatusNotFound {
		t.Errorf("%d", answer.Code)
	}
	if answer := s.as(s.ada, "/acme/audit", "a", "b"); answer.Code != http.StatusMethodNotAllowed || answer.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("%d, allow %q", answer.Code, answer.Header().Get("Allow"))
	}
}

// TestAccountSwitcher: somebody in two accounts gets from one to the other.
func TestAccountSwitcher(t *testing.T) {
	s := newSite(t)
	s.not(s.want(http.StatusOK, s.ada, "/acme/"), ", change account")
	_, err := s.pages.Accounts.AddMember(t.Context(), s.other, "", "ada@example.com", 2)
	s.must(err)
	s.sees(s.want(http.StatusOK, s.ada, "/acme/"), ", change account", `href="/other/"`)
}

// TestStaticFiles: a file under its own hash is kept for good; under another it isn't.
func TestStaticFiles(t *testing.T) {
	s := newSite(t)
	page := s.want(http.StatusOK, s.ada, "/acme/")
	s.sees(page, s.pages.static.url("app.css"), s.pages.static.url("app.js"), s.pages.static.url("icon.svg"))
	for _, f := range s.pages.static {
		url := s.pages.static.url(f.name)
		answer := s.as(0, url)
		if answer.Code != http.StatusOK || !strings.Contains(answer.Header().Get("Cache-Control"), "immutable") || answer.Header().Get("Content-Type") != f.contentType {
			t.Errorf("%s: %d %v", url, answer.Code, answer.Header())
		}
		if got := s.as(0, "/static/"+f.name+"?v=old").Header().Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s by another hash: %s", f.name, got)
		}
	}
	if slices.ContainsFunc(s.pages.static, func(f staticFile) bool { return strings.Contains(string(f.body), "//cdn") }) {
		t.Error("a file asks another host")
	}
}
