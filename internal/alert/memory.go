package alert

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/yipii/yipii/internal/trail"
)

// Key implements trail.Follower.
func (s *Service) Key() string { return "alert" }

// Memory implements trail.Follower.
func (s *Service) Memory(accountID, assetID int64, saved json.RawMessage) (trail.Memory, error) {
	m := &memory{service: s, accountID: accountID, assetID: assetID}
	if len(saved) == 0 {
		return m, nil
	}
	return m, json.Unmarshal(saved, &m.states)
}

// memory is what is known of one asset by each rule that is for it.
type memory struct {
	service            *Service
	accountID, assetID int64

	book   *book // that the states go with; nil before Begin
	states []state

	readings []reading // of the position that the step is at
	read     bool      // they have been read

	raised []conclusion // since the last Write
	ended  []ending
}

// state is what one version of a rule knows of an asset. Times are Unix milliseconds, 0 for never.
type state struct {
	Rule int64 `json:"r"`
	From int64 `json:"f"` // the rule's valid_from

	Since int64   `json:"s,omitempty"` // since when it has been so
	Open  int64   `json:"o,omitempty"` // when the alert that goes on was triggered
	Last  int64   `json:"l,omitempty"` // when the newest alert was triggered
	Bad   []bad   `json:"b,omitempty"` // of a temperature: what is out of bounds
	Mark  float64 `json:"m,omitempty"` // of a service: how often it was due
	Known int     `json:"k,omitempty"` // of a service: where Mark comes from

	watch *watch
}

// bad is a reading that is out of bounds.
type bad struct {
	Name  string  `json:"n"`
	Since int64   `json:"s"`
	Value float64 `json:"v"` // the newest
}

func (s *state) empty() bool {
	return s.Since == 0 && s.Open == 0 && s.Last == 0 && len(s.Bad) == 0 && s.Known == 0
}

// conclusion is an alert that a step has raised.
type conclusion struct {
	watch               *watch
	occasion            string
	at, settled         int64
	endedAt             int64 // 0: it goes on, or never does
	latitude, longitude float64
	message             string
	data                string // JSON
}

// ending is the end of an alert.
type ending struct {
	watch       *watch
	at, endedAt int64
}

// Begin implements trail.Memory. What is known by a rule that has changed, or isn't for the asset any more, is forgotten.
func (m *memory) Begin(ctx context.Context) error {
	b, err := m.service.books.Get(ctx, m.accountID)
	if err != nil || b == m.book {
		return err
	}
	m.attach(b)
	return nil
}

func (m *memory) attach(b *book) {
	var states []state
	for _, w := range b.rules {
		if !w.appliesTo(m.assetID) {
			continue
		}
		s := state{Rule: w.rule.ID, From: w.from}
		for i := range m.states {
			if m.states[i].Rule == s.Rule && m.states[i].From == s.From {
				s = m.states[i]
			}
		}
		s.watch = w
		states = append(states, s)
	}
	m.book, m.states = b, states
}

// judges reports whether the asset is judged by this version of a rule.
func (m *memory) judges(rule, from int64) bool {
	return slices.ContainsFunc(m.states, func(s state) bool { return s.Rule == rule && s.From == from })
}

// Step implements trail.Memory. It is taken for every position by every rule, so what doesn't hold and didn't is left at once.
func (m *memory) Step(step *trail.Step) {
	m.read = false
	now, motion := step.Position.Time, step.Motion
	for i := range m.states {
		s := &m.states[i]
		w := s.watch
		if now < w.from {
			continue
		}
		switch w.kind {
		case kindSpeed:
			if so := motion.Speed > w.limit; so || s.Since != 0 {
				m.hold(s, step, so)
			}
		case kindIdle:
			if so := motion.Ignition && motion.Speed < standing; so || s.Since != 0 {
				m.hold(s, step, so)
			}
		case kindGeofence:
			if len(step.Events) > 0 {
				m.geofence(s, step)
			}
		case kindServiceDue:
			m.due(s, step)
		case kindPowerCut:
			m.powerCut(s, step)
		case kindTemperature:
			m.temperature(s, step)
		}
	}
}

// MarshalJSON implements json.Marshaler.
func (m *memory) MarshalJSON() ([]byte, error) {
	known := make([]state, 0, len(m.states))
	for i := range m.states {
		if !m.states[i].empty() {
			known = append(known, m.states[i])
		}
	}
	return json.Marshal(known)
}

func sortReadings(list []reading) {
	slices.SortFunc(list, func(a, b reading) int { return cmp.Compare(a.name, b.name) })
}
