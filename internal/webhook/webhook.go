package webhook

import (
	"context"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// Webhook is where events of an account are sent. It holds its signing keys: nothing but the attempts reads them.
type Webhook struct {
	ID             int64
	AccountID      int64
	URL            string
	Types          []string // patterns of event types: "alert.triggered", "alert.*", "*"
	Description    string
	Enabled        bool
	DisabledReason string    // why the server turned it off: Gone or Failing; "" otherwise
	OldUntil       time.Time // until when the secret before this one signs too; zero: it doesn't
	FailingSince   time.Time // the first failed attempt after the last that came through; zero: none
	Version        int64     // counts its changes, from 1
	CreatedAt      time.Time
	UpdatedAt      time.Time

	key, oldKey []byte // for signing; only in what the deliverer holds
}

// Reasons for which the server turns a webhook off.
const (
	Gone    = "gone"    // its server answered 410
	Failing = "failing" // nothing came through for disableAfter, to the end of an event's schedule
)

// Bounds of a webhook.
const (
	maxWebhooks    = 50 // of an account
	maxURL         = 2000
	maxTypes       = 50
	maxDescription = 200
)

// Options of New. Networks may be set later too, before Run and before the first request.
type Options struct {
	BaseURL string // public URL of the API without a path, which begins the links of lists
	Now     func() time.Time
	Random  func() float64 // in [0, 1): spreads the attempts of the schedule
	Log     *slog.Logger
	// Types are the event types that the rooms enqueue, of which a webhook can pick.
	Types []string
	// Networks that requests may go to although they are private, and by http as well.
	Networks []netip.Prefix
}

// Service is the room's front. Its methods may be called from many goroutines.
type Service struct {
	opt  Options
	db   *store.DB
	box  secret.Box
	log  *audit.Log
	name string // of this process in leases; random

	routes *store.Cache[int64, []route]  // by account: what Enqueue needs
	live   *store.Cache[int64, *Webhook] // by id, with keys; nil for none: what the deliverer needs
	client *sender
	counts counts
	limits limits
}

// counts are for metrics.
type counts struct{ delivered, failed, ended atomic.Uint64 }

// Counts are the attempts that this process has made.
type Counts struct {
	Delivered, Failed uint64
	Ended             uint64 // deliveries whose last attempt failed
}

// Counts tells of the attempts that this process has made.
func (s *Service) Counts() Counts {
	return Counts{s.counts.delivered.Load(), s.counts.failed.Load(), s.counts.ended.Load()}
}

// cached bounds the accounts and the webhooks held in memory.
const cached = 20_000

// topic is that of change notices; their subject is the account's id.
const topic = "webhook"

// New makes the service and subscribes it to changes. Nothing is sent before Run.
func New(db *store.DB, server secret.Server, log *audit.Log, opt Options) *Service {
	opt.BaseURL = strings.TrimRight(opt.BaseURL, "/")
	s := &Service{opt: opt, db: db, box: server.Box("webhook secret"), log: log, name: newName(), limits: defaultLimits()}
	s.routes = store.NewCache(cached, s.loadRoutes)
	s.live = store.NewCache(cached, s.loadLive)
	s.client = newSender(s)
	db.Subscribe(topic, store.Subscriber{Changed: s.changed, Reset: func() { s.routes.Reset(); s.live.Reset() }})
	return s
}

// Allow sets the networks that requests may go to although they are private. Call it before Run.
func (s *Service) Allow(networks []netip.Prefix) { s.opt.Networks = networks }

func (s *Service) changed(subject string) {
	accountID, err := strconv.ParseInt(subject, 10, 64)
	if err != nil {
		return
	}
	s.routes.Drop(accountID)
	s.live.DropIf(func(_ int64, w *Webhook) bool { return w == nil || w.AccountID == accountID })
}

func (s *Service) announce(ctx context.Context, tx *store.Tx, accountID int64) error {
	return tx.Announce(ctx, topic, strconv.FormatInt(accountID, 10))
}

// Draft describes a webhook to be made.
type Draft struct {
	URL, Description string
	Types            []string // none stands for "*"
	Disabled         bool
}

// Change says what to change of a webhook. A nil field stays as it is.
type Change struct {
	URL, Description *string
	Types            []string
	Enabled          *bool
	If               web.Precondition // what the webhook must be still
}

// Find returns an account's webhook, without its keys. Unknown, or another account's: NotFound.
func (s *Service) Find(ctx context.Context, accountID, id int64) (*Webhook, error) {
	return s.find(ctx, s.db.Read(), accountID, id)
}

// List returns one page of the account's webhooks and how many there are. It sorts by id, url, created_at or updated_at.
func (s *Service) List(ctx context.Context, accountID int64, page web.PageInput) ([]Webhook, int, error) {
	return s.list(ctx, accountID, page)
}

// Create makes a webhook with its first secret, which is returned and never seen again. What is wrong with the draft
// comes back as an Invalid fault by field; one webhook too many is a Conflict.
func (s *Service) Create(ctx context.Context, accountID int64, d Draft) (*Webhook, string, error) {
	now := s.moment()
	w := &Webhook{AccountID: accountID, Version: 1, URL: d.URL, Types: d.Types, Description: d.Description, Enabled: !d.Disabled, CreatedAt: now, UpdatedAt: now}
	if len(w.Types) == 0 {
		w.Types = []string{"*"}
	}
	if err := s.check(ctx, w); err != nil {
		return nil, "", err
	}
	key, text := newSecret()
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		n, err := countWebhooks(ctx, tx, accountID)
		if err != nil {
			return err
		}
		if n >= maxWebhooks {
			return fault.Newf(fault.Conflict, "The account has %d webhooks already: delete one first.", n)
		}
		if w.ID, err = insertWebhook(ctx, tx, w); err != nil {
			return err
		}
		if err := setSecret(ctx, tx, w, s.seal(w, key)); err != nil {
			return err
		}
		if err := s.log.Record(ctx, tx, w.event("webhook.created", w.texts())); err != nil {
			return err
		}
		return s.announce(ctx, tx, accountID)
	})
	if err != nil {
		return nil, "", err
	}
	return w, text, nil
}

// Update changes a webhook, unless others have changed it since the caller has seen it (Stale), and returns it as it is then. A
// change of nothing is none. One that is turned on again starts without a history of failures.
func (s *Service) Update(ctx context.Context, accountID, id int64, c Change) (after *Webhook, err error) {
	err = s.change(ctx, accountID, id, func(tx *store.Tx, before *Webhook) error {
		changed := *before
		after = &changed
		if err := c.If.Check(before.Version); err != nil {
			return err
		}
		set(&after.URL, c.URL)
		set(&after.Description, c.Description)
		set(&after.Enabled, c.Enabled)
		if c.Types != nil {
			after.Types = c.Types
		}
		if err := s.check(ctx, after); err != nil {
			return err
		}
		if after.Enabled && !before.Enabled {
			after.DisabledReason, after.FailingSince = "", time.Time{}
		}
		if after.same(before) {
			return nil
		}
		after.Version, after.UpdatedAt = before.Version+1, s.moment()
		if err := updateWebhook(ctx, tx, after); err != nil {
			return err
		}
		return s.recordChange(ctx, tx, before, after)
	})
	return after, err
}

// same reports whether what callers can set is the same.
func (w *Webhook) same(as *Webhook) bool {
	return w.URL == as.URL && w.Description == as.Description && w.Enabled == as.Enabled && slices.Equal(w.Types, as.Types)
}

func (s *Service) recordChange(ctx context.Context, tx *store.Tx, before, after *Webhook) error {
	changed := audit.Changes(before.texts(), after.texts())
	if before.URL != after.URL && changed["host"] == "" {
		changed["url"] = "changed" // what else it says may be a secret
	}
	if len(changed) > 0 {
		if err := s.log.Record(ctx, tx, after.event("webhook.changed", changed)); err != nil {
			return err
		}
	}
	switch {
	case before.Enabled == after.Enabled:
		return nil
	case after.Enabled:
		return s.log.Record(ctx, tx, after.event("webhook.enabled", nil))
	}
	return s.log.Record(ctx, tx, after.event("webhook.disabled", nil))
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// Delete removes the webhook with its secrets and its log, unless others have changed it since the caller has seen it (Stale).
func (s *Service) Delete(ctx context.Context, accountID, id int64, seen web.Precondition) error {
	return s.change(ctx, accountID, id, func(tx *store.Tx, w *Webhook) error {
		if err := seen.Check(w.Version); err != nil {
			return err
		}
		if err := deleteWebhook(ctx, tx, accountID, id); err != nil {
			return err
		}
		return s.log.Record(ctx, tx, w.event("webhook.deleted", nil))
	})
}

// Rotate makes a new secret, which is returned and never seen again. The one before it signs beside it for another
// oldSigns, unless it is revoked; then, or where there was an older one still, it is forgotten at once.
func (s *Service) Rotate(ctx context.Context, accountID, id int64, revoke bool) (w *Webhook, text string, err error) {
	key, text := newSecret()
	err = s.change(ctx, accountID, id, func(tx *store.Tx, before *Webhook) error {
		w = before
		if err := s.mayTell(ctx, w.Types); err != nil {
			return err
		}
		w.Version, w.UpdatedAt, w.OldUntil = w.Version+1, s.moment(), time.Time{}
		if !revoke {
			w.OldUntil = w.UpdatedAt.Add(oldSigns)
		}
		if err := rotateSecret(ctx, tx, w, s.seal(w, key)); err != nil {
			return err
		}
		return s.log.Record(ctx, tx, w.event("webhook.secret_rotated", map[string]string{"old_secret_until": optionalText(w.OldUntil)}))
	})
	if err != nil {
		return nil, "", err
	}
	return w, text, nil
}

// change runs fn on an account's webhook, locked against other changes, and announces it.
func (s *Service) change(ctx context.Context, accountID, id int64, fn func(*store.Tx, *Webhook) error) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := lockWebhook(ctx, tx, accountID, id); err != nil {
			return err
		}
		w, err := s.find(ctx, tx, accountID, id)
		if err != nil {
			return err
		}
		if err := fn(tx, w); err != nil {
			return err
		}
		return s.announce(ctx, tx, accountID)
	})
}

// moment is now as the database keeps it.
func (s *Service) moment() time.Time { return time.UnixMilli(s.opt.Now().UnixMilli()).UTC() }

// event is the log's line of something that happened to the webhook.
func (w *Webhook) event(action string, detail map[string]string) audit.Event {
	return audit.Event{AccountID: w.AccountID, Action: action, Subject: "webhook:" + strconv.FormatInt(w.ID, 10), SubjectName: w.host(), Detail: detail}
}

// texts are what can be changed of a webhook, as the log tells it: of the URL the host alone, as paths and queries of
// such URLs often are secrets.
func (w *Webhook) texts() map[string]string {
	return map[string]string{"host": w.host(), "event_types": strings.Join(w.Types, " "), "description": w.Description}
}

func (w *Webhook) host() string {
	u, err := url.Parse(w.URL)
	if err != nil {
		return ""
	}
	return u.Host
}

func optionalText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// whole refuses a caller who is limited to a part of the account: a webhook tells of all of it.
func whole(ctx context.Context) error {
	if p := bearer.CallerOf(ctx); p != nil && p.Account.Part != nil {
		return fault.New(fault.Forbidden, "Webhooks tell of all assets of the account: only members who see all of them may use webhooks.")
	}
	return nil
}
