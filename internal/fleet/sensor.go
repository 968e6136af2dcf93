package fleet

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Reading is what one sensor of an asset said at its newest position, with what its name tells of it.
type Reading struct {
	Name     string    `json:"name" doc:"As positions carry it." example:"beacon.7cd9f407f95c.temperature"`
	Type     string    `json:"type" doc:"temperature, humidity, battery, signal, voltage, power_cut, identification or other; others may be added." example:"temperature"`
	Unit     *string   `json:"unit" doc:"°C, %, dBm or V; null where there is none." example:"°C"`
	Value    float64   `json:"value" example:"4.5"`
	BeaconID *int64    `json:"beacon_id" doc:"The beacon's record; null for a sensor of the tracker's own, and for a beacon without a record."`
	At       time.Time `json:"at" doc:"When, UTC."`
}

// TransformSchema says that beacon_id may be null.
func (Reading) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["beacon_id"].Nullable = true
	return s
}

// Sensors returns the readings of an asset's newest position, by name; none if it has never reported. Unknown, or another
// account's: NotFound.
func (s *Service) Sensors(ctx context.Context, accountID, id int64) ([]Reading, error) {
	asset, err := s.Find(ctx, accountID, id)
	if err != nil || asset.Position == nil {
		return []Reading{}, err
	}
	var identities []string
	for name := range asset.Position.Sensors {
		if identity := beaconOf(name); identity != "" {
			identities = append(identities, identity)
		}
	}
	slices.Sort(identities)
	beacons, err := s.store.beaconIDs(ctx, accountID, slices.Compact(identities))
	return readings(asset.Position, beacons), err
}

func readings(p *Position, beacons map[string]int64) []Reading {
	list := make([]Reading, 0, len(p.Sensors))
	for name, value := range p.Sensors {
		r := Reading{Name: name, Value: value, At: p.Timestamp}
		var unit string
		if r.Type, unit = sensorType(name); unit != "" {
			r.Unit = &unit
		}
		if id, ok := beacons[beaconOf(name)]; ok {
			r.BeaconID = &id
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b Reading) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// beaconPrefix begins the sensors of beacons: "beacon.<identity>.<what>". An identity may have dots in it, what has none.
const beaconPrefix = "beacon."

// beaconOf is the identity of the beacon that a sensor belongs to, "" for none.
func beaconOf(name string) string {
	rest, ok := strings.CutPrefix(name, beaconPrefix)
	end := strings.LastIndexByte(rest, '.')
	if !ok || end < 0 {
		return ""
	}
	return rest[:end]
}

// sensorType is the type of a sensor by its name, and its unit, "" for none. What stands behind the last dot decides: a
// tracker's own sensor is called as a beacon's is, without the beginning.
func sensorType(name string) (kind, unit string) {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "temperature":
		return "temperature", "°C"
	case "humidity":
		return "humidity", "%"
	case "battery":
		return "battery", "%"
	case "rssi":
		return "signal", "dBm"
	case "external_voltage", "battery_voltage":
		return "voltage", "V"
	case "power_cut":
		return "power_cut", "" // 1 while there is no power from outside
	case "ibutton":
		return "identification", "" // the serial number
	}
	return "other", ""
}
