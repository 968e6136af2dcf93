package trip

import "github.com/yipii/yipii/internal/trail"

// ride takes a position on the way.
func (m *memory) ride(at *look) {
	if m.locked(at) || at.vague {
		return
	}
	if at.moving {
		m.Anchors = m.Anchors[:0]
		return
	}
	if a := m.stays(&at.plane, at.slow); a != nil {
		since := *a
		engine := m.Figures.Engine - since.Figures.Engine
		m.end(since.spot, Stood, since.Figures, at)
		m.stop(since.spot, Stood, at.at.Time)
		m.Engine, m.In = engine, at.at.Time
		m.restart(at.at)
	}
}

// locked ends a trip at whose position the ignition is off again.
func (m *memory) locked(at *look) bool {
	switch {
	case at.ignition == switchOn:
		m.Lit = true
	case at.ignition == switchOff && m.Lit:
		m.end(at.at, IgnitionOff, m.Figures, at)
		m.stop(at.at, IgnitionOff, at.at.Time)
		return true
	}
	return false
}

// stand takes a position of a stop.
func (m *memory) stand(at *look) {
	m.turn(at)
	if at.vague {
		return
	}
	now, reach := at.at.Time, m.limits.radius
	if at.ignition == switchOff && m.Switch == switchOff {
		reach *= towed
	}
	switch {
	case at.to(m.Centre) <= reach:
		m.In = now
		if at.slow {
			m.Engine += m.Figures.Engine
			m.restart(at.at)
		}
		m.sure(now)
	case !at.moving && at.to(m.Left) <= reach: // strolling about, until it is farther from where it last stood, too
		m.In = now
	case at.moving || now-m.In >= m.limits.excursion():
		m.leave(at)
	}
}

// towed is how many radii an asset without ignition must be away from its stop to have left it.
const towed = 5

// leave ends a stop: the asset has been on the way since Left.
func (m *memory) leave(at *look) {
	if m.Figures.Distance < at.to(m.Left)/2 { // a leap
		m.close(m.Left, Gap, figures{Idle: m.Engine}, at.at.Time)
		m.assume(at.at)
		return
	}
	start, reason, engine := m.Left, Movement, m.Engine
	switch {
	case m.Assumed:
		start, reason = m.Start, AfterGap
	case m.On.Time > m.Left.Time:
		reason = IgnitionOn
	case m.On.Time != 0 && m.Left.Time-m.On.Time <= m.limits.stop:
		start, reason, engine = m.On, IgnitionOn, m.OnEngine
	}
	m.close(start, reason, figures{Idle: engine}, at.at.Time)
	way := m.Figures
	way.Idle += m.Left.Time - start.Time
	way.Engine += m.Engine - engine
	m.state = state{Kind: Going, Start: start, Reason: reason, Settled: at.at.Time, Driver: at.step.Driver, Figures: way,
		Last: m.Last, Switch: m.Switch, From: m.From, Covered: m.Covered, Pace: m.Pace,
		Lit: m.Switch == switchOn || at.ignition == switchOn, Anchors: m.Anchors[:0]}
	m.fresh = true
	at.tell("trip.started", start)
	m.locked(at)
}

// end ends the trip.
func (m *memory) end(where spot, reason string, f figures, at *look) {
	m.close(where, reason, f, at.at.Time)
	at.tell("trip.ended", where)
}

// close ends the open segment, as far as it is known. It is followed by what begins the next.
func (m *memory) close(where spot, reason string, f figures, settled int64) {
	if m.Assumed {
		return
	}
	g := m.open()
	g.End, g.EndReason, g.Figures, g.Settled = where, reason, f, settled
	m.came = append(m.came, g)
	m.fresh = false
}

// stop begins a stop that is sure to be one, after a trip.
func (m *memory) stop(where spot, reason string, settled int64) {
	m.state = state{Kind: Standing, Start: where, Reason: reason, Settled: settled, Last: m.Last, Switch: m.Switch,
		Centre: where, Left: where, In: where.Time, From: where, Anchors: m.Anchors[:0]}
	m.fresh = true
}

// tell adds an event to the step.
func (at *look) tell(kind string, where spot) {
	at.step.Events = append(at.step.Events, trail.Event{Kind: kind, Time: where.Time, Latitude: where.Lat, Longitude: where.Lon})
}
