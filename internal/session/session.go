package session

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/mail"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// How long a session lasts. A browser that wasn't used for two weeks is somebody's old one; who comes every week isn't
// asked again for three months, after which a stolen cookie ends too, however often it is used.
const (
	idleLifetime     = 14 * 24 * time.Hour
	absoluteLifetime = 90 * 24 * time.Hour
	// halfLifetime is how long the second factor may take: to find the phone, not to have lunch.
	halfLifetime = 10 * time.Minute
	// freshFor is how long after showing who they are a person may make sensitive changes.
	freshFor = 10 * time.Minute
	// seenEvery is how often at most the time that a session was last seen is written.
	seenEvery = 5 * time.Minute
)

// cachedSessions bounds the rows held in memory; one takes about half a kilobyte.
const cachedSessions = 20_000

// Options of New.
type Options struct {
	// PublicURL is where people reach the server: its scheme and host, without a path. Links point there, and passkeys are
	// bound to its host.
	PublicURL string
	Now       func() time.Time // nil: time.Now
	Mail      *mail.Sender     // nil: there is no mail server, and links are handed out by people
	// Present shows a fault as a page; nil stands for REST's presenter.
	Present func(http.ResponseWriter, *http.Request, error)
	// Refused hears of every sign-in that was refused; nil: nobody does. It must not write a row for each.
	Refused func(context.Context, audit.Event)
	// Fresh is a fault while this process can't know what was revoked elsewhere; nil: it always knows.
	Fresh func() error
	Log   *slog.Logger // of letters that could not be sent; nil: nowhere
}

// Service signs people in. Its methods may be called from many goroutines.
type Service struct {
	db       *store.DB
	accounts *account.Service
	log      *audit.Log
	opt      Options

	cookies    secret.Hasher
	links      secret.Hasher
	codes      secret.Hasher
	handles    secret.Hasher
	totp       secret.Box
	ceremonies secret.Box
	pageTokens secret.Box

	sessions *store.Cache[[32]byte, *record] // by hash; nil: there is no such session
	hashing  *hashing
	throttle throttle
	passkeys *webauthn.WebAuthn // nil where PublicURL has no host that passkeys could be bound to
	origins  *http.CrossOriginProtection
	errands  chan errand
}

// New makes the service and subscribes it to changes. Run does what need not be done while somebody waits.
func New(db *store.DB, server secret.Server, accounts *account.Service, log *audit.Log, opt Options) *Service {
	opt.complete()
	s := &Service{db: db, accounts: accounts, log: log, opt: opt,
		cookies: server.Hasher("session cookie"), links: server.Hasher("one-time link"), codes: server.Hasher("recovery code"),
		handles: server.Hasher("passkey user"), totp: server.Box("totp secret"), ceremonies: server.Box("passkey ceremony"), pageTokens: server.Box("page token"),
		hashing: newHashing(), throttle: newThrottle(), passkeys: newPasskeys(opt.PublicURL),
		origins: http.NewCrossOriginProtection(), errands: make(chan errand, maxErrands)}
	if opt.PublicURL != "" {
		// An error is that of a URL with a path; then only requests to the server's own name pass.
		_ = s.origins.AddTrustedOrigin(opt.PublicURL)
	}
	s.sessions = store.NewCache(cachedSessions, s.loadSession)
	dropUser := store.Subscriber{Reset: s.sessions.Reset, Changed: func(subject string) {
		id, err := strconv.ParseInt(subject, 10, 64)
		s.sessions.DropIf(func(_ [32]byte, r *record) bool { return err != nil || r != nil && r.userID == id })
	}}
	db.Subscribe("session", dropUser) // the subject is the user whose sessions changed
	db.Subscribe("user", dropUser)    // who is suspended has none
	return s
}

func (o *Options) complete() {
	o.PublicURL = strings.TrimSuffix(o.PublicURL, "/")
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Present == nil {
		o.Present = web.WriteError
	}
	if o.Refused == nil {
		o.Refused = func(context.Context, audit.Event) {}
	}
	if o.Fresh == nil {
		o.Fresh = func() error { return nil }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// Session is one browser in which a person is signed in.
type Session struct {
	ID        int64
	How       string // what was shown: "password", "password+totp", "passkey", …
	CreatedAt time.Time
	SeenAt    time.Time // to about five minutes
	ExpiresAt time.Time
	IP        string // when it was last seen
	UserAgent string
}

// record is a session's row. Nobody changes it but for seen, in Unix ms.
type record struct {
	id, userID               int64
	hash                     [32]byte
	half                     bool
	how                      string
	created, proved, expires time.Time
	seen                     atomic.Int64
}

// dead reports whether the session has expired or lain idle for too long.
func (r *record) dead(now time.Time) bool {
	return !now.Before(r.expires) || now.Sub(time.UnixMilli(r.seen.Load())) >= idleLifetime
}

// find returns the session whose cookie this is; nil for a cookie that isn't one, or isn't good any more.
func (s *Service) find(ctx context.Context, cookie string) (*record, error) {
	if !secret.WellFormed(cookiePrefix, cookie) {
		return nil, nil
	}
	return s.live(ctx, s.cookies.Hash(cookie))
}

// live returns the session whose cookie has this hash; nil for none that is good.
func (s *Service) live(ctx context.Context, hash [32]byte) (*record, error) {
	now := s.opt.Now()
	r, err := s.sessions.Get(ctx, hash)
	if r != nil && r.dead(now) {
		r, err = s.sessions.Fresh(ctx, hash) // it may have been seen by another node, which tells nobody
	}
	if err != nil || r == nil || r.dead(now) {
		return nil, err
	}
	return r, nil
}

// moment is now, as a time column keeps it.
func (s *Service) moment() time.Time { return time.UnixMilli(s.opt.Now().UnixMilli()).UTC() }

// open makes a session and writes the log's line. The transaction may announce afterwards.
func (s *Service) open(ctx context.Context, tx *store.Tx, user *bearer.User, how string, half bool) (Result, error) {
	cookie := secret.NewText(cookiePrefix)
	now := s.moment()
	r := &record{userID: user.ID, hash: s.cookies.Hash(cookie), half: half, how: how, created: now, expires: now.Add(absoluteLifetime)}
	if half {
		r.expires = now.Add(halfLifetime)
	} else {
		r.proved = now
	}
	r.seen.Store(now.UnixMilli())
	var err error
	if r.id, err = insertSession(ctx, tx, r, s.place(ctx)); err != nil {
		return Result{}, err
	}
	if !half {
		err = s.record(ctx, tx, user, audit.Event{Action: "session.created", Credential: bearer.SessionName(r.id),
			Subject: bearer.SessionName(r.id), Detail: map[string]string{"how": how}})
	}
	return Result{Cookie: cookie, User: user, SessionID: r.id, Half: half}, err
}

// place is where a request comes from, as a session's row keeps it.
func (s *Service) place(ctx context.Context) place {
	req := web.RequestOf(ctx)
	p := place{userAgent: audit.Printable(req.UserAgent)}
	if req.ClientIP.IsValid() {
		p.ip = req.ClientIP.String()
	}
	return p
}

type place struct{ ip, userAgent string }

// record writes an event about a person to the log of every account that they are in, because each of their admins has
// to see it; to the installation's where they are in none. It locks in the order of the accounts' ids.
func (s *Service) record(ctx context.Context, tx *store.Tx, user *bearer.User, e audit.Event) error {
	if e.UserName == "" && bearer.CallerOf(ctx) == nil && web.RequestOf(ctx).ID != "" {
		e.UserID, e.UserName = user.ID, user.Name // who has the password, the passkey or the link
	}
	if e.Subject == "" {
		e.Subject = bearer.UserSubject(user.ID)
	}
	e.SubjectName = user.Email
	for _, accountID := range accountsOf(user) {
		e.AccountID = accountID
		if err := s.log.Record(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// accountsOf lists where what happens to a user is told.
func accountsOf(user *bearer.User) []int64 {
	if user == nil || len(user.Memberships) == 0 {
		return []int64{audit.Installation}
	}
	ids := make([]int64, len(user.Memberships))
	for i, m := range user.Memberships {
		ids[i] = m.AccountID
	}
	return ids
}

// Sessions lists the browsers in which a user is signed in, the one seen last first.
func (s *Service) Sessions(ctx context.Context, userID int64) ([]Session, error) {
	now := s.opt.Now()
	return s.listSessions(ctx, userID, now.UnixMilli(), now.Add(-idleLifetime).UnixMilli())
}

// End signs one browser of a user out. Missing where it isn't the user's.
func (s *Service) End(ctx context.Context, userID, sessionID int64) error {
	return s.change(ctx, userID, func(tx *store.Tx, user *bearer.User) error {
		if err := deleteSession(ctx, tx, userID, sessionID); err != nil {
			return err
		}
		return s.record(ctx, tx, user, audit.Event{Action: "session.ended", Subject: bearer.SessionName(sessionID)})
	})
}

// SignOut ends the session that the cookie belongs to; one that is over already is no fault.
func (s *Service) SignOut(ctx context.Context, cookie string) error {
	r, err := s.find(ctx, cookie)
	if err != nil || r == nil {
		return err
	}
	return s.change(ctx, r.userID, func(tx *store.Tx, user *bearer.User) error {
		if n, err := deleteOwn(ctx, tx, r.id); err != nil || n == 0 || r.half {
			return err
		}
		return s.record(ctx, tx, user, audit.Event{Action: "session.ended", Credential: bearer.SessionName(r.id), Subject: bearer.SessionName(r.id)})
	})
}

// SignOutEverywhere signs a user out of every browser but that of the session except (0: of all).
func (s *Service) SignOutEverywhere(ctx context.Context, userID, except int64) error {
	return s.change(ctx, userID, func(tx *store.Tx, user *bearer.User) error {
		n, err := deleteSessions(ctx, tx, userID, except)
		if err != nil {
			return err
		}
		return s.record(ctx, tx, user, audit.Event{Action: "session.all_ended", Detail: map[string]string{"sessions": strconv.FormatInt(n, 10)}})
	})
}

// change runs fn about a user's sessions or factors in a transaction and announces it.
func (s *Service) change(ctx context.Context, userID int64, fn func(*store.Tx, *bearer.User) error) error {
	user, err := s.person(ctx, userID)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := fn(tx, user); err != nil {
			return err
		}
		return tx.Announce(ctx, "session", strconv.FormatInt(userID, 10))
	})
}
