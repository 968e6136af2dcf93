package bearer

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// Guard is the web.Gate of the API.
type Guard struct {
	// Tokens verifies access tokens; Keys verifies API keys, which begin with KeyPrefix.
	Tokens    Verifier
	Keys      Verifier
	KeyPrefix string

	// Pages verifies page tokens, which begin with PagePrefix; nil: there are none.
	Pages      Verifier
	PagePrefix string

	Directory Directory
	Limit     *Limiter // of requests, by credential
	Now       func() time.Time

	// Staleness is how long ago this process last learned of revocations; past Grace nothing can be decided any more.
	Staleness func() time.Duration
	Grace     time.Duration
}

// Refusals that the guard and the verifiers give (contract §4).
var (
	errNoToken = &fault.Error{Kind: fault.Unauthenticated, Message: "Unauthenticated."}
	errRole    = fault.New(fault.Forbidden, "This action is unauthorized.")
	errAccount = fault.Missing("Account")
	errAddress = fault.New(fault.Forbidden, "Requests from this address are not allowed.")
)

func badToken(detail string) *fault.Error {
	return &fault.Error{Kind: fault.Unauthenticated, Message: "Unauthenticated.", Code: "invalid_token", Detail: detail}
}

// Invalid, Expired and Revoked are the faults of a token that isn't good, as RFC 6750 §3.1 and contract §4 say them.
func Invalid() *fault.Error { return badToken("The access token is invalid.") }

// Expired: see Invalid.
func Expired() *fault.Error { return badToken("The access token has expired.") }

// Revoked: see Invalid.
func Revoked() *fault.Error { return badToken("The access token has been revoked.") }

// Undecided is the fault of a request that can't be decided because the database has been out of reach for too long.
func Undecided() *fault.Error {
	f := fault.New(fault.Unavailable, "The service is temporarily unavailable.")
	f.RetryAfter = 5 * time.Second
	return f
}

// Guard puts the checks of rt before next.
func (g *Guard) Guard(rt web.Route, next http.Handler) (http.Handler, error) {
	need, err := needOf(rt)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := web.RequestOf(r.Context())
		p, err := g.authenticate(r, req)
		if err != nil {
			web.WriteError(w, r, err)
			return
		}
		if ok := g.allowRate(w, r, p); !ok {
			return
		}
		if err := need.authorize(p, r.PathValue("account_key"), req.ClientIP); err != nil {
			web.WriteError(w, r, err)
			return
		}
		req.AccountKey, req.Principal = p.Account.Key, p
		next.ServeHTTP(w, r)
	}), nil
}

// need is a route's access, parsed once when the route is mounted.
type need struct {
	account bool
	scope   Scopes
	name    string // the scope's
	role    Role
}

func needOf(rt web.Route) (need, error) {
	n := need{account: rt.InAccount(), name: rt.Access.Scope}
	var err error
	if n.scope, err = ParseScopes(rt.Access.Scope); err != nil {
		return n, err
	}
	if rt.Access.Role != "" {
		if n.role, err = ParseRole(rt.Access.Role); err != nil {
			return n, err
		}
	}
	if n.role != NoRole && !n.account && !rt.Access.Enters {
		return n, fmt.Errorf("a role is asked for where no account is named")
	}
	return n, nil
}

// authorize checks address, account, scope and role, in that order: who doesn't reach the account learns nothing else
// of it.
func (n need) authorize(p *Principal, accountKey string, from netip.Addr) error {
	if !p.Networks.Allow(from) || !p.Terms().Networks.Allow(from) {
		return errAddress
	}
	if n.account {
		membership, ok := p.account(accountKey)
		if !ok {
			return errAccount
		}
		p.Account = membership
		if membership.AccountID != p.Home && !membership.terms().Networks.Allow(from) {
			return errAddress
		}
	}
	if !p.Scopes.Has(n.scope) {
		return &fault.Error{Kind: fault.Forbidden, Message: "Invalid scope(s) provided.", Code: "insufficient_scope", Scope: n.name}
	}
	if n.account && p.Account.Role < n.role {
		return errRole
	}
	p.entry.need = n
	return nil
}

// Admits reports whether a credential may be used from an address, in an account that it reaches.
func (p *Principal) Admits(m *Membership, from netip.Addr) bool {
	return p.Networks.Allow(from) && p.Terms().Networks.Allow(from) && (m.AccountID == p.Home || m.terms().Networks.Allow(from))
}

// authenticate finds out who the request comes from, and notes whose credential it is even where it is refused.
func (g *Guard) authenticate(r *http.Request, req *web.Request) (*Principal, error) {
	token, err := TokenOf(r)
	if err != nil {
		return nil, err
	}
	c, p, err := g.identify(r.Context(), token)
	req.Credential, req.Home = c.ID, c.Home
	return p, err
}

// Fresh is Undecided once this process has not learned of revocations for longer than the grace, nil before.
func (g *Guard) Fresh() error {
	if g.Staleness() > g.Grace {
		return Undecided()
	}
	return nil
}

// Identify finds out whose token it is and what it reaches now. It returns Invalid, Expired or Revoked for one that
// isn't good, and Undecided where that can't be known.
func (g *Guard) Identify(ctx context.Context, token string) (*Principal, error) {
	_, p, err := g.identify(ctx, token)
	return p, err
}

// identify is Identify, and tells of a credential that isn't good too, where it is known.
func (g *Guard) identify(ctx context.Context, token string) (Credential, *Principal, error) {
	if err := g.Fresh(); err != nil {
		return Credential{}, nil, err
	}
	verifier := g.Tokens
	switch {
	case strings.HasPrefix(token, g.KeyPrefix):
		verifier = g.Keys
	case g.Pages != nil && strings.HasPrefix(token, g.PagePrefix):
		verifier = g.Pages
	}
	c, err := verifier.Verify(ctx, token)
	if err != nil {
		return c, nil, err
	}
	return g.reach(ctx, c)
}

// reach finds out whose the credential is and what it reaches now.
func (g *Guard) reach(ctx context.Context, c Credential) (Credential, *Principal, error) {
	user, err := g.Directory.User(ctx, c.UserID)
	if err != nil {
		return c, nil, err
	}
	if user == nil || user.Suspended {
		return c, nil, Revoked()
	}
	p := &Principal{Credential: c, User: user}
	if p.Accounts = reached(user.Memberships, c); len(p.Accounts) == 0 {
		return c, nil, Revoked()
	}
	return c, p, nil
}

// reached lists the memberships that a credential reaches; none if its home account isn't among them.
func reached(memberships []Membership, c Credential) []Membership {
	if len(memberships) == 1 && memberships[0].AccountID == c.Home {
		return memberships // nearly everybody's case; nobody changes a membership in place
	}
	home := false
	out := make([]Membership, 0, 1+len(c.Reach))
	for _, m := range memberships {
		if m.AccountID == c.Home {
			home = true
		} else if !slices.Contains(c.Reach, m.AccountID) {
			continue
		}
		out = append(out, m)
	}
	if !home {
		return nil
	}
	return out
}

// maxToken bounds a bearer token. Ours are under 1 KiB.
const maxToken = 4096

// TokenOf takes the token from the Authorization header alone (RFC 6750 §2.1). The scheme's case doesn't matter
// (RFC 9110 §11.1).
func TokenOf(r *http.Request) (string, error) {
	values := r.Header["Authorization"]
	switch len(values) {
	case 0:
		return "", errNoToken
	case 1:
	default:
		return "", Invalid()
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", errNoToken
	}
	token = strings.Trim(token, " ")
	if token == "" || len(token) > maxToken || strings.IndexByte(token, ' ') >= 0 || strings.IndexByte(token, '\t') >= 0 { // verifiers look at the rest
		return "", Invalid()
	}
	return token, nil
}

// take counts the request under the limit of the credential's own account, or the server's.
func (g *Guard) take(p *Principal) (limit, remaining int, wait time.Duration) {
	if own := p.Terms().RateLimit; own > 0 {
		return g.Limit.TakeOf(p.ID, own, g.Now())
	}
	return g.Limit.Take(p.ID, g.Now())
}

// allowRate counts the request against its credential's limit and answers 429 past it.
func (g *Guard) allowRate(w http.ResponseWriter, r *http.Request, p *Principal) bool {
	limit, remaining, wait := g.take(p)
	if limit == 0 {
		return true
	}
	h := w.Header()
	both := []string{strconv.Itoa(limit), strconv.Itoa(remaining)} // one allocation for the two
	h["X-Ratelimit-Limit"], h["X-Ratelimit-Remaining"] = both[:1:1], both[1:]
	if wait == 0 {
		return true
	}
	web.WriteError(w, r, &fault.Error{Kind: fault.TooMany, Message: "Too Many Attempts.", RetryAfter: wait})
	return false
}
