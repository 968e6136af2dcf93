package trail

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/yipii/yipii/internal/fault"
)

// call is one caller's rows, waiting to be stored. Its results may be read once done is closed, and not before.
type call struct {
	rows       []row
	accepted   int
	duplicates int
	gone       []int // indexes of positions whose asset was deleted meanwhile
	err        error
	done       chan struct{}
}

// maxGroup is how many rows of waiting calls go into one transaction. A larger one would gain little more from its one
// commit, and make those behind it wait longer.
const maxGroup = 20_000

// maxWaiting is how many calls wait in the queue; the next ones wait before it.
const maxWaiting = 64

// maxWaitingRows is how many rows wait in all, in the queue and before it: some 300 MB. Who comes then is refused at once.
const maxWaitingRows = 1_000_000

// lane stores rows in one transaction and says what became of each. One goroutine calls it.
type lane func(context.Context, []row) error

// writer stores calls, those that wait together in one transaction ("group commit"): a durable commit costs about the
// same for one row as for thousands. While groups are being stored, one in each lane, the next one gathers, so nobody waits
// for company.
type writer struct {
	lanes []lane
	log   *slog.Logger
	queue chan *call
	rows  atomic.Int64 // of calls that nobody has answered yet
	room  int64        // for rows

	entering sync.RWMutex // held for reading while a call is put into the queue
	closing  chan struct{}
	closed   sync.Once

	mu      sync.Mutex
	running bool
	ended   chan struct{}
}

func newWriter(log *slog.Logger, lanes ...lane) *writer {
	return &writer{lanes: lanes, log: log, queue: make(chan *call, maxWaiting), room: maxWaitingRows, closing: make(chan struct{}), ended: make(chan struct{})}
}

func errBusy(cause error) error {
	f := fault.Wrap(fault.TooMany, "Too many positions are waiting to be stored. Send these again later.", cause)
	f.RetryAfter = 5 * time.Second
	return f
}

func errClosing() error {
	f := fault.New(fault.Unavailable, "The service is shutting down. Send these positions again.")
	f.RetryAfter = time.Second
	return f
}

// submit hands c over and waits until it is stored. After an error the rows may still be stored.
func (w *writer) submit(ctx context.Context, c *call) error {
	n := int64(len(c.rows))
	defer w.rows.Add(-n)
	if w.rows.Add(n) > w.room {
		return errBusy(nil)
	}
	if err := w.enter(ctx, c); err != nil {
		return err
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return errBusy(ctx.Err())
	}
}

func (w *writer) enter(ctx context.Context, c *call) error {
	w.entering.RLock()
	defer w.entering.RUnlock()
	select {
	case <-w.closing: // asked first by itself: with the queue free too, select would toss a coin
		return errClosing()
	default:
	}
	select {
	case w.queue <- c:
		return nil
	case <-w.closing:
		return errClosing()
	case <-ctx.Done():
		return errBusy(ctx.Err())
	}
}

// shut lets nobody in any more. What is in the queue when it returns is all that will ever be.
func (w *writer) shut() {
	w.closed.Do(func() {
		close(w.closing)
		w.entering.Lock() // until those who are entering have left
		defer w.entering.Unlock()
		close(w.queue)
	})
}

// run stores calls until ctx ends or close is called, then what is left.
func (w *writer) run(ctx context.Context) {
	w.mu.Lock()
	w.running = true
	w.mu.Unlock()
	defer close(w.ended)
	stop := context.AfterFunc(ctx, w.shut)
	defer stop()
	ctx = context.WithoutCancel(ctx) // what was taken is stored, even when ctx has ended
	var working sync.WaitGroup
	for _, lane := range w.lanes {
		working.Go(func() {
			for group, left := w.gather(nil); len(group) > 0; group, left = w.gather(left) {
				w.store(ctx, lane, group)
			}
		})
	}
	working.Wait()
}

// close shuts the writer and waits until run has ended. If run never began, what was taken is refused.
func (w *writer) close() {
	w.shut()
	w.mu.Lock()
	running := w.running
	w.mu.Unlock()
	if running {
		<-w.ended
		return
	}
	for c := range w.queue {
		c.err = errClosing()
		close(c.done)
	}
}

// gather waits for a call and adds the others that wait by then, as long as they fit. left, if there is one, comes
// first; the call that didn't fit is returned as next. An empty group means that there will be no more.
func (w *writer) gather(left *call) (group []*call, next *call) {
	if left == nil {
		if left = <-w.queue; left == nil {
			return nil, nil
		}
	}
	group = append(group, left)
	for size := len(left.rows); ; {
		select {
		case c := <-w.queue:
			if c == nil {
				return group, nil // shut; the next look finds the same
			}
			if size += len(c.rows); size > maxGroup {
				return group, c
			}
			group = append(group, c)
		default:
			return group, nil
		}
	}
}

// store stores a group in one transaction and answers every call of it. If it fails, it fails for all of them.
func (w *writer) store(ctx context.Context, lane lane, group []*call) {
	rows := merge(group)
	started := time.Now()
	err := lane(ctx, rows)
	if err != nil {
		w.log.Warn("positions could not be stored", "calls", len(group), "rows", len(rows), "after", time.Since(started), "cause", err.Error())
	}
	for i := range rows {
		r := &rows[i]
		switch r.fate {
		case fateStored:
			r.call.accepted++
		case fateRepeat:
			r.call.duplicates++
		case fateGone:
			r.call.gone = append(r.call.gone, r.index)
		}
	}
	for _, c := range group {
		c.err = err
		close(c.done)
	}
}

// merge sorts the rows of a group as they are to be stored, by month, account, asset and time, and counts those that
// repeat another of the group as duplicates: the first to have come stays. Every node stores in this order, so that
// two of them don't lock each other out.
func merge(group []*call) []row {
	rows := group[0].rows
	if len(group) > 1 {
		total := 0
		for _, c := range group {
			total += len(c.rows)
		}
		rows = make([]row, 0, total)
	}
	for _, c := range group {
		for i := range c.rows {
			c.rows[i].call = c
		}
		if len(group) > 1 {
			rows = append(rows, c.rows...)
		}
	}
	if !slices.IsSortedFunc(rows, byKey) {
		slices.SortStableFunc(rows, byKey)
	}
	unique := rows[:0]
	for i := range rows {
		if n := len(unique); n > 0 && byKey(unique[n-1], rows[i]) == 0 {
			rows[i].call.duplicates++
			continue
		}
		unique = append(unique, rows[i])
	}
	return unique
}

func byKey(a, b row) int {
	return cmp.Or(
		cmp.Compare(a.month, b.month),
		cmp.Compare(a.accountID, b.accountID),
		cmp.Compare(a.assetID, b.assetID),
		cmp.Compare(a.position.Time, b.position.Time),
	)
}
