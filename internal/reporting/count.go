package reporting

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// counts are for metrics.
type counts struct {
	running atomic.Int64

	mu      sync.Mutex
	seconds map[string]*typeCount
}

// typeCount is what this process has made of one type.
type typeCount struct {
	completed, failed, tried int64
	spent                    time.Duration
}

func (c *counts) of(kind string) *typeCount {
	if c.seconds[kind] == nil {
		c.seconds[kind] = &typeCount{}
	}
	return c.seconds[kind]
}

func (c *counts) spent(kind string, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.of(kind)
	t.tried++
	t.spent += took
}

func (c *counts) ended(kind, status string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if status == Completed {
		c.of(kind).completed++
	} else {
		c.of(kind).failed++
	}
}

// Count is what this process has made of a type of report.
type Count struct {
	Completed, Failed, Tried int64
	Seconds                  float64 // in all that were tried
}

// Counts tells what this process has made, by type.
func (s *Service) Counts() map[string]Count {
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	out := map[string]Count{}
	for kind, t := range maps.All(s.counts.seconds) {
		out[kind] = Count{t.completed, t.failed, t.tried, t.spent.Seconds()}
	}
	return out
}

// Running is how many reports this process is making.
func (s *Service) Running() int64 { return s.counts.running.Load() }

// Waiting counts the reports that are queued and those that are being made, on all nodes.
func (s *Service) Waiting(ctx context.Context) (queued, processing int64, err error) {
	return s.store.waiting(ctx)
}
