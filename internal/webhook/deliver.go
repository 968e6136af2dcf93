package webhook

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/store"
)

// limits of a node's deliverer. Tests make some of them shorter.
type limits struct {
	poll     time.Duration // how often it is looked for what is due
	timeout  time.Duration // of an attempt
	drain    time.Duration // how long a shutdown waits for attempts
	all      int           // attempts at once on a node
	each     int           // of them for one webhook
	eachSlow int           // of them for one whose last attempt failed: so it can't take the others' places
	portion  int           // rows that are ended or purged in one transaction
	keep     time.Duration // how long the log is kept
}

func defaultLimits() limits {
	return limits{poll: 250 * time.Millisecond, timeout: 15 * time.Second, drain: 2 * time.Second, all: 128, each: 8, eachSlow: 1,
		portion: 500, keep: 30 * 24 * time.Hour}
}

const (
	// lease is how long a claim lasts without being renewed. What a node that died was at is taken over after at most
	// lease and poll, well within 10 seconds.
	lease = 6 * time.Second
	// renewEvery is how old a lease is when it is renewed.
	renewEvery = 2 * time.Second
	// tidyEvery is how often it is looked for what is past keeping.
	tidyEvery = time.Hour
)

// result is an attempt with what follows from it.
type result struct {
	claim
	reply
	status  string
	next    time.Time // of the next attempt; zero for none
	aborted bool      // broken off by this process: it counts for nothing
}

// flight is an attempt that is being made.
type flight struct {
	claim   claim
	renewed time.Time // by the service's clock
	timer   *time.Timer
	cancel  context.CancelFunc
}

// deliverer sends what is due, on one node. One goroutine, which alone speaks with the database, takes deliveries, starts an
// attempt of each in a goroutine of its own, and writes the results of those that ended, all in one transaction a turn.
type deliverer struct {
	s      *Service
	wake   chan struct{} // an attempt has ended
	turns  int64
	busy   map[int64]int  // attempts under way, by webhook
	slow   map[int64]bool // webhooks whose last attempt here failed
	flying map[int64]*flight
	wait   sync.WaitGroup

	mu    sync.Mutex
	ended []result
}

func newDeliverer(s *Service) *deliverer {
	return &deliverer{s: s, wake: make(chan struct{}, 1), busy: map[int64]int{}, slow: map[int64]bool{}, flying: map[int64]*flight{}}
}

// Run delivers what is enqueued, on this and on every other node, and deletes what is past keeping, until ctx ends. Then it
// waits a moment for attempts under way, and gives back those that take longer.
func (s *Service) Run(ctx context.Context) {
	d := newDeliverer(s)
	defer s.client.close()
	var tidier sync.WaitGroup // beside the turns, as they have leases to renew
	tidier.Go(func() { s.tidyUp(ctx) })
	defer tidier.Wait()
	poll := time.NewTicker(s.limits.poll)
	defer poll.Stop()
	failing := false
	for {
		err := d.turn(ctx)
		if ctx.Err() != nil {
			d.drain(ctx)
			return
		}
		if (err != nil) != failing {
			if failing = err != nil; failing {
				s.opt.Log.Warn("webhooks are not delivered; it is tried again", "cause", err.Error())
			}
		}
		wake := d.wake
		if err != nil {
			wake = nil // no haste
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-poll.C:
		}
	}
}

// turn writes the results of attempts that ended, renews leases, takes what is due and starts it.
func (d *deliverer) turn(ctx context.Context) error {
	s := d.s
	due, err := s.loadDue(ctx)
	if err != nil {
		return err
	}
	wants, off, err := d.wants(ctx, due)
	if err != nil {
		return err
	}
	results := d.takeEnded()
	now, started := s.opt.Now(), time.Now()
	aging := d.aging(now)
	if len(results)+len(wants)+len(off)+len(aging) == 0 {
		return nil
	}
	d.turns++
	lapse := now.Add(lease)
	name := s.name + "-" + strconv.FormatInt(d.turns, 10)
	var claims []claim
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		claims = nil
		if err := d.write(ctx, tx, results); err != nil {
			return err
		}
		if err := renew(ctx, tx, claimsOf(aging), lapse.UnixMilli()); err != nil {
			return err
		}
		for _, id := range off {
			if _, err := endWaiting(ctx, tx, id, now.UnixMilli(), s.limits.portion); err != nil {
				return err
			}
		}
		for _, w := range wants {
			taken, err := s.claimDue(ctx, tx, w.webhook.ID, name, now.UnixMilli(), lapse.UnixMilli(), w.n)
			if err != nil {
				return err
			}
			claims = append(claims, taken...)
		}
		return nil
	})
	if err != nil {
		d.giveBack(results)
		return err
	}
	left := lease - time.Since(started)
	for _, f := range aging {
		f.renewed = now
		f.timer.Reset(left)
	}
	d.settle(results)
	d.start(claims, wants, now, left)
	return d.turnOff(ctx, results)
}

// want is how many deliveries of a webhook are to be taken.
type want struct {
	webhook *Webhook
	n       int
}

// wants says what to take of what is due, the webhook that has waited longest first, as far as there are places; and which
// webhooks are off. It comes back in the order of ids, in which every node takes them.
func (d *deliverer) wants(ctx context.Context, due []dueRow) (wants []want, off []int64, err error) {
	s := d.s
	places := s.limits.all - len(d.flying)
	now := s.opt.Now().UnixMilli()
	slices.SortFunc(due, func(a, b dueRow) int { return cmp.Compare(a.dueAt, b.dueAt) })
	for _, r := range due {
		w, err := s.live.Get(ctx, r.webhookID)
		if err != nil {
			return nil, nil, err
		}
		if w == nil || !w.Enabled {
			off = append(off, r.webhookID)
			continue
		}
		each := s.limits.each
		if d.slow[w.ID] {
			each = s.limits.eachSlow
		}
		if n := min(each-d.busy[w.ID], places); r.dueAt <= now && n > 0 && w.key != nil {
			wants = append(wants, want{w, n})
			places -= n
		}
	}
	slices.SortFunc(wants, func(a, b want) int { return cmp.Compare(a.webhook.ID, b.webhook.ID) })
	return wants, off, nil
}

// aging are the attempts whose leases are to be renewed.
func (d *deliverer) aging(now time.Time) []*flight {
	var list []*flight
	for _, f := range d.flying {
		if now.Sub(f.renewed) >= renewEvery {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b *flight) int { return cmp.Compare(a.claim.id, b.claim.id) })
	return list
}

func claimsOf(flights []*flight) []claim {
	out := make([]claim, len(flights))
	for i, f := range flights {
		out[i] = f.claim
	}
	return out
}

// start makes the attempts of what was taken.
func (d *deliverer) start(claims []claim, wants []want, now time.Time, left time.Duration) {
	for _, c := range claims {
		i := slices.IndexFunc(wants, func(w want) bool { return w.webhook.ID == c.webhookID })
		ctx, cancel := context.WithTimeout(context.Background(), d.s.limits.timeout)
		lapsed, lapse := context.WithCancel(ctx)
		// A lease that couldn't be renewed ends the attempt: another node may begin it now.
		f := &flight{claim: c, renewed: now, cancel: lapse, timer: time.AfterFunc(left, lapse)}
		d.flying[c.id] = f
		d.busy[c.webhookID]++
		d.wait.Go(func() {
			defer cancel()
			r := result{claim: c, reply: d.s.client.send(lapsed, wants[i].webhook, &c, now)}
			r.aborted = lapsed.Err() != nil && ctx.Err() == nil && r.kind != ""
			f.timer.Stop()
			lapse()
			d.end(r)
		})
	}
}

func (d *deliverer) end(r result) {
	d.mu.Lock()
	d.ended = append(d.ended, r)
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// takeEnded takes the attempts that have ended, with what follows from each, in the order of their rows.
func (d *deliverer) takeEnded() []result {
	d.mu.Lock()
	results := d.ended
	d.ended = nil
	d.mu.Unlock()
	slices.SortFunc(results, func(a, b result) int { return cmp.Compare(a.claim.id, b.claim.id) })
	for i := range results {
		if r := &results[i]; r.status == "" {
			d.conclude(r)
		}
	}
	return results
}

// giveBack keeps results that couldn't be written for the next turn.
func (d *deliverer) giveBack(results []result) {
	d.mu.Lock()
	d.ended = append(results, d.ended...)
	d.mu.Unlock()
}

// conclude says what follows from an attempt.
func (d *deliverer) conclude(r *result) {
	pause, again := wait(r.retry+1, r.asked, d.s.opt.Random())
	switch {
	case r.kind == "":
		r.status = delivered
	case r.kind == kindGone || !again:
		r.status = failed
	default:
		r.status, r.next = waiting, r.at.Add(r.took+pause)
	}
}

// write writes results: of the deliveries, and of how the webhooks do.
func (d *deliverer) write(ctx context.Context, tx *store.Tx, results []result) error {
	var made []result
	var broken []claim
	works := map[int64]bool{}
	for _, r := range results {
		if r.aborted {
			broken = append(broken, r.claim)
			continue
		}
		made = append(made, r)
		works[r.webhookID] = works[r.webhookID] || r.kind == ""
	}
	now := d.s.opt.Now().UnixMilli()
	// Webhooks before their deliveries, as who deletes one does, and in the order of ids, as other nodes do.
	slices.SortStableFunc(made, func(a, b result) int { return cmp.Compare(a.webhookID, b.webhookID) })
	for i, r := range made {
		if i > 0 && made[i-1].webhookID == r.webhookID {
			continue
		}
		if err := setFailing(ctx, tx, r.accountID, r.webhookID, !works[r.webhookID], now); err != nil {
			return err
		}
	}
	if err := release(ctx, tx, broken, now); err != nil {
		return err
	}
	return writeResults(ctx, tx, made)
}

// settle forgets attempts whose results are written, and counts them.
func (d *deliverer) settle(results []result) {
	for _, r := range results {
		delete(d.flying, r.claim.id)
		if d.busy[r.webhookID]--; d.busy[r.webhookID] == 0 {
			delete(d.busy, r.webhookID)
		}
		if r.aborted {
			continue
		}
		if r.kind == "" {
			delete(d.slow, r.webhookID)
			d.s.counts.delivered.Add(1)
			continue
		}
		d.slow[r.webhookID] = true
		d.s.counts.failed.Add(1)
		if r.status == failed {
			d.s.counts.ended.Add(1)
		}
	}
}

// turnOff turns off webhooks whose server said that it is gone, and those that have failed for days (disableAfter).
func (d *deliverer) turnOff(ctx context.Context, results []result) error {
	looked := map[int64]bool{}
	for _, r := range results {
		reason := ""
		switch {
		case r.aborted || r.kind == "" || looked[r.webhookID]:
		case r.kind == kindGone:
			reason = Gone
		case r.status == failed, r.at.UnixMilli()-r.createdAt >= patience.Milliseconds():
			reason = Failing
		}
		if reason == "" {
			continue
		}
		looked[r.webhookID] = true
		if err := d.s.turnOff(ctx, r.webhookID, reason); err != nil {
			return err // the next result that says so will do
		}
	}
	return nil
}

// turnOff turns off one webhook, unless it has not failed for long enough. The account's audit log tells why.
func (s *Service) turnOff(ctx context.Context, id int64, reason string) error {
	w, err := s.live.Get(ctx, id)
	if err != nil || w == nil || !w.Enabled {
		return err
	}
	now := s.moment()
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		done, err := disable(ctx, tx, w, reason, now.Add(-disableAfter).UnixMilli(), now.UnixMilli())
		if err != nil || !done {
			return err
		}
		e := w.event("webhook.disabled", map[string]string{"reason": reason})
		e.At = now
		if err := s.log.RecordPast(ctx, tx, []audit.Event{e}); err != nil {
			return err
		}
		return s.announce(ctx, tx, w.AccountID)
	})
}

// drain waits a moment for the attempts under way, breaks off those that take longer, and writes how all of them went.
func (d *deliverer) drain(ctx context.Context) {
	all := make(chan struct{})
	go func() { d.wait.Wait(); close(all) }()
	select {
	case <-all:
	case <-time.After(d.s.limits.drain):
		for _, f := range d.flying {
			f.cancel()
		}
		<-all
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	results := d.takeEnded()
	if err := d.s.db.Tx(last, func(tx *store.Tx) error { return d.write(last, tx, results) }); err != nil {
		d.s.opt.Log.Warn("webhook attempts were not written down; they are made again", "cause", err.Error())
	}
}

// tidyUp does Tidy once an hour until ctx ends.
func (s *Service) tidyUp(ctx context.Context) {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.Tidy(ctx); err != nil && ctx.Err() == nil {
				s.opt.Log.Warn("old webhook deliveries are not deleted", "cause", err.Error())
			}
		}
	}
}

// Tidy deletes what is past keeping, in small portions: of the log, and of secrets that sign no more.
func (s *Service) Tidy(ctx context.Context) error {
	now := s.opt.Now()
	if err := s.db.Tx(ctx, func(tx *store.Tx) error { return forgetOldSecrets(ctx, tx, now.UnixMilli()) }); err != nil {
		return err
	}
	for {
		var n int64
		err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
			n, err = purgeLog(ctx, tx, now.Add(-s.limits.keep).UnixMilli(), s.limits.portion)
			return err
		})
		if err != nil || n < int64(s.limits.portion) {
			return err
		}
	}
}
