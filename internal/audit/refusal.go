package audit

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Bounds of what refusals may cost, whoever knocks how often.
const (
	refusalsEvery  = 10 * time.Second // how often those that are due are written
	refusalsWindow = 10 * time.Minute // those alike are written once in, after the first
	maxRefusals    = 10_000           // different ones that are told apart in a window
	maxOfAccount   = 1_000            // of them in one account
	refusalsBatch  = 500              // events in a transaction
)

// Refusals gathers refused requests and sign-ins in memory and records them in the background, those alike as one event
// with their number, so that nobody can make the server write a row for each request. The first of its kind is recorded
// within 10 seconds, the ones that follow are summed up for 10 minutes each. Of too many different ones, those over
// the bound become one event for each account, "refusal.others".
//
// What was gathered since the last write is lost if the process is killed.
type Refusals struct {
	log      *Log
	now      func() time.Time
	flushing sync.Mutex

	mu       sync.Mutex
	alike    map[refusalKey]*refusal
	accounts map[int64]int // how many keys of alike an account has
}

// refusalKey is what makes refusals alike.
type refusalKey struct {
	accountID                                               int64
	action, who, credential, subject, ip, userAgent, reason string
}

// refusal is a refusal that was seen times times since it was last written.
type refusal struct {
	Event
	times       int64
	first, last time.Time
	due         time.Time // when it may be written again
}

// NewRefusals makes an empty one. now tells the time.
func NewRefusals(log *Log, now func() time.Time) *Refusals {
	return &Refusals{log: log, now: now, alike: map[refusalKey]*refusal{}, accounts: map[int64]int{}}
}

// others is the action of the event that stands for refusals over the bounds.
const others = "refusal.others"

// Add counts a refusal. Its author says who, where from and why (Detail's "reason"); nothing of it is filled in. It is
// quick and never waits for the database.
func (r *Refusals) Add(e Event) {
	for _, text := range []*string{&e.Credential, &e.Subject, &e.SubjectName, &e.UserName, &e.UserAgent} {
		*text = Printable(*text) // also: what is compared and kept is short
	}
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	one, ok := r.alike[keyOf(e)]
	if !ok && (len(r.alike) >= maxRefusals || r.accounts[e.AccountID] >= maxOfAccount) {
		e = Event{AccountID: e.AccountID, Action: others}
		one, ok = r.alike[keyOf(e)]
	}
	if !ok {
		one = r.keep(e)
	}
	if one.times == 0 {
		one.first = now
	}
	one.times++
	one.last = now
}

func keyOf(e Event) refusalKey {
	return refusalKey{e.AccountID, e.Action, e.UserName, e.Credential, e.Subject, e.IP, e.UserAgent, e.Detail["reason"]}
}

// keep makes room for a refusal that is the first of its kind. It copies the texts, which may be parts of longer ones.
func (r *Refusals) keep(e Event) *refusal {
	for _, text := range []*string{&e.Credential, &e.Subject, &e.SubjectName, &e.UserName, &e.UserAgent, &e.IP} {
		*text = strings.Clone(*text)
	}
	detail := make(map[string]string, len(e.Detail)+2)
	for name, value := range e.Detail {
		detail[name] = strings.Clone(value)
	}
	e.Detail = detail
	one := &refusal{Event: e}
	r.alike[keyOf(e)] = one
	r.accounts[e.AccountID]++
	return one
}

// Run records what is due every 10 seconds, and what is left when ctx ends. failed hears of a write that went wrong; what
// it would have written is kept, and written later.
func (r *Refusals) Run(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(refusalsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), refusalsEvery)
			defer cancel()
			if err := r.flush(last, true); err != nil {
				failed(err)
			}
			return
		case <-tick.C:
			if err := r.flush(ctx, false); err != nil && ctx.Err() == nil {
				failed(err)
			}
		}
	}
}

// Flush records all that was gathered, due or not.
func (r *Refusals) Flush(ctx context.Context) error { return r.flush(ctx, true) }

// flush records account by account, so that one whose log can't be written to doesn't stand in the way of the others.
func (r *Refusals) flush(ctx context.Context, all bool) error {
	r.flushing.Lock()
	defer r.flushing.Unlock()
	var wrong []error
	left := r.take(all)
	for len(left) > 0 {
		n := 1
		for n < min(len(left), refusalsBatch) && left[n].AccountID == left[0].AccountID {
			n++
		}
		err := r.write(ctx, left[:n])
		if fault.Is(err, fault.Unavailable) {
			r.giveBack(left)
			return errors.Join(append(wrong, err)...)
		}
		if err != nil {
			r.giveBack(left[:n])
			wrong = append(wrong, err)
		}
		left = left[n:]
	}
	return errors.Join(wrong...)
}

// take empties what is due, and forgets what hasn't been seen for a window. The events come by account and time.
func (r *Refusals) take(all bool) []refusal {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	var taken []refusal
	for key, one := range r.alike {
		switch due := !now.Before(one.due); {
		case one.times > 0 && (due || all):
			taken = append(taken, *one)
			one.times, one.due = 0, now.Add(refusalsWindow)
		case one.times == 0 && due:
			delete(r.alike, key)
			if r.accounts[one.AccountID]--; r.accounts[one.AccountID] == 0 {
				delete(r.accounts, one.AccountID)
			}
		}
	}
	slices.SortFunc(taken, func(a, b refusal) int {
		return cmp.Or(cmp.Compare(a.AccountID, b.AccountID), a.last.Compare(b.last))
	})
	return taken
}

func (r *Refusals) write(ctx context.Context, group []refusal) error {
	events := make([]Event, len(group))
	for i, one := range group {
		events[i] = one.event()
	}
	return r.log.store.db.Tx(ctx, func(tx *store.Tx) error { return r.log.RecordPast(ctx, tx, events) })
}

// event tells of a refusal as of the last time: "times" is how often, and "since" when the first was if there were more.
func (one refusal) event() Event {
	e := one.Event
	e.At = one.last
	e.Detail = make(map[string]string, len(one.Detail)+2)
	for name, value := range one.Detail {
		e.Detail[name] = value
	}
	e.Detail["times"] = strconv.FormatInt(one.times, 10)
	if one.times > 1 {
		e.Detail["since"] = one.first.UTC().Format(time.RFC3339)
	}
	return e
}

// giveBack counts again what could not be written, to be written with the next flush. Only take forgets a kind, so that
// each still has its place.
func (r *Refusals) giveBack(group []refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range group {
		kept := r.alike[keyOf(one.Event)]
		if kept.times == 0 {
			kept.last = one.last
		}
		kept.first, kept.due = one.first, time.Time{}
		kept.times += one.times
	}
}
