package tracking

import (
	"context"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
)

// Topic is that of change notices of links. The subject is the hash of the link's token, in hex: who reads the table of changes
// learns no address.
const Topic = "tracking_link"

// Shared is what an open link shares.
type Shared struct {
	AccountID   int64
	Assets      []int64
	From, Until time.Time
}

func errLink() error { return fault.Missing("Tracking link") }

// opened returns a link as it is now, whatever its status. Unknown: NotFound. It reads no table for a link that is in memory.
func (s *Service) opened(ctx context.Context, token string) (*Link, error) {
	if !wellFormed(token) {
		return nil, errLink()
	}
	return s.links.Get(ctx, s.hash(token))
}

// Session verifies a session token. It returns the token of the link that it is for, which is active now, and when the session
// ends. It is Unauthenticated otherwise: Expired, Revoked or Invalid of bearer.
func (s *Service) Session(ctx context.Context, token string) (link string, until time.Time, err error) {
	l, c, err := s.session(ctx, token)
	if err != nil {
		return "", time.Time{}, err
	}
	if c.until.After(l.Until) {
		c.until = l.Until // it may have become shorter since
	}
	return c.link, c.until, nil
}

func (s *Service) session(ctx context.Context, token string) (*Link, claims, error) {
	c, err := s.readSession(token)
	if err != nil {
		return nil, c, err
	}
	l, err := s.opened(ctx, c.link)
	if fault.Is(err, fault.NotFound) {
		return nil, c, bearer.Revoked()
	}
	if err != nil {
		return nil, c, err
	}
	switch l.Status(s.opt.Now()) {
	case Active:
	case Expired:
		return nil, c, bearer.Expired()
	default:
		return nil, c, bearer.Revoked()
	}
	if l.generation != c.generation {
		return nil, c, bearer.Revoked()
	}
	return l, c, nil
}

// Shared tells what a link shares. It is NotFound unless the link is active now. Ask again after each notice of Changed, and at
// Until. Nobody changes Assets in place.
func (s *Service) Shared(ctx context.Context, link string) (Shared, error) {
	l, err := s.opened(ctx, link)
	if err != nil {
		return Shared{}, err
	}
	if l.Status(s.opt.Now()) != Active {
		return Shared{}, errLink()
	}
	return Shared{AccountID: l.AccountID, Assets: l.Assets, From: l.From, Until: l.Until}, nil
}

// Changed calls fn for each link that may have changed, with the hash of its token as Hash gives it; with "" when any may have: an
// account was changed, assets are gone, or notices were missed. By then Session and Shared know of it. fn is called from any
// goroutine and must not wait. Call Changed before the database is watched.
func (s *Service) Changed(fn func(hash string)) {
	any := func() { fn("") }
	s.db.Subscribe(Topic, store.Subscriber{Changed: fn, Reset: any})
	s.db.Subscribe("account", store.Subscriber{Changed: func(string) { any() }, Reset: any})
	s.db.Subscribe(fleet.TopicGroups, store.Subscriber{Changed: func(string) { any() }, Reset: any})
}

// Hash is the name of a link in notices.
func (s *Service) Hash(link string) string { return s.hash(link) }
