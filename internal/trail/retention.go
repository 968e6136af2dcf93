package trail

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// An account may keep positions for so many days (Settings.RetentionDays). What is older is refused when it comes, and deleted
// soon after it has become so: in small portions, or a whole month at a time where PostgreSQL has a partition that nobody
// needs. What was concluded from them stays, and so does each asset's last position.

// How much of it is done in one transaction, so that nobody waits long, and how often.
const (
	retainRows   = 5_000
	retainAssets = 200
	retainEvery  = time.Hour
)

const dayMillis = 24 * 60 * 60 * 1000

// cut is the moment from which on positions are kept, in Unix milliseconds; 0 for all.
func (in *Settings) cut(now int64) int64 {
	if in.RetentionDays == nil {
		return 0
	}
	return max(0, now-*in.RetentionDays*dayMillis)
}

// oldest is how old a position may be that an account takes.
func (s *Service) oldest(ctx context.Context, accountID, now int64) (int64, error) {
	in, err := s.store.settings.Get(ctx, accountID)
	return in.cut(now), err
}

func tooOld() *wrong {
	return &wrong{"timestamp", "The timestamp field must not be older than the account keeps positions."}
}

// RunUpkeep deletes positions that are older than their account keeps them, until ctx ends. Any number of nodes may run it: one at
// a time is at it.
func (s *Service) RunUpkeep(ctx context.Context) {
	if err := s.store.newLife(ctx); err != nil && ctx.Err() == nil {
		s.engine.log.Warn("numbers of changes could not be looked through", "cause", err.Error())
	}
	tick := time.NewTicker(retainEvery)
	defer tick.Stop()
	for {
		if err := s.retain(ctx, retainRows); err != nil && ctx.Err() == nil {
			s.engine.log.Warn("old positions could not be deleted; it is tried again", "cause", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.store.shortened:
		}
	}
}

// errElsewhere says that another node is at it.
var errElsewhere = errors.New("another node is at it")

// retain deletes once what is too old, at most rows of it in a transaction. What fails of one account is passed over; the first cause is returned.
func (s *Service) retain(ctx context.Context, rows int) error {
	now := s.store.now().UnixMilli()
	cuts, err := s.store.cuts(ctx, now)
	if err != nil || len(cuts) == 0 {
		return err
	}
	months, err := s.store.disposable(ctx, cuts)
	if err != nil {
		return err
	}
	r := retention{Service: s, rows: rows}
	for _, m := range months {
		if !m.alone {
			r.drop = m.end
		}
	}
	var failed error
	for _, accountID := range sortedKeys(cuts) {
		err := r.account(ctx, accountID, cuts[accountID])
		switch {
		case errors.Is(err, errElsewhere), ctx.Err() != nil:
			return ctx.Err()
		case failed == nil:
			failed = err
		}
	}
	if failed != nil || r.waiting {
		return failed
	}
	for _, m := range months {
		if err := s.store.dispose(ctx, m, now); err != nil {
			return err
		}
	}
	return nil
}

// retention is one round of it.
type retention struct {
	*Service
	rows    int   // of a transaction
	drop    int64 // positions before this needn't be deleted one by one: their partitions go as a whole
	waiting bool  // some aren't followed yet, and so can't go
}

// account deletes what is older than the cut of one account.
func (r *retention) account(ctx context.Context, accountID, cut int64) error {
	if err := r.store.expireQuarantine(ctx, accountID, cut); err != nil {
		return err
	}
	for after := int64(0); ; {
		assets, err := r.store.reported(ctx, accountID, after, retainAssets)
		if err != nil || len(assets) == 0 {
			return err
		}
		err = r.store.writing(ctx, func(tx store.Writer) error {
			if err := r.store.alone(ctx, tx); err != nil {
				return err
			}
			room := r.rows
			for _, assetID := range assets {
				deleted, more, err := r.asset(ctx, tx, accountID, assetID, cut, room)
				if err != nil {
					return err
				}
				if room -= deleted; more || room <= 0 {
					if !more {
						after = assetID
					}
					return nil
				}
				after = assetID
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// asset deletes what is older than the cut of one asset, at most room of it. more says that it had more.
//
// Followers may have to go back for a late position, and what they concluded from deleted ones must not be lost then. So the
// memory of before the first that stays is kept for good, and they never go back behind it.
func (r *retention) asset(ctx context.Context, tx store.Writer, accountID, assetID, cut int64, room int) (deleted int, more bool, err error) {
	span := span{accountID, assetID, r.drop, cut}
	if any, err := r.store.anyBefore(ctx, tx, span); err != nil || !any {
		return 0, false, err
	}
	locked, err := r.store.lockLast(ctx, tx, []stored{{accountID: accountID, assetID: assetID}})
	if err != nil {
		return 0, false, err
	}
	if l := locked[assetID]; l.pending.Known && l.pending.Value < cut {
		r.waiting = true
		return 0, false, nil
	}
	if span.to, more, err = r.store.portion(ctx, tx, span, room); err != nil {
		return 0, false, err
	}
	if err := r.engine.bar(ctx, tx, accountID, assetID, span.to); err != nil {
		return 0, false, err
	}
	n, err := r.store.deleteSpan(ctx, tx, span)
	return int(n), more, err
}

// bar makes the memory of an asset as it was before a time the oldest that there is, and closes the way behind it.
func (e *engine) bar(ctx context.Context, tx store.Writer, accountID, assetID, until int64) error {
	text, err := e.store.memoryBefore(ctx, tx, accountID, assetID, until)
	if err != nil {
		return err
	}
	m, err := e.remember(accountID, assetID, text)
	if err != nil {
		return err
	}
	if err := m.begin(ctx); err != nil {
		return err
	}
	err = e.store.followUntil(ctx, tx, accountID, assetID, m.motion.Time, until, m.take) // what comes of the steps is stored already
	if err != nil || m.motion.Time == 0 {
		return err
	}
	if text, err = e.text(m); err != nil {
		return err
	}
	return e.store.saveBar(ctx, tx, accountID, assetID, m.motion.Time, text)
}

// span is an asset's positions from from until before to, Unix milliseconds.
type span struct{ accountID, assetID, from, to int64 }

// partition is a month of positions on PostgreSQL.
type partition struct {
	name  string
	end   int64 // Unix milliseconds
	alone bool  // it is empty, but one before it is needed
}

// dropTries is how often one round tries to get at a partition that somebody reads.
const dropTries = 5

// dispose drops a partition, if still nobody needs it. It tries again a second later if it can't get at it at once.
func (s *Store) dispose(ctx context.Context, m partition, now int64) error {
	for range dropTries {
		if done, err := s.drop(ctx, m, now); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
	return nil // another time
}

// neededBy reports whether one of the accounts keeps positions from before a time.
func neededBy(accounts []int64, cuts map[int64]int64, end int64) bool {
	return slices.ContainsFunc(accounts, func(id int64) bool { return cuts[id] < end })
}

// latestCut is the latest of cuts.
func latestCut(cuts map[int64]int64) int64 {
	latest := int64(math.MinInt64)
	for _, cut := range cuts {
		latest = max(latest, cut)
	}
	return latest
}
