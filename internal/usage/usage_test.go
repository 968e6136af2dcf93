package usage_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/usage"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// clock is a clock that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 8, 8, 30, 0, 0, time.UTC)} }

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

func use(credential, ip string) usage.Use {
	return usage.Use{AccountID: 1, Credential: credential, IP: netip.MustParseAddr(ip), UserAgent: "curl/8\x00"}
}

func refused(credential string) usage.Use {
	return usage.Use{AccountID: 1, Credential: credential, IP: netip.MustParseAddr("198.51.100.66"), UserAgent: "knocker", Refused: true}
}

// known is what is known of a credential, in one line.
func known(t testing.TB, c *usage.Counter, credential string) string {
	t.Helper()
	all, err := c.Last(t.Context(), 1, []string{"other", credential})
	must(t, err)
	l := all[credential]
	if !l.Used() {
		return fmt.Sprint("never ", l.Day, " ", l.Week)
	}
	return fmt.Sprint(l.FirstAt.Format("02 15:04:05 "), l.LastAt.Format("02 15:04:05 "), l.IP, " ", l.UserAgent, " ", l.Day, " ", l.Week)
}

func TestUses(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		now, log := newClock(), testkit.Audit(t, db)
		c := usage.New(db, log, now.Now)
		c.Count(refused("key:7"))
		must(t, c.Flush(t.Context()))
		if got := known(t, c, "key:7"); got != "never {0 1} {0 1}" {
			t.Errorf("refused alone: %s", got)
		}
		now.move(time.Second)
		c.Count(use("key:7", "203.0.113.7"))
		now.move(time.Second)
		c.Count(use("key:7", "203.0.113.8"))
		now.move(time.Second)
		c.Count(refused("key:7"))
		must(t, c.Flush(t.Context()))
		if got := known(t, c, "key:7"); got != "08 08:30:01 08 08:30:02 203.0.113.8 curl/8  {2 2} {2 2}" {
			t.Errorf("used: %s", got)
		}
		now.move(time.Second)
		c.Count(refused("key:7"))
		must(t, c.Flush(t.Context()))
		must(t, c.Flush(t.Context())) // nothing to write
		if got := known(t, c, "key:7"); got != "08 08:30:01 08 08:30:02 203.0.113.8 curl/8  {2 3} {2 3}" {
			t.Errorf("refused later: %s", got)
		}
		now.move(24 * time.Hour)
		c.Count(use("key:7", "2001:db8::1"))
		must(t, c.Flush(t.Context()))
		if got := known(t, c, "key:7"); got != "08 08:30:01 09 08:30:04 2001:db8::1 curl/8  {1 0} {3 3}" {
			t.Errorf("a day later: %s", got)
		}
		now.move(7 * 24 * time.Hour)
		if got := known(t, c, "key:7"); got != "08 08:30:01 09 08:30:04 2001:db8::1 curl/8  {0 0} {0 0}" {
			t.Errorf("a week later: %s", got)
		}
		events, _, err := log.List(t.Context(), 1, audit.Filter{})
		must(t, err)
		if len(events) != 1 || events[0].Action != "credential.first_used" || events[0].Subject != "key:7" || events[0].IP != "203.0.113.8" ||
			events[0].UserAgent != "curl/8 " || events[0].UserName != "" || !events[0].At.Equal(time.Date(2026, 3, 8, 8, 30, 1, 0, time.UTC)) {
			t.Errorf("%+v", events)
		}
	})
}

func TestHours(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		now := newClock()
		c := usage.New(db, testkit.Audit(t, db), now.Now)
		c.Count(use("key:1", "203.0.113.7"))
		c.Count(usage.Use{AccountID: 1})        // of a session
		c.Count(use("secret:4", "203.0.113.7")) // of key:1, so to say
		c.Count(usage.Use{AccountID: 2, Credential: "key:9"})
		now.move(2 * time.Hour) // one flush, two hours
		c.Count(use("key:2", "203.0.113.7"))
		c.Count(use("key:1", "203.0.113.7"))
		c.Count(refused("key:3"))
		must(t, c.Flush(t.Context()))
		hours, err := c.Hours(t.Context(), 1, now.Now().Add(-3*time.Hour))
		must(t, err)
		got := ""
		for _, h := range hours {
			got += fmt.Sprint(h.At.Format("02 15:04"), h.Times, " ")
		}
		if got != "08 07:00{0 0} 08 08:00{2 0} 08 09:00{0 0} 08 10:00{2 1} " {
			t.Error(got)
		}
		if got := known(t, c, "key:1"); got != "08 08:30:00 08 10:30:00 203.0.113.7 curl/8  {2 0} {2 0}" {
			t.Error(got)
		}
		if got := known(t, c, "secret:4"); !strings.HasSuffix(got, "{1 0} {1 0}") {
			t.Error(got)
		}
		now.move(31*24*time.Hour - time.Hour)
		must(t, c.Purge(t.Context()))
		if hours, err = c.Hours(t.Context(), 1, time.Time{}); err != nil || len(hours) != 31*24+1 || hours[0].Requests != 0 || hours[1].Requests != 2 {
			t.Errorf("%d hours, %+v, %v", len(hours), hours[:2], err)
		}
		now.move(2 * time.Hour)
		must(t, c.Purge(t.Context()))
		var left int
		must(t, db.Read().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM usage_hours`).Scan(&left))
		if left != 0 {
			t.Errorf("%d rows are left", left)
		}
		if got := known(t, c, "key:1"); !strings.HasPrefix(got, "08 08:30:00 08 10:30:00") {
			t.Errorf("the last use is forgotten: %s", got)
		}
	})
}

// TestFlushFails: nothing is lost or counted twice while the database can't be written to.
func TestFlushFails(t *testing.T) {
	for _, table := range []string{"credential_uses", "usage_hours", "audit_events"} {
		t.Run(table, func(t *testing.T) {
			testkit.Databases(t, func(t *testing.T, db *store.DB) {
				now := newClock()
				c := usage.New(db, testkit.Audit(t, db), now.Now)
				rename := func(from, to string) {
					must(t, db.Tx(t.Context(), func(tx *store.Tx) error {
						_, err := tx.ExecContext(t.Context(), `ALTER TABLE `+from+` RENAME TO `+to)
						return err
					}))
				}
				rename(table, "away")
				for i := range 3 {
					c.Count(use("key:1", fmt.Sprint("203.0.113.", i)))
					c.Count(refused("key:2"))
					now.move(time.Minute)
					if err := c.Flush(t.Context()); err == nil {
						t.Error("nothing failed")
					}
				}
				rename("away", table)
				must(t, c.Flush(t.Context()))
				if got := known(t, c, "key:1"); got != "08 08:30:00 08 08:32:00 203.0.113.2 curl/8  {3 0} {3 0}" {
					t.Error(got)
				}
				hours, err := c.Hours(t.Context(), 1, now.Now())
				if err != nil || hours[0].Requests != 3 || hours[0].Refusals != 3 {
					t.Errorf("%+v, %v", hours, err)
				}
			})
		})
	}
}

// TestManyCredentials: past the bound they count for their account, and all of it is counted.
func TestManyCredentials(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		now := newClock()
		c := usage.New(db, testkit.Audit(t, db), now.Now)
		const room, many = 6400, 10_000
		usage.Limit(c, room)
		for i := range many {
			c.Count(usage.Use{AccountID: 1, Credential: fmt.Sprint("key:", i), Refused: true})
		}
		c.Count(use("key:0", "203.0.113.7"))
		must(t, c.Flush(t.Context()))
		hours, err := c.Hours(t.Context(), 1, now.Now())
		if err != nil || hours[0].Refusals != many || hours[0].Requests != 1 {
			t.Errorf("%+v, %v", hours, err)
		}
		var rows int
		must(t, db.Read().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM usage_hours`).Scan(&rows))
		if rows < room*9/10 || rows > room+1 {
			t.Errorf("%d rows", rows)
		}
	})
}

// TestTwoNodes: what several nodes count adds up, the latest use stays, and a first use is recorded once.
func TestTwoNodes(t *testing.T) {
	url := testkit.PostgresURL(t)
	one, two := testkit.OpenPostgres(t, url), testkit.OpenPostgres(t, url)
	now, log := newClock(), testkit.Audit(t, one)
	var wait sync.WaitGroup
	for i, db := range []*store.DB{one, two} {
		c := usage.New(db, log, now.Now)
		for range 2 {
			wait.Go(func() {
				for round := range 20 {
					for k := range 200 {
						c.Count(use(fmt.Sprint("key:", (k*7+round)%200), fmt.Sprint("203.0.113.", 1+i)))
					}
					now.move(time.Millisecond)
					must(t, c.Flush(context.Background()))
				}
			})
		}
	}
	wait.Wait()
	c := usage.New(two, log, now.Now)
	must(t, c.Flush(t.Context()))
	hours, err := c.Hours(t.Context(), 1, now.Now())
	if err != nil || hours[0].Requests != 2*2*20*200 {
		t.Errorf("%+v, %v", hours, err)
	}
	all, err := c.Last(t.Context(), 1, []string{"key:5"})
	if err != nil || all["key:5"].Day.Requests != 2*2*20 {
		t.Errorf("%+v, %v", all, err)
	}
	report, err := log.Verify(t.Context(), 1)
	if err != nil || report.Events != 200 || report.Faults != 0 {
		t.Errorf("%+v, %v", report, err)
	}
	// A node that comes late with what was earlier changes neither the time nor the address.
	now.move(-time.Hour)
	c.Count(use("key:5", "192.0.2.1"))
	now.move(time.Hour)
	must(t, c.Flush(t.Context()))
	later, err := c.Last(t.Context(), 1, []string{"key:5"})
	if err != nil || !later["key:5"].LastAt.Equal(all["key:5"].LastAt) || later["key:5"].IP != all["key:5"].IP || !later["key:5"].FirstAt.Before(all["key:5"].FirstAt.Add(-50*time.Minute)) {
		t.Errorf("%+v, %v", later, err)
	}
}

// TestRun: many goroutines count while it is written, and the end of Run writes the rest.
func TestRun(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		c := usage.New(db, testkit.Audit(t, db), time.Now)
		ctx, stop := context.WithCancel(t.Context())
		var running, counting sync.WaitGroup
		running.Go(func() { c.Run(ctx, func(err error) { t.Error(err) }) })
		began := time.Now()
		for g := range 8 {
			counting.Go(func() {
				for i := range 2000 {
					c.Count(use(fmt.Sprint("key:", i%50), fmt.Sprint("203.0.113.", g)))
					if i%500 == 0 {
						must(t, c.Flush(context.Background()))
					}
				}
			})
		}
		counting.Wait()
		stop()
		running.Wait()
		hours, err := c.Hours(t.Context(), 1, began)
		must(t, err)
		sum := int64(0)
		for _, h := range hours {
			sum += h.Requests
		}
		if sum != 16_000 {
			t.Errorf("%d requests", sum)
		}
	})
}

func BenchmarkCount(b *testing.B) {
	c := usage.New(testkit.SQLite(b), nil, time.Now)
	uses := make([]usage.Use, 1000)
	for i := range uses {
		uses[i] = use(fmt.Sprintf("9d5e8a60-0000-4000-8000-%012d", i), "203.0.113.7")
		c.Count(uses[i])
	}
	for _, at := range []time.Time{{}, time.Now()} {
		b.Run(fmt.Sprintf("clock=%v", at.IsZero()), func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					u := uses[i%len(uses)]
					u.At = at
					c.Count(u)
				}
			})
		})
	}
}

// TestCountAllocatesNothing: of a credential that has been counted before.
func TestCountAllocatesNothing(t *testing.T) {
	c := usage.New(testkit.SQLite(t), nil, time.Now)
	u := use("9d5e8a60-0000-4000-8000-000000000001", "203.0.113.7")
	if n := testing.AllocsPerRun(1000, func() { c.Count(u) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
