package trip

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
)

// Who drives is known from what positions carry, an iButton or a beacon that a driver has, or by an assignment. The first is
// concluded here, position by position, and stored with the trip; the second is looked up when trips are read, so that an
// assignment that is made afterwards counts too.

// driverLasts is how long a driver is believed to be at the wheel without being shown again while the ignition isn't known to
// have gone off.
const driverLasts = 12 * time.Hour

// Drivers is the follower that sets Step.Driver. It comes before the one of trips.
type Drivers struct{ fleet *fleet.Service }

// Drivers makes the follower.
func (s *Service) Drivers() *Drivers { return &Drivers{s.fleet} }

// Key implements trail.Follower.
func (d *Drivers) Key() string { return "driver" }

// Memory implements trail.Follower.
func (d *Drivers) Memory(accountID, assetID int64, saved json.RawMessage) (trail.Memory, error) {
	m := &wheel{room: d, accountID: accountID}
	if saved != nil {
		if err := json.Unmarshal(saved, &m.seat); err != nil {
			return nil, fmt.Errorf("the memory of the driver of asset %d: %w", assetID, err)
		}
	}
	return m, nil
}

// Write implements trail.Follower. There is nothing to write: who drives is in the trips and with the last position.
func (d *Drivers) Write(context.Context, store.Writer, []trail.Outcome) error { return nil }

// wheel is who was last seen at the wheel of an asset.
type wheel struct {
	room      *Drivers
	accountID int64
	keys      *fleet.Keys
	seat
}

type seat struct {
	Driver int64 `json:"d,omitempty"` // 0 for nobody known
	Shown  int64 `json:"t,omitempty"` // when, Unix milliseconds
}

// MarshalJSON implements trail.Memory.
func (m *wheel) MarshalJSON() ([]byte, error) { return json.Marshal(m.seat) }

// Begin implements trail.Memory.
func (m *wheel) Begin(ctx context.Context) (err error) {
	m.keys, err = m.room.fleet.DriverByKey(ctx, m.accountID)
	return err
}

// Step implements trail.Memory.
func (m *wheel) Step(step *trail.Step) {
	p := step.Position
	if m.Driver != 0 && p.Time-m.Shown > driverLasts.Milliseconds() {
		m.seat = seat{}
	}
	if shown, ok := m.shown(p); ok {
		m.seat = seat{Driver: shown, Shown: p.Time}
	}
	step.Driver = m.Driver
	if p.Ignition.Known && !p.Ignition.Value {
		m.seat = seat{} // whoever drove leaves; they are the driver of this last position still
	}
}

// shown finds the driver whose key a position carries. ok is false where it carries none; a key that nobody has shows that
// it is nobody known.
func (m *wheel) shown(p *trail.Position) (driver int64, ok bool) {
	if len(m.keys.IButtons) > 0 && strings.Contains(string(p.Sensors), `"ibutton":`) {
		if serial := p.Sensors.Readings()["ibutton"]; serial > 0 {
			return m.keys.IButtons[int64(serial)], true
		}
	}
	if len(m.keys.Beacons) > 0 && strings.Contains(string(p.Sensors), `"beacon.`) {
		for name := range p.Sensors.Readings() {
			identity, _ := strings.CutPrefix(name, "beacon.")
			if at := strings.LastIndexByte(identity, '.'); at > 0 && m.keys.Beacons[identity[:at]] != 0 {
				// Of several drivers on board the one with the lowest id: positions have no order of beacons.
				if found := m.keys.Beacons[identity[:at]]; !ok || found < driver {
					driver, ok = found, true
				}
			}
		}
	}
	return driver, ok
}

// assigned gives trips of an asset, whose driver showed no key, the driver who was assigned to it when they began.
func (s *Service) assigned(ctx context.Context, accountID, assetID int64, trips []Trip) error {
	var first, last time.Time
	for i := range trips {
		if t := &trips[i]; t.Kind == Going && t.DriverID == nil {
			if first.IsZero() || t.Start.Time.Before(first) {
				first = t.Start.Time
			}
			if t.Start.Time.After(last) {
				last = t.Start.Time
			}
		}
	}
	if first.IsZero() {
		return nil
	}
	assignments, err := s.fleet.DriversAt(ctx, accountID, assetID, first, last.Add(time.Millisecond))
	if err != nil {
		return err
	}
	for i := range trips {
		t := &trips[i]
		for j := range assignments {
			a := &assignments[j]
			if t.Kind == Going && t.DriverID == nil && !a.From.After(t.Start.Time) && (a.Until == nil || a.Until.After(t.Start.Time)) {
				t.DriverID = &a.DriverID
			}
		}
	}
	return nil
}
