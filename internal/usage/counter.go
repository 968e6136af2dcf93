package usage

import (
	"hash/maphash"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
)

// Use is one request with a credential.
type Use struct {
	AccountID int64 // whose credential it is
	// Credential is a client id, "key:7", or "secret:12", which is counted beside its client and not in the account's sum a
	// second time. It is a name of our own making, never what a caller sent. With "" the request counts for the account
	// alone, as one of a session may: its own table knows when it was used.
	Credential string
	IP         netip.Addr
	UserAgent  string // as sent
	Refused    bool
	At         time.Time // zero: now. Who knows the time already spares a look at the clock
}

// maxCredentials is how many credentials, each in its hour, are told apart between two writes.
const maxCredentials = 100_000

// maxUserAgent is how many bytes of a user agent are held in memory; fewer are written.
const maxUserAgent = 1000

// shards is how many parts the counts are in, so that many cores seldom wait for each other.
const shards = 64

// Counter counts requests in memory and writes the counts to the database. Its methods may be called from many goroutines.
type Counter struct {
	store usageStore
	log   *audit.Log
	now   func() time.Time
	seed  maphash.Seed
	room  int // for keys in a part
	parts [shards]part

	flushing sync.Mutex
}

// part is a part of the counts. The padding keeps two parts' locks off one cache line.
type part struct {
	mu     sync.Mutex
	counts map[key]*count
	_      [40]byte
}

// key is what is counted by itself: a credential in an hour. The credential "" holds what counts for the account alone.
type key struct {
	accountID  int64
	hour       int64 // since 1970
	credential string
}

// count is what was counted since the last write. The times, the address and the user agent are those of requests that
// went through; last is 0 where there was none.
type count struct {
	requests, refusals int64
	first, last        int64 // Unix ms
	ip                 netip.Addr
	userAgent          string
}

// New makes a counter. now tells the time. First uses are recorded in log.
func New(db *store.DB, log *audit.Log, now func() time.Time) *Counter {
	c := &Counter{store: usageStore{db}, log: log, now: now, seed: maphash.MakeSeed(), room: maxCredentials / shards}
	for i := range c.parts {
		c.parts[i].counts = map[key]*count{}
	}
	return c
}

const hour = int64(time.Hour / time.Millisecond)

// Count counts a request. It stands on the way of every request: it touches memory alone, and allocates nothing for a
// credential that has been counted since the last write. It keeps the texts of u until that write.
func (c *Counter) Count(u Use) {
	if len(u.UserAgent) > maxUserAgent {
		u.UserAgent = strings.Clone(u.UserAgent[:maxUserAgent])
	}
	if u.At.IsZero() {
		u.At = c.now()
	}
	now := u.At.UnixMilli()
	k := key{u.AccountID, now / hour, u.Credential}
	p := c.part(k)
	p.mu.Lock()
	one := p.counts[k]
	if one == nil {
		one = p.add(k, c.room)
	}
	if u.Refused {
		one.refusals++
	} else {
		one.requests++
		if one.first == 0 {
			one.first = now
		}
		one.last, one.ip, one.userAgent = max(one.last, now), u.IP, u.UserAgent
	}
	p.mu.Unlock()
}

func (c *Counter) part(k key) *part {
	return &c.parts[(maphash.String(c.seed, k.credential)+uint64(k.accountID))%shards]
}

// add makes room for a key: its account's own where there is no room for one more credential.
func (p *part) add(k key, room int) *count {
	if len(p.counts) >= room {
		if strings.HasPrefix(k.credential, bearer.SecretNamePrefix) {
			return &count{} // its client is counted
		}
		if k.credential = ""; p.counts[k] != nil {
			return p.counts[k]
		}
	}
	k.credential = strings.Clone(k.credential) // it may be a part of something long
	one := &count{}
	p.counts[k] = one
	return one
}

// take empties the part.
func (p *part) take() map[key]*count {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.counts) == 0 {
		return nil
	}
	counts := p.counts
	p.counts = make(map[key]*count, len(counts))
	return counts
}

// take empties the counts.
func (c *Counter) take() map[key]*count {
	all := map[key]*count{}
	for i := range c.parts {
		for k, one := range c.parts[i].take() {
			if other := all[k]; other != nil { // an account's own may be in several parts
				one.merge(other)
			}
			all[k] = one
		}
	}
	return all
}

// giveBack counts again what could not be written.
func (c *Counter) giveBack(k key, one *count) {
	p := c.part(k)
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.counts[k]
	if kept == nil {
		kept = p.add(k, c.room)
	}
	kept.merge(one)
}

// merge adds what other counted.
func (one *count) merge(other *count) {
	one.requests += other.requests
	one.refusals += other.refusals
	if other.last == 0 {
		return
	}
	if one.first == 0 || other.first < one.first {
		one.first = other.first
	}
	if other.last > one.last {
		one.last, one.ip, one.userAgent = other.last, other.ip, other.userAgent
	}
}
