package live

import (
	"context"
	"slices"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/relay"
	"github.com/yipii/yipii/internal/trail"
)

// What another node has stored is told by the relay, which may lose it. So an audience has a place among the account's changes up to which
// all was told for certain. After a gap it is told the newest position of each asset that moved behind that place.

const (
	// upkeepEvery is how often an audience is looked after.
	upkeepEvery = 500 * time.Millisecond
	// owedAfter is how many of these moments later what is owed is told: by then other nodes have heard that it is wanted.
	owedAfter = 2
	// owedAgain is after how many it is tried again when the database didn't answer.
	owedAgain = 10
	// advanceEvery is after how many the place of all audiences is moved on.
	advanceEvery = 20
	// headsKept is how many places wait until what lies before them is told. What is stored is told when it is known that the relay
	// was up, and in the slim tier when its time has come.
	headsKept = int(max(relay.NoticedWithin, slimEvery) / (advanceEvery * upkeepEvery))
)

// gap owes everybody here what they may have missed of other nodes, and asks those what they want.
func (s *Service) gap(whole bool) {
	s.want()
	s.publish(&word{Ask: true})
	s.owe(whole)
}

// owe notes that all audiences may have missed something: since their place, or if it is whole, at any time.
func (s *Service) owe(whole bool) {
	for _, a := range s.all() {
		a.owe(owedAfter, whole)
	}
}

func (a *audience) owe(after int, whole bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.owed, a.whole, a.heads = after, a.whole || whole, nil
}

// due counts down to what is owed, and reports whether it is to be told now, and of which time.
func (a *audience) due() (now, whole bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.owed == 0 {
		return false, false
	}
	if a.owed--; a.owed > 0 {
		return false, false
	}
	whole, a.whole = a.whole, false
	return true, whole
}

// settle tells the audience what is owed to it, once that is due. Its place stays: the slim tier may hold back what is told now.
// The upkeep alone calls it, as advance.
func (a *audience) settle(ctx context.Context) {
	now, whole := a.due()
	if !now {
		return
	}
	s, from := a.service, *a.cursor.Load()
	if whole {
		from = ""
	}
	moves, err := a.changed(ctx, nil, from)
	if err != nil {
		if ctx.Err() == nil {
			s.opt.Log.Warn("what was missed of other nodes can't be read; it is tried again", "cause", err.Error())
		}
		a.owe(owedAgain, whole)
		return
	}
	a.mu.Lock()
	told := a.told
	a.told = nil
	a.mu.Unlock()
	a.moved(ctx, slices.DeleteFunc(moves, func(m trail.Move) bool { return told[m.AssetID] >= m.Time }), s.opt.Now())
}

// changed reads the newest position of each asset of a part of the account that moved behind a place; nil is all assets, "" the beginning.
func (a *audience) changed(ctx context.Context, part *bearer.Part, since string) (moves []trail.Move, err error) {
	_, err = a.service.opt.Trails.Changed(ctx, a.account, part, since, func(m trail.Move) {
		m.JSON, m.AccountID = slices.Clone(m.JSON), a.account
		moves = append(moves, m)
	})
	return moves, err
}

// advance moves the audience's place on, unless something is owed or nothing is heard of other nodes.
func (a *audience) advance(ctx context.Context) {
	head, err := a.service.opt.Trails.Head(ctx, a.account)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.owed > 0 || !a.service.opt.Relay.Hears():
		a.heads = nil
	case err == nil:
		if a.heads = append(a.heads, head); len(a.heads) > headsKept {
			told := a.heads[0]
			a.cursor.Store(&told)
			a.heads = a.heads[1:]
		}
	}
}
