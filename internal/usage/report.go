package usage

import (
	"context"
	"slices"
	"time"
)

// Times is how often something was asked for: requests that went through, and those that were refused.
type Times struct {
	Requests int64 `json:"requests" doc:"That went through."`
	Refusals int64 `json:"refusals" doc:"That were refused."`
}

// Last is what is known of a credential's use. The times are zero where it was never used.
type Last struct {
	FirstAt, LastAt time.Time
	IP              string // of the last use
	UserAgent       string
	// Day counts whole hours: the one that is under way and the 23 before it. Week counts whole days, UTC: today and the 6
	// before it.
	Day, Week Times
}

// Used reports whether it was ever used.
func (l Last) Used() bool { return !l.LastAt.IsZero() }

// lastChunk is the most credentials of one question.
const lastChunk = 500

// Last answers what is known of an account's credentials, by credential; those that were neither used nor refused are not
// in it. It tells what has been written: it is up to 10 seconds old.
func (c *Counter) Last(ctx context.Context, accountID int64, credentials []string) (map[string]Last, error) {
	out := make(map[string]Last, len(credentials))
	now := c.now().UnixMilli() / hour
	for part := range slices.Chunk(credentials, lastChunk) {
		err := c.store.last(ctx, accountID, part, func(r useRow) {
			out[r.credential] = Last{FirstAt: time.UnixMilli(r.firstAt).UTC(), LastAt: time.UnixMilli(r.lastAt).UTC(), IP: r.ip, UserAgent: r.userAgent}
		})
		if err != nil {
			return nil, err
		}
		err = c.store.sums(ctx, accountID, part, now-23, now/24-6, func(credential string, day, week Times) {
			one := out[credential]
			one.Day, one.Week = day, week
			out[credential] = one
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Hour is what an account's credentials did in an hour.
type Hour struct {
	At time.Time `json:"at"` // its beginning, UTC
	Times
}

// Hours lists the hours of an account from the one that from lies in up to the one that is under way, none left out. Hours
// older than 31 days are forgotten. It tells what has been written: it is up to 10 seconds old.
func (c *Counter) Hours(ctx context.Context, accountID int64, from time.Time) ([]Hour, error) {
	now := c.now().UnixMilli() / hour
	first := min(max(from.UnixMilli()/hour, now-keepHours), now)
	list := make([]Hour, now-first+1)
	for i := range list {
		list[i].At = time.UnixMilli((first + int64(i)) * hour).UTC()
	}
	err := c.store.hours(ctx, accountID, first, func(at int64, t Times) {
		if i := at - first; i < int64(len(list)) { // another node's clock may be ahead
			list[i].Times = t
		}
	})
	return list, err
}
