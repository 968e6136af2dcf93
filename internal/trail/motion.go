package trail

import (
	"time"

	"github.com/yipii/yipii/internal/geo"
)

// Motion is what adds up from an asset's positions.
type Motion struct {
	Time      int64   `json:"t"` // of the newest position, Unix milliseconds; 0 before the first
	Latitude  float64 `json:"a"`
	Longitude float64 `json:"o"`
	Speed     float64 `json:"s,omitempty"` // km/h, as reported, else as the way from the position before says
	Distance  float64 `json:"d"`           // kilometres since the first position
	Engine    int64   `json:"e,omitempty"` // milliseconds during which the engine ran
	Ignition  bool    `json:"i,omitempty"` // known to be on at the newest position

	// Turns are when it last began to stand or to go, the newest first, and Fast when it was last faster than traffic
	// that stops and goes: what StopAndGo is concluded from.
	Turns [stopAndGoTurns]int64 `json:"u,omitzero"`
	Fast  int64                 `json:"f,omitempty"`
}

// What an asset's way is made of. A fix that stands still wanders about by some metres, and a wrong one jumps.
const (
	fastest    = 1000 // km/h; what is faster from one position to the next was no way that was driven
	wandering  = 0.05 // km; less than this between two positions at which it stood, is no way either
	standing   = 2.0  // km/h; below it stands
	engineGap  = 30 * time.Minute
	derivedGap = 5 * time.Minute
)

// Stop and go: the ignition on, never above 27 km/h for 3 minutes, and at least 3 changes between standing and going in
// the last 5 minutes. "In traffic" is documented as 0 to 27 km/h with stop and go; the minutes are ours.
const (
	trafficSpeed    = 27.0
	trafficCalm     = 3 * time.Minute
	stopAndGoTurns  = 3
	stopAndGoWithin = 5 * time.Minute
)

// step takes the asset's next position into step.
func (m *Motion) step(step *Step) {
	p := step.Position
	first, stood := m.Time == 0, m.Speed < standing
	if !first {
		step.Elapsed = p.Time - m.Time
		step.Moved = geo.Distance(m.Latitude, m.Longitude, p.Latitude, p.Longitude)
		if step.Moved > fastest*float64(step.Elapsed)/3_600_000 {
			step.Moved = 0
		}
		if m.Ignition && step.Elapsed <= engineGap.Milliseconds() {
			step.Engine = step.Elapsed
		}
	}
	switch {
	case p.Speed.Known:
		m.Speed = p.Speed.Value
		if stood && m.Speed < standing && step.Moved < wandering {
			step.Moved = 0
		}
	case first || step.Elapsed > derivedGap.Milliseconds():
		m.Speed = 0
	default:
		m.Speed = step.Moved / (float64(step.Elapsed) / 3_600_000)
	}
	if !first && stood != (m.Speed < standing) {
		copy(m.Turns[1:], m.Turns[:])
		m.Turns[0] = p.Time
	}
	if m.Speed > trafficSpeed {
		m.Fast = p.Time
	}
	if p.Ignition.Known {
		m.Ignition = p.Ignition.Value
	}
	m.Time, m.Latitude, m.Longitude = p.Time, p.Latitude, p.Longitude
	m.Distance += step.Moved
	m.Engine += step.Engine
	step.Motion = m
}

// StopAndGo reports whether the asset stands and goes with the traffic.
func (m *Motion) StopAndGo() bool {
	return m.Ignition && m.Speed <= trafficSpeed &&
		m.Turns[stopAndGoTurns-1] > m.Time-stopAndGoWithin.Milliseconds() &&
		m.Fast <= m.Time-trafficCalm.Milliseconds()
}
