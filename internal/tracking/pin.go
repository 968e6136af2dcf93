package tracking

import (
	"context"
	"crypto/hmac"
	"sync"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// Digits of a PIN.
const (
	minPIN = 4
	maxPIN = 12
)

// pinHash is the stored form of a link's PIN. Its key hangs on the server secret, which isn't in the database: without it there is
// nothing to try PINs on, so it needn't be slow, and a slow one would let strangers keep the server busy.
func (s *Service) pinHash(linkHash, pin string) []byte {
	sum := s.pins.Hash(linkHash + " " + pin)
	return sum[:]
}

// throttle bounds what strangers may ask. Its counters are this process's own and forget who has rested.
//
// Wrong PINs are counted by link and network, which stops a guesser early, and by link alone, for one with many networks: 100 and
// another each quarter of an hour. Of right ones nothing is counted, so that the many who follow one link don't shut each other
// out. A lock makes looking, comparing and counting one step: many at once can't pass before the first has failed.
type throttle struct {
	asked *bearer.Limiter // everything, by network
	pair  *bearer.Limiter // wrong PINs, by link and network
	link  *bearer.Limiter // wrong PINs, by link

	locks [16]sync.Mutex // of links, by the first digit of their hash
}

func newThrottle() throttle {
	return throttle{
		asked: bearer.NewLimiter(600, time.Minute),
		pair:  bearer.NewLimiter(5, 15*time.Minute),
		link:  bearer.NewLimiter(100, 24*time.Hour),
	}
}

func networkOf(ctx context.Context) string { return bearer.Network(web.RequestOf(ctx).ClientIP) }

func tooMany(wait time.Duration) error {
	return &fault.Error{Kind: fault.TooMany, Message: "Too many attempts. Try again later.", RetryAfter: wait}
}

// ask counts a question of a stranger's, and is a TooMany fault past the limit.
func (s *Service) ask(ctx context.Context) error {
	if _, _, wait := s.limits.asked.Take(networkOf(ctx), s.opt.Now()); wait > 0 {
		return tooMany(wait)
	}
	return nil
}

// errPIN is the answer to a wrong PIN and to none, whatever the state of the link.
func errPIN() error { return fault.InvalidField("pin", "The PIN is not right.") }

// checkPIN compares a PIN with the link's. No PIN at all is no attempt.
func (s *Service) checkPIN(ctx context.Context, l *Link, pin string) error {
	if l.pinHash == nil {
		return nil
	}
	if pin == "" {
		return errPIN()
	}
	lock := &s.limits.locks[lockOf(l.hash)]
	lock.Lock()
	defer lock.Unlock()
	now, pair := s.opt.Now(), l.hash+" "+networkOf(ctx)
	if _, _, wait := s.limits.pair.Look(pair, now); wait > 0 {
		return tooMany(wait)
	}
	if _, _, wait := s.limits.link.Look(l.hash, now); wait > 0 {
		return tooMany(wait)
	}
	if hmac.Equal(l.pinHash, s.pinHash(l.hash, pin)) {
		return nil
	}
	s.limits.pair.Take(pair, now)
	s.limits.link.Take(l.hash, now)
	return errPIN()
}

func lockOf(hash string) int {
	if c := hash[0]; c >= 'a' {
		return int(c-'a') + 10
	}
	return int(hash[0] - '0')
}
