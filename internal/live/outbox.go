package live

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/yipii/yipii/internal/trail"
)

// Bounds of what waits for one reader.
const (
	queueLength = 32  // frames; positions that come on top are held as the newest of each asset
	mostEvents  = 256 // frames that can't be left out, such as alerts
	patience    = 30 * time.Second
)

// outbox is what one reader has still to be sent. Whoever offers never waits.
type outbox struct {
	mu     sync.Mutex
	queue  []*frame
	newest map[*subscription]*latest // what the queue had no room for
	since  time.Time                 // when newest was last empty
	busy   bool                      // somebody is sending
	closed bool
}

// latest is the newest position of each asset of what waits for a subscription.
type latest struct {
	moves  map[int64]trail.Move
	cursor string // of the frame that came last
}

// offer adds a frame. It reports whether nobody is sending, so that the caller must see to it, and whether the reader has been
// too slow for too long.
func (o *outbox) offer(f *frame, sub *subscription, now time.Time) (start, tooSlow bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false, false
	}
	switch {
	case len(o.newest) == 0 && len(o.queue) < queueLength:
		o.queue = append(o.queue, f)
	case f.moves == nil:
		if len(o.queue) >= mostEvents {
			return false, true
		}
		if len(o.newest) > 0 && f.cursor != "" {
			f = f.withoutCursor() // it goes before what is held
		}
		o.queue = append(o.queue, f)
	default:
		o.hold(f, sub, now)
		if now.Sub(o.since) > patience {
			return false, true
		}
	}
	start = !o.busy
	o.busy = true
	return start, false
}

// hold keeps the newest position of each asset of a frame.
func (o *outbox) hold(f *frame, sub *subscription, now time.Time) {
	if len(o.newest) == 0 {
		o.since = now
		o.newest = map[*subscription]*latest{}
	}
	held := o.newest[sub]
	if held == nil {
		held = &latest{moves: map[int64]trail.Move{}}
		o.newest[sub] = held
	}
	held.cursor = f.cursor
	for _, m := range f.moves {
		if held.moves[m.AssetID].Time <= m.Time {
			held.moves[m.AssetID] = m
		}
	}
}

// next takes the next frame out; nil when there is none, and whoever was sending is done.
func (o *outbox) next() *frame {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 && len(o.newest) > 0 {
		for sub, held := range o.newest {
			moves := slices.SortedFunc(maps.Values(held.moves), func(a, b trail.Move) int { return int(a.AssetID - b.AssetID) })
			o.queue = append(o.queue, sub.channel.frames(moves, held.cursor)...)
		}
		o.newest = nil
	}
	if len(o.queue) == 0 {
		o.queue, o.busy = nil, false
		return nil
	}
	f := o.queue[0]
	o.queue[0] = nil
	o.queue = o.queue[1:]
	return f
}

// forget drops what waits for a subscription that has ended.
func (o *outbox) forget(sub *subscription) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.newest, sub)
}

// finish throws away what waits, and makes f the last that is sent. It reports whether the caller must see to that; if not,
// somebody is sending, and comes to it.
func (o *outbox) finish(f *frame) (start bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	o.closed, o.queue, o.newest = true, []*frame{f}, nil
	start = !o.busy
	o.busy = true
	return start
}

// close ends the outbox: what waits is thrown away.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed, o.queue, o.newest = true, nil, nil
}
