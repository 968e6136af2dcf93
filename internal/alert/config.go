package alert

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yipii/yipii/internal/fault"
)

// Types of rule.
const (
	Speed       = "speed"
	Idle        = "idle"
	Geofence    = "geofence"
	Offline     = "offline"
	PowerCut    = "power_cut"
	Temperature = "temperature"
	ServiceDue  = "service_due"
)

// What a geofence rule can look for.
const (
	enter = "enter"
	exit  = "exit"
	dwell = "dwell"
)

// RuleConfig is what a rule looks for. Each type takes some of the fields; the others must be left out.
type RuleConfig struct {
	Limit   *float64 `json:"limit,omitempty" doc:"speed: km/h, 1 to 500. It is too fast above." example:"90"`
	Seconds *int64   `json:"seconds,omitempty" doc:"speed: how long it must be too fast, 0 to 3600; 0 if left out." example:"30"`

	Minutes *int64 `json:"minutes,omitempty" doc:"idle: how long it must stand with the ignition on, 1 to 1440. offline: how long it must be silent, 1 to 43200. temperature: how long it must be out of bounds, 0 to 1440; 0 if left out."`

	GeofenceIDs []int64  `json:"geofence_ids,omitempty" maxItems:"1000" doc:"geofence: which; any if left out."`
	On          []string `json:"on,omitempty" maxItems:"3" enum:"enter,exit,dwell" doc:"geofence: what to look for; all three if left out."`

	BelowVolts *float64 `json:"below_volts,omitempty" doc:"power_cut: the reading external_voltage below this counts as a cut too, 0 to 1000."`

	Sensor *string  `json:"sensor,omitempty" doc:"temperature: the name of the reading; any whose name is temperature or ends in .temperature if left out." example:"cargo.temperature"`
	Below  *float64 `json:"below,omitempty" doc:"temperature: too cold below, -300 to 2000."`
	Above  *float64 `json:"above,omitempty" doc:"temperature: too warm above, -300 to 2000." example:"8"`

	EveryKM    *float64 `json:"every_km,omitempty" doc:"service_due: at each multiple of so many kilometres on the odometer, 1 to 10000000." example:"15000"`
	AtKM       *float64 `json:"at_km,omitempty" doc:"service_due: once, from so many kilometres on, 1 to 10000000."`
	EveryHours *float64 `json:"every_hours,omitempty" doc:"service_due: at each multiple of so many engine hours, 1 to 1000000."`
	AtHours    *float64 `json:"at_hours,omitempty" doc:"service_due: once, from so many engine hours on, 1 to 1000000."`
}

// number is a field of a RuleConfig: its value if it is given, and its bounds.
type number struct {
	name      string
	value     *float64
	low, high float64
	required  bool
}

// check says what is wrong with the settings of a rule of this type, and puts in what is left out.
func (c *RuleConfig) check(kind string) []fault.Field {
	var wrong []fault.Field
	refuse := func(name, format string, args ...any) {
		name = "config." + name
		wrong = append(wrong, fault.Field{Name: name, Message: "The " + name + " field " + fmt.Sprintf(format, args...)})
	}
	takes := takenBy(kind)
	for _, field := range c.given() {
		if !slices.Contains(takes, field) {
			refuse(field, "must be left out of a rule of type %s, which takes %s.", kind, strings.Join(takes, ", "))
		}
	}
	for _, n := range c.numbers(kind) {
		switch {
		case n.value == nil && n.required:
			refuse(n.name, "is required in a rule of type %s.", kind)
		case n.value != nil && !(*n.value >= n.low && *n.value <= n.high):
			refuse(n.name, "must be within %v to %v.", plain(n.low), plain(n.high))
		}
	}
	switch kind {
	case Geofence:
		c.checkGeofence(refuse)
	case Temperature:
		c.checkTemperature(refuse)
	case ServiceDue:
		if len(wrong) == 0 && len(c.given()) != 1 {
			refuse("every_km", "is required, or else one of at_km, every_hours and at_hours; and one of the four only.")
		}
	}
	return wrong
}

// takenBy are the fields that a type takes.
func takenBy(kind string) []string {
	switch kind {
	case Speed:
		return []string{"limit", "seconds"}
	case Idle, Offline:
		return []string{"minutes"}
	case Geofence:
		return []string{"geofence_ids", "on"}
	case PowerCut:
		return []string{"below_volts"}
	case Temperature:
		return []string{"sensor", "below", "above", "minutes"}
	case ServiceDue:
		return []string{"every_km", "at_km", "every_hours", "at_hours"}
	}
	return nil
}

// given are the fields that are not left out.
func (c *RuleConfig) given() []string {
	var names []string
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"limit", c.Limit != nil}, {"seconds", c.Seconds != nil}, {"minutes", c.Minutes != nil}, {"geofence_ids", c.GeofenceIDs != nil},
		{"on", c.On != nil}, {"below_volts", c.BelowVolts != nil}, {"sensor", c.Sensor != nil}, {"below", c.Below != nil},
		{"above", c.Above != nil}, {"every_km", c.EveryKM != nil}, {"at_km", c.AtKM != nil}, {"every_hours", c.EveryHours != nil},
		{"at_hours", c.AtHours != nil},
	} {
		if f.given {
			names = append(names, f.name)
		}
	}
	return names
}

// numbers are the bounds of the numbers that a type takes.
func (c *RuleConfig) numbers(kind string) []number {
	switch kind {
	case Speed:
		return []number{{"limit", c.Limit, 1, 500, true}, {"seconds", float(c.Seconds), 0, 3600, false}}
	case Idle:
		return []number{{"minutes", float(c.Minutes), 1, 1440, true}}
	case Offline:
		return []number{{"minutes", float(c.Minutes), 1, 43_200, true}}
	case PowerCut:
		return []number{{"below_volts", c.BelowVolts, 0, 1000, false}}
	case Temperature:
		return []number{{"below", c.Below, -300, 2000, false}, {"above", c.Above, -300, 2000, false}, {"minutes", float(c.Minutes), 0, 1440, false}}
	case ServiceDue:
		return []number{{"every_km", c.EveryKM, 1, 10_000_000, false}, {"at_km", c.AtKM, 1, 10_000_000, false},
			{"every_hours", c.EveryHours, 1, 1_000_000, false}, {"at_hours", c.AtHours, 1, 1_000_000, false}}
	}
	return nil
}

func (c *RuleConfig) checkGeofence(refuse func(name, format string, args ...any)) {
	if c.GeofenceIDs != nil && len(c.GeofenceIDs) == 0 {
		refuse("geofence_ids", "must name at least one geofence, or be left out for any.")
	}
	slices.Sort(c.GeofenceIDs)
	c.GeofenceIDs = slices.Compact(c.GeofenceIDs)
	if len(c.GeofenceIDs) > 0 && c.GeofenceIDs[0] < 1 {
		refuse("geofence_ids", "must hold ids of geofences.")
	}
	if c.On == nil {
		c.On = []string{enter, exit, dwell}
	}
	if len(c.On) == 0 {
		refuse("on", "must hold at least one of enter, exit and dwell.")
	}
}

func (c *RuleConfig) checkTemperature(refuse func(name, format string, args ...any)) {
	switch {
	case c.Below == nil && c.Above == nil:
		refuse("above", "is required in a rule of type temperature, or below in its place.")
	case c.Below != nil && c.Above != nil && *c.Below >= *c.Above:
		refuse("below", "must be less than above.")
	}
	if c.Sensor != nil && (strings.TrimSpace(*c.Sensor) == "" || utf8.RuneCountInString(*c.Sensor) > 64 || strings.ContainsFunc(*c.Sensor, unicode.IsControl)) {
		refuse("sensor", "must have 1 to 64 characters without control characters.")
	}
}

func float(n *int64) *float64 {
	if n == nil {
		return nil
	}
	f := float64(*n)
	return &f
}

// value is what p points to, 0 for nil.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
