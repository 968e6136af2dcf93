package reporting

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// A job is a turn, and not a report: who takes one makes the next report of the account whose last turn was longest ago, by
// priority, then age. So an account that asks for a thousand reports doesn't let another wait for all of them. There is a job for
// each report that waits, and each makes one report while any waits.
//
// A report that is to be tried again later is paused. Its job brings it back among those that wait, and is a turn like any other.

// turn claims the report whose turn it is; nil where none waits. id is of the report that the job was put for.
func (s *Service) turn(ctx context.Context, id string) (r *Report, err error) {
	if err := s.wake(ctx, id); err != nil {
		return nil, err
	}
	for {
		// A transaction for each try: whoever held the turns of two accounts at once could wait in a circle with another.
		none := false
		err := s.queue.write(ctx, func(tx store.Writer, _ addJob) (err error) {
			now := s.moment()
			r, none, err = takeTurn(ctx, tx, rand.Text(), s.place(), now, now.Add(s.pace.lease))
			return err
		})
		if err != nil || none || r != nil {
			return r, err
		}
	}
}

// wake brings a report that is paused back among those that wait.
func (s *Service) wake(ctx context.Context, id string) error {
	accountID, err := s.store.pausedIn(ctx, id)
	if err != nil || accountID == 0 {
		return err
	}
	return s.queue.write(ctx, func(tx store.Writer, _ addJob) error { return unpause(ctx, tx, accountID, id) })
}

// spare puts a job if anything waits: who was killed after taking one, and before beginning a report, left one job too few.
func (s *Service) spare(ctx context.Context) error {
	waits, err := s.store.anyTurn(ctx)
	if err != nil || !waits {
		return err
	}
	return s.queue.write(ctx, func(_ store.Writer, add addJob) error { return add(ctx, "", time.Time{}) })
}
