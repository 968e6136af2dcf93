package live

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/relay"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
)

// Trails is what live needs of the room of positions.
type Trails interface {
	// Changed hands out the newest position of each asset of a part that moved since a cursor; nil is all assets, "" the beginning.
	Changed(ctx context.Context, accountID int64, part *bearer.Part, cursor string, each func(trail.Move)) (next string, err error)
	Head(ctx context.Context, accountID int64) (cursor string, err error)
}

// Links is what live needs of the room of public links.
type Links interface {
	// IsSession reports whether a token says that it is a session's, good or not.
	IsSession(token string) bool
	// Changed calls fn whenever what Session and Shared say may have changed.
	Changed(fn func(hash string))
	// Session tells whose link a session's token opens, and until when. It is an Unauthenticated fault for any other token.
	Session(ctx context.Context, token string) (link string, until time.Time, err error)
	// Shared tells what a link shows now; a NotFound fault for one that shows nothing.
	Shared(ctx context.Context, link string) (Share, error)
}

// Share is what a link shows: where these assets are from a time on, until it ends.
type Share struct {
	AccountID   int64
	Assets      []int64
	From, Until time.Time
}

// Options are what a Service is made of.
type Options struct {
	AppKey   string // what clients name in the socket's address
	Plain    bool   // names of events without the leading dot
	Snapshot bool   // who subscribes is told where everything is
	Compress bool   // messages are compressed for clients that can read it
	Most     int    // connections on this node; 0: any number

	Secret secret.Server
	Trails Trails
	Links  Links // nil: there are none
	Audit  *audit.Log
	Relay  relay.Relay
	Log    *slog.Logger
	Now    func() time.Time

	// Bearer tells whose token or key it is, Cookie whose session. Both answer from memory in most cases: they are asked again for each
	// credential whenever something changes. A nil Principal is nobody.
	Bearer func(ctx context.Context, token string) (*bearer.Principal, error)
	Cookie func(ctx context.Context, cookie string) (*bearer.Principal, error)
	// Fresh is an error once this node has not learned of revocations for too long.
	Fresh func() error
	// CookieOf is the session's cookie of a request, "" for none. PublicURL is the site that it belongs to.
	CookieOf  func(*http.Request) string
	PublicURL string
}

// Service tells who follows an account what happens in it.
type Service struct {
	opt    Options
	db     *store.DB
	seal   secret.Box
	assets *store.Cache[int64, place]
	groups *store.Cache[int64, place]

	origins *http.CrossOriginProtection // of requests that show a cookie

	mu        sync.RWMutex
	audiences map[int64]*audience
	sockets   map[string]*socket
	streams   map[*stream]struct{}
	holders   map[string]*holder  // by kind and text
	grants    map[grantKey]grant  // of channels that a connection may subscribe to
	granted   chan struct{}       // closed when a grant arrives
	wanted    map[int64]time.Time // accounts that other nodes follow, and until when
	closed    bool

	buffers sync.Pool // of sockets that write
	events  queue
	changed chan struct{} // something changed that credentials hang on
	open    atomic.Int64  // connections
}

// appSecret names the key that channel authorisations are signed with.
const appSecret = "live: channel authorisations"

// New makes the service. It watches the changes that credentials hang on, so make it after the rooms that keep copies of them.
func New(db *store.DB, opt Options) *Service {
	s := &Service{opt: opt, db: db, seal: opt.Secret.Box("live: credentials between nodes"),
		audiences: map[int64]*audience{}, sockets: map[string]*socket{}, streams: map[*stream]struct{}{}, holders: map[string]*holder{},
		grants: map[grantKey]grant{}, granted: make(chan struct{}), wanted: map[int64]time.Time{}, changed: make(chan struct{}, 1)}
	s.origins = http.NewCrossOriginProtection()
	if opt.PublicURL != "" {
		_ = s.origins.AddTrustedOrigin(opt.PublicURL) // one that has a path was refused long before
	}
	s.events.ready = make(chan struct{}, 1)
	s.assets = store.NewCache(200_000, func(ctx context.Context, id int64) (place, error) { return readPlace(ctx, db, id) })
	s.groups = store.NewCache(10_000, func(ctx context.Context, id int64) (place, error) { return readGroup(ctx, db, id) })
	db.Subscribe(fleet.TopicGroups, store.Subscriber{Reset: s.forgetAll, Changed: s.forget})
	check := func() {
		select {
		case s.changed <- struct{}{}:
		default:
		}
	}
	for _, topic := range []string{"revocation", "client", "api_key", "user", "account", "session", "signing_key", fleet.TopicGroups} {
		db.Subscribe(topic, store.Subscriber{Reset: check, Changed: func(string) { check() }})
	}
	if opt.Links != nil {
		opt.Links.Changed(func(string) { check() })
	}
	retier := func(account int64) {
		if a := s.audience(account); a != nil {
			a.setTier(context.Background())
		}
	}
	db.Subscribe(tierTopic, store.Subscriber{
		Changed: func(subject string) {
			if id, err := strconv.ParseInt(subject, 10, 64); err == nil {
				retier(id)
			}
		},
		Reset: func() {
			for _, a := range s.all() {
				retier(a.account)
			}
		}})
	opt.Relay.Subscribe(s.received, s.gap)
	return s
}

func (s *Service) forgetAll() {
	s.assets.Reset()
	s.groups.Reset()
}

func (s *Service) forget(subject string) {
	account, err := strconv.ParseInt(subject, 10, 64)
	if err != nil {
		s.forgetAll()
		return
	}
	of := func(_ int64, p place) bool { return p.account == account }
	s.assets.DropIf(of)
	s.groups.DropIf(of)
}

func (s *Service) eventName(name string) string {
	if s.opt.Plain {
		return name
	}
	return "." + name
}

// audience finds who follows an account here; nil for nobody.
func (s *Service) audience(account int64) *audience {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.audiences[account]
}

func (s *Service) all() []*audience {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Collect(maps.Values(s.audiences))
}

// Watched implements trail.Watcher.
func (s *Service) Watched(account int64) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.audiences[account] != nil {
		return true
	}
	until, ok := s.wanted[account]
	return ok && s.opt.Now().Before(until)
}

// Moved implements trail.Watcher.
func (s *Service) Moved(moves []trail.Move) { s.events.add(moves, nil) }

// Alert is an alert that was triggered: to be told once that is committed. data is what encoding/json makes an AlertData of.
func (s *Service) Alert(account, asset int64, data any) {
	if !s.Watched(account) {
		return
	}
	text, err := json.Marshal(data)
	if err != nil {
		s.opt.Log.Error("an alert can't be told live", "cause", err.Error())
		return
	}
	s.events.add(nil, &happening{account: account, asset: asset, data: text})
}

// happening is an alert or a report on its way.
type happening struct {
	account, asset int64
	data           []byte
	report         *reportNews // nil: an alert
}

// Run tells what was stored until ctx ends, and ends what may not go on.
func (s *Service) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { s.opt.Relay.Run(ctx, s.opt.Log) })
	running.Go(func() { s.upkeep(ctx) })
	for {
		select {
		case <-ctx.Done():
			s.Close()
			running.Wait()
			return
		case <-s.events.ready:
			moves, happened := s.events.take()
			for account, own := range byAccount(moves) {
				s.publishMoves(account, own)
				if a := s.audience(account); a != nil {
					a.moved(ctx, own, s.opt.Now())
				}
			}
			for _, h := range happened {
				if h.report != nil {
					s.tellReport(ctx, h)
					continue
				}
				s.publishAlert(h)
				if a := s.audience(h.account); a != nil {
					a.happened(ctx, h.asset, eventAlert, h.data)
				}
			}
		}
	}
}

func byAccount(moves []trail.Move) map[int64][]trail.Move {
	if len(moves) == 0 {
		return nil
	}
	if !slices.ContainsFunc(moves, func(m trail.Move) bool { return m.AccountID != moves[0].AccountID }) {
		return map[int64][]trail.Move{moves[0].AccountID: moves}
	}
	out := map[int64][]trail.Move{}
	for _, m := range moves {
		out[m.AccountID] = append(out[m.AccountID], m)
	}
	return out
}

// upkeep checks credentials after changes and ends, looks after silent connections, tells other nodes what is followed here, and
// sends what the slim tier has held back.
func (s *Service) upkeep(ctx context.Context) {
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
			s.recheck(ctx, true)
			continue
		case <-tick.C:
		}
		now := s.opt.Now()
		s.recheck(ctx, s.opt.Fresh() != nil) // who can't learn of revocations serves nobody
		for _, a := range s.all() {
			if a.slimNow() {
				a.moved(ctx, nil, now)
			}
			a.settle(ctx)
		}
		if n%10 == 0 {
			s.sweep(now)
		}
		if n%advanceEvery == 0 {
			s.want()
			for _, a := range s.all() {
				a.advance(ctx)
			}
		}
	}
}

func (a *audience) slimNow() bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.slim
}

// setTier reads the account's tier. While it can't be read, the audience keeps the one it has.
func (a *audience) setTier(ctx context.Context) {
	tier, err := readTier(ctx, a.service.db, a.account)
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.slim = tier == tierSlim; a.slim && a.held == nil {
		a.held = map[int64]*heldMove{}
	}
}

// subscribe puts a reader on a channel, whose right to it was just found.
// One that is late is told by catchUp what it has missed. It is welcomed, unless that is nil, before it is told anything and in the same
// moment from which it is told everything.
func (s *Service) subscribe(ctx context.Context, r reader, name string, at address, h *holder, may right, late bool, welcome *frame) *subscription {
	sub := &subscription{reader: r, part: may.part, partKey: partKey(may.part), alerts: may.alerts, reports: may.reports, late: late}
	s.mu.Lock()
	a := s.audiences[may.account]
	fresh := a == nil
	shared := s.db.Dialect == store.Postgres // by other nodes, it may be, which tell nobody until they have heard of the audience
	if fresh {
		none := ""
		a = &audience{service: s, account: may.account, channels: map[string]*channel{}}
		if shared {
			a.told = map[int64]int64{}
		}
		a.cursor.Store(&none)
		s.audiences[may.account] = a
	}
	s.hold(h, sub)
	a.mu.Lock()
	c := a.channels[name]
	if c == nil {
		c = &channel{address: at, name: name, audience: a, subs: map[*subscription]struct{}{}}
		a.channels[name] = c
	}
	c.group, c.assets, c.from = may.group, may.assets, may.from
	c.subs[sub] = struct{}{}
	sub.channel = c
	if welcome != nil {
		r.offer(welcome, nil)
	}
	a.mu.Unlock()
	s.mu.Unlock()
	if fresh {
		s.want()
		a.setTier(ctx)
		if head, err := s.opt.Trails.Head(ctx, a.account); err == nil {
			a.cursor.Store(&head)
		}
		if shared {
			a.owe(owedAfter, false)
		}
	}
	return sub
}

// unsubscribe takes a reader off a channel. To do so twice is nothing.
func (s *Service) unsubscribe(sub *subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release(sub)
	c := sub.channel
	a := c.audience
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(c.subs, sub)
	if len(c.subs) == 0 && a.channels[c.name] == c {
		delete(a.channels, c.name)
	}
	if len(a.channels) == 0 && s.audiences[a.account] == a {
		delete(s.audiences, a.account)
	}
}

// catchUp offers a subscriber the newest position of each asset that moved since a cursor; "" gives all.
func (s *Service) catchUp(ctx context.Context, sub *subscription, since string) error {
	a := sub.channel.audience
	slim, cursor := a.slimNow(), *a.cursor.Load()
	moves, err := a.changed(ctx, sub.mayBe(), since)
	if err != nil {
		return err
	}
	if slim {
		for i := range moves {
			moves[i] = withoutSensors(moves[i])
		}
	}
	places := s.places(ctx, moves)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range sub.channel.frames(sub.channel.seen(moves, places, sub.part), cursor) {
		sub.reader.offer(f, sub)
	}
	sub.late = false
	return nil
}

// mayBe is the part of the account that holds all that the subscription may show, so that nothing else is read. What it does show
// is for the channel to pick.
func (sub *subscription) mayBe() *bearer.Part {
	a := sub.channel.audience
	a.mu.RLock()
	defer a.mu.RUnlock()
	switch c := sub.channel; c.kind {
	case ofAsset:
		return &bearer.Part{Assets: []int64{c.id}}
	case ofGroup:
		return &bearer.Part{Groups: []string{c.group}}
	case ofLink:
		return &bearer.Part{Assets: slices.Collect(maps.Keys(c.assets))}
	}
	return sub.part
}

// errEnding is why connections end when the server does.
var errEnding = errors.New("the server is ending")

// Close ends all connections, so that their clients go elsewhere or come again.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	sockets, streams := slices.Collect(maps.Values(s.sockets)), slices.Collect(maps.Keys(s.streams))
	s.mu.Unlock()
	for _, c := range sockets {
		c.close(closeAgain, errEnding.Error())
	}
	for _, st := range streams {
		st.end(errEnding)
	}
	// Those that read nothing are given the time that they have to be told why.
	for until := time.Now().Add(2 * closeTimeout); s.open.Load() > 0 && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
}

// queue is what was stored and is to be told.
type queue struct {
	ready chan struct{}

	mu       sync.Mutex
	moves    []trail.Move
	happened []*happening
}

// mostWaiting is how many positions may wait to be told before only the newest of each asset is kept.
const mostWaiting = 100_000

func (q *queue) add(moves []trail.Move, h *happening) {
	q.mu.Lock()
	q.moves = append(q.moves, moves...)
	if len(q.moves) > mostWaiting {
		newest := map[int64]trail.Move{}
		for _, m := range q.moves {
			if newest[m.AssetID].Time <= m.Time {
				newest[m.AssetID] = m
			}
		}
		q.moves = slices.Collect(maps.Values(newest))
	}
	if h != nil {
		q.happened = append(q.happened, h)
	}
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

func (q *queue) take() ([]trail.Move, []*happening) {
	q.mu.Lock()
	defer q.mu.Unlock()
	moves, happened := q.moves, q.happened
	q.moves, q.happened = nil, nil
	return moves, happened
}
