package reporting

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/yipii/yipii/internal/background"
	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Why a report's making ends before it is made.
var (
	errLost    = errors.New("the claim is another's, or the report was deleted")
	errAway    = errors.New("the claim could not be renewed in time")
	errTimeout = errors.New("the time limit")
	errGone    = errors.New("the file is gone")
)

// maxAttempts is how often a report is begun before it is given up.
const maxAttempts = 8

// work makes the report whose turn it is; id is of the report that the job was put for. It returns an error only where the database
// didn't let it begin.
func (s *Service) work(ctx context.Context, id string) error {
	r, err := s.turn(ctx, id)
	if err != nil || r == nil {
		return err
	}
	if r.row.attempts > maxAttempts {
		s.end(ctx, r, nil, fmt.Errorf("%w: it was begun %d times", errAway, maxAttempts))
		return nil
	}
	s.counts.running.Add(1)
	defer s.counts.running.Add(-1)
	began := time.Now()

	making, cancel := context.WithCancelCause(ctx)
	limit := time.AfterFunc(s.limits().Timeout, func() { cancel(errTimeout) })
	var progress atomic.Int64
	var beating sync.WaitGroup
	beating.Go(func() { s.beat(making, cancel, r, &progress) })
	var made *made
	background.Run(making, func(ctx context.Context) { made, err = s.make(ctx, r, &progress) })
	if cause := context.Cause(making); cause != nil && err != nil {
		err = cause
	}
	limit.Stop()
	cancel(context.Canceled)
	beating.Wait()
	s.counts.spent(r.row.request.Type, time.Since(began))
	s.end(ctx, r, made, err)
	return nil
}

// beat renews the claim and writes the progress until ctx ends. It ends it itself where the claim is lost.
func (s *Service) beat(ctx context.Context, cancel context.CancelCauseFunc, r *Report, progress *atomic.Int64) {
	tick := time.NewTicker(s.pace.beat)
	defer tick.Stop()
	renewed, told := time.Now(), 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := int(progress.Load())
		held := false
		began := time.Now()
		trying, end := context.WithTimeout(ctx, s.pace.lease/2)
		err := s.store.db.Tx(trying, func(tx *store.Tx) (err error) {
			held, err = renew(trying, tx, r, s.moment().Add(s.pace.lease), now)
			return err
		})
		end()
		switch {
		case err == nil && !held:
			cancel(errLost)
			return
		case err == nil:
			renewed = began
		case time.Since(renewed) > s.pace.lease:
			cancel(errAway)
			return
		}
		if err == nil && now != told {
			told = now
			shown := *r
			shown.Progress = now
			s.showEvent(ctx, &shown, "report.progress")
		}
	}
}

// showEvent tells who follows the account live.
func (s *Service) showEvent(ctx context.Context, r *Report, name string) {
	if s.opt.Show == nil {
		return
	}
	var assets []int64
	if !r.row.whole {
		var err error
		if assets, _, err = s.store.assetsOf(ctx, r.row.accountID, r.ID); err != nil {
			return // the next event tells more
		}
	}
	s.show(r)
	s.opt.Show(r.event(name, assets))
}

// made is a file that is ready.
type made struct {
	size   int64
	digest string
}

// share of the progress that the making has, before the writing of the file.
const makingShare = 70

// make makes the report's file.
func (s *Service) make(ctx context.Context, r *Report, progress *atomic.Int64) (out *made, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	var assets []int64
	if !r.row.whole {
		asked, there, err := s.store.assetsOf(ctx, r.row.accountID, r.ID)
		if err != nil {
			return nil, err
		}
		// Who named assets wants each of them; of all that somebody saw, those that are left.
		if len(there) == 0 || !r.row.request.AllOf && len(there) < len(asked) {
			return nil, fault.New(fault.NotFound, "An asset that the report is about was deleted.")
		}
		assets = there
	}
	q, err := s.subject(ctx, &r.row.request, assets)
	if err != nil {
		return nil, err
	}
	q.Progress = func(part float64) { progress.Store(int64(min(max(part, 0), 1) * makingShare)) }
	d, err := s.opt.Maker.Make(ctx, q)
	if err != nil {
		return nil, err
	}
	progress.Store(max(progress.Load(), makingShare))
	for _, section := range d.Sections {
		if t, ok := section.(*document.Table); ok && t.Rows != nil {
			t.Rows = paced(ctx, t.Rows)
		}
	}
	f := s.newFile(ctx, r)
	if err := s.opt.Write(ctx, f, d, document.Format(r.Format)); err != nil {
		f.abort()
		return nil, err
	}
	return f.close()
}

// paced yields the rows and pauses between them as background work should, whichever format is written.
func paced(ctx context.Context, rows iter.Seq2[[]any, error]) iter.Seq2[[]any, error] {
	pacer := background.Of(ctx)
	return func(yield func([]any, error) bool) {
		for row, err := range rows {
			pacer.Pause()
			if !yield(row, err) {
				return
			}
		}
	}
}

// end writes how a report's making went, and tells it. What the database doesn't take now ends by the claim's lapse.
func (s *Service) end(ctx context.Context, r *Report, m *made, cause error) {
	stopping := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	var err error
	switch reason, again := s.verdict(r, cause, stopping); {
	case cause == nil:
		err = s.finish(ctx, r, func(tx store.Writer, now time.Time) (bool, error) {
			return complete(ctx, tx, r, m.size, m.digest, now, now.Add(s.limits().Keep))
		})
	case errors.Is(cause, errLost):
		s.discard(ctx, r)
		return
	case again:
		err = s.queue.write(ctx, func(tx store.Writer, add addJob) error {
			held, err := release(ctx, tx, r, !stopping, !stopping)
			if err != nil || !held {
				return err
			}
			var at time.Time
			if !stopping {
				at = time.Now().Add(s.pause(r.row.attempts))
			}
			return add(ctx, r.ID, at)
		})
	default:
		if s.opt.Log != nil && (store.IsFull(cause) || fault.Is(cause, fault.Internal) && !expected(cause)) {
			s.opt.Log.Error("a report failed", "report", r.ID, "type", r.row.request.Type, "cause", cause.Error())
		}
		err = s.finish(ctx, r, func(tx store.Writer, now time.Time) (bool, error) {
			return fail(ctx, tx, r, reason, now, now.Add(s.limits().Keep))
		})
	}
	if err != nil && s.opt.Log != nil {
		s.opt.Log.Warn("how a report ended was not written; it is made again", "report", r.ID, "cause", err.Error())
	}
}

func expected(cause error) bool { return errors.Is(cause, errTimeout) || errors.Is(cause, errAway) }

// finish writes the end of a claim that still holds, and tells it: within the transaction, and once it is committed.
func (s *Service) finish(ctx context.Context, r *Report, write func(tx store.Writer, now time.Time) (bool, error)) error {
	ours := false
	var ended *Report
	err := s.queue.write(ctx, func(tx store.Writer, _ addJob) error {
		var err error
		if ours, err = write(tx, s.moment()); err != nil || !ours {
			return err
		}
		if ended, err = within(ctx, tx, r.ID); err != nil {
			return err
		}
		s.show(ended)
		if s.opt.Tell == nil {
			return nil
		}
		return s.opt.Tell(ctx, tx, ended.event("report."+ended.Status, nil))
	})
	if err != nil {
		return err
	}
	if !ours {
		s.discard(ctx, r)
		return nil
	}
	s.counts.ended(ended.row.request.Type, ended.Status)
	s.showEvent(ctx, ended, "report."+ended.Status)
	return nil
}

// pause is how long to wait before the next attempt.
func (s *Service) pause(attempts int64) time.Duration {
	return min(s.pace.pause<<min(attempts-1, 10), 10*time.Minute)
}

// verdict says what follows from a failure: whether it may pass, and the reason to tell where it won't.
func (s *Service) verdict(r *Report, cause error, stopping bool) (reason string, again bool) {
	f := fault.As(cause)
	switch {
	case cause == nil:
		return "", false
	case stopping:
		return "", true
	case store.IsFull(cause):
		return "There is no space left to keep the report.", false
	case errors.Is(cause, errTimeout):
		return fmt.Sprintf("The report took longer than %s: ask for a shorter range or fewer assets.", s.limits().Timeout), false
	case errors.Is(cause, errAway), f.Kind == fault.Unavailable:
		return "The database or the store of files was out of reach for too long.", r.row.attempts < maxAttempts
	case f.Kind == fault.Internal:
		return "The report could not be made, by an error of the server.", false
	}
	return f.Message, false
}
