package intake

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/store"
)

// UnknownTracker is a tracker that sent to a door and that no asset had.
type UnknownTracker struct {
	Protocol string    `json:"protocol"`
	Identity string    `json:"identity"`
	Address  string    `json:"address"` // of the last attempt
	FirstAt  time.Time `json:"first_at"`
	LastAt   time.Time `json:"last_at"`
	Attempts int64     `json:"attempts"`
}

// Unknown remembers unknown trackers in memory and writes them to the database now and then, so that one which tries all the
// time costs no write each time. Its methods may be called from many goroutines.
type Unknown struct {
	store unknownStore
	now   func() time.Time

	mu     sync.Mutex
	counts map[unknownKey]unknownCount
}

type unknownKey struct{ protocol, identity string }

// unknownCount is what was counted since the last write. Times are Unix ms.
type unknownCount struct {
	address     string
	first, last int64
	attempts    int64
}

// Bounds of what is remembered.
const (
	maxUnknown   = 10_000 // in memory between two writes, and in the table
	unknownKept  = 90 * 24 * time.Hour
	unknownEvery = 10 * time.Second // how often it is written
)

// NewUnknown makes the memory. now tells the time.
func NewUnknown(db *store.DB, now func() time.Time) *Unknown {
	return &Unknown{store: unknownStore{db}, now: now, counts: map[unknownKey]unknownCount{}}
}

// Count counts an attempt. Of more trackers than there is room for, those that came first are remembered.
func (u *Unknown) Count(protocol, identity string, from netip.Addr) {
	now := u.now().UnixMilli()
	one := unknownCount{first: now, last: now, attempts: 1}
	if from.IsValid() {
		one.address = from.String()
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.add(unknownKey{protocol, printable(identity)}, one)
}

func (u *Unknown) add(k unknownKey, one unknownCount) {
	known, ok := u.counts[k]
	if !ok && len(u.counts) >= maxUnknown {
		return
	}
	if ok {
		if known.last > one.last {
			one.last, one.address = known.last, known.address
		}
		one.first = min(one.first, known.first)
		one.attempts += known.attempts
	}
	u.counts[k] = one
}

// printable is an identity as it can be shown and stored. A credential that was pasted into its place is not repeated.
func printable(identity string) string {
	if strings.HasPrefix(identity, credential.KeyPrefix) || strings.HasPrefix(identity, credential.SecretPrefix) || strings.HasPrefix(identity, "eyJ") {
		return "(a credential)"
	}
	identity = identity[:min(len(identity), maxIdentity)]
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, identity)
}

// Run writes what was counted every 10 seconds, and once more when ctx ends. failed hears of a write that went wrong; what it
// would have written is written later.
func (u *Unknown) Run(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(unknownEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), unknownEvery)
			defer cancel()
			if err := u.Flush(last); err != nil {
				failed(err)
			}
			return
		case <-tick.C:
			if err := u.Flush(ctx); err != nil && ctx.Err() == nil {
				failed(err)
			}
		}
	}
}

// Flush writes what was counted, and forgets in the database what is past keeping.
func (u *Unknown) Flush(ctx context.Context) error {
	u.mu.Lock()
	taken := u.counts
	u.counts = map[unknownKey]unknownCount{}
	u.mu.Unlock()
	if len(taken) == 0 {
		return nil
	}
	keys := make([]unknownKey, 0, len(taken))
	for k := range taken {
		keys = append(keys, k)
	}
	// Every node writes in this order, so that two of them don't lock each other out.
	slices.SortFunc(keys, func(a, b unknownKey) int {
		return cmp.Or(cmp.Compare(a.protocol, b.protocol), cmp.Compare(a.identity, b.identity))
	})
	err := u.store.write(ctx, keys, taken, u.now().Add(-unknownKept).UnixMilli())
	if err != nil {
		u.mu.Lock()
		defer u.mu.Unlock()
		for k, one := range taken {
			u.add(k, one)
		}
	}
	return err
}

// List returns the unknown trackers that have been written, those that tried last first, at most limit.
func (u *Unknown) List(ctx context.Context, limit int) ([]UnknownTracker, error) {
	return u.store.list(ctx, limit)
}
