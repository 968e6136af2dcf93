package live

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/trail"
)

// reader is who gets frames: a socket, or a stream of Server-Sent Events.
type reader interface {
	// offer takes a frame without waiting.
	offer(f *frame, sub *subscription)
	// end closes the connection: its credential is worth nothing any more.
	end(reason error)
}

// subscription is a reader on a channel.
type subscription struct {
	reader  reader
	channel *channel
	holder  *holder

	// What the reader may see, under the audience's lock.
	part    *bearer.Part
	partKey string // the same for the same part
	alerts  bool   // its credential may read alerts
	reports bool   // and reports
	late    bool   // it has not been told yet what it has missed: none of what it is told is where it could go on
}

// channel is a name that somebody here has subscribed to.
type channel struct {
	address
	name     string
	audience *audience
	group    string             // the group's name
	assets   map[int64]struct{} // of a link
	from     time.Time          // of a link: where assets were before isn't for its guests, also when it comes late
	subs     map[*subscription]struct{}
}

// audience is who follows one account on this node.
type audience struct {
	service *Service
	account int64
	cursor  atomic.Pointer[string] // behind changes that were told, all of them (owed.go)

	mu       sync.RWMutex
	heads    []string // places that become the cursor, one after the other, when what lies before them was told
	owed     int      // what was missed is told in so many moments of the upkeep; 0: nothing is
	whole    bool     // it may have been missed at any time
	channels map[string]*channel
	slim     bool
	held     map[int64]*heldMove // by asset, in the slim tier
	told     map[int64]int64     // by asset, the newest time, until the other nodes must have heard of a new audience; nil afterwards
}

// heldMove is the newest position of an asset that the slim tier has not told yet.
type heldMove struct {
	told time.Time
	move *trail.Move // nil: told
}

// slimEvery is how seldom the slim tier tells where an asset is.
const slimEvery = 25 * time.Second

// frame makes a frame of positions for the channel. Who has seen it, and what was told before, goes on at the cursor; "" where more
// has to be told first.
func (c *channel) frame(moves []trail.Move, cursor string) *frame {
	return &frame{event: c.audience.service.eventName(eventLocation), channel: c.name, data: joined(moves), moves: moves, cursor: cursor}
}

// frames makes frames of positions, of which the last says where who has seen them all goes on.
func (c *channel) frames(moves []trail.Move, cursor string) []*frame {
	var list []*frame
	for part := range slices.Chunk(moves, mostMoves) {
		list = append(list, c.frame(part, ""))
	}
	if len(list) > 0 {
		list[len(list)-1].cursor = cursor
	}
	return list
}

// moved tells the audience where assets went. The moves are its own.
func (a *audience) moved(ctx context.Context, moves []trail.Move, now time.Time) {
	a.mu.Lock()
	if a.told != nil {
		for i := range moves {
			a.told[moves[i].AssetID] = max(a.told[moves[i].AssetID], moves[i].Time)
		}
	}
	if a.slim {
		moves = a.hold(moves, now)
	}
	a.mu.Unlock()
	a.tell(ctx, moves)
}

// hold keeps back what the slim tier doesn't tell yet, and returns the rest. The audience is locked.
func (a *audience) hold(moves []trail.Move, now time.Time) []trail.Move {
	var due []trail.Move
	for i := range moves {
		m := withoutSensors(moves[i])
		h := a.held[m.AssetID]
		if h == nil {
			h = &heldMove{}
			a.held[m.AssetID] = h
		}
		if h.move == nil || h.move.Time <= m.Time {
			h.move = &m
		}
	}
	for _, h := range a.held {
		if h.move != nil && now.Sub(h.told) >= slimEvery {
			due = append(due, *h.move)
			h.move, h.told = nil, now
		}
	}
	return due
}

// withoutSensors takes the sensors away, which come last. Nothing before them is free text.
func withoutSensors(m trail.Move) trail.Move {
	if i := bytes.Index(m.JSON, []byte(`,"sensors":`)); i >= 0 {
		m.JSON = append(m.JSON[:i:i], '}')
	}
	return m
}

// tell hands positions to all who may see them.
func (a *audience) tell(ctx context.Context, moves []trail.Move) {
	for part := range slices.Chunk(moves, mostMoves) {
		places := a.service.places(ctx, part)
		var all []delivery
		a.mu.RLock()
		for _, c := range a.channels {
			all = c.addressed(all, part, places)
		}
		a.mu.RUnlock()
		deliver(all)
	}
}

// addressed adds what each subscriber may see of moves, encoded once for all who may see the same.
func (c *channel) addressed(all []delivery, moves []trail.Move, places []place) []delivery {
	type kind struct {
		part string
		late bool
	}
	frames := make(map[kind]*frame, 1)
	all = slices.Grow(all, len(c.subs))
	cursor := *c.audience.cursor.Load()
	for sub := range c.subs {
		f, ok := frames[kind{sub.partKey, sub.late}]
		if !ok {
			if seen := c.seen(moves, places, sub.part); len(seen) > 0 {
				f = c.frame(seen, cursor)
				if sub.late {
					f.cursor = ""
				}
			}
			frames[kind{sub.partKey, sub.late}] = f
		}
		if f != nil {
			all = append(all, delivery{f, sub})
		}
	}
	return all
}

// seen is what a channel shows of moves to somebody who is limited to a part.
func (c *channel) seen(moves []trail.Move, places []place, part *bearer.Part) []trail.Move {
	if c.kind == ofAccount && part == nil {
		return moves
	}
	var seen []trail.Move
	for i := range moves {
		if c.shows(moves[i].AssetID, places[i], part) && (c.kind != ofLink || moves[i].Time >= c.from.UnixMilli()) {
			m := moves[i]
			if c.kind == ofLink {
				m = publicMove(m)
			}
			seen = append(seen, m)
		}
	}
	return seen
}

// shows reports whether what happens to an asset belongs on the channel, for somebody who is limited to a part.
func (c *channel) shows(asset int64, p place, part *bearer.Part) bool {
	switch c.kind {
	case ofAsset:
		if asset != c.id {
			return false
		}
	case ofGroup:
		if p.group != c.group {
			return false
		}
	case ofLink:
		_, ok := c.assets[asset]
		return ok
	}
	return part == nil || slices.Contains(part.Assets, asset) || p.group != "" && slices.Contains(part.Groups, p.group)
}

// happened tells all who may see the asset of an event. Public links don't show events, and neither does the slim tier.
func (a *audience) happened(ctx context.Context, asset int64, event string, data []byte) {
	places := a.service.places(ctx, []trail.Move{{AccountID: a.account, AssetID: asset}})
	deliver(a.addressed(asset, places[0], event, data))
}

func (a *audience) addressed(asset int64, at place, event string, data []byte) (all []delivery) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.slim {
		return nil
	}
	for _, c := range a.channels {
		if c.kind == ofLink {
			continue
		}
		f := &frame{event: a.service.eventName(event), channel: c.name, data: data, cursor: *a.cursor.Load()}
		for sub := range c.subs {
			if sub.alerts && c.shows(asset, at, sub.part) {
				all = append(all, delivery{f.to(sub), sub})
			}
		}
	}
	return all
}

// partKey is the same for parts that show the same.
func partKey(part *bearer.Part) string {
	if part == nil {
		return ""
	}
	b, err := json.Marshal(part)
	if err != nil {
		panic(err) // strings and numbers always have a JSON form
	}
	return string(b)
}

// publicMove leaves of a position what a public link shows: where, how fast, when, and the status.
func publicMove(m trail.Move) trail.Move {
	var all map[string]json.RawMessage
	if json.Unmarshal(m.JSON, &all) != nil {
		return m
	}
	for _, name := range []string{"odometer", "driver_id", "sensors", "ignition", "address"} {
		delete(all, name)
	}
	if b, err := json.Marshal(all); err == nil {
		m.JSON = b
	}
	return m
}
