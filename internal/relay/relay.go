package relay

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// MaxMessage is how many bytes a message may have. A longer one is dropped, as if it had waited too long.
const MaxMessage = 1 << 20

// Relay carries messages from each node to all others. Delivery is at most once: who must know of a gap sets Gap.
type Relay interface {
	// Publish hands over a message for the other nodes. It never blocks and never writes within a transaction of somebody else.
	// Messages arrive in the order in which one node published them. When more waits than the bound, the oldest is
	// dropped, and the others are told of a gap.
	Publish(message []byte)
	// Subscribe sets who is called with each message of another node, never of this one, and with a gap: messages may have been
	// missed. A gap is told whenever a connection is made, the first one too, and when messages were dropped. One call
	// at a time is made, and it should be quick, as the next waits for it. Call Subscribe before Run.
	//
	// What a gap may lack was published while Hears was false, or in the NoticedWithin before; or at any time, if it is whole.
	Subscribe(message func([]byte), gap func(whole bool))
	// Hears reports whether messages of other nodes are heard, as far as is known: that they aren't is known within NoticedWithin.
	Hears() bool
	// Run carries messages until ctx ends. It connects again after the engine was away, and logs a failure once per outage.
	Run(ctx context.Context, log *slog.Logger)
	// Node is this node's name among the others: random, 16 hex digits, new at each start.
	Node() string
}

// NoticedWithin is how long it may take until a connection that says nothing any more is known to be broken.
const NoticedWithin = 40 * time.Second

// Open makes the relay of this node: over NATS if natsURL is given, else over the notices of a PostgreSQL database, else one to
// nobody. It connects to nothing; that is Run's.
func Open(db *store.DB, natsURL string) (Relay, error) {
	node := newName()
	switch {
	case natsURL != "":
		if err := CheckURL(natsURL); err != nil {
			return nil, err
		}
		return newCarried(node, newNATSCarrier(db, natsURL, node)), nil
	case db.Dialect == store.Postgres:
		return newCarried(node, postgresCarrier{db}), nil
	}
	return nobody{node}, nil
}

// newName is a random name of 16 hex digits.
func newName() string {
	name := make([]byte, 8)
	_, _ = rand.Read(name) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(name)
}

// nobody is the relay of the only node.
type nobody struct{ node string }

func (nobody) Publish([]byte)                          {}
func (nobody) Subscribe(func([]byte), func(bool))      {}
func (nobody) Run(ctx context.Context, _ *slog.Logger) { <-ctx.Done() }
func (nobody) Hears() bool                             { return true }
func (n nobody) Node() string                          { return n.node }

// carrier is an engine that takes frames to all nodes.
type carrier interface {
	// form says what frames must be like at present. An error says that none can be sent.
	form() (form, error)
	// send returns nil once the engine has all frames, in their order. After an error they are sent again, unless it is
	// errRefused; some may have arrived.
	send(ctx context.Context, frames []string) error
	// listen calls h until ctx ends or the carrier can't mend what fails; then it returns why.
	listen(ctx context.Context, h hearing) error
}

var (
	errRefused = errors.New("the frames will never be taken")
	errAway    = errors.New("there is no connection")
)

// hearing is what a carrier tells while it listens.
type hearing struct {
	up    func()             // frames are heard from now on
	down  func(error)        // they aren't any more
	heard func(frame string) // a frame of any node
	lost  func()             // frames were heard and lost
}

const (
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
	// sendTimeout bounds one attempt to send.
	sendTimeout = 10 * time.Second
	// farewell is how long messages may take to go once Run shall end.
	farewell = time.Second
)

// carried is a relay over a carrier.
type carried struct {
	node    string
	carrier carrier
	out     *outbox
	in      *inbox
	back    chan struct{} // the carrier came up
	hears   atomic.Bool
}

func newCarried(node string, c carrier) *carried {
	return &carried{node: node, carrier: c, out: newOutbox(node), in: newInbox(node), back: make(chan struct{}, 1)}
}

func (r *carried) Node() string           { return r.node }
func (r *carried) Hears() bool            { return r.hears.Load() }
func (r *carried) Publish(message []byte) { r.out.add(message) }

func (r *carried) Subscribe(message func([]byte), gap func(whole bool)) {
	r.in.message, r.in.gap = message, gap
}

func (r *carried) Run(ctx context.Context, log *slog.Logger) {
	defer r.in.end()
	// What listens, and every call that is under way, outlives ctx by the farewell at most.
	after, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	context.AfterFunc(ctx, func() {
		wait(after, farewell, nil)
		stop()
	})
	trouble := &outage{log: log}
	var listener sync.WaitGroup
	listener.Go(func() { r.listen(after, trouble) })
	r.send(ctx, after, trouble)
	stop()
	listener.Wait()
}

// listen hears frames until ctx ends.
func (r *carried) listen(ctx context.Context, trouble *outage) {
	pause := firstPause
	for ctx.Err() == nil {
		started := time.Now()
		err := r.carrier.listen(ctx, hearing{
			up: func() {
				trouble.over(hearEnd)
				signal(r.back)
				r.in.lost() // what came before
				r.hears.Store(true)
			},
			down: func(err error) {
				r.hears.Store(false)
				if ctx.Err() == nil {
					trouble.begin(hearEnd, err)
				}
			},
			heard: r.in.take,
			lost:  r.in.lost,
		})
		r.hears.Store(false)
		if ctx.Err() != nil {
			return
		}
		trouble.begin(hearEnd, err)
		if time.Since(started) > 2*longestPause {
			pause = firstPause
		}
		wait(ctx, pause, nil)
		pause = min(2*pause, longestPause)
	}
}

// send sends what is published until ctx ends, and then what is left, until after ends.
func (r *carried) send(ctx, after context.Context, trouble *outage) {
	pause := firstPause
	for {
		err := r.flush(after, trouble)
		switch {
		case err == nil:
			trouble.over(sendEnd)
			pause = firstPause
		case after.Err() == nil && !errors.Is(err, errAway): // which who listens tells
			trouble.begin(sendEnd, err)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			wait(ctx, pause, r.back)
			pause = min(2*pause, longestPause)
			continue
		}
		select {
		case <-r.out.ready:
			wait(ctx, gatherFor, nil)
		case <-ctx.Done():
		}
	}
}

// gatherFor is how long messages are gathered, to go together. A call for each would cost the engine more than all of them.
const gatherFor = 20 * time.Millisecond

// flush sends all that waits. What fails stays, for another call.
func (r *carried) flush(ctx context.Context, trouble *outage) error {
	for {
		form, err := r.carrier.form()
		if err != nil {
			return err
		}
		frames, dropped := r.out.frames(form)
		trouble.dropped(dropped)
		if len(frames) == 0 {
			return nil
		}
		attempt, cancel := context.WithTimeout(ctx, sendTimeout)
		err = r.carrier.send(attempt, frames)
		cancel()
		switch {
		case err == nil:
			r.out.sent()
		case errors.Is(err, errRefused):
			trouble.refused(err)
			r.out.refused()
		default:
			return err
		}
	}
}

// wait ends after d, when ctx ends, or when something comes from sooner.
func wait(ctx context.Context, d time.Duration, sooner <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-sooner:
	}
}

// signal leaves a sign in a channel that holds one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
