package web

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/fault"
)

// Access says who may call a route. Exactly one of Public, Any or Scope is set.
type Access struct {
	// Public: no credential is asked for.
	Public bool
	// Any: every good credential will do, whatever its scopes.
	Any bool
	// Scope is the scope that the credential must hold, such as "read:assets".
	Scope string
	// Role is the least role in the account that the caller must have: "viewer", "manager" or "admin". It goes
	// with Scope and a pattern below /api/{account_key}/.
	Role string
	// Enters: the path names no account, but the body, the query or a record does. The handler enters it (bearer.Enter), which
	// checks Role there.
	Enters bool
}

// Route is the one declaration of an endpoint.
type Route struct {
	Method  string
	Pattern string // as http.ServeMux takes it, without the method
	Access  Access

	ID          string // operationId in the API description, unique
	Tag         string // the heading it stands under
	Summary     string
	Description string

	// MaxBody is the largest request body in bytes; 0 stands for DefaultMaxBody.
	MaxBody int64
	// Stream lets an answer last as long as both sides like: the request's deadline doesn't hold.
	Stream bool
	// Hidden leaves the route out of the API description (pages, assets, operations).
	Hidden bool
	// Document completes the API description of a plain handler. A typed operation describes itself; there it may set
	// what the types can't say, such as the status of success or how a path parameter reads.
	Document func(op *huma.Operation, schemas huma.Registry)
}

// DefaultMaxBody bounds the body of a route that sets no limit of its own: 1 MiB.
const DefaultMaxBody = 1 << 20

// AccountPrefix starts the pattern of every account-scoped route.
const AccountPrefix = "/api/{account_key}/"

// PagePrefix starts the pattern of every page of an account, where the key stands first (contract §1).
const PagePrefix = "/{account_key}/"

// InAccount reports whether the route is account-scoped.
func (rt Route) InAccount() bool {
	return strings.HasPrefix(rt.Pattern, AccountPrefix) || strings.HasPrefix(rt.Pattern, PagePrefix)
}

func (rt Route) check() error {
	named := 0
	for _, set := range []bool{rt.Access.Public, rt.Access.Any, rt.Access.Scope != ""} {
		if set {
			named++
		}
	}
	switch {
	case named != 1:
		return fmt.Errorf("route %s %s: declare exactly one of public, any credential, or a scope", rt.Method, rt.Pattern)
	case rt.InAccount() && rt.Access.Public:
		return fmt.Errorf("route %s %s: an account's data is never public", rt.Method, rt.Pattern)
	case rt.InAccount() && rt.Access.Role == "":
		return fmt.Errorf("route %s %s: declare the least role in the account", rt.Method, rt.Pattern)
	case rt.Access.Enters && (rt.InAccount() || rt.Access.Scope == "" || rt.Access.Role == ""):
		return fmt.Errorf("route %s %s: who enters an account needs a scope and a role, and no account in the path", rt.Method, rt.Pattern)
	case rt.ID == "":
		return fmt.Errorf("route %s %s: declare an operation id", rt.Method, rt.Pattern)
	}
	return nil
}

// Gate stands before the handlers of all routes that aren't public: the guard. It returns an error for an access
// that it can't enforce, and the server doesn't start.
type Gate interface {
	Guard(rt Route, next http.Handler) (http.Handler, error)
}

// Wrap decorates every route's handler from the outside: the log line, metrics, deadline.
type Wrap func(rt Route, next http.Handler) http.Handler

// Router collects the routes and serves them.
type Router struct {
	mux    *http.ServeMux
	api    huma.API
	gate   Gate
	wrap   Wrap
	routes []Route
	errs   []error
	// present writes the answer to what no route takes.
	present func(http.ResponseWriter, *http.Request, error)

	unmatched http.Handler // answers what no route does
	refusals  refusals     // as they are described
}

// NewRouter makes an empty router. gate may be nil while only public routes are added.
func NewRouter(info Info, gate Gate, wrap Wrap) *Router {
	r := newRouter(gate, wrap, WriteError)
	r.api = newAPI(info, r)
	r.refusals = newRefusals(r.api)
	return r
}

// NewPages makes an empty router of pages, which takes plain handlers only and is not described. present shows a fault
// as a page.
func NewPages(gate Gate, wrap Wrap, present func(http.ResponseWriter, *http.Request, error)) *Router {
	return newRouter(gate, wrap, present)
}

func newRouter(gate Gate, wrap Wrap, present func(http.ResponseWriter, *http.Request, error)) *Router {
	r := &Router{mux: http.NewServeMux(), gate: gate, wrap: wrap, present: present}
	r.unmatched = http.HandlerFunc(r.answerUnmatched)
	if wrap != nil {
		r.unmatched = wrap(Route{Method: "*", Pattern: "unmatched", Access: Access{Public: true}}, r.unmatched)
	}
	r.mux.Handle("/", r.unmatched)
	return r
}

// Handle adds a plain handler. Typed JSON operations are added by Operation.
func (r *Router) Handle(rt Route, h http.Handler) {
	if !rt.Hidden && r.api != nil {
		r.describe(rt)
	}
	r.mount(rt, limitBody(rt, h))
}

func (r *Router) mount(rt Route, h http.Handler) {
	if err := rt.check(); err != nil {
		r.errs = append(r.errs, err)
		return
	}
	if !rt.Access.Public {
		guarded, err := r.gate.Guard(rt, h)
		if err != nil {
			r.errs = append(r.errs, fmt.Errorf("route %s %s: %w", rt.Method, rt.Pattern, err))
			return
		}
		h = guarded
	}
	if r.wrap != nil {
		h = r.wrap(rt, h)
	}
	r.mux.Handle(rt.Method+" "+rt.Pattern, h)
	r.routes = append(r.routes, rt)
}

// Routes lists what was declared, in order. Tests walk it.
func (r *Router) Routes() []Route { return slices.Clone(r.routes) }

// Err returns the first declaration that can't be served; the server must not start with one.
func (r *Router) Err() error {
	if len(r.errs) > 0 {
		return r.errs[0]
	}
	return nil
}

// ServeHTTP finds the route. A path that isn't clean is unknown here: the mux would answer it with an HTML redirect.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if clean(req.URL.Path) {
		r.mux.ServeHTTP(w, req)
	} else {
		r.unmatched.ServeHTTP(w, req)
	}
}

func clean(p string) bool {
	return p == "/" || strings.HasPrefix(p, "/") && path.Clean(p) == strings.TrimSuffix(p, "/")
}

// answerUnmatched answers, as JSON, that there is no such path, or that it takes other methods only.
func (r *Router) answerUnmatched(w http.ResponseWriter, req *http.Request) {
	if allow := r.methods(req); len(allow) > 0 {
		r.present(w, req, &fault.Error{Kind: fault.MethodNotAllowed, Message: "Method not allowed.", Allow: strings.Join(allow, ", ")})
		return
	}
	r.present(w, req, fault.New(fault.NotFound, "Not found."))
}

// methods are those that the request's path takes.
func (r *Router) methods(req *http.Request) []string {
	var allow []string
	if !clean(req.URL.Path) {
		return allow
	}
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		probe := &http.Request{Method: method, URL: req.URL, Host: req.Host}
		if _, pattern := r.mux.Handler(probe); pattern != "/" && pattern != "" {
			allow = append(allow, method)
		}
	}
	return allow
}

// limitBody bounds what a plain handler can read; reading past it fails with *http.MaxBytesError.
func limitBody(rt Route, h http.Handler) http.Handler {
	limit := rt.maxBody()
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Body != http.NoBody {
			req.Body = http.MaxBytesReader(w, req.Body, limit)
		}
		h.ServeHTTP(w, req)
	})
}

func (rt Route) maxBody() int64 {
	if rt.MaxBody > 0 {
		return rt.MaxBody
	}
	return DefaultMaxBody
}
