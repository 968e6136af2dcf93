package tracking

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/web"
)

// Link is a public tracking link.
type Link struct {
	ID          int64
	AccountID   int64
	Version     int64 // counts its changes, from 1
	Token       string
	Name        string
	Assets      []int64 // that exist still, in order
	From, Until time.Time
	Show        string // Position, Trail or Arrival
	Destination *Destination
	CreatedBy   int64 // the user; 0 for nobody
	CreatedAt   time.Time
	UpdatedAt   time.Time
	RevokedAt   time.Time // zero: it isn't

	hash       string // of the token, in hex
	sealed     []byte // the token
	pinHash    []byte // nil: open
	generation int64  // counts the PINs
	suspended  bool   // the account is; only in what the cache holds
}

// Destination is where the assets of a link are going.
type Destination struct {
	Name      string  `json:"name" doc:"Up to 200 characters." example:"12 Harbour Road"`
	Latitude  float64 `json:"latitude" minimum:"-90" maximum:"90" doc:"Degrees, WGS 84." example:"52.5200"`
	Longitude float64 `json:"longitude" minimum:"-180" maximum:"180" doc:"Degrees, WGS 84." example:"13.4050"`
}

// What a link shows: last positions alone, with the trail, or with an estimated arrival.
const (
	Position = "position"
	Trail    = "trail"
	Arrival  = "arrival"
)

// Who may open a link: all who have it, or those who know its PIN too.
const (
	Open = "open"
	PIN  = "pin"
)

// Statuses of a link. The public side knows no pending: see statusOf in public_http.go.
const (
	Pending = "pending"
	Active  = "active"
	Expired = "expired"
	Revoked = "revoked"
)

// Bounds of links.
const (
	maxLinks  = 10_000 // of an account
	maxAssets = 50
	maxName   = 200
	maxSpan   = 366 * 24 * time.Hour
)

// Access is Open or PIN.
func (l *Link) Access() string {
	if l.pinHash == nil {
		return Open
	}
	return PIN
}

// Status is what a link is at a time. One whose assets are all gone, or whose account is suspended, is as if it were revoked.
func (l *Link) Status(now time.Time) string {
	switch {
	case !l.RevokedAt.IsZero() || l.suspended || len(l.Assets) == 0:
		return Revoked
	case now.Before(l.From):
		return Pending
	case !now.Before(l.Until):
		return Expired
	}
	return Active
}

// Options of New.
type Options struct {
	PublicURL string // begins the addresses of links, and the links of lists; without a path
	Now       func() time.Time
	Log       *slog.Logger
}

// Service is the room's front. Its methods may be called from many goroutines.
type Service struct {
	Map Map // of the public page; set it before the page is served

	opt    Options
	db     *store.DB
	fleet  *fleet.Service
	trail  *trail.Service
	last   fleet.Trails
	log    *audit.Log
	box    secret.Box
	tokens secret.Hasher
	pins   secret.Hasher
	seal   [32]byte // of session tokens
	limits throttle

	links  *store.Cache[string, *Link] // by hash
	states recent[TrackingState]
	trails recent[map[int64][]TrackedPoint]
	static []staticFile
}

// cached bounds the links held in memory.
const cached = 20_000

// New makes the service and subscribes it to changes. last tells last positions; it is what fleet stands on too.
func New(db *store.DB, server secret.Server, assets *fleet.Service, trails *trail.Service, last fleet.Trails, log *audit.Log, opt Options) *Service {
	opt.PublicURL = strings.TrimRight(opt.PublicURL, "/")
	s := &Service{opt: opt, db: db, fleet: assets, trail: trails, last: last, log: log, box: server.Box("tracking link"),
		tokens: server.Hasher("tracking link"), pins: server.Hasher("tracking pin"), seal: server.Derive("tracking session"),
		limits: newThrottle(), static: staticFiles()}
	s.links = store.NewCache(cached, s.load)
	db.Subscribe(Topic, store.Subscriber{Changed: s.links.Drop, Reset: s.links.Reset})
	ofAccount := store.Subscriber{Reset: s.links.Reset, Changed: func(subject string) {
		id, err := strconv.ParseInt(subject, 10, 64)
		s.links.DropIf(func(_ string, l *Link) bool { return err != nil || l.AccountID == id })
	}}
	db.Subscribe("account", ofAccount)         // it may be suspended
	db.Subscribe(fleet.TopicGroups, ofAccount) // assets may be gone
	return s
}

// URL is the address of a link.
func (s *Service) URL(l *Link) string { return s.opt.PublicURL + "/t/" + l.Token }

// Find returns an account's link. Unknown, another account's, or of assets that the caller doesn't all see: NotFound.
func (s *Service) Find(ctx context.Context, accountID, id int64) (*Link, error) {
	found, err := s.find(ctx, s.db.Read(), accountID, id)
	if err != nil {
		return nil, err
	}
	return found, s.complete(ctx, s.db.Read(), []*Link{found})
}

// List returns one page of the account's links that the caller may see, and how many there are. assetID picks those that show
// an asset; 0 picks all.
func (s *Service) List(ctx context.Context, accountID, assetID int64, page web.PageInput) ([]*Link, int, error) {
	list, total, err := s.list(ctx, accountID, assetID, page)
	if err != nil {
		return nil, 0, err
	}
	return list, total, s.complete(ctx, s.db.Read(), list)
}

// Create makes a link. What is wrong with the fields comes back as an Invalid fault by field.
func (s *Service) Create(ctx context.Context, accountID int64, f LinkFields) (*Link, error) {
	if err := mayShare(ctx); err != nil {
		return nil, err
	}
	now := s.moment()
	l := &Link{AccountID: accountID, Version: 1, Token: newToken(), Show: Position, From: now, CreatedAt: now, UpdatedAt: now}
	l.hash = s.hash(l.Token)
	l.sealed = s.box.Seal([]byte(l.Token), l.boundTo())
	if p := bearer.CallerOf(ctx); p != nil && p.User != nil {
		l.CreatedBy = p.User.ID
	}
	wrong := s.apply(l, f)
	if len(wrong) == 0 && !now.Before(l.Until) {
		wrong = []fault.Field{{Name: "until", Message: "The until field must be in the future."}}
	}
	if err := fault.InvalidFields(wrong); err != nil {
		return nil, err
	}
	if err := s.mayShow(ctx, accountID, l.Assets); err != nil {
		return nil, err
	}
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := s.insert(ctx, tx, l); err != nil {
			return err
		}
		return s.tell(ctx, tx, l, "tracking_link.created", l.texts())
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Update changes a link, unless others have changed it since the caller has seen it (Stale), and returns it as it is then. A change
// of nothing is none. A link that was revoked stays so, and is a Conflict.
func (s *Service) Update(ctx context.Context, accountID, id int64, f LinkFields, seen web.Precondition) (after *Link, err error) {
	if err := mayShare(ctx); err != nil {
		return nil, err
	}
	if f.AssetIDs.Given && f.AssetIDs.Value != nil {
		if err := s.mayShow(ctx, accountID, *f.AssetIDs.Value); err != nil {
			return nil, err
		}
	}
	err = s.change(ctx, accountID, id, seen, func(tx *store.Tx, before *Link) error {
		changed := *before
		after = &changed
		if !before.RevokedAt.IsZero() {
			return fault.New(fault.Conflict, "The link was revoked. Make another one.")
		}
		if err := fault.InvalidFields(s.apply(after, f)); err != nil {
			return err
		}
		detail := audit.Changes(before.texts(), after.texts())
		if after.generation != before.generation {
			detail["pin"] = "changed"
		}
		if len(detail) == 0 {
			return nil
		}
		after.Version, after.UpdatedAt = before.Version+1, s.moment()
		if err := s.update(ctx, tx, after); err != nil {
			return err
		}
		return s.tell(ctx, tx, after, "tracking_link.updated", detail)
	})
	return after, err
}

// Revoke ends a link at once and for good. One that was revoked already stays as it is.
func (s *Service) Revoke(ctx context.Context, accountID, id int64, seen web.Precondition) (after *Link, err error) {
	err = s.change(ctx, accountID, id, seen, func(tx *store.Tx, l *Link) error {
		after = l
		if !l.RevokedAt.IsZero() {
			return nil
		}
		l.RevokedAt = s.moment()
		l.Version, l.UpdatedAt = l.Version+1, l.RevokedAt
		if err := s.update(ctx, tx, l); err != nil {
			return err
		}
		return s.tell(ctx, tx, l, "tracking_link.revoked", nil)
	})
	return after, err
}

// Delete removes a link: to the public it never was.
func (s *Service) Delete(ctx context.Context, accountID, id int64, seen web.Precondition) error {
	return s.change(ctx, accountID, id, seen, func(tx *store.Tx, l *Link) error {
		if err := s.delete(ctx, tx, accountID, id); err != nil {
			return err
		}
		return s.tell(ctx, tx, l, "tracking_link.deleted", nil)
	})
}

// change runs fn on an account's link that the caller may see, locked against other changes.
func (s *Service) change(ctx context.Context, accountID, id int64, seen web.Precondition, fn func(*store.Tx, *Link) error) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := s.lock(ctx, tx, accountID, id); err != nil {
			return err
		}
		l, err := s.find(ctx, tx, accountID, id)
		if err != nil {
			return err
		}
		if err := s.complete(ctx, tx, []*Link{l}); err != nil {
			return err
		}
		if err := seen.Check(l.Version); err != nil {
			return err
		}
		return fn(tx, l)
	})
}

// tell records what was done to a link, and announces that it has changed.
func (s *Service) tell(ctx context.Context, tx *store.Tx, l *Link, action string, detail map[string]string) error {
	err := s.log.Record(ctx, tx, audit.Event{AccountID: l.AccountID, Action: action, Subject: "tracking_link:" + strconv.FormatInt(l.ID, 10), SubjectName: l.Name, Detail: detail})
	if err != nil {
		return err
	}
	return tx.Announce(ctx, Topic, l.hash)
}

// moment is now as the database keeps it.
func (s *Service) moment() time.Time { return time.UnixMilli(s.opt.Now().UnixMilli()).UTC() }

// mayShare refuses a credential that would publish what it may not read itself.
func mayShare(ctx context.Context) error {
	p := bearer.CallerOf(ctx)
	needed, err := bearer.ParseScopes("read:positions")
	if err != nil || p == nil || p.Scopes.Has(needed) {
		return err
	}
	return &fault.Error{Kind: fault.Forbidden, Message: "Invalid scope(s) provided.", Code: "insufficient_scope", Scope: "read:positions"}
}

// mayShow refuses assets that the caller doesn't see or that don't exist: the two are alike.
func (s *Service) mayShow(ctx context.Context, accountID int64, ids []int64) error {
	if len(ids) > maxAssets {
		return fault.InvalidField("asset_ids", assetsWrong)
	}
	known, err := s.fleet.Lookup(ctx, accountID, ids, nil)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, ok := known.IDs[id]; !ok {
			return errAsset(id)
		}
	}
	return nil
}

func errAsset(id int64) error {
	return fault.InvalidField("asset_ids", "The asset "+strconv.FormatInt(id, 10)+" was not found.")
}
