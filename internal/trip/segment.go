package trip

import (
	"context"
	"time"

	"github.com/yipii/yipii/internal/trail"
)

// Segments returns an asset's trips and stops that overlap the time from from until before to (Unix milliseconds), in order. Of one
// that goes on there is what was known when it began; a Meter tells more. Trips whose driver showed no key have the driver who
// was assigned.
func (s *Service) Segments(ctx context.Context, accountID, assetID, from, to int64) ([]Trip, error) {
	list, err := s.store.all(ctx, accountID, question{assetID: assetID, from: from, to: to})
	if err != nil {
		return nil, err
	}
	return list, s.assigned(ctx, accountID, assetID, list)
}

// Meter measures a way as trips do, from position to position: what a trip, or a part of one, has come to.
type Meter struct {
	Distance     float64       // kilometres
	Idle, Engine time.Duration // without movement; during which the engine ran
	Top          float64       // km/h
	Last         TripPlace     // the newest position; its Time is zero before the first

	motion trail.Motion
	m      memory
}

// Meter makes a Meter that holds positions against these thresholds.
func (t Thresholds) Meter() *Meter {
	return &Meter{m: memory{limits: t.limits()}}
}

// Take takes the next position. The first is where the way begins.
func (m *Meter) Take(p *trail.Position) {
	step := m.motion.Take(p)
	at := m.m.look(&step)
	if m.m.Last.Time == 0 {
		m.m.restart(at.at)
	}
	m.m.add(&at)
	m.m.Last = at.at
	f := &m.m.Figures
	m.Distance, m.Idle, m.Engine = f.Distance, time.Duration(f.Idle)*time.Millisecond, time.Duration(f.Engine)*time.Millisecond
	m.Top, m.Last = f.Top, at.at.place()
}
