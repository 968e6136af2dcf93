package trail

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/yipii/yipii/internal/store"
)

// The engine takes the followers from position to position. Positions that are later than all before are followed in the
// transaction that stores them (engine.go); the others, and those of assets whose memory isn't at hand, are marked as
// pending in that transaction and followed soon after, on any node (redo.go). What a crash leaves behind is pending, or is
// taken up again from the newest memory that was saved.

// remembered is how many assets' memories are held: those that reported last.
const remembered = 50_000

// engine holds the memories that are at hand.
type engine struct {
	store     *Store
	log       *slog.Logger
	followers []Follower
	watcher   atomic.Pointer[Watcher]    // nil: nobody is told
	memories  *lru.Cache[int64, *memory] // by asset
	wake      chan struct{}              // something is pending

	mu      sync.Mutex
	unsaved map[int64]*memory // have taken steps since they were saved
}

// memory is what is known of an asset after its newest position. It is good as long as the asset's row has its revision.
type memory struct {
	mu                 sync.Mutex // held from the first step to the end of the transaction
	accountID, assetID int64
	revision           int64
	motion             Motion
	parts              []Memory // of the followers, in their order
	step               Step     // the newest step, its memory reused

	kept  int64 // time of the newest memory that is kept in the database
	steps int   // since then
}

func newEngine(store *Store, log *slog.Logger) *engine {
	memories, err := lru.New[int64, *memory](remembered)
	if err != nil {
		panic(err) // only a size below 1 fails, which is the programmer's
	}
	return &engine{store: store, log: log, memories: memories, wake: make(chan struct{}, 1), unsaved: map[int64]*memory{}}
}

// saved is a memory as the database has it.
type saved struct {
	Motion Motion                     `json:"motion"`
	Parts  map[string]json.RawMessage `json:"parts,omitempty"`
}

// remember makes a memory of what was saved, a new one of "".
func (e *engine) remember(accountID, assetID int64, text string) (*memory, error) {
	m := &memory{accountID: accountID, assetID: assetID, parts: make([]Memory, len(e.followers))}
	var s saved
	if text != "" {
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			return nil, fmt.Errorf("a saved memory of asset %d: %w", assetID, err)
		}
	}
	m.motion = s.Motion
	for i, f := range e.followers {
		var err error
		if m.parts[i], err = f.Memory(accountID, assetID, s.Parts[f.Key()]); err != nil {
			return nil, fmt.Errorf("a saved memory of asset %d, %s: %w", assetID, f.Key(), err)
		}
	}
	return m, nil
}

// text is the memory as the database has it.
func (e *engine) text(m *memory) (string, error) {
	s := saved{Motion: m.motion, Parts: make(map[string]json.RawMessage, len(m.parts))}
	for i, f := range e.followers {
		part, err := m.parts[i].MarshalJSON()
		if err != nil {
			return "", err
		}
		s.Parts[f.Key()] = part
	}
	text, err := json.Marshal(s)
	return string(text), err
}

func (m *memory) begin(ctx context.Context) error {
	for _, part := range m.parts {
		if err := part.Begin(ctx); err != nil {
			return err
		}
	}
	return nil
}

// take takes the asset's next position. A follower that panics makes an error: positions are stored whatever becomes of them.
// The memory is of no use then.
func (m *memory) take(p *Position) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("asset %d at %d ms: %v\n%s", m.assetID, p.Time, cause, debug.Stack())
		}
	}()
	m.step = Step{Position: p, Events: m.step.Events[:0]}
	m.motion.step(&m.step)
	for _, part := range m.parts {
		part.Step(&m.step)
	}
	m.step.Position = nil
	m.steps++
	return nil
}

// conclude writes what the newest step said into the asset's row.
func (m *memory) conclude(l *lastRow) {
	l.known = true
	l.stopAndGo, l.home, l.driver = m.motion.StopAndGo(), m.step.Home, m.step.Driver
	l.distance, l.engine = m.motion.Distance, m.motion.Engine
}

// pass follows the positions of one transaction.
type pass struct {
	engine  *engine
	ready   map[int64]struct{} // assets that advance has followed
	taken   []*memory          // locked
	pending bool               // something was left for later
	moves   []move             // that somebody watches
}

// stored is what a transaction stores of one asset, in order of time.
type stored struct {
	accountID, assetID int64
	positions          []*Position
}

// perAsset gathers the rows that pick picks, sorted by account and asset.
func perAsset(rows []row, pick func(*row) bool) []stored {
	var list []stored
	at := make(map[int64]int, 16)
	for i := range rows {
		r := &rows[i]
		if !pick(r) {
			continue
		}
		n := len(list) - 1
		if n < 0 || list[n].assetID != r.assetID { // rows of an asset stand together within a month
			var ok bool
			if n, ok = at[r.assetID]; !ok {
				n = len(list)
				at[r.assetID] = n
				list = append(list, stored{accountID: r.accountID, assetID: r.assetID})
			}
		}
		list[n].positions = append(list[n].positions, r.position)
	}
	slices.SortFunc(list, func(a, b stored) int {
		return cmp.Or(cmp.Compare(a.accountID, b.accountID), cmp.Compare(a.assetID, b.assetID))
	})
	return list
}

// advance follows the assets whose memory is at hand and whose positions come next, and writes their last positions, before
// anything is stored: an asset that is ready then is there, and none of its positions has been stored before. Call follow
// once the rows are stored.
func (p *pass) advance(ctx context.Context, tx store.Writer, rows []row) (ready map[int64]struct{}, err error) {
	var candidates []*memory
	var all []stored
	var last []lastRow
	for _, a := range perAsset(rows, func(*row) bool { return true }) {
		m, ok := p.engine.memories.Get(a.assetID)
		if !ok {
			continue
		}
		m.mu.Lock()
		if m.revision < 1 || a.positions[0].Time <= m.motion.Time {
			m.mu.Unlock()
			continue
		}
		if !p.engine.takeAll(ctx, m, a.positions) {
			p.engine.throwAway(m)
			continue
		}
		candidates = append(candidates, m)
		all = append(all, a)
		last = append(last, lastRow{accountID: a.accountID, assetID: a.assetID, position: a.positions[len(a.positions)-1], revision: m.revision + 1})
		m.conclude(&last[len(last)-1])
	}
	if p.ready = map[int64]struct{}{}; len(candidates) > 0 {
		p.ready, err = p.engine.store.advanceLast(ctx, tx, last)
	}
	for i, m := range candidates {
		if _, ok := p.ready[m.assetID]; ok && err == nil {
			p.taken = append(p.taken, m)
			p.moved(all[i].positions, &last[i])
		} else { // somebody else has stored positions of the asset since, or has followed them
			p.engine.throwAway(m)
		}
	}
	return p.ready, err
}

// errOutOfStep says that an asset which was ready had a position stored already.
var errOutOfStep = errors.New("a position that was followed is there already")

// follow takes what was stored of the assets that weren't ready, writes their last positions, and what came of all. Call keep
// after the commit, or forget.
func (p *pass) follow(ctx context.Context, tx store.Writer, rows []row) error {
	for i := range rows {
		if _, ok := p.ready[rows[i].assetID]; ok && rows[i].fate != fateStored {
			return errOutOfStep
		}
	}
	assets := perAsset(rows, func(r *row) bool {
		_, ok := p.ready[r.assetID]
		return !ok && r.fate == fateStored
	})
	last := make([]lastRow, len(assets))
	var late []stored
	if len(assets) > 0 {
		before, err := p.engine.store.lockLast(ctx, tx, assets)
		if err != nil {
			return err
		}
		for i := range assets {
			stands := before[assets[i].assetID]
			p.followAsset(ctx, &assets[i], stands, &last[i])
			if assets[i].positions[0].Time <= stands.time {
				late = append(late, assets[i])
			}
			p.moved(after(assets[i].positions, stands.time), &last[i])
		}
	}
	p.tell(tx)
	sortMemories(p.taken)
	if err := p.engine.write(ctx, tx, p.taken, nil); err != nil || len(last) == 0 {
		return err
	}
	if err := p.engine.store.putLast(ctx, tx, last); err != nil {
		return err
	}
	return p.engine.store.markRewritten(ctx, tx, late)
}

// followAsset takes the positions of an asset that has none yet, and marks those of others as pending.
func (p *pass) followAsset(ctx context.Context, a *stored, before lockedLast, last *lastRow) {
	newest := a.positions[len(a.positions)-1]
	*last = lastRow{accountID: a.accountID, assetID: a.assetID, revision: before.revision + 1, pending: before.pending}
	if newest.Time > before.time {
		last.position = newest
	}
	if before.revision == 0 && before.time == 0 {
		if m, err := p.engine.remember(a.accountID, a.assetID, ""); err == nil {
			m.mu.Lock()
			if p.engine.takeAll(ctx, m, a.positions) {
				p.taken = append(p.taken, m)
				m.conclude(last)
				return
			}
			p.engine.throwAway(m)
		}
	}
	if first := a.positions[0].Time; !last.pending.Known || first < last.pending.Value {
		last.pending = Some(first)
	}
	p.pending = true
}

// atHand parts the ids of assets: those of the account whose memory is at hand, and the others.
func (e *engine) atHand(accountID int64, ids []int64) (others, here []int64) {
	for _, id := range ids {
		if m, ok := e.memories.Peek(id); ok && m.accountID == accountID {
			here = append(here, id)
		} else {
			others = append(others, id)
		}
	}
	return others, here
}

// takeAll has m take positions and says whether it could. If not, it is tried again by redo, which tells what is wrong.
func (e *engine) takeAll(ctx context.Context, m *memory, positions []*Position) bool {
	if m.begin(ctx) != nil {
		return false
	}
	for _, position := range positions {
		if m.take(position) != nil {
			return false
		}
	}
	return true
}

// write hands each follower what came of the steps of memories. redone, if it isn't nil, says of each what was done anew.
func (e *engine) write(ctx context.Context, tx store.Writer, memories []*memory, redone []Outcome) error {
	if len(memories) == 0 {
		return nil
	}
	outcomes := make([]Outcome, len(memories))
	for i, f := range e.followers {
		for j, m := range memories {
			if redone != nil {
				outcomes[j] = redone[j]
			}
			outcomes[j].AccountID, outcomes[j].AssetID, outcomes[j].Memory = m.accountID, m.assetID, m.parts[i]
		}
		if err := f.Write(ctx, tx, outcomes); err != nil {
			return fmt.Errorf("%s: %w", f.Key(), err)
		}
	}
	return nil
}

// keep says that the transaction was committed.
func (p *pass) keep() {
	e := p.engine
	e.mu.Lock()
	for _, m := range p.taken {
		e.unsaved[m.assetID] = m
	}
	e.mu.Unlock()
	for _, m := range p.taken {
		m.revision++
		e.memories.Add(m.assetID, m)
		m.mu.Unlock()
	}
	p.taken = nil
	if p.pending {
		e.poke()
	}
}

// forget throws away what has taken steps of a transaction that failed, or may have, and says whether there was any. The same
// positions are pending then, when they are stored by another transaction.
func (p *pass) forget() bool {
	for _, m := range p.taken {
		p.engine.throwAway(m)
	}
	any := len(p.taken) > 0
	p.taken, p.pending = nil, false
	return any
}

// throwAway unlocks a memory that is of no use any more.
func (e *engine) throwAway(m *memory) {
	m.revision = -1
	e.memories.Remove(m.assetID)
	m.mu.Unlock()
}

// poke wakes the one who follows what is pending.
func (e *engine) poke() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}
