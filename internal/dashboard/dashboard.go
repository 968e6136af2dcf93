package dashboard

import (
	"net/http"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/atlas"
	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/geofence"
	"github.com/yipii/yipii/internal/reporting"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/tracking"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/usage"
	"github.com/yipii/yipii/internal/web"
)

// Options are the rooms that the pages stand on.
type Options struct {
	// PublicURL is where the API is reached, without a path: samples call it.
	PublicURL   string
	Accounts    *account.Service
	Credentials *credential.Service
	Fleet       *fleet.Service
	Trail       *trail.Service
	Tracking    *tracking.Service
	Usage       *usage.Counter
	Sessions    *session.Service
	Geofences   *geofence.Service
	Reports     *reporting.Service
	Log         *audit.Log
	Now         func() time.Time

	// MapTiles is where maps get their tiles, as atlas.CheckTiles takes it, and MapAttribution who made them; "" for none.
	MapTiles, MapAttribution string
	// LiveKey is the key that the browser asks for live positions with, on this host; "" where nothing sends them.
	LiveKey string
}

// Service serves the pages.
type Service struct {
	Options
	static    staticSet
	summaries summaryCache
}

// New makes the service.
func New(o Options) *Service {
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	return &Service{Options: o, static: newStaticSet()}
}

// contentSecurity lets a page load what this server serves and nothing else: no foreign host, nothing inline.
const contentSecurity = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Handler puts before the router of pages what all of its answers carry, and refuses changes that another site's page
// asks a browser for.
func (s *Service) Handler(pages http.Handler) http.Handler {
	protected := s.Sessions.SameOrigin(pages)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurity)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		protected.ServeHTTP(w, r)
	})
}

// Routes declares the pages. r is a router that [web.NewPages] made, with [Service.Present].
func (s *Service) Routes(r *web.Router) {
	s.static.routes(r)
	r.Handle(web.Route{Method: http.MethodGet, Pattern: atlas.Pattern, Access: web.Access{Public: true}, ID: "page-static-atlas", Hidden: true}, atlas.Handler())
	add := func(method, pattern, id string, access web.Access, fn handler) {
		r.Handle(web.Route{Method: method, Pattern: pattern, Access: access, ID: "page-" + id, Hidden: true}, s.page(fn))
	}
	s.signInPages(r)
	s.profilePages(r)
	add("GET", "/{$}", "root", web.Access{Any: true}, s.serveRoot)
	add("GET", "/{account_key}", "account", web.Access{Public: true}, s.serveBare)
	for _, p := range s.accountPages() {
		add(p.method, web.PagePrefix+p.path, p.id, web.Access{Any: true, Role: p.role}, p.fn)
	}
}

// accountPage is a page of an account, for those with at least this role in it.
type accountPage struct {
	role, method, path, id string
	fn                     handler
}

// accountPages lists the pages of an account, by path.
func (s *Service) accountPages() []accountPage {
	return []accountPage{
		{"viewer", "GET", "{$}", "overview", s.serveOverview},

		{"viewer", "GET", "map", "map", s.serveMap},
		{"viewer", "GET", "map/positions", "map-positions", s.servePositions},
		{"viewer", "GET", "map/trail/{id}", "map-trail", s.serveMapTrail},
		{"viewer", "GET", "map/geofences", "map-geofences", s.serveGeofences},
		{"manager", "POST", "map/geofence", "map-geofence-create", asJSON(s.serveDrawGeofence)},
		{"manager", "GET", "map/geofence/{id}", "map-geofence", asJSON(s.serveMapGeofence)},
		{"manager", "PATCH", "map/geofence/{id}", "map-geofence-update", asJSON(s.serveReshapeGeofence)},
		{"manager", "DELETE", "map/geofence/{id}", "map-geofence-delete", asJSON(s.serveDeleteGeofence)},

		{"viewer", "GET", "asset", "assets", s.serveAssets},
		{"viewer", "GET", "asset/{id}", "asset", s.serveAsset},

		{"viewer", "GET", linkSection, "links", s.serveLinks},
		{"manager", "GET", linkSection + "/new", "link-new", s.serveNewLink},
		{"manager", "POST", linkSection, "link-create", s.serveCreateLink},
		{"manager", "GET", linkSection + "/{id}/revoke", "link-ask-revoke", s.serveAskRevokeLink},
		{"manager", "POST", linkSection + "/{id}/revoke", "link-revoke", s.serveRevokeLink},

		{"viewer", "GET", reportSection, "reports", s.serveReports},
		{"manager", "GET", reportSection + "/new", "report-new", s.serveNewReport},
		{"manager", "POST", reportSection, "report-create", s.serveCreateReport},
		{"viewer", "GET", reportSection + "/{id}", "report", s.serveReport},
		{"viewer", "GET", reportSection + "/{id}/file", "report-file", s.serveReportFile},
		{"manager", "GET", reportSection + "/{id}/delete", "report-ask-delete", s.serveAskDeleteReport},
		{"manager", "POST", reportSection + "/{id}/delete", "report-delete", s.serveDeleteReport},
		{"manager", "GET", scheduleSection + "/new", "report-schedule-new", s.serveNewSchedule},
		{"manager", "POST", scheduleSection, "report-schedule-create", s.serveCreateSchedule},
		{"manager", "GET", scheduleSection + "/{id}", "report-schedule-edit", s.serveEditSchedule},
		{"manager", "POST", scheduleSection + "/{id}", "report-schedule-update", s.serveUpdateSchedule},
		{"manager", "GET", scheduleSection + "/{id}/delete", "report-schedule-ask-delete", s.serveAskDeleteSchedule},
		{"manager", "POST", scheduleSection + "/{id}/delete", "report-schedule-delete", s.serveDeleteSchedule},

		{"viewer", "GET", "access", "access", s.serveAccess},
		{"admin", "GET", "client/new", "client-new", s.serveNewClient},
		{"admin", "POST", "client", "client-create", s.serveCreateClient},
		{"admin", "GET", "client/{id}", "client", s.serveClient},
		{"admin", "GET", "client/{id}/edit", "client-edit", s.serveEditClient},
		{"admin", "POST", "client/{id}/edit", "client-update", s.serveUpdateClient},
		{"admin", "POST", "client/{id}/disable", "client-disable", s.serveDisableClient},
		{"admin", "GET", "client/{id}/revoke", "client-ask-revoke", s.serveAskRevokeClient},
		{"admin", "POST", "client/{id}/revoke", "client-revoke", s.serveRevokeClient},
		{"admin", "GET", "client/{id}/rotate", "client-rotate", s.serveRotate},
		{"admin", "POST", "client/{id}/secret", "secret-create", s.serveAddSecret},
		{"admin", "GET", "client/{id}/secret/{secret}/delete", "secret-ask-delete", s.serveAskDeleteSecret},
		{"admin", "POST", "client/{id}/secret/{secret}/delete", "secret-delete", s.serveDeleteSecret},
		{"viewer", "GET", "key/new", "key-new", s.serveNewKey},
		{"viewer", "POST", "key", "key-create", s.serveCreateKey},
		{"viewer", "GET", "key/{id}", "key", s.serveKey},
		{"viewer", "GET", "key/{id}/revoke", "key-ask-revoke", s.serveAskRevokeKey},
		{"viewer", "POST", "key/{id}/revoke", "key-revoke", s.serveRevokeKey},

		{"admin", "GET", "member", "members", s.serveMembers},
		{"admin", "GET", "member/invite", "member-ask-invite", s.serveAskInvite},
		{"admin", "POST", "member/invite", "member-invite", s.serveInvite},
		{"admin", "GET", "member/{id}", "member", s.serveMember},
		{"admin", "POST", "member/{id}", "member-update", s.serveUpdateMember},
		{"admin", "GET", "member/{id}/remove", "member-ask-remove", s.serveAskRemoveMember},
		{"admin", "POST", "member/{id}/remove", "member-remove", s.serveRemoveMember},
		{"admin", "POST", "invitation/{id}/revoke", "invitation-revoke", s.serveRevokeInvitation},

		{"admin", "GET", "audit", "audit", s.serveAudit},
		{"admin", "POST", "audit/export", "audit-export", s.serveExport},

		{"admin", "GET", "settings", "settings", s.serveSettings},
		{"admin", "POST", "settings", "settings-update", s.serveUpdateSettings},
	}
}

// serveRoot sends the caller to their first account.
func (s *Service) serveRoot(w http.ResponseWriter, r *http.Request) error {
	accounts := bearer.PrincipalOf(r.Context()).Accounts
	if len(accounts) == 0 {
		return fault.New(fault.Forbidden, "You are in no account. Ask an admin of one to invite you.")
	}
	return see(w, pathIn(accounts[0].Key))
}

// serveBare adds the slash to an account's path. It tells nothing of which accounts there are.
func (s *Service) serveBare(w http.ResponseWriter, r *http.Request) error {
	key := r.PathValue("account_key")
	if account.CheckKey(key) != nil {
		return fault.New(fault.NotFound, "Not found.")
	}
	return see(w, pathIn(key))
}
