package alert

import (
	"context"
	"time"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
)

// key is what an alert is known by.
type key struct {
	rule, asset, at int64
	occasion        string
}

func (a *Alert) key() key { return key{a.RuleID, a.AssetID, a.at, a.occasion} }

// window is a stretch of an asset's time that was followed anew: later than after, up to and including through.
type window struct {
	memory         *memory
	after, through int64
}

func (w *window) holds(ms int64) bool { return ms > w.after && ms <= w.through }

// change is what the alerts of one account become by a transaction.
type change struct {
	accountID int64
	windows   map[int64]window // by asset
	raised    []raised
	ended     []ended
}

type raised struct {
	conclusion
	asset int64
}

func (r *raised) key() key { return key{r.watch.rule.ID, r.asset, r.at, r.occasion} }

type ended struct {
	key
	endedAt int64
}

// Write implements trail.Follower.
func (s *Service) Write(ctx context.Context, tx store.Writer, outcomes []trail.Outcome) error {
	for len(outcomes) > 0 {
		c := &change{accountID: outcomes[0].AccountID, windows: map[int64]window{}}
		for len(outcomes) > 0 && outcomes[0].AccountID == c.accountID {
			c.add(outcomes[0])
			outcomes = outcomes[1:]
		}
		if err := s.write(ctx, tx, c); err != nil {
			return err
		}
	}
	return nil
}

// add takes what came of an asset's steps out of its memory.
func (c *change) add(o trail.Outcome) {
	m := o.Memory.(*memory)
	if o.Redone && len(m.states) > 0 {
		c.windows[o.AssetID] = window{m, o.After, o.Through}
	}
	first := len(c.raised)
	for _, r := range m.raised {
		c.raised = append(c.raised, raised{r, o.AssetID})
	}
	for _, e := range m.ended {
		k := key{e.watch.rule.ID, o.AssetID, e.at, ""}
		if r := find(c.raised[first:], k); r != nil {
			r.endedAt = e.endedAt
		} else {
			c.ended = append(c.ended, ended{k, e.endedAt})
		}
	}
	m.raised, m.ended = nil, nil
}

func find(list []raised, k key) *raised {
	for i := range list {
		if list[i].key() == k {
			return &list[i]
		}
	}
	return nil
}

// write makes the alerts of an account what a change says. What was concluded again stays the same row.
func (s *Service) write(ctx context.Context, tx store.Writer, c *change) error {
	if len(c.raised) == 0 && len(c.ended) == 0 && len(c.windows) == 0 {
		return nil
	}
	stored, err := s.store.within(ctx, tx, c)
	if err != nil {
		return err
	}
	v := c.compare(stored)
	if err := s.store.reopen(ctx, tx, c, stored); err != nil {
		return err
	}
	if err := s.store.withdraw(ctx, tx, c.accountID, v.gone, s.db.Now()); err != nil {
		return err
	}
	fresh, err := s.store.insert(ctx, tx, c, v.known)
	if err != nil {
		return err
	}
	over, err := s.store.finish(ctx, tx, c)
	if err != nil {
		return err
	}
	for _, a := range over {
		if before, ok := v.known[a.key()]; !ok || before.end == 0 {
			v.over = append(v.over, a)
		}
	}
	return s.tell(ctx, tx, append(fresh, v.again...), v.over, v.gone)
}

// verdict is what becomes of stored alerts.
type verdict struct {
	known map[key]*Alert
	gone  []Alert // hold no more
	again []Alert // were withdrawn and hold again
	over  []Alert // went on and don't any more
}

// compare holds what is stored of the windows against what was concluded there now. Alerts of rules that don't judge the asset
// any more, or have changed since, are left alone.
func (c *change) compare(stored []Alert) verdict {
	v := verdict{known: make(map[key]*Alert, len(stored))}
	now := make(map[key]*raised, len(c.raised))
	for i := range c.raised {
		now[c.raised[i].key()] = &c.raised[i]
	}
	for i := range stored {
		a := &stored[i]
		v.known[a.key()] = a
		w, r := c.windows[a.AssetID], now[a.key()]
		switch {
		case r == nil:
			if w.holds(a.settled) && a.WithdrawnAt == nil && w.memory.judges(a.RuleID, a.ruleFrom) {
				v.gone = append(v.gone, *a)
			}
		case a.WithdrawnAt != nil:
			v.again = append(v.again, a.with(nil, r.endedAt))
		case a.end == 0 && r.endedAt != 0:
			v.over = append(v.over, a.with(nil, r.endedAt))
		}
	}
	return v
}

// with is the alert with other times; endedAt is 0 for none.
func (a Alert) with(withdrawn *time.Time, endedAt int64) Alert {
	a.WithdrawnAt, a.EndedAt, a.end = withdrawn, nil, endedAt
	if endedAt != 0 {
		t := moment(endedAt)
		a.EndedAt = &t
	}
	a.State = a.state()
	return a
}

// endAll ends the alerts of a rule that go on, because the rule is not what it was any more.
func (s *Service) endAll(ctx context.Context, tx store.Writer, r *Rule) error {
	over, err := s.store.endAll(ctx, tx, r)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, nil, over, nil)
}

// tell hands on what has become of alerts of one account.
func (s *Service) tell(ctx context.Context, tx store.Writer, triggered, over, withdrawn []Alert) error {
	if s.Tell == nil {
		return nil
	}
	for _, news := range [...]struct {
		kind   string
		alerts []Alert
	}{{Triggered, triggered}, {Ended, over}, {Withdrawn, withdrawn}} {
		if len(news.alerts) == 0 {
			continue
		}
		if err := s.Tell(ctx, tx, news.kind, news.alerts); err != nil {
			return err
		}
	}
	return nil
}
