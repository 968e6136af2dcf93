package audit

import (
	"context"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/fault"
)

// Filter picks events of an account's log. Its zero value picks all.
type Filter struct {
	// Action is one action, or all about a noun if it ends in a dot: "client." is "client.created" and its like.
	Action     string
	UserID     int64
	Credential string // that it was done with
	Subject    string
	From, To   time.Time // from From until before To; zero: no bound
	// Before is the number of the last event of the page before; 0: begin with the newest.
	Before int64
	Limit  int // 1 to MaxPage; 0: DefaultPage
}

// Limits of a page.
const (
	DefaultPage = 50
	MaxPage     = 500
)

// noun is what the filter's action is all about, if that is what it asks for.
func (f Filter) noun() (string, bool) { return strings.CutSuffix(f.Action, ".") }

// ceilMilli is a bound in Unix milliseconds, rounded up, so that one between two milliseconds parts them where it should.
func ceilMilli(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }

func errCursor() error {
	return fault.InvalidField("cursor", "The cursor field must be a next_cursor that a page of this log gave.")
}

// List answers a page of an account's log, newest first by time, and the Before of the next page; 0 if there is none.
// Rows are only ever added, so no event is on two pages. A Before that is no event's number is Invalid.
func (l *Log) List(ctx context.Context, accountID int64, f Filter) (events []Event, next int64, err error) {
	limit := f.Limit
	if limit == 0 {
		limit = DefaultPage
	}
	limit = min(max(limit, 1), MaxPage)
	where := f.conditions(accountID)
	if f.Before != 0 {
		at, ok, err := l.store.timeOf(ctx, accountID, f.Before)
		if err != nil {
			return nil, 0, err
		}
		if !ok {
			return nil, 0, errCursor()
		}
		where.and(`(at, number) < ($%d, $%d)`, at, f.Before)
	}
	events = make([]Event, 0, limit)
	err = l.store.list(ctx, where, true, limit+1, func(e stored) error { // one more tells whether there is a next page
		if len(events) == limit {
			next = events[limit-1].Number
			return nil
		}
		events = append(events, e.Event)
		return nil
	})
	return events, next, err
}
