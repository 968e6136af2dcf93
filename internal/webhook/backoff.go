package webhook

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// schedule is how long after each failed attempt the next one is: ten attempts within about 45 hours.
func schedule() []time.Duration {
	return []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
		2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour}
}

const (
	// jitter is the part of a wait by which it may be longer or shorter, so that what failed together doesn't come back
	// together.
	jitter = 0.2
	// longestAsked bounds what a receiver can ask for with Retry-After.
	longestAsked = time.Hour
	// disableAfter is how long nothing came through before a webhook is turned off, by an event that has been tried to the
	// end of its schedule, or that has waited as long (patience) because so many wait.
	disableAfter = 5 * 24 * time.Hour
	patience     = 2 * 24 * time.Hour
)

// wait is the time to the next attempt after the failed attempt with this number, from 1; false if there is none. asked
// is what the receiver asked for at least, 0 for nothing; random is in [0, 1).
func wait(attempt int64, asked time.Duration, random float64) (time.Duration, bool) {
	steps := schedule()
	if attempt > int64(len(steps)) {
		return 0, false
	}
	step := steps[max(attempt, 1)-1]
	step += time.Duration(float64(step) * jitter * (2*random - 1))
	return max(step, min(asked, longestAsked)), true
}

// retryAfter reads the header Retry-After (RFC 9110 §10.2.3): seconds, or a date. 0 for none, and for what can't be read.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.ParseUint(header, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(longestAsked/time.Second))) * time.Second
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), longestAsked)
}
