package session

import (
	"context"
	"sync"
	"time"

	"github.com/yipii/yipii/internal/web"
)

// errand is what need not be done while somebody waits, such as a letter.
type errand func(context.Context) error

const (
	// maxErrands bounds what waits; what comes on top of it is dropped, as a letter can be asked for again.
	maxErrands = 200
	// errandWorkers run errands at once.
	errandWorkers = 2
	// sweepEvery is how often rows that mean nothing any more are deleted.
	sweepEvery = time.Hour
)

// later has an errand run by Run.
func (s *Service) later(e errand) {
	select {
	case s.errands <- e:
	default:
		s.opt.Log.Error("a letter is not sent: too many are waiting")
	}
}

// letter is the errand of sending one.
func (s *Service) letter(to, subject, text string) errand {
	return func(ctx context.Context) error { return s.opt.Mail.Send(ctx, to, subject, text) }
}

// requestOf keeps what is known of a request for an errand that outlives it, so that the log tells who asked.
func requestOf(ctx context.Context) func(context.Context) context.Context {
	req := *web.RequestOf(ctx)
	return func(ctx context.Context) context.Context { return web.WithRequest(ctx, &req) }
}

// Run sends letters and sweeps, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	var wait sync.WaitGroup
	for range errandWorkers {
		wait.Go(func() { s.runErrands(ctx) })
	}
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	for {
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.opt.Log.Warn("old sessions and links are not deleted", "cause", err.Error())
		}
		select {
		case <-ctx.Done():
			wait.Wait()
			return
		case <-sweep.C:
		}
	}
}

func (s *Service) runErrands(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-s.errands:
			bounded, cancel := context.WithTimeout(ctx, time.Minute)
			if err := e(bounded); err != nil {
				s.opt.Log.Error("a letter is not sent", "cause", err.Error())
			}
			cancel()
		}
	}
}

// Sweep deletes the rows of sessions, links and ceremonies that are over, and of one-time codes that nobody confirmed.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.opt.Now()
	return s.sweep(ctx, now.UnixMilli(), now.Add(-idleLifetime).UnixMilli(), now.Add(-24*time.Hour).UnixMilli())
}
