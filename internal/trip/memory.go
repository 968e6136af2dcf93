package trip

import (
	"context"

	"github.com/yipii/yipii/internal/trail"
)

// memory is an asset's state after its newest position. It implements trail.Memory.
//
// The rules, in the order in which a position is held against them:
//
//  1. The first position of all, and one elsewhere after a gap, begin a stop that is only assumed: it becomes one when the
//     asset has stood there for the time that ends a trip. If it leaves before, the trip began there: after_gap.
//  2. After a gap on the way, the trip ended at the last position before: gap. If the asset is still about there, it stood. A
//     gap while it stands means nothing, unless it is elsewhere then: the stop ended, as far as is known, with the last position.
//  3. On the way, the ignition going off ends the trip at once; and so does having stood, whatever the ignition, from where the
//     standing began.
//  4. Standing, the asset leaves when it is outside the radius, moving by its reported speed or for longer than an excursion.
//     The trip began at the last position at which it stood, or where the ignition had gone on before, if that isn't longer ago
//     than the time that ends a trip. Without the ignition it must be five times as far away: then it is being towed.
//     A leap that no way leads to is no trip: the stop ends, and it is as after a gap.
type memory struct {
	state
	room      *Service
	accountID int64
	assetID   int64
	limits    limits
	band      band
	came      []segment // closed since the last Write
	fresh     bool      // the open segment began since the last Write
}

// state is what is saved; save.go writes it.
type state struct {
	Kind    string  `json:"k"` // of the open segment; "" before the first position
	Assumed bool    `json:"u"` // it is a stop that isn't sure to be one
	Start   spot    `json:"b"`
	Reason  string  `json:"r"`
	Settled int64   `json:"x"`
	Driver  int64   `json:"w"`
	Figures figures `json:"f"` // on the way since Start; standing since Left, but for Engine
	Last    spot    `json:"l"` // the newest position
	Switch  int8    `json:"g"`
	// From is where the speed is being measured from, where none is reported, and Covered the Distance then.
	From    spot    `json:"v"`
	Covered float64 `json:"c"`
	Pace    float64 `json:"z"` // what was measured last, km/h

	Lit     bool     `json:"y"` // on the way: the ignition has been on
	Anchors []anchor `json:"h"` // on the way

	Centre   spot  `json:"m"` // standing: where
	Left     spot  `json:"p"` // standing: the newest position that shows it
	In       int64 `json:"n"`
	Engine   int64 `json:"e"` // standing: milliseconds that the engine ran until Left
	On       spot  `json:"s"` // standing: where the ignition went on, and is on since
	OnEngine int64 `json:"q"` // standing: Engine at On
}

// What is known of the ignition.
const (
	switchOff = -1
	switchOn  = 1
)

// Begin implements trail.Memory.
func (m *memory) Begin(ctx context.Context) error {
	t, err := m.room.Thresholds(ctx, m.accountID)
	m.limits = t.limits()
	return err
}

// Open tells the segment that goes on, with its figures up to the newest position; nil where none is known to.
func (m *memory) Open() *Trip {
	if m.Kind == "" || m.Assumed {
		return nil
	}
	g := m.open()
	g.Figures = m.Figures
	if m.Kind == Standing {
		g.Figures.Idle = m.Engine + m.Figures.Engine
	}
	t := g.told(m.assetID, m.Last.Time)
	return &t
}

// open is the open segment as a row has it: without figures, which are known when it ends.
func (m *memory) open() segment {
	return segment{Kind: m.Kind, Start: m.Start, StartReason: m.Reason, Driver: m.Driver, Settled: m.Settled}
}

// look is what a position shows of movement.
type look struct {
	plane
	step     *trail.Step
	ignition int8
	moving   bool // by its reported speed
	slow     bool // by its reported speed, or by the way from the one before
	vague    bool // by its own account it may be farther off than the radius: it shows neither standing nor leaving
}

func (m *memory) look(s *trail.Step) look {
	p := s.Position
	at := look{plane: m.band.around(spot{p.Time, p.Latitude, p.Longitude}), step: s}
	if p.Ignition.Known {
		at.ignition = switchOff
		if p.Ignition.Value {
			at.ignition = switchOn
		}
	}
	at.vague = p.Accuracy.Known && p.Accuracy.Value > 1000*m.limits.radius
	crawling := s.Moved*3_600_000 < m.limits.speed*float64(s.Elapsed) || s.Elapsed == 0
	at.slow = crawling
	if p.Speed.Known && at.ignition != switchOff { // what a receiver tells of a car that is locked up is noise
		at.moving = p.Speed.Value >= m.limits.speed
		// A receiver that knows its speed may still tell a spot some metres beside the one before.
		at.slow = !at.moving && (crawling || s.Moved <= 0.010)
	}
	return at
}

// Step implements trail.Memory.
func (m *memory) Step(s *trail.Step) {
	at := m.look(s)
	switch {
	case m.Kind == "":
		m.assume(at.at)
	case s.Elapsed > m.limits.gap:
		m.skip(&at)
	case m.Kind == Going:
		m.add(&at)
		m.ride(&at)
	default:
		m.add(&at)
		m.stand(&at)
	}
	m.Last = at.at
	if at.ignition != 0 {
		m.Switch = at.ignition
	}
}

// add counts the way from the position before.
func (m *memory) add(at *look) {
	s, f := at.step, &m.Figures
	f.Distance += s.Moved
	f.Engine += s.Engine
	if at.slow {
		f.Idle += s.Elapsed
	}
	switch elapsed := at.at.Time - m.From.Time; {
	case s.Position.Speed.Known:
		f.Top = max(f.Top, s.Position.Speed.Value)
	case elapsed >= measured:
		// As the crow flies, which noise makes less longer than the way, but no longer than the way either, which leaves
		// out what nothing on wheels can do.
		km := min(at.to(m.From), f.Distance-m.Covered)
		pace := km / float64(elapsed) * 3_600_000
		f.Top = max(f.Top, min(pace, m.Pace)) // twice in a row: a receiver that finds itself elsewhere looks quick once
		m.Pace = pace
	default:
		return
	}
	m.From, m.Covered = at.at, f.Distance
}

// measured is over how many milliseconds at least a speed is measured that isn't reported.
const measured = 20_000

// assume begins a stop that isn't sure to be one.
func (m *memory) assume(at spot) {
	m.state = state{Kind: Standing, Assumed: true, Start: at, Reason: AfterGap, Last: m.Last, Switch: 0,
		Centre: at, Left: at, In: at.Time, From: at, Anchors: m.Anchors[:0]}
}

// sure makes a stop of one that was assumed.
func (m *memory) sure(now int64) {
	if m.Assumed && now-m.Start.Time >= m.limits.stop {
		m.Assumed, m.Settled, m.fresh = false, now, true
	}
}

// skip takes the first position after a gap.
func (m *memory) skip(at *look) {
	about := m.Centre
	if m.Kind == Going {
		about = m.Last
	}
	near := at.to(about) <= aboutThere*m.limits.radius
	switch {
	case m.Kind == Going:
		m.end(m.Last, Gap, m.Figures, at)
	case !near:
		m.close(m.Last, Gap, figures{Idle: m.Engine + m.Figures.Engine}, at.at.Time)
	}
	if !near {
		m.assume(at.at)
		return
	}
	if m.Kind == Going {
		m.stop(m.Last, Gap, at.at.Time)
	}
	m.Engine += m.Figures.Engine + at.step.Engine
	m.restart(at.at)
	m.Centre, m.In = at.at, at.at.Time
	m.turn(at)
	if m.Assumed { // it has stood, for as long as the gap was
		m.Assumed, m.Settled, m.fresh = false, at.at.Time, true
	}
}

// aboutThere is how many radii from where it was lost an asset may be found after a gap, and be said to have stayed.
const aboutThere = 3

// restart makes a spot the one at which a trip would begin.
func (m *memory) restart(at spot) {
	m.Left, m.Figures, m.From, m.Covered, m.Pace = at, figures{}, at, 0, 0
}

// turn takes the ignition of a position while standing.
func (m *memory) turn(at *look) {
	switch {
	case at.ignition == switchOff:
		m.On = spot{}
	case at.ignition == switchOn && m.Switch == switchOff:
		m.On, m.OnEngine = at.at, m.Engine+m.Figures.Engine
	}
}
