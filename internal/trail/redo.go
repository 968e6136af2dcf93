package trail

import (
	"context"
	"math"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// How much is followed in one transaction, and how often is looked for what others have left pending.
const (
	redoAssets    = 200
	redoPositions = 5_000
	redoEvery     = 500 * time.Millisecond
)

// keepEvery is after how many positions a memory is kept for good: a late position is followed from the one before it.
const keepEvery = 1_000

// saveEvery is how often memories are saved that have taken steps since: what a crash can make to be followed again.
const saveEvery = 15 * time.Second

// run follows what is pending, and saves memories, until ctx ends. Any number of nodes may run it: an asset that one of them
// is at is passed over by the others, and is free again as soon as its transaction has ended, however it ended.
func (e *engine) run(ctx context.Context) {
	look, save := time.NewTicker(redoEvery), time.NewTicker(saveEvery)
	defer look.Stop()
	defer save.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-save.C:
			if err := e.save(ctx); err != nil && ctx.Err() == nil {
				e.log.Warn("memories of assets could not be saved; it is tried again", "cause", err.Error())
			}
			continue
		case <-e.wake:
		case <-look.C:
		}
		err := e.catchUp(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failing {
			e.log.Error("positions are stored but not followed; it is tried again", "cause", err.Error())
		}
		failing = err != nil
	}
}

// catchUp follows all that is pending and that no other node is at. What fails is passed over, and stays pending; the first
// cause is returned.
func (e *engine) catchUp(ctx context.Context) error {
	var after pendingAsset
	var failed error
	for size := redoAssets; ctx.Err() == nil; {
		list, err := e.store.pendingAfter(ctx, after, size)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return failed
		}
		done, err := e.redo(ctx, list)
		switch {
		case err == nil:
			size = redoAssets
		case len(list) > 1: // which of them is it?
			size = 1
		default:
			if failed == nil {
				failed = err
			}
			done = 1
		}
		if done > 0 {
			after = list[done-1]
		}
	}
	return ctx.Err()
}

// redo follows the pending positions of assets, sorted by account and asset, as many of them as fit in a transaction, and
// says how many are done with. Of an asset with more than fit the rest stays pending.
func (e *engine) redo(ctx context.Context, list []pendingAsset) (done int, err error) {
	var r round
	err = e.store.writing(ctx, func(tx store.Writer) error {
		r = round{}
		for r.steps < redoPositions && r.done < len(list) {
			if err := e.redoAsset(ctx, tx, list[r.done], &r); err != nil {
				return err
			}
		}
		if len(r.rows) == 0 {
			return nil
		}
		if err := e.write(ctx, tx, r.memories, r.outcomes); err != nil {
			return err
		}
		return e.store.putLast(ctx, tx, r.rows)
	})
	if err != nil {
		return 0, err
	}
	for i, m := range r.memories {
		if !r.rows[i].pending.Known {
			e.memories.Add(m.assetID, m)
		}
	}
	return r.done, nil
}

// round is one transaction of redo: what was followed anew, sorted by account and asset.
type round struct {
	done     int // assets of the list that are done with
	steps    int
	memories []*memory
	outcomes []Outcome
	rows     []lastRow
}

// redoAsset follows one asset from its newest memory before what is pending, as far as the round has room.
func (e *engine) redoAsset(ctx context.Context, tx store.Writer, a pendingAsset, r *round) error {
	before, ok, err := e.store.lockPending(ctx, tx, a)
	if err != nil {
		return err
	}
	if !ok { // another node is at it, or has been
		r.done++
		return nil
	}
	m, err := e.recall(ctx, tx, a.accountID, a.assetID, before.pending.Value)
	if err != nil {
		return err
	}
	outcome := Outcome{Redone: true, After: m.motion.Time, Through: math.MaxInt64}
	last := lastRow{accountID: a.accountID, assetID: a.assetID, revision: before.revision + 1}
	newest, steps, err := e.retake(ctx, tx, m, redoPositions-r.steps)
	if err != nil {
		return err
	}
	if r.steps += steps; r.steps >= redoPositions { // there may be more
		outcome.Through, last.pending = m.motion.Time, Some(m.motion.Time+1)
	} else {
		r.done++
	}
	if newest.Time >= before.time && steps > 0 {
		last.position = &newest
	}
	m.conclude(&last)
	m.revision = last.revision
	r.memories, r.outcomes, r.rows = append(r.memories, m), append(r.outcomes, outcome), append(r.rows, last)
	return nil
}

// retake has m take the positions after it, at most limit, and saves it now and then and at the end. It returns the newest
// position and how many there were.
func (e *engine) retake(ctx context.Context, tx store.Writer, m *memory, limit int) (newest Position, steps int, err error) {
	if err := m.begin(ctx); err != nil {
		return newest, 0, err
	}
	var texts []savedMemory
	save := func(kept bool) error {
		text, err := e.text(m)
		texts = append(texts, savedMemory{m.motion.Time, kept, text})
		return err
	}
	err = e.store.follow(ctx, tx, m.accountID, m.assetID, m.motion.Time, limit, func(p *Position) error {
		newest = *p
		steps++
		if err := m.take(&newest); err != nil || m.steps < keepEvery {
			return err
		}
		m.steps, m.kept = 0, m.motion.Time
		return save(true)
	})
	if err == nil && m.motion.Time > m.kept && steps > 0 {
		err = save(false)
	}
	if err != nil {
		return newest, steps, err
	}
	return newest, steps, e.store.saveMemories(ctx, tx, m.accountID, m.assetID, texts)
}

// recall brings back the newest memory from before a time and deletes those from then on.
func (e *engine) recall(ctx context.Context, tx store.Writer, accountID, assetID, before int64) (*memory, error) {
	text, err := e.store.memoryBefore(ctx, tx, accountID, assetID, before)
	if err != nil {
		return nil, err
	}
	m, err := e.remember(accountID, assetID, text)
	if err != nil {
		return nil, err
	}
	if m.kept, err = e.store.dropMemories(ctx, tx, accountID, assetID, before); err != nil {
		return nil, err
	}
	return m, nil
}

// save saves the memories that have taken steps since they were saved.
func (e *engine) save(ctx context.Context) error {
	e.mu.Lock()
	unsaved := e.unsaved
	e.unsaved = make(map[int64]*memory, len(unsaved))
	e.mu.Unlock()
	list := make([]*memory, 0, len(unsaved))
	for _, m := range unsaved {
		list = append(list, m)
	}
	sortMemories(list)
	for len(list) > 0 {
		part := list[:min(redoAssets, len(list))]
		if err := e.saveSome(ctx, part); err != nil {
			e.mu.Lock()
			for _, m := range list { // those that took steps meanwhile are the same
				e.unsaved[m.assetID] = m
			}
			e.mu.Unlock()
			return err
		}
		list = list[len(part):]
	}
	return nil
}

// snapshot is a memory as it was at a revision.
type snapshot struct {
	memory   *memory
	revision int64
	savedMemory
}

func (e *engine) saveSome(ctx context.Context, list []*memory) error {
	var snapshots []snapshot
	for _, m := range list {
		m.mu.Lock()
		s := snapshot{memory: m, revision: m.revision, savedMemory: savedMemory{time: m.motion.Time, kept: m.steps >= keepEvery}}
		var err error
		if m.revision >= 0 {
			s.text, err = e.text(m)
		}
		m.mu.Unlock()
		if err != nil {
			return err
		}
		if s.text != "" {
			snapshots = append(snapshots, s)
		}
	}
	if len(snapshots) == 0 {
		return nil
	}
	if err := e.store.saveSnapshots(ctx, snapshots); err != nil {
		return err
	}
	for _, s := range snapshots {
		if !s.kept {
			continue
		}
		s.memory.mu.Lock()
		s.memory.steps, s.memory.kept = 0, s.time // a few steps more or less do no harm
		s.memory.mu.Unlock()
	}
	return nil
}

// Recall returns a follower's memory of an asset as it is after all stored positions, and the asset's motion. Nothing is
// written. It is for reading what is still going on, such as a trip that has not ended; nil for an asset without positions.
func (s *Service) Recall(ctx context.Context, accountID, assetID int64, key string) (Memory, *Motion, error) {
	e := s.engine
	var found Memory
	var motion *Motion
	err := s.store.reading(ctx, func(tx store.Writer) error {
		text, err := s.store.memoryBefore(ctx, tx, accountID, assetID, math.MaxInt64)
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
		err = s.store.follow(ctx, tx, accountID, assetID, m.motion.Time, math.MaxInt32, func(p *Position) error {
			return m.take(p)
		})
		for i, f := range e.followers {
			if f.Key() == key && m.motion.Time != 0 {
				found, motion = m.parts[i], &m.motion
			}
		}
		return err
	})
	return found, motion, err
}
