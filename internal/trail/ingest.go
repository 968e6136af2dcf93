package trail

import (
	"context"
	"slices"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
)

// Result says what became of a call's positions: Accepted + Duplicates + len(Rejected) is their number.
type Result struct {
	Accepted   int         `json:"accepted" doc:"Stored, for good."`
	Duplicates int         `json:"duplicates" doc:"Of a time at which the asset has a position already; nothing was changed."`
	Rejected   []Rejection `json:"rejected" doc:"Not stored, in order of index."`
}

// Rejection is one position that was refused, and why.
type Rejection struct {
	Index   int    `json:"index" doc:"Which one, from 0."`
	Message string `json:"message" doc:"Why." example:"Asset not found."`

	field string
}

// ingestWait bounds a call that brings no deadline of its own.
const ingestWait = 30 * time.Second

// Ingest stores up to MaxPositions positions of an account's assets and returns once they are durable; more is
// TooLarge. A position that is out of bounds, older than the account keeps positions, or whose asset isn't the account's, is
// rejected by its index and the others are stored. What is out of bounds is kept apart (quarantine.go). Of several for the same asset and time the first is stored. Positions are not to be changed until
// it returns, nor after an error.
//
// When more is waiting than can be stored before ctx ends (or within 30 s), or than there is room for, the fault is TooMany; when the
// database can't be reached it is Unavailable. Nothing was acknowledged then; sending the same again is safe, because what had been stored
// all the same counts as duplicates.
func (s *Service) Ingest(ctx context.Context, accountID int64, positions []Position) (Result, error) {
	if len(positions) > MaxPositions {
		return Result{}, fault.Newf(fault.TooLarge, "Send at most %d positions a call.", MaxPositions)
	}
	ctx, cancel := context.WithTimeout(ctx, ingestWait)
	defer cancel()
	result := Result{Rejected: []Rejection{}}
	rows, err := s.resolve(ctx, accountID, positions, &result)
	if err != nil || len(rows) == 0 {
		return result, err
	}
	c := &call{rows: rows, done: make(chan struct{})}
	if err := s.writer.submit(ctx, c); err != nil {
		return Result{}, err
	}
	result.Accepted, result.Duplicates = c.accepted, c.duplicates
	for _, index := range c.gone {
		result.reject(index, notFound("asset_id", "Asset"))
	}
	slices.SortFunc(result.Rejected, func(a, b Rejection) int { return a.Index - b.Index })
	return result, nil
}

func (r *Result) reject(index int, why *wrong) {
	r.Rejected = append(r.Rejected, Rejection{Index: index, Message: why.message, field: why.field})
}

func notFound(field, noun string) *wrong { return &wrong{field, noun + " not found."} }

// row is a position on its way into the database.
type row struct {
	accountID, assetID int64
	month              int32 // see monthOf
	fate               fate
	index              int // among the positions of its call
	call               *call
	position           *Position
}

// fate is what became of a row in the transaction.
type fate uint8

const (
	fateStored fate = iota
	fateRepeat      // the asset has a position of this time
	fateGone        // the asset was deleted since it was looked up
)

// resolve checks the positions and finds their assets, all with one look-up. What is wrong goes into result, the rest
// is returned in the positions' order. What can't be true is kept apart.
func (s *Service) resolve(ctx context.Context, accountID int64, positions []Position, result *Result) ([]row, error) {
	now := s.store.now().UnixMilli()
	known, err := s.lookup(ctx, accountID, positions)
	if err != nil {
		return nil, err
	}
	oldest, err := s.oldest(ctx, accountID, now)
	if err != nil {
		return nil, err
	}
	rows := make([]row, 0, len(positions))
	var apart suspects
	for i := range positions {
		p := &positions[i]
		id, ok := p.AssetID, false
		if p.Tracker != "" {
			id, ok = known.Trackers[p.Tracker]
		} else {
			_, ok = known.IDs[id]
		}
		if why := p.check(now); why != nil {
			result.reject(i, why)
			if ok {
				apart.add(id, p, why)
			}
			continue
		}
		switch {
		case p.Time < oldest:
			result.reject(i, tooOld())
			continue
		case !ok && p.Tracker != "":
			result.reject(i, notFound("tracker", "Tracker"))
			continue
		case !ok:
			result.reject(i, notFound("asset_id", "Asset"))
			continue
		}
		p.plainZeros()
		rows = append(rows, row{accountID: accountID, assetID: id, month: monthOf(p.Time), index: i, position: p})
	}
	if len(apart) > 0 {
		return rows, s.store.quarantine(ctx, accountID, apart)
	}
	return rows, nil
}

// lookup asks the fleet for every asset and tracker that the positions name.
func (s *Service) lookup(ctx context.Context, accountID int64, positions []Position) (fleet.Known, error) {
	ids, trackers := distinct(positions, func(p *Position) int64 { return p.AssetID }),
		distinct(positions, func(p *Position) string { return p.Tracker })
	var atHand []int64
	if caller := bearer.CallerOf(ctx); caller == nil || caller.Account.Part == nil {
		// Whose memory is at hand was the account's a moment ago. Should it have been deleted since, it is found out when the
		// positions are stored. A member who sees a part of the assets is asked for each.
		ids, atHand = s.engine.atHand(accountID, ids)
	}
	known, err := s.fleet.Lookup(ctx, accountID, ids, trackers)
	for _, id := range atHand {
		known.IDs[id] = struct{}{}
	}
	return known, err
}

// distinct lists the keys of the positions, each once and without the zero one.
func distinct[K comparable](positions []Position, key func(*Position) K) []K {
	var none, last K
	var list []K
	var seen map[K]struct{}
	for i := range positions {
		k := key(&positions[i])
		if k == none || k == last { // most batches are of one asset, or run by run
			continue
		}
		last = k
		if seen == nil {
			seen = map[K]struct{}{}
		}
		if _, ok := seen[k]; !ok {
			seen[k] = struct{}{}
			list = append(list, k)
		}
	}
	return list
}

// monthOf counts calendar months, UTC, since January of the year 0.
func monthOf(ms int64) int32 {
	year, month, _ := time.UnixMilli(ms).UTC().Date()
	return int32(year*12 + int(month) - 1)
}
