package bearer

import (
	"context"
	"slices"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// Credential is what a good token or key says of itself, before its user's memberships are looked at.
type Credential struct {
	ID      string // the client id, "key:<id>" or "session:<id>": safe to log, names the credential for limits
	TokenID string // the access token's jti; "" for an API key
	UserID  int64  // the owner
	Home    int64  // the account that it was made in; while the owner is no member of it, the credential is dead
	// Reach lists the ids of the further accounts that a widened client reaches.
	Reach     []int64
	Scopes    Scopes
	Networks  Networks // that it may be used from
	IssuedAt  time.Time
	ExpiresAt time.Time // zero: never
}

// Verifier turns the bytes of a bearer token into a Credential. It returns an Unauthenticated fault made by Invalid,
// Expired or Revoked for a token that isn't good, and an Unavailable one where that can't be decided. With Expired and
// Revoked the Credential has at least ID and Home where they are known, so that the refusal can be counted.
type Verifier interface {
	Verify(ctx context.Context, token string) (Credential, error)
}

// User is a person with their memberships of accounts that aren't suspended.
type User struct {
	ID          int64
	Name        string
	Email       string
	Suspended   bool
	Memberships []Membership
}

// Membership is a user's role in one account.
type Membership struct {
	AccountID int64
	Key       string
	Name      string
	Role      Role
	Terms     *Terms // of the account; nobody changes them in place
	Part      *Part  // of the account's assets that the member sees; nil: all
}

// Directory tells who a user is now. A nil user is one that doesn't exist any more.
type Directory interface {
	User(ctx context.Context, id int64) (*User, error)
}

// Principal is who a request comes from, after the guard. Handlers get it from the context.
type Principal struct {
	Credential
	User     *User
	Accounts []Membership // those that this credential reaches
	Account  Membership   // the one that the path names, or that was entered; zero on routes outside an account

	entry entry // what is left to check where the path names no account
}

// noTerms are those of an account that asks for nothing.
var noTerms = &Terms{}

func (m *Membership) terms() *Terms {
	if m.Terms == nil {
		return noTerms
	}
	return m.Terms
}

// Terms are those of the credential's own account.
func (p *Principal) Terms() *Terms {
	for i := range p.Accounts {
		if p.Accounts[i].AccountID == p.Home {
			return p.Accounts[i].terms()
		}
	}
	return noTerms
}

// account finds a membership by account key.
func (p *Principal) account(key string) (Membership, bool) {
	i := slices.IndexFunc(p.Accounts, func(m Membership) bool { return m.Key == key })
	if i < 0 {
		return Membership{}, false
	}
	return p.Accounts[i], true
}

// PrincipalOf returns who the guarded request comes from. Behind a public route it panics: there is no caller.
func PrincipalOf(ctx context.Context) *Principal {
	return web.RequestOf(ctx).Principal.(*Principal)
}

// MayAppoint refuses to give people roles to a credential that can do less than they could then: they could make a
// stronger one for it.
func (p *Principal) MayAppoint() error {
	if p.Scopes.Has(AllScopes) && len(p.Networks) == 0 {
		return nil
	}
	return fault.New(fault.Forbidden, "Only a credential with every scope, for any address, may say who is a member.")
}

// CallerOf returns who the request comes from, nil where nobody does: behind a public route, or in a command.
func CallerOf(ctx context.Context) *Principal {
	p, _ := web.RequestOf(ctx).Principal.(*Principal)
	return p
}

// PartOf returns the part of an account's assets that the caller is limited to; nil for all of them, and where nobody calls.
func PartOf(ctx context.Context, accountID int64) *Part {
	if p := CallerOf(ctx); p != nil && p.Account.AccountID == accountID {
		return p.Account.Part
	}
	return nil
}

// AccountID returns the id of the account that the guarded request's path names. All SQL of a handler is bound to it.
func AccountID(ctx context.Context) int64 { return PrincipalOf(ctx).Account.AccountID }

// WithPrincipal returns a context in which the request comes from p, for those who call handlers without the guard.
func WithPrincipal(ctx context.Context, p *Principal) context.Context {
	req := *web.RequestOf(ctx)
	req.Principal = p
	return web.WithRequest(ctx, &req)
}
