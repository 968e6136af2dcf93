package trail

import (
	"context"
	"time"
)

// What reports read of positions. They read months of many assets, so nothing here takes a row for each position but Way, which is for
// a part of a trail that has been chosen, and Readings (reading.go).

// Extent is how far an asset's trail reaches, and what tells that its past has become another one.
type Extent struct {
	Time      int64        // of the newest position, Unix milliseconds
	Rewritten int64        // counts the transactions that stored a position which wasn't later than all before
	Revision  int64        // counts the transactions that stored or followed any
	Pending   Maybe[int64] // time of the earliest position that isn't followed yet
}

// Extents returns how far the trails of assets reach. An asset that has never reported isn't there.
func (s *Service) Extents(ctx context.Context, accountID int64, ids []int64) (map[int64]Extent, error) {
	return s.store.extents(ctx, accountID, ids)
}

// Way hands to each, in order of time, an asset's positions from from until before to (Unix milliseconds), with nothing but time,
// place, speed and ignition in them: what a way is measured by. The Position is reused: each keeps nothing of it. An error of
// each ends the reading.
func (s *Service) Way(ctx context.Context, accountID, assetID, from, to int64, each func(*Position) error) error {
	return s.store.way(ctx, accountID, assetID, from, to, each)
}

// Sample returns an asset's positions from from until before to (Unix milliseconds) where they are at most most; else the first of
// each interval, counted from from on, of a round length for which they are. every is that length, 0 where none is left out. It takes
// a few leaps through the key for each position that it returns, however many lie between them.
func (s *Service) Sample(ctx context.Context, accountID, assetID, from, to int64, most int) (list []Position, every time.Duration, err error) {
	every, times, err := s.store.sampleTimes(ctx, accountID, assetID, from, to, most)
	if err != nil {
		return nil, 0, err
	}
	list, err = s.store.atTimes(ctx, accountID, assetID, times)
	return list, every, err
}

// intervals are the round lengths that Sample takes, in milliseconds.
func intervals() []int64 {
	const second, minute, hour = 1000, 60_000, 3_600_000
	return []int64{second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second, minute, 2 * minute, 5 * minute, 10 * minute,
		15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour}
}

// RoundInterval is the shortest round length of which a time has at most most parts.
func RoundInterval(length time.Duration, most int) time.Duration {
	for _, ms := range intervals() {
		if every := time.Duration(ms) * time.Millisecond; length <= time.Duration(most)*every {
			return every
		}
	}
	days := (length + time.Duration(most)*24*time.Hour - 1) / (time.Duration(most) * 24 * time.Hour)
	return days * 24 * time.Hour
}

// Take takes the asset's next position, as the engine does. What it returns is valid until the position is reused.
func (m *Motion) Take(p *Position) Step {
	step := Step{Position: p}
	m.step(&step)
	return step
}
