package trail

import (
	"context"
	"math"
	"strconv"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
)

// Watcher is told where assets are as soon as that is stored.
type Watcher interface {
	// Watched reports whether anybody wants to know of an account's assets now. It is asked for each asset of each
	// transaction, so it answers from memory.
	Watched(accountID int64) bool
	// Moved is told after the commit, and must return quickly: a sender waits behind it. It may keep the list.
	Moved([]Move)
}

// Move is where an asset went next: a position later than all that were known.
type Move struct {
	AccountID, AssetID int64
	Time               int64  // Unix milliseconds
	JSON               []byte // a LocationUpdate of contract §7, with sensors
}

// move is a Move before the commit.
type move struct {
	position *Position
	last     lastKnown
	account  int64
}

// Watch sets who is told from now on.
func (s *Service) Watch(w Watcher) { s.engine.watcher.Store(&w) }

// after returns those of positions, which are in order of time, that are later than a time.
func after(positions []*Position, time int64) []*Position {
	for len(positions) > 0 && positions[0].Time <= time {
		positions = positions[1:]
	}
	return positions
}

// moved notes positions of an asset that come after all it had, with what was concluded at the newest.
func (p *pass) moved(positions []*Position, l *lastRow) {
	if w := p.engine.watcher.Load(); w == nil || len(positions) == 0 || !(*w).Watched(l.accountID) {
		return
	}
	for _, position := range positions {
		m := move{position: position, account: l.accountID, last: lastKnown{stopAndGo: l.stopAndGo, home: l.home, driver: l.driver}}
		if l.known {
			m.last.distance, m.last.engine = Some(l.distance), Some(float64(l.engine))
		}
		p.moves = append(p.moves, m)
	}
}

// tell tells the watcher what was noted, once it is stored.
func (p *pass) tell(tx store.Writer) {
	if len(p.moves) == 0 {
		return
	}
	tx.After(func() {
		e := p.engine
		now := e.store.now().UnixMilli()
		list := make([]Move, len(p.moves))
		for i := range p.moves {
			m := &p.moves[i]
			// A database that is out of reach just now leaves the settings that everybody begins with.
			in, err := e.store.settings.Get(context.Background(), m.account)
			if err != nil {
				in = DefaultSettings()
			}
			m.last.Position = *m.position
			list[i] = Move{AccountID: m.account, AssetID: m.position.AssetID, Time: m.position.Time,
				JSON: appendUpdate(nil, &m.last, statusOf(&m.last, in, now))}
		}
		(*e.watcher.Load()).Moved(list)
	})
}

// appendUpdate writes a LocationUpdate.
func appendUpdate(b []byte, l *lastKnown, status string) []byte {
	b = strconv.AppendInt(append(b, `{"asset_id":`...), l.AssetID, 10)
	b = appendNumber(append(b, `,"latitude":`...), l.Latitude)
	b = appendNumber(append(b, `,"longitude":`...), l.Longitude)
	b = appendMaybe(b, `,"speed":`, l.Speed)
	b = appendMaybe(b, `,"heading":`, l.Heading)
	b = appendMaybe(b, `,"altitude":`, l.Altitude)
	b = appendTime(append(b, `,"timestamp":"`...), l.Time)
	b = appendIgnition(append(b, '"'), &l.Position)
	b = append(append(append(b, `,"status":"`...), status...), '"')
	odometer := l.Odometer
	if !odometer.Known {
		odometer = l.distance
	}
	b = appendMaybe(b, `,"odometer":`, odometer)
	// Addresses cost a question to somebody else: who wants one asks for it by GET /geocode.
	b = append(b, `,"address":null,"driver_id":`...)
	if l.driver != 0 {
		b = strconv.AppendInt(b, l.driver, 10)
	} else {
		b = append(b, "null"...)
	}
	return append(appendSensors(b, &l.Position), '}')
}

// Changed hands to each the newest position of each of an account's assets that moved since a cursor, as a Move whose JSON is
// reused, and returns the cursor behind them. "" is the beginning, and so is a cursor that never was one. It reads those of a part
// alone; nil is all of them.
//
// What was committed, though a transaction that began before is under way, is told as well, and told again behind the cursor: who asks
// what it has missed hears of it now, not when somebody asks the next time.
func (s *Service) Changed(ctx context.Context, accountID int64, part *bearer.Part, cursor string, each func(Move)) (next string, err error) {
	at, ok := changeOf(cursor)
	var b []byte
	tell := func(l *lastKnown, status string) {
		b = appendUpdate(b[:0], l, status)
		each(Move{accountID, l.AssetID, l.Time, b})
	}
	if !ok || at == (change{}) {
		if at, err = s.newest(ctx, accountID, part, tell); err != nil {
			return at.cursor(), err
		}
	} else {
		for more := true; more; {
			if at, more, err = s.changedSince(ctx, accountID, part, at, maxLimit, tell); err != nil {
				return cursor, err
			}
		}
	}
	in, err := s.store.settings.Get(ctx, accountID)
	if err != nil {
		return cursor, err
	}
	now := s.store.now().UnixMilli()
	if err := s.store.unsettled(ctx, accountID, part, at, func(_ change, l *lastKnown) { tell(l, statusOf(l, in, now)) }); err != nil {
		return cursor, err
	}
	return at.cursor(), nil
}

// newest hands to each all last positions of a part, in the order in which they lie, and returns the place behind their changes.
func (s *Service) newest(ctx context.Context, accountID int64, part *bearer.Part, each func(*lastKnown, string)) (last change, err error) {
	in, err := s.store.settings.Get(ctx, accountID)
	if err != nil {
		return last, err
	}
	now := s.store.now().UnixMilli()
	err = s.store.whole(ctx, accountID, part, math.MaxInt32, func(at change, l *lastKnown) {
		if at.number > last.number || at.number == last.number && at.assetID > last.assetID {
			last = at
		}
		each(l, statusOf(l, in, now))
	})
	return last, err
}

// Head returns the cursor behind all changes of an account so far.
func (s *Service) Head(ctx context.Context, accountID int64) (string, error) {
	at, err := s.store.head(ctx, accountID)
	return at.cursor(), err
}
