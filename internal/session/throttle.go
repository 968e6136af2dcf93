package session

import (
	"context"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// throttle counts attempts, good ones too, so that many at once can't pass before the first has failed. The counters are
// this process's own: with n nodes a guesser has up to n times the attempts.
//
// By network, so that nobody tries one password on many people; by name and network together, so that a guesser is
// stopped early; and by name alone, which also counts against the person: it is the widest, and neither a passkey nor
// a session that is open is held up by it.
type throttle struct {
	network *bearer.Limiter // sign-ins with a password
	pair    *bearer.Limiter
	name    *bearer.Limiter
	passkey *bearer.Limiter // answers of passkeys, by network
	factor  *bearer.Limiter // one-time and recovery codes, by user: 10 an hour of a million leave a guesser nothing
	proof   *bearer.Limiter // passwords of people who are signed in, by user
	reset   *bearer.Limiter // letters asked for, by name
	letters *bearer.Limiter // letters asked for, by network
}

func newThrottle() throttle {
	return throttle{
		network: bearer.NewLimiter(30, 10*time.Minute),
		pair:    bearer.NewLimiter(10, 15*time.Minute),
		name:    bearer.NewLimiter(100, time.Hour),
		passkey: bearer.NewLimiter(60, 10*time.Minute),
		factor:  bearer.NewLimiter(10, time.Hour),
		proof:   bearer.NewLimiter(10, 15*time.Minute),
		reset:   bearer.NewLimiter(3, time.Hour),
		letters: bearer.NewLimiter(10, time.Hour),
	}
}

// take counts an attempt, and is a TooMany fault past the limit.
func take(l *bearer.Limiter, name string, now time.Time) error {
	if _, _, wait := l.Take(name, now); wait > 0 {
		return &fault.Error{Kind: fault.TooMany, Message: "Too many attempts. Try again later.", RetryAfter: wait}
	}
	return nil
}

func networkOf(ctx context.Context) string { return bearer.Network(web.RequestOf(ctx).ClientIP) }

func (t throttle) signIn(ctx context.Context, name string, now time.Time) error {
	from := networkOf(ctx)
	if err := take(t.network, from, now); err != nil { // first: what it refuses must not count against the name
		return err
	}
	if err := take(t.pair, name+" "+from, now); err != nil {
		return err
	}
	return take(t.name, name, now)
}

func (t throttle) ofUser(l *bearer.Limiter, userID int64, now time.Time) error {
	return take(l, strconv.FormatInt(userID, 10), now)
}
