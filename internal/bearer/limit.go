package bearer

import (
	"hash/maphash"
	"sync"
	"time"
)

// Limiter is a token bucket for each name, by the generic cell rate algorithm: one time stamp a name, "when would the
// bucket be full again". The counters are this process's own; with n nodes behind a balancer a name has up to n times
// the limit. A bucket that is full again is forgotten, so that memory follows the names in use.
type Limiter struct {
	limit  int // of a burst; 0 means no limit
	period time.Duration
	seed   maphash.Seed
	shards [16]limiterShard
}

type limiterShard struct {
	mu    sync.Mutex
	full  map[string]time.Time // when the name's bucket is full again
	swept time.Time
}

// NewLimiter allows limit requests in each period, all at once if the name had rested. A limit of 0 never refuses.
func NewLimiter(limit int, period time.Duration) *Limiter {
	l := &Limiter{limit: limit, period: period, seed: maphash.MakeSeed()}
	for i := range l.shards {
		l.shards[i].full = map[string]time.Time{}
	}
	return l
}

// Take counts one request of name. limit is the bucket's size (0: no limit), remaining how many are left in it, and
// wait, when not 0, how long until the next would be allowed: the request must be refused.
func (l *Limiter) Take(name string, now time.Time) (limit, remaining int, wait time.Duration) {
	return l.take(name, l.limit, now, true)
}

// TakeOf is Take under a limit of the name's own.
func (l *Limiter) TakeOf(name string, own int, now time.Time) (limit, remaining int, wait time.Duration) {
	return l.take(name, own, now, true)
}

// Look is Take without counting.
func (l *Limiter) Look(name string, now time.Time) (limit, remaining int, wait time.Duration) {
	return l.take(name, l.limit, now, false)
}

func (l *Limiter) take(name string, most int, now time.Time, count bool) (limit, remaining int, wait time.Duration) {
	if most == 0 {
		return 0, 0, 0
	}
	every := l.period / time.Duration(most) // a token comes back each
	s := &l.shards[maphash.String(l.seed, name)%uint64(len(l.shards))]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	full := s.full[name]
	if full.Before(now) {
		full = now
	}
	size := every * time.Duration(most)
	next := full.Add(every)
	if over := next.Sub(now) - size; over > 0 {
		return most, 0, over
	}
	if count {
		s.full[name] = next
	}
	return most, int((size - next.Sub(now)) / every), 0
}

// sweep forgets full buckets, at most once a second and shard.
func (s *limiterShard) sweep(now time.Time) {
	if now.Sub(s.swept) < time.Second {
		return
	}
	s.swept = now
	for name, full := range s.full {
		if full.Before(now) {
			delete(s.full, name)
		}
	}
}
