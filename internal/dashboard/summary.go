package dashboard

import (
	"context"
	"sync"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
)

// summary is what all of an account's assets are doing. It costs a look at each of them, so it is kept for a moment:
// the overview is the page that people leave open and reload, several of them at once.
type summary struct {
	counts map[string]int
	newest []fleet.Asset
	until  time.Time
}

// Bounds of what is kept.
const (
	summaryKept = 2 * time.Second
	summaries   = 1000 // accounts
)

// summaryCache keeps the summaries of accounts. Its zero value is ready.
type summaryCache struct {
	mu        sync.Mutex
	byAccount map[int64]summary
}

func (c *summaryCache) get(accountID int64, now time.Time) (summary, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.byAccount[accountID]
	return found, ok && now.Before(found.until)
}

func (c *summaryCache) put(accountID int64, one summary) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byAccount == nil || len(c.byAccount) >= summaries {
		c.byAccount = map[int64]summary{}
	}
	c.byAccount[accountID] = one
}

// summary tells of an account's assets, as of at most two seconds ago. A member who is limited to a part of them gets
// an answer of their own.
func (s *Service) summary(ctx context.Context, account bearer.Membership) (summary, error) {
	now := s.Now()
	if account.Part == nil {
		if known, ok := s.summaries.get(account.AccountID, now); ok {
			return known, nil
		}
	}
	one := summary{until: now.Add(summaryKept)}
	var err error
	if one.counts, err = s.Trail.Counts(ctx, account.AccountID, account.Part); err != nil {
		return one, err
	}
	if one.newest, err = s.Trail.Newest(ctx, account.AccountID, account.Part, newestShown); err != nil {
		return one, err
	}
	if account.Part == nil {
		s.summaries.put(account.AccountID, one)
	}
	return one, nil
}
