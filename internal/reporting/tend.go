package reporting

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// Run makes reports on this node until ctx ends, and looks after those of all nodes: what a dead worker left is queued again,
// schedules ask for theirs, letters are sent, and what is past keeping is deleted. What is being made at the end is given back.
func (s *Service) Run(ctx context.Context) {
	var post sync.WaitGroup
	post.Go(func() { s.post(ctx) })
	defer post.Wait()
	started := false
	look := time.NewTicker(s.pace.look)
	defer look.Stop()
	tidied := time.Now()
	for ctx.Err() == nil {
		if !started {
			if err := s.queue.start(context.WithoutCancel(ctx), s.limits().Workers); err != nil {
				s.warn("reports are not made; it is tried again", err)
			} else {
				started = true
			}
		}
		s.warn("reports are not looked after; it is tried again", s.tend(ctx))
		if time.Since(tidied) >= s.pace.tidy {
			tidied = time.Now()
			s.warn("old reports are not deleted; it is tried again", s.Tidy(ctx))
			s.warn("reports that wait may wait longer", s.spare(ctx))
		}
		select {
		case <-ctx.Done():
		case <-look.C:
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	if err := s.queue.stop(last); err != nil && s.opt.Log != nil {
		s.opt.Log.Warn("reports were not ended in order; they are made again", "cause", err.Error())
	}
}

// warn tells of what is tried again; not of what ends with the server.
func (s *Service) warn(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) && s.opt.Log != nil {
		s.opt.Log.Warn(what, "cause", err.Error())
	}
}

// tend does what is due each moment.
func (s *Service) tend(ctx context.Context) error {
	lapsed, err := s.store.lapsed(ctx, s.moment())
	if err != nil {
		return err
	}
	for _, r := range lapsed {
		if err := s.queue.write(ctx, func(tx store.Writer, add addJob) error {
			held, err := release(ctx, tx, r, true, false) // fails where another node was quicker
			if err != nil || !held {
				return err
			}
			return add(ctx, r.ID, time.Time{})
		}); err != nil {
			return err
		}
	}
	return s.runSchedules(ctx)
}

// Tidy deletes reports that are past keeping, and files that nothing refers to.
func (s *Service) Tidy(ctx context.Context) error {
	const portion = 100
	for {
		var n int64
		if err := s.store.db.Tx(ctx, func(tx *store.Tx) (err error) {
			n, err = expire(ctx, tx, s.moment(), portion)
			return err
		}); err != nil {
			return err
		}
		if n < portion {
			break
		}
	}
	for {
		files, err := s.store.waste(ctx, portion)
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := s.sweep(ctx, f[0], f[1]); err != nil {
				return err
			}
		}
		if len(files) < portion {
			return nil
		}
	}
}

// sweep deletes a file, in transactions that are short.
func (s *Service) sweep(ctx context.Context, file, place string) error {
	if place == inBucket {
		if s.opt.Bucket == nil {
			s.warn("a file in an S3 store that isn't set any more is not deleted", errGone)
		} else if err := s.opt.Bucket.delete(ctx, file); err != nil {
			return err
		}
	}
	for {
		const portion = 32
		var n int64
		if err := s.store.db.Tx(ctx, func(tx *store.Tx) (err error) {
			if n, err = deletePieces(ctx, tx, file, portion); err != nil || n == portion {
				return err
			}
			return forgetWaste(ctx, tx, file)
		}); err != nil || n < portion {
			return err
		}
	}
}
