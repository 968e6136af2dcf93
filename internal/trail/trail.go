package trail

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/fleet"
)

// Service is the room's front: what other rooms and the command line call.
type Service struct {
	Audit *audit.Log // where changes of settings are recorded; nil for nowhere

	store   *Store
	fleet   *fleet.Service
	baseURL string
	writer  *writer
	engine  *engine
	buffers sync.Pool // *[]byte, for bodies and pages
}

// New makes the service on a store that the fleet uses too. baseURL is the public URL of the API without a path. followers
// follow the positions of each asset, each after those before it. What comes in is stored while Run runs.
func New(store *Store, fleet *fleet.Service, baseURL string, log *slog.Logger, followers ...Follower) *Service {
	s := &Service{store: store, fleet: fleet, baseURL: strings.TrimRight(baseURL, "/"), engine: newEngine(store, log)}
	s.engine.followers = followers
	s.writer = newWriter(log, store.lanes(fleet, s.engine)...)
	s.buffers.New = func() any { return new([]byte) }
	return s
}

// Run stores what Ingest takes until ctx ends or Close is called, and returns after storing all that was taken by then.
// It is to be run once.
func (s *Service) Run(ctx context.Context) { s.writer.run(ctx) }

// RunFollowing follows positions that were stored but not followed yet, until ctx ends: those that came late, and those that
// another process stored. It is to be run once in a process that serves; several on one database share the assets.
func (s *Service) RunFollowing(ctx context.Context) { s.engine.run(ctx) }

// Close takes no more, and returns when all that was taken is stored and answered. Without Run, what was taken is refused.
func (s *Service) Close() {
	s.writer.close()
	ctx, cancel := context.WithTimeout(context.Background(), ingestWait)
	defer cancel()
	if err := s.engine.save(ctx); err != nil {
		s.engine.log.Warn("memories of assets could not be saved; they are made anew from the positions", "cause", err.Error())
	}
}

// keptBuffer is the largest buffer that is kept for the next request: that of a usual page or body.
const keptBuffer = 4 << 20

func (s *Service) release(buffer *[]byte) {
	if cap(*buffer) <= keptBuffer {
		s.buffers.Put(buffer)
	}
}
