package session

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// Refusals of the guard.
var (
	errSignedOut = fault.New(fault.Unauthenticated, "Sign in first.")
	errRole      = fault.New(fault.Forbidden, "This action is unauthorized.")
	errForeign   = fault.New(fault.Forbidden, "The request comes from another site.")
	errAccount   = fault.Missing("Account")
)

// Guard makes the service the web.Gate of pages: it finds who is signed in and checks the account that the path names
// and the role in it, before any handler runs.
func (s *Service) Guard(rt web.Route, next http.Handler) (http.Handler, error) {
	least := bearer.NoRole
	if rt.Access.Role != "" {
		var err error
		if least, err = bearer.ParseRole(rt.Access.Role); err != nil {
			return nil, err
		}
	}
	if !rt.InAccount() && least != bearer.NoRole {
		return nil, fmt.Errorf("a role is asked for where no account is named")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := s.Identify(r)
		switch {
		case err != nil:
			s.opt.Present(w, r, err)
		case p == nil:
			s.turnAway(w, r)
		default:
			if err := admit(r, p, rt.InAccount(), least); err != nil {
				s.opt.Present(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		}
	}), nil
}

// SameOrigin refuses what another site makes a browser send. It stands before the router of all pages.
func (s *Service) SameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.origins.Check(r) != nil {
			s.opt.Present(w, r, errForeign)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Optional lets everybody through to a public page, with the Principal in the request's facts for who is signed in.
func (s *Service) Optional(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := s.Identify(r)
		if err != nil {
			s.opt.Present(w, r, err)
			return
		}
		if p != nil {
			req := web.RequestOf(r.Context())
			req.Credential, req.Principal = p.ID, p
		}
		next.ServeHTTP(w, r)
	})
}

// Identify finds who is signed in, in all of their accounts; nil for nobody.
func (s *Service) Identify(r *http.Request) (*bearer.Principal, error) {
	return s.IdentifyCookie(r.Context(), CookieOf(r))
}

// IdentifyCookie finds whose session a cookie's value stands for, for connections that outlast their request.
func (s *Service) IdentifyCookie(ctx context.Context, cookie string) (*bearer.Principal, error) {
	if cookie == "" {
		return nil, nil
	}
	if err := s.opt.Fresh(); err != nil {
		return nil, err
	}
	found, err := s.find(ctx, cookie)
	if err != nil || found == nil || found.half {
		return nil, err
	}
	user, err := s.accounts.User(ctx, found.userID)
	if err != nil || user == nil || user.Suspended {
		return nil, err
	}
	s.seen(ctx, found)
	return &bearer.Principal{User: user, Accounts: user.Memberships, Credential: bearer.Credential{ID: bearer.SessionName(found.id),
		UserID: user.ID, Scopes: bearer.AllScopes, IssuedAt: found.created, ExpiresAt: found.expires}}, nil
}

// admit checks account and role, in that order, and tells the request who it comes from.
func admit(r *http.Request, p *bearer.Principal, inAccount bool, least bearer.Role) error {
	req := web.RequestOf(r.Context())
	req.Credential = p.ID
	if inAccount {
		key := r.PathValue("account_key")
		i := slices.IndexFunc(p.Accounts, func(m bearer.Membership) bool { return m.Key == key })
		if i < 0 {
			return errAccount
		}
		p.Account, p.Home = p.Accounts[i], p.Accounts[i].AccountID
		req.AccountKey = key
		if p.Account.Role < least {
			return errRole
		}
	}
	req.Principal = p
	return nil
}

// turnAway sends who looks at a page to the sign-in page, and refuses everything else.
func (s *Service) turnAway(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.opt.Present(w, r, errSignedOut)
		return
	}
	to := "/login?next=" + url.QueryEscape(r.URL.RequestURI())
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// seen notes that a session is in use, at most every few minutes. A database that can't be written is no reason to
// refuse a page.
func (s *Service) seen(ctx context.Context, r *record) {
	now, before := s.opt.Now().UnixMilli(), r.seen.Load()
	if now-before < seenEvery.Milliseconds() || !r.seen.CompareAndSwap(before, now) {
		return
	}
	err := s.db.Tx(ctx, func(tx *store.Tx) error { return updateSeen(ctx, tx, r.id, now, s.place(ctx)) })
	if err != nil {
		s.opt.Log.Warn("the time that a session was seen is not written", "session", r.id, "cause", err.Error())
	}
}
