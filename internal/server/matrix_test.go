package server_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/web"
)

var everyRole = []bearer.Role{bearer.Driver, bearer.Viewer, bearer.Manager, bearer.Admin}

// people makes a member of each role in acme, and one person who is in no account.
func (w *world) people() (byRole map[bearer.Role]int64, nobody int64) {
	w.t.Helper()
	byRole = map[bearer.Role]int64{}
	for _, r := range everyRole {
		id, err := w.node.Rooms.Accounts.AddMember(context.Background(), w.acme.account.ID, "", r.String()+"@acme-logistics.example", r)
		must(w.t, err)
		byRole[r] = id
	}
	lone, id, err := w.node.Rooms.Accounts.Create(context.Background(), account.NewAccount{Key: "lone", Name: "Lone", Email: "lone@example.com"})
	must(w.t, err)
	must(w.t, w.node.Rooms.Accounts.SuspendAccount(context.Background(), lone.ID, true)) // now they are in none
	return byRole, id
}

// verdict is what the guard decides.
type verdict string

const (
	let     verdict = "let through"
	noRole  verdict = "role may not"
	noSuch  verdict = "no such account"
	unknown verdict = "not signed in"
)

// decided is the verdict that rt must give a member with this role of the account that the path names; NoRole is no member.
func decided(rt web.Route, has bearer.Role) verdict {
	least := bearer.NoRole
	if rt.Access.Role != "" {
		least, _ = bearer.ParseRole(rt.Access.Role)
	}
	switch {
	case !rt.InAccount():
		return let
	case has == bearer.NoRole:
		return noSuch
	case has < least:
		return noRole
	}
	return let
}

// TestMatrixOfRoutes: every role, every route of the API, the own, a foreign and no account. A new route joins by itself.
func TestMatrixOfRoutes(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		byRole, _ := w.people()
		asked := 0
		for _, r := range everyRole {
			for _, rt := range w.node.Router.Routes() {
				if rt.Access.Public {
					continue
				}
				// Made anew each time: a route may have revoked or removed it.
				key := w.key(w.acme.account.ID, byRole[r], bearer.AllScopes)
				for account, has := range map[string]bearer.Role{"acme-logistics": r, "globex": bearer.NoRole, "no-such-account": bearer.NoRole} {
					asked++
					a := w.do(w.node, rt.Method, pathOf(rt, account), http.Header{"Authorization": {"Bearer " + key}, "Content-Type": {"application/json"}}, "{}")
					got := let
					switch {
					case a.status == 404 && a.json["message"] == "Account not found.":
						got = noSuch
					case a.status == 403 && a.json["message"] == "This action is unauthorized.":
						got = noRole
					case a.status == 401:
						got = unknown
					}
					want := decided(rt, has)
					if rt.Pattern == "/oauth/personal-access-tokens" && rt.Method == "POST" && r == bearer.Driver {
						want = let // decided by its handler, after the name that "{}" lacks
					}
					if got != want || a.status >= 500 {
						t.Errorf("%s %s as %s in %s: %s, want %s (%d %s)", rt.Method, rt.Pattern, r, account, got, want, a.status, a.body)
					}
				}
			}
		}
		if asked < 4*3*20 {
			t.Errorf("only %d requests were asked", asked)
		}
	})
}

// password gives a user a password, by a link of the operator's.
func (w *world) password(userID int64, password string) {
	w.t.Helper()
	link, err := w.node.Rooms.Sessions.ResetLink(context.Background(), userID)
	must(w.t, err)
	_, token, _ := strings.Cut(link, "#")
	must(w.t, w.node.Rooms.Sessions.ResetPassword(context.Background(), token, password))
	w.secrets = append(w.secrets, token, password)
}

// signIn gives a browser of the user a session, as a right password does.
func (w *world) signIn(email, password string) *http.Cookie {
	w.t.Helper()
	res, err := w.node.Rooms.Sessions.SignIn(context.Background(), email, password)
	must(w.t, err)
	rec := httptest.NewRecorder()
	session.SetCookie(rec, res)
	cookie := rec.Result().Cookies()[0]
	w.secrets = append(w.secrets, cookie.Value, password)
	return cookie
}

// TestMatrixOfPages: the same for every page, and for who isn't signed in.
func TestMatrixOfPages(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		byRole, _ := w.people()
		asked := 0
		check := func(rt web.Route, who, account string, cookie *http.Cookie, want verdict) {
			t.Helper()
			asked++
			h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}}
			if cookie != nil {
				h.Set("Cookie", cookie.Name+"="+cookie.Value)
			}
			a := w.do(w.node, rt.Method, pathOf(rt, account), h, "")
			got := let
			switch {
			case a.status == 404 && strings.Contains(a.body, "Account not found."):
				got = noSuch
			case a.status == 403 && strings.Contains(a.body, "This action is unauthorized."):
				got = noRole
			case a.status == 401, a.status == 303 && strings.HasPrefix(a.header.Get("Location"), "/login"):
				got = unknown
			}
			if got != want || a.status >= 500 {
				t.Errorf("%s %s as %s in %s: %s, want %s (%d)", rt.Method, rt.Pattern, who, account, got, want, a.status)
			}
			if csp := a.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("%s %s: Content-Security-Policy %q", rt.Method, rt.Pattern, csp)
			}
		}
		for _, rt := range w.node.Pages.Routes() {
			if rt.Access.Public || !rt.InAccount() {
				continue
			}
			check(rt, "nobody", "acme-logistics", nil, unknown)
		}
		for _, r := range everyRole {
			email, password := r.String()+"@acme-logistics.example", "correct horse battery "+r.String()
			w.password(byRole[r], password)
			cookie := w.signIn(email, password)
			for _, rt := range w.node.Pages.Routes() {
				if rt.Access.Public || !rt.InAccount() {
					continue
				}
				for account, has := range map[string]bearer.Role{"acme-logistics": r, "globex": bearer.NoRole, "no-such-account": bearer.NoRole} {
					check(rt, r.String(), account, cookie, decided(rt, has))
				}
			}
		}
		if asked < 100 {
			t.Errorf("only %d pages were asked for", asked)
		}
		fmt.Fprintln(t.Output(), asked, "requests")
	})
}
