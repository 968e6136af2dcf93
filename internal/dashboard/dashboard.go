package dashboard

import (
	"net/http"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/trail"
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
	Now         func() time.Time
}

// Service serves the pages.
type Service struct {
	Options
	static staticSet
}

// New makes the service.
func New(o Options) *Service {
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	return &Service{Options: o, static: newStaticSet()}
}

// contentSecurity lets a page load what this server serves and nothing else: no foreign host, nothing inline.
const contentSecurity = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Handler puts before the router of pages what all of its answers carry, and refuses changes that another site's page
// asks a browser for.
func (s *Service) Handler(pages http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	// Behind a proxy that changes Host, the public URL is what browsers send. One that is no origin adds nothing.
	_ = origin.AddTrustedOrigin(s.PublicURL)
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Present(w, r, fault.New(fault.Forbidden, "The request came from another site's page, so nothing was changed."))
	}))
	protected := origin.Handler(pages)
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
	add := func(method, pattern, id string, access web.Access, fn handler) {
		r.Handle(web.Route{Method: method, Pattern: pattern, Access: access, ID: "page-" + id, Hidden: true}, s.page(fn))
	}
	add("GET", "/{$}", "root", web.Access{Any: true}, s.serveRoot)
	add("GET", "/{account_key}", "account", web.Access{Public: true}, s.serveBare)
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
