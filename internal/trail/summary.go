package trail

import (
	"context"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
)

// What pages over all of an account's assets ask. A part leaves out what a member doesn't see; nil is everything.

// Counts tells how many of the account's assets are in each status now. A status that none is in is left out.
func (s *Service) Counts(ctx context.Context, accountID int64, part *bearer.Part) (map[string]int, error) {
	return s.store.counts(ctx, accountID, part)
}

// Newest returns the account's assets that reported last, the newest first, at most limit of them. Of an asset it has
// id, name, type, status, and of the position what says where and how fast.
func (s *Service) Newest(ctx context.Context, accountID int64, part *bearer.Part, limit int) ([]fleet.Asset, error) {
	return s.store.newest(ctx, accountID, part, limit)
}

// Between hands to each, in order of time, an asset's positions from from until before to, at most limit of them. The
// Position is reused: each keeps nothing of it.
func (s *Service) Between(ctx context.Context, accountID, assetID int64, from, to time.Time, limit int, each func(*Position)) error {
	return s.store.between(ctx, accountID, assetID, from.UnixMilli(), to.UnixMilli(), limit, each)
}
