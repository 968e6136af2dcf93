package trail

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yipii/yipii/internal/fault"
)

func newCall(assetID int64, seconds ...int) *call {
	c := &call{done: make(chan struct{})}
	for i, second := range seconds {
		p := at(assetID, second)
		c.rows = append(c.rows, row{accountID: 1, assetID: assetID, month: monthOf(p.Time), index: i, position: &p})
	}
	return c
}

// slow is a database that takes a second for each transaction, and can fail.
type slow struct {
	mu     sync.Mutex
	groups [][]row
	fail   error
}

func (s *slow) write(_ context.Context, rows []row) error {
	time.Sleep(time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups = append(s.groups, rows)
	return s.fail
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestWriterGathersWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &slow{}
		w := newWriter(quiet(), db.write)
		go w.run(t.Context())
		var all sync.WaitGroup
		submit := func(c *call, accepted, duplicates int) {
			all.Go(func() {
				if err := w.submit(t.Context(), c); err != nil || c.accepted != accepted || c.duplicates != duplicates {
					t.Errorf("%v: %d accepted, %d duplicates", err, c.accepted, c.duplicates)
				}
			})
			synctest.Wait() // so that they come in this order
		}
		submit(newCall(1, 1), 1, 0)          // stored alone
		submit(newCall(2, 5, 1, 5, 3), 3, 1) // these gather meanwhile
		submit(newCall(1, 2, 1), 2, 0)
		submit(newCall(2, 3, 4), 1, 1)
		all.Wait()
		if len(db.groups) != 2 || len(db.groups[1]) != 6 {
			t.Fatalf("groups: %v", db.groups)
		}
		for i, r := range db.groups[1][1:] {
			if byKey(db.groups[1][i], r) >= 0 {
				t.Errorf("row %d isn't in order", i+1)
			}
		}
		w.close()
	})
}

func TestWriterBoundsAGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &slow{}
		w := newWriter(quiet(), db.write)
		go w.run(t.Context())
		seconds := make([]int, maxGroup/2)
		for i := range seconds {
			seconds[i] = i
		}
		var all sync.WaitGroup
		for i := range int64(4) {
			all.Go(func() {
				if err := w.submit(t.Context(), newCall(i+1, seconds...)); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		all.Wait()
		if len(db.groups) != 3 || len(db.groups[1]) != maxGroup {
			t.Errorf("%d groups", len(db.groups))
		}
		w.close()
	})
}

func TestWriterFailsAllOfAGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := errors.New("lost")
		w := newWriter(quiet(), (&slow{fail: lost}).write)
		go w.run(t.Context())
		for i := range int64(3) {
			go func() {
				if err := w.submit(t.Context(), newCall(i+1, 1)); !errors.Is(err, lost) {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		w.close()
	})
}

func TestWriterRefusesWhenItCantKeepUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &slow{}
		w := newWriter(quiet(), db.write) // nobody runs it
		for range maxWaiting {
			go w.submit(t.Context(), newCall(1, 1))
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		started := time.Now()
		err := w.submit(ctx, newCall(1, 2))
		if f := fault.As(err); f.Kind != fault.TooMany || f.RetryAfter == 0 || time.Since(started) != 3*time.Second {
			t.Errorf("after %v: %v", time.Since(started), err)
		}
		// Nor does it take in more to wait than there is room for.
		w.room, started = maxWaiting, time.Now()
		if err := w.submit(t.Context(), newCall(1, 10)); !fault.Is(err, fault.TooMany) || time.Since(started) != 0 {
			t.Errorf("after %v: %v", time.Since(started), err)
		}
		w.close()
	})
}

func TestWriterFinishesWhatItHasTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &slow{}
		w := newWriter(quiet(), db.write)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			w.run(ctx)
			close(ended)
		}()
		const calls = 3 * maxWaiting
		var mu sync.Mutex
		stored, refused := 0, 0
		var all sync.WaitGroup
		for i := range calls {
			all.Go(func() {
				err := w.submit(t.Context(), newCall(int64(i+1), 1))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					stored++
				case fault.Is(err, fault.Unavailable):
					refused++
				default:
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		cancel()
		<-ended
		all.Wait()
		w.close()
		w.close()
		rows := 0
		for _, group := range db.groups {
			rows += len(group)
		}
		if stored == 0 || stored != rows || stored+refused != calls {
			t.Errorf("%d stored, %d refused, %d rows", stored, refused, rows)
		}
		if err := w.submit(t.Context(), newCall(1, 1)); !fault.Is(err, fault.Unavailable) {
			t.Errorf("after the end: %v", err)
		}
	})
}
