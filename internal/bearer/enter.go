package bearer

import (
	"context"

	"github.com/yipii/yipii/internal/web"
)

// Some routes name their account elsewhere than in the path: in the body, in the query, or by a record that is in it
// (web.Access.Enters). The guard has checked credential and scope there, and no account: until the handler has entered one,
// AccountID is 0, with which no statement finds anything. Enter refuses as the guard does.

// entry is what the guard leaves for Enter to check.
type entry struct{ need need }

// Enter makes the account with this key the request's, or refuses: NotFound for one that is unknown or not the caller's,
// Forbidden for a role or an address that may not.
func Enter(ctx context.Context, accountKey string) (*Membership, error) {
	p := PrincipalOf(ctx)
	m, ok := p.account(accountKey)
	if !ok {
		return nil, errAccount
	}
	return p.enter(ctx, m)
}

// EnterID is Enter by the account's id.
func EnterID(ctx context.Context, accountID int64) (*Membership, error) {
	p := PrincipalOf(ctx)
	for _, m := range p.Accounts {
		if m.AccountID == accountID {
			return p.enter(ctx, m)
		}
	}
	return nil, errAccount
}

func (p *Principal) enter(ctx context.Context, m Membership) (*Membership, error) {
	req := web.RequestOf(ctx)
	if !p.Admits(&m, req.ClientIP) {
		return nil, errAddress
	}
	if m.Role < p.entry.need.role {
		return nil, errRole
	}
	p.Account, req.AccountKey = m, m.Key
	return &p.Account, nil
}

// Enterable are the accounts that the request may enter.
func Enterable(ctx context.Context) []Membership {
	p := PrincipalOf(ctx)
	var list []Membership
	for _, m := range p.Accounts {
		if m.Role >= p.entry.need.role && p.Admits(&m, web.RequestOf(ctx).ClientIP) {
			list = append(list, m)
		}
	}
	return list
}
