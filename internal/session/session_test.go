package session_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

// TestSignIn: in, listed, out; and what the log says of it.
func TestSignIn(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		one, two := h.signIn(), h.signIn()
		if one.Half || one.User.ID != h.ann || !h.in(one.Cookie) || !h.in(two.Cookie) || one.Cookie == two.Cookie {
			t.Fatalf("%+v %+v", one, two)
		}
		list, err := h.Sessions(t.Context(), h.ann)
		check(t, err)
		if len(list) != 2 || list[0].How != "password" || list[0].IP != "192.0.2.1" || list[0].UserAgent != "Test/1" {
			t.Errorf("%+v", list)
		}
		check(t, h.SignOut(h.visitor("192.0.2.1"), one.Cookie))
		check(t, h.SignOut(h.visitor("192.0.2.1"), one.Cookie)) // again: no fault
		if h.in(one.Cookie) || !h.in(two.Cookie) {
			t.Error("the wrong session ended")
		}
		check(t, h.End(h.as(two.Cookie), h.ann, two.SessionID))
		if h.in(two.Cookie) {
			t.Error("an ended session goes on")
		}
		if err := h.End(t.Context(), h.ann, two.SessionID); !fault.Is(err, fault.NotFound) {
			t.Errorf("ended twice: %v", err)
		}
		if got := h.events(h.acme.ID, "session."); got != "session.created session.created session.ended session.ended" {
			t.Error(got)
		}
		last := h.rows(h.acme.ID)
		if e := last[len(last)-1]; e.UserID != h.ann || e.IP != "192.0.2.1" || e.SubjectName != "ann@example.com" {
			t.Errorf("%+v", e)
		}
	})
}

// TestSignOutEverywhere: at once here, and on another node with the next look at the changes.
func TestSignOutEverywhere(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		one, two, three := h.signIn(), h.signIn(), h.signIn()
		for _, res := range []session.Result{one, two, three} {
			h.as(res.Cookie) // and so into the cache
		}
		check(t, h.SignOutEverywhere(h.as(two.Cookie), h.ann, two.SessionID))
		if h.in(one.Cookie) || !h.in(two.Cookie) || h.in(three.Cookie) {
			t.Error("all but this one should have ended")
		}
		check(t, h.SignOutEverywhere(h.as(two.Cookie), h.ann, 0))
		if h.in(two.Cookie) {
			t.Error("all should have ended")
		}
	})
}

// TestOtherNodes: what one node ends, another refuses once it has heard of it; what one makes, another takes at once.
func TestOtherNodes(t *testing.T) {
	url := testkit.PostgresURL(t)
	h := newHouse(t, testkit.OpenPostgres(t, url), false)
	there := &house{t: t, db: testkit.OpenPostgres(t, url), server: h.server}
	h.node(there.db, there)
	check(t, there.db.StartWatching(t.Context()))
	one, two := h.signIn(), h.signIn()
	if !there.in(one.Cookie) || !there.in(two.Cookie) {
		t.Fatal("the other node doesn't know the session")
	}
	check(t, h.End(t.Context(), h.ann, one.SessionID))
	check(t, there.db.Sync(t.Context()))
	if there.in(one.Cookie) || !there.in(two.Cookie) {
		t.Error("the other node ended the wrong session")
	}
	check(t, h.accounts.SuspendUser(t.Context(), h.ann, true))
	check(t, there.db.Sync(t.Context()))
	if there.in(two.Cookie) {
		t.Error("the other node lets a suspended person in")
	}
}

// TestSuspendedPeopleAreSignedOut: and stay so when they may go on.
func TestSuspendedPeopleAreSignedOut(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		res := h.signIn()
		check(t, h.accounts.SuspendUser(t.Context(), h.ann, true))
		if h.in(res.Cookie) {
			t.Error("a suspended person is in")
		}
		if _, err := h.SignIn(h.visitor("192.0.2.1"), "ann@example.com", password); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a suspended person signs in: %v", err)
		}
		check(t, h.accounts.SuspendUser(t.Context(), h.ann, false))
		if h.in(res.Cookie) {
			t.Error("the session came back")
		}
		h.signIn()
	})
}

// TestLifetimes: a session that isn't used ends after two weeks, one that is after three months.
func TestLifetimes(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		const day = 24 * time.Hour
		idle, used := h.signIn(), h.signIn()
		h.wait(13 * day)
		if !h.in(used.Cookie) {
			t.Fatal("over after 13 days")
		}
		h.wait(2 * day)
		if h.in(idle.Cookie) || !h.in(used.Cookie) {
			t.Error("after 15 days the idle one should be over, and the other not")
		}
		for range 14 {
			h.wait(5 * day)
			h.in(used.Cookie)
		}
		if !h.in(used.Cookie) { // 85 days
			t.Error("over before its time")
		}
		h.wait(6 * day)
		if h.in(used.Cookie) {
			t.Error("a session goes on after 90 days")
		}
		check(t, h.Sweep(t.Context()))
		if n := count(t, db, `SELECT COUNT(*) FROM sessions`); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

func count(t *testing.T, db *store.DB, query string) (n int) {
	t.Helper()
	check(t, db.Read().QueryRowContext(t.Context(), query).Scan(&n))
	return n
}

// TestPagesWriteSeldom: many views of a page write the time once in five minutes, and another node that saw the session
// keeps it alive here.
func TestPagesWriteSeldom(t *testing.T) {
	db := testkit.SQLite(t)
	h := newHouse(t, db, false)
	other := &house{t: t, db: db, server: h.server}
	h.node(db, other)
	res := h.signIn()
	seen := func() time.Time {
		list, err := h.Sessions(t.Context(), h.ann)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return list[0].SeenAt
	}
	first := seen()
	h.wait(4 * time.Minute)
	h.in(res.Cookie)
	if !seen().Equal(first) {
		t.Error("written after four minutes")
	}
	h.wait(2 * time.Minute)
	h.in(res.Cookie)
	if !seen().After(first) {
		t.Error("not written after six minutes")
	}
	for range 4 {
		h.wait(10 * 24 * time.Hour)
		if !other.in(res.Cookie) {
			t.Fatal("over on the node that sees it")
		}
	}
	if !h.in(res.Cookie) {
		t.Error("a session that another node saw is over here")
	}
}

// TestCookies: as browsers and RFC 6265bis want those with __Host-.
func TestCookies(t *testing.T) {
	w := httptest.NewRecorder()
	session.SetCookie(w, session.Result{Cookie: "value"})
	session.SetCookie(w, session.Result{Cookie: "value", Half: true})
	session.ClearCookie(w)
	session.SetCeremony(w, "state")
	session.ClearCeremony(w)
	for i, c := range w.Result().Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-yipii") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%+v", c)
		}
		if want := []int{90 * 86400, 600, -1, 300, -1}[i]; c.MaxAge != want {
			t.Errorf("%s: max age %d, want %d", c.Name, c.MaxAge, want)
		}
	}
	for next, want := range map[string]string{"/acme/asset?page=2": "/acme/asset?page=2", "/": "/", "": "/", "//evil.example": "/", "https://evil.example/": "/",
		`/\evil.example`: "/", "/a/../..//evil": "/", "javascript:alert(1)": "/", "/a\nb": "/", "acme": "/", "/acme/": "/acme/", "/%2f%2fevil.example": "/"} {
		if got := session.SafeNext(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

// TestGuard: who gets to which page.
func TestGuard(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		res := h.signIn()
		page := func(pattern, role string) http.Handler {
			mux, rt := http.NewServeMux(), web.Route{Method: "GET", Pattern: pattern, Access: web.Access{Any: true, Role: role}, ID: "page"}
			guarded, err := h.Guard(rt, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				p := bearer.PrincipalOf(r.Context())
				if rt.InAccount() && (bearer.AccountID(r.Context()) != h.acme.ID || web.RequestOf(r.Context()).AccountKey != "acme" || p.Home != h.acme.ID) {
					t.Errorf("%+v", p)
				}
				if p.User.ID != h.ann || !strings.HasPrefix(web.RequestOf(r.Context()).Credential, "session:") || !p.Scopes.Has(bearer.AllScopes) {
					t.Errorf("%+v", p)
				}
			}))
			check(t, err)
			mux.Handle(pattern, guarded)
			return h.SameOrigin(mux) // as it stands before all pages
		}
		get := func(handler http.Handler, method, path, cookie string, header ...string) *httptest.ResponseRecorder {
			r := request(h.visitor("192.0.2.1"), method, path, cookie)
			for i := 0; i < len(header); i += 2 {
				r.Header.Set(header[i], header[i+1])
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			return w
		}
		admin, me := page("/{account_key}/member", "admin"), page("/me", "")
		for name, c := range map[string]struct {
			got  *httptest.ResponseRecorder
			want int
		}{
			"in":              {get(admin, "GET", "/acme/member", res.Cookie), 200},
			"own page":        {get(me, "GET", "/me", res.Cookie), 200},
			"post":            {get(admin, "POST", "/acme/member", res.Cookie, "Sec-Fetch-Site", "same-origin"), 200},
			"foreign post":    {get(admin, "POST", "/acme/member", res.Cookie, "Sec-Fetch-Site", "cross-site"), 403},
			"foreign origin":  {get(admin, "POST", "/acme/member", res.Cookie, "Origin", "https://evil.example"), 403},
			"unknown account": {get(admin, "GET", "/globex/member", res.Cookie), 404},
			"signed out":      {get(admin, "GET", "/acme/member?page=2", ""), 303},
			"signed out post": {get(admin, "POST", "/acme/member", ""), 401},
			"foreign cookie":  {get(me, "GET", "/me", "yipw_nonsense"), 303},
		} {
			if c.got.Code != c.want {
				t.Errorf("%s: %d, want %d", name, c.got.Code, c.want)
			}
		}
		if to := get(admin, "GET", "/acme/member?page=2", "").Header().Get("Location"); to != "/login?next=%2Facme%2Fmember%3Fpage%3D2" {
			t.Error(to)
		}
		h.member("boss@example.com", bearer.Admin)
		_, err := h.accounts.AddMember(t.Context(), h.acme.ID, "", "ann@example.com", bearer.Viewer)
		check(t, err)
		if got := get(admin, "GET", "/acme/member", res.Cookie); got.Code != 403 {
			t.Errorf("a viewer on an admin's page: %d", got.Code)
		}
		check(t, h.accounts.RemoveMember(t.Context(), h.acme.ID, h.ann))
		foreign, unknown := get(admin, "GET", "/acme/member", res.Cookie), get(admin, "GET", "/globex/member", res.Cookie)
		if foreign.Code != 404 || foreign.Body.String() != unknown.Body.String() {
			t.Errorf("a foreign account is told from an unknown one: %s, %s", foreign.Body, unknown.Body)
		}
		for _, rt := range []web.Route{{Pattern: "/me", Access: web.Access{Any: true, Role: "admin"}}, {Pattern: "/{account_key}/x", Access: web.Access{Any: true, Role: "king"}}} {
			if _, err := h.Guard(rt, http.NotFoundHandler()); err == nil {
				t.Errorf("%+v is taken", rt)
			}
		}
	})
}

// TestOptional: a public page knows who is signed in, and that nobody is.
func TestOptional(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), false)
	var known bool
	page := h.Optional(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { known = web.RequestOf(r.Context()).Principal != nil }))
	for cookie, want := range map[string]bool{h.signIn().Cookie: true, "": false} {
		page.ServeHTTP(httptest.NewRecorder(), request(h.visitor("192.0.2.1"), "GET", "/login", cookie))
		if known != want {
			t.Errorf("known: %v, want %v", known, want)
		}
	}
}
