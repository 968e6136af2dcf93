package audit_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// clock is a clock that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func knock(ip string) audit.Event {
	return audit.Event{AccountID: 1, Action: "token.refused", Credential: "client", IP: ip, UserAgent: "curl", Detail: map[string]string{"reason": "revoked"}}
}

// told is what the log has of refusals, oldest first.
func told(t *testing.T, l *audit.Log, accountID int64) string {
	t.Helper()
	events, _, err := l.List(t.Context(), accountID, audit.Filter{Limit: audit.MaxPage})
	must(t, err)
	out := ""
	for _, e := range events {
		if strings.Contains(e.Action, "refus") {
			out = fmt.Sprintf("%s %s %s×%s since %s by %q; ", e.At.Format("15:04:05"), e.Action, e.IP, e.Detail["times"], e.Detail["since"], e.UserName) + out
		}
	}
	return out
}

func TestRefusals(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		l, c := newLog(t, db), newClock()
		r := audit.NewRefusals(l, c.Now)
		r.Add(knock("10.0.0.1"))
		must(t, r.FlushDue(t.Context()))
		first := `08:00:00 token.refused 10.0.0.1×1 since  by ""; `
		if got := told(t, l, 1); got != first {
			t.Errorf("the first of its kind: %s", got)
		}
		for range 5 {
			c.move(time.Minute)
			r.Add(knock("10.0.0.1"))
			must(t, r.FlushDue(t.Context()))
		}
		if got := told(t, l, 1); got != first {
			t.Errorf("within the window: %s", got)
		}
		c.move(6 * time.Minute)
		must(t, r.FlushDue(t.Context()))
		second := first + `08:05:00 token.refused 10.0.0.1×5 since 2026-03-01T08:01:00Z by ""; `
		if got := told(t, l, 1); got != second {
			t.Errorf("after the window: %s", got)
		}
		r.Add(knock("10.0.0.1"))
		must(t, r.Flush(t.Context()))
		if got := told(t, l, 1); got != second+`08:11:00 token.refused 10.0.0.1×1 since  by ""; ` {
			t.Errorf("at the end: %s", got)
		}
		report, err := l.Verify(t.Context(), 1)
		if err != nil || report.Faults != 0 {
			t.Errorf("%+v, %v", report, err)
		}
	})
}

// TestManyRefusals: those who are always different cost one event together past the bound, and leave others room.
func TestManyRefusals(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		l, c := newLog(t, db), newClock()
		r := audit.NewRefusals(l, c.Now)
		for i := range audit.MaxOfAccount + 500 {
			r.Add(audit.Event{Action: "token.refused", UserAgent: fmt.Sprint(i, strings.Repeat("x", 10_000))})
		}
		r.Add(knock("10.0.0.1"))
		must(t, r.FlushDue(t.Context()))
		if got := told(t, l, 1); !strings.Contains(got, "×1") {
			t.Errorf("the account: %s", got)
		}
		events, _, err := l.List(t.Context(), audit.Installation, audit.Filter{Action: "refusal."})
		must(t, err)
		if len(events) != 1 || events[0].Detail["times"] != "500" {
			t.Errorf("%+v", events)
		}
		report, err := l.Verify(t.Context(), audit.Installation)
		if err != nil || report.Events != audit.MaxOfAccount+2 || report.Faults != 0 {
			t.Errorf("%+v, %v", report, err)
		}
		c.move(time.Hour)
		must(t, r.FlushDue(t.Context())) // forgets
		r.Add(audit.Event{Action: "token.refused", UserAgent: "again"})
		must(t, r.FlushDue(t.Context()))
		if events, _, err = l.List(t.Context(), audit.Installation, audit.Filter{Limit: 1, Action: "token."}); err != nil || events[0].UserAgent != "again" {
			t.Errorf("%+v, %v", events, err)
		}
	})
}

// TestRefusalsAreKept: what could not be written is written with the next flush, and one account's trouble is its own.
func TestRefusalsAreKept(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		l, c := newLog(t, db), newClock()
		r := audit.NewRefusals(l, c.Now)
		exec(t, db, `ALTER TABLE audit_events RENAME TO away`)
		r.Add(knock("10.0.0.1"))
		if err := r.FlushDue(t.Context()); err == nil {
			t.Error("nothing failed")
		}
		c.move(time.Second)
		r.Add(knock("10.0.0.1"))
		if err := r.FlushDue(t.Context()); err == nil {
			t.Error("nothing failed")
		}
		exec(t, db, `ALTER TABLE away RENAME TO audit_events`)
		must(t, r.FlushDue(t.Context()))
		if got := told(t, l, 1); got != `08:00:01 token.refused 10.0.0.1×2 since 2026-03-01T08:00:00Z by ""; ` {
			t.Error(got)
		}
	})
}

// TestRefusalsRun: many goroutines add, and the end of Run records all of it.
func TestRefusalsRun(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		r := audit.NewRefusals(l, time.Now)
		ctx, stop := context.WithCancel(t.Context())
		var running, adding sync.WaitGroup
		running.Go(func() { r.Run(ctx, func(err error) { t.Error(err) }) })
		for i := range 8 {
			adding.Go(func() {
				for range 100 {
					r.Add(knock(fmt.Sprint("10.0.0.", i%2)))
				}
			})
		}
		adding.Wait()
		stop()
		running.Wait()
		if got := told(t, l, 1); strings.Count(got, "×400") != 2 {
			t.Error(got)
		}
	})
}
