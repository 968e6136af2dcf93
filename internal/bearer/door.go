package bearer

import (
	"context"
	"net/netip"
	"time"

	"github.com/yipii/yipii/internal/web"
)

// Ways in for callers that don't come by HTTP. They pass the same checks as a request, in the same order.

// Recognise is Identify, and notes in the request's facts, which stand in the context, whose token it is, even where that isn't
// good any more.
func (g *Guard) Recognise(ctx context.Context, token string) (*Principal, error) {
	c, p, err := g.identify(ctx, token)
	req := web.RequestOf(ctx)
	req.Credential, req.Home = c.ID, c.Home
	return p, err
}

// Admit finds out what a credential that was verified by other means than its token reaches now, as Identify does for a token.
func (g *Guard) Admit(ctx context.Context, c Credential) (*Principal, error) {
	if err := g.Fresh(); err != nil {
		return nil, err
	}
	_, p, err := g.reach(ctx, c)
	return p, err
}

// Entry is what a caller asks to do, as a route declares it, parsed once.
type Entry struct{ need need }

// EntryOf parses what a caller needs to do something in an account: a scope and a role.
func EntryOf(access web.Access) (Entry, error) {
	n, err := needOf(web.Route{Pattern: web.AccountPrefix, Access: access})
	return Entry{n}, err
}

// Enter lets p into the account of this key, from an address, or says why not: Forbidden for the address, the scope or the
// role, NotFound for an account that isn't there or isn't the caller's.
func (e Entry) Enter(p *Principal, accountKey string, from netip.Addr) (*Principal, error) {
	entered := *p
	if err := e.need.authorize(&entered, accountKey, from); err != nil {
		return nil, err
	}
	return &entered, nil
}

// Wait counts one request of p under its limit and says how long to hold it back: 0 within the limit.
func (g *Guard) Wait(p *Principal) time.Duration {
	_, _, wait := g.take(p)
	return wait
}
