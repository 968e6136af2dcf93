package session_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/mail"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	publicURL = "https://iot.example.com"
	password  = "correct horse battery"
)

// house is a server's rooms with one account and one admin, on a clock that can be moved.
type house struct {
	*session.Service
	t        *testing.T
	db       *store.DB
	server   secret.Server
	accounts *account.Service
	acme     account.Account
	ann      int64
	box      *testkit.Mailbox // nil: no mail

	mu      sync.Mutex
	ahead   time.Duration
	refused []audit.Event
}

// newHouse builds the rooms on a fresh database. Ann is admin of acme and has a password, whose hash is a cheap one: the
// costs stand in the hash, and real ones would make the tests slow.
func newHouse(t *testing.T, db *store.DB, withMail bool) *house {
	t.Helper()
	h := &house{t: t, db: db}
	h.server, _ = secret.New()
	if withMail {
		h.box = testkit.StartMail(t, testkit.MailOptions{})
	}
	h.node(db, h)
	var err error
	h.acme, h.ann, err = h.accounts.Create(t.Context(), account.NewAccount{Key: "acme", Name: "Acme", Email: "ann@example.com", AdminName: "Ann"})
	check(t, err)
	cheap, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	check(t, err)
	check(t, db.Tx(t.Context(), func(tx *store.Tx) error { return h.accounts.SetPassword(t.Context(), tx, h.ann, cheap) }))
	return h
}

// node builds the rooms of one process into n.
func (h *house) node(db *store.DB, n *house) {
	h.t.Helper()
	log := audit.New(db, h.server)
	n.accounts = account.New(db, log, "")
	opt := session.Options{PublicURL: publicURL, Now: h.now, Refused: func(_ context.Context, e audit.Event) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.refused = append(h.refused, e)
	}}
	if h.box != nil {
		var err error
		if opt.Mail, err = mail.New("smtp://"+h.box.Address, "Yipii <noreply@example.com>"); err != nil {
			h.t.Fatal(err)
		}
	}
	n.Service = session.New(db, h.server, n.accounts, log, opt)
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.ahead)
}

// wait moves the clock.
func (h *house) wait(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ahead += d
}

// visitor is the context of a request of somebody who isn't known, from an address.
func (h *house) visitor(address string) context.Context {
	return web.WithRequest(h.t.Context(), &web.Request{ID: "r", ClientIP: netip.MustParseAddr(address), UserAgent: "Test/1"})
}

// request makes a request with the cookie.
func request(ctx context.Context, method, target, cookie string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, method, publicURL+target, nil)
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: session.CookieName, Value: cookie})
	}
	return r
}

// as is the context of a request with the cookie; the test ends where it is of no session.
func (h *house) as(cookie string) context.Context {
	h.t.Helper()
	ctx := h.visitor("192.0.2.1")
	p, err := h.Identify(request(ctx, "GET", "/", cookie))
	if err != nil || p == nil {
		h.t.Fatalf("not signed in: %v", err)
	}
	web.RequestOf(ctx).Principal = p
	return ctx
}

// in reports whether a cookie is of a whole session.
func (h *house) in(cookie string) bool {
	h.t.Helper()
	p, err := h.Identify(request(h.visitor("192.0.2.1"), "GET", "/", cookie))
	if err != nil {
		h.t.Fatal(err)
	}
	return p != nil
}

// signIn signs Ann in from an address of her own, so that the throttle isn't in the way.
func (h *house) signIn() session.Result {
	h.t.Helper()
	res, err := h.SignIn(h.visitor("192.0.2.1"), "ann@example.com", password)
	if err != nil {
		h.t.Fatal(err)
	}
	return res
}

// events lists the actions in the account's log, oldest first, as "action action".
func (h *house) events(accountID int64, prefix string) string {
	h.t.Helper()
	var out []string
	for _, e := range h.rows(accountID) {
		if strings.HasPrefix(e.Action, prefix) {
			out = append(out, e.Action)
		}
	}
	return strings.Join(out, " ")
}

func (h *house) rows(accountID int64) []audit.Event {
	h.t.Helper()
	events, _, err := audit.New(h.db, h.server).List(h.t.Context(), accountID, audit.Filter{Limit: 500})
	if err != nil {
		h.t.Fatal(err)
	}
	for i, j := 0, len(events)-1; i < j; i, j = i+1, j-1 {
		events[i], events[j] = events[j], events[i]
	}
	return events
}

func (h *house) member(email string, role bearer.Role) int64 {
	h.t.Helper()
	id, err := h.accounts.AddMember(h.t.Context(), h.acme.ID, "", email, role)
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

// check ends the test with err.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tokenOf is the token in a link.
func tokenOf(t *testing.T, link, page string) string {
	t.Helper()
	token, ok := strings.CutPrefix(link, publicURL+page+"#")
	if !ok {
		t.Fatalf("the link %s doesn't lead to %s", link, page)
	}
	return token
}
