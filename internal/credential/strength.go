package credential

import (
	"context"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
)

// strength is what a credential can do beside what its owner's role lets it: a credential can't make a stronger one than
// itself, in none of the three.
type strength struct {
	scopes   bearer.Scopes
	networks bearer.Networks
	expires  time.Time // zero: never
}

// maker names the credential that another is made with.
func maker(ctx context.Context) string {
	if p := bearer.CallerOf(ctx); p != nil {
		return p.ID
	}
	return ""
}

// strengthOf is a caller's own. That a person's session or a token ends soon says nothing: both are got again. What counts
// is the end of an API key, and of the client behind a token.
func (s *Service) strengthOf(ctx context.Context, p *bearer.Principal) (strength, error) {
	own := strength{scopes: p.Scopes, networks: p.Networks}
	if strings.HasPrefix(p.ID, bearer.KeyNamePrefix) {
		own.expires = p.ExpiresAt
	}
	if p.TokenID == "" {
		return own, nil
	}
	c, err := s.Client(ctx, p.ID)
	if err == nil && c != nil {
		own.expires = c.ExpiresAt
	}
	return own, err
}

// terms are what the account asks of its credentials.
func (s *Service) terms(ctx context.Context, accountID int64) (bearer.Terms, error) {
	a, err := s.accounts.Find(ctx, accountID)
	return a.Terms, err
}

// bound checks what is asked for against the account's terms and the maker's own strength, and fills in the networks
// where they were left open: the maker's.
func (s *Service) bound(ctx context.Context, terms bearer.Terms, want strength) (strength, error) {
	if !want.expires.IsZero() && !want.expires.After(s.now()) {
		return want, fault.InvalidField("expires_at", "The expiry must lie in the future.")
	}
	if want.expires.IsZero() && terms.RequireExpiry {
		return want, fault.InvalidField("expires_at", "The account asks for an expiry of every credential.")
	}
	p := bearer.CallerOf(ctx)
	if p == nil {
		return want, nil
	}
	own, err := s.strengthOf(ctx, p)
	if err != nil {
		return want, err
	}
	if !own.scopes.Has(want.scopes) {
		return want, fault.InvalidField("scopes", "A credential can't give scopes that it doesn't have: "+(want.scopes&^own.scopes.Implied()).String()+".")
	}
	if len(want.networks) == 0 {
		want.networks = own.networks
	}
	if !own.networks.Cover(want.networks) {
		return want, fault.InvalidField("allowed_networks", "A credential can't allow addresses that it may not be used from itself.")
	}
	if !own.expires.IsZero() && (want.expires.IsZero() || want.expires.After(own.expires)) {
		return want, fault.InvalidField("expires_at", "A credential can't make one that lives longer than itself.")
	}
	return want, nil
}

// notStronger refuses who would get hold of a client that can do more than they can. A client that reaches its owner's
// other accounts is its owner's alone.
func (s *Service) notStronger(ctx context.Context, c *Client) error {
	p := bearer.CallerOf(ctx)
	if p == nil {
		return nil
	}
	own, err := s.strengthOf(ctx, p)
	if err != nil {
		return err
	}
	longer := !own.expires.IsZero() && (c.ExpiresAt.IsZero() || c.ExpiresAt.After(own.expires))
	if !own.scopes.Has(c.Scopes) || !own.networks.Cover(c.Networks) || longer || len(c.Reach) > 0 && c.OwnerID != p.UserID {
		return fault.New(fault.Forbidden, "The client can do more than the credential that asks for its secret.")
	}
	return nil
}

// mayManage refuses, as if it weren't there, another person's key to whoever isn't an admin of the account.
func mayManage(ctx context.Context, userID int64) error {
	p := bearer.CallerOf(ctx)
	if p == nil || p.Account.Role == bearer.Admin || p.UserID == userID {
		return nil
	}
	return fault.Missing("API key")
}
