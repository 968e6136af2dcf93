package tracker

import (
	"encoding/json"
	"slices"
)

// traccarBody is what a Traccar server forwards of a position (its forward.type json).
type traccarBody struct {
	Position *struct {
		DeviceTime text           `json:"deviceTime"`
		FixTime    text           `json:"fixTime"`
		Outdated   bool           `json:"outdated"`
		Valid      *bool          `json:"valid"`
		Latitude   *float64       `json:"latitude"`
		Longitude  *float64       `json:"longitude"`
		Altitude   *float64       `json:"altitude"`
		Speed      *float64       `json:"speed"` // knots
		Course     *float64       `json:"course"`
		Accuracy   *float64       `json:"accuracy"` // metres; 0 for unknown
		Attributes map[string]any `json:"attributes"`
	} `json:"position"`
	Device *struct {
		UniqueID text `json:"uniqueId"`
	} `json:"device"`
}

// ReadTraccar reads a forwarded position. One that Traccar calls not valid, or outdated (the last place of a tracker that has
// no fix), is no position.
func ReadTraccar(body []byte) (Report, error) {
	var b traccarBody
	if err := json.Unmarshal(body, &b); err != nil || b.Position == nil {
		return Report{}, unreadable("the body is not the JSON of a position that Traccar forwards")
	}
	if b.Device == nil || b.Device.UniqueID == "" {
		return Report{}, unreadable("the device.uniqueId field must be the identity of the tracker")
	}
	p := b.Position
	r := Report{Identity: string(b.Device.UniqueID), Speed: positive(times(p.Speed, kmhPerKnot)), Heading: positive(p.Course), Altitude: p.Altitude}
	if p.Accuracy != nil && *p.Accuracy > 0 {
		r.Accuracy = p.Accuracy
	}
	if when := p.FixTime; when != "" || p.DeviceTime != "" {
		if when == "" {
			when = p.DeviceTime
		}
		var ok bool
		if r.Time, ok = moment(string(when)); !ok {
			return Report{}, unreadable("the position.fixTime field must be an ISO 8601 time, or milliseconds since 1970")
		}
	} else {
		r.Undated = true
	}
	if p.Latitude != nil && p.Longitude != nil && !p.Outdated && (p.Valid == nil || *p.Valid) {
		r.Fixed, r.Latitude, r.Longitude = true, *p.Latitude, *p.Longitude
	}
	attributes{p.Attributes}.into(&r)
	return r, nil
}

// attributes are what Traccar knows of a position beside its place.
type attributes struct{ values map[string]any }

func (a attributes) number(name string) *float64 {
	if value, ok := a.values[name].(float64); ok {
		return &value
	}
	return nil
}

// traccarName is our name of what Traccar calls name, and how many of Traccar's units are one of ours. What has no name of ours
// keeps its own.
func traccarName(name string) (ours string, per float64) {
	switch name {
	case "power":
		return "external_voltage", 1
	case "battery":
		return "battery_voltage", 1
	case "charge":
		return "charging", 1
	case "motion":
		return "movement", 1
	case "rssi":
		return "gsm_signal", 1
	case "odometer": // metres
		return "can_odometer", 1000
	case "rpm":
		return "engine_rpm", 1
	case "hours": // milliseconds
		return "engine_hours", 3_600_000
	case "fuelLevel":
		return "fuel_level", 1
	case "temp1", "temp2", "temp3", "temp4":
		return "wire" + name[len("temp"):] + ".temperature", 1
	case "bleTemp1", "bleTemp2", "bleTemp3", "bleTemp4":
		return "ble" + name[len("bleTemp"):] + ".temperature", 1
	case "bleHumidity1", "bleHumidity2", "bleHumidity3", "bleHumidity4":
		return "ble" + name[len("bleHumidity"):] + ".humidity", 1
	case "bleBattery1", "bleBattery2", "bleBattery3", "bleBattery4":
		return "ble" + name[len("bleBattery"):] + ".battery", 1
	}
	return name, 1
}

func (a attributes) into(r *Report) {
	r.Battery, r.Odometer = a.number("batteryLevel"), thousandth(a.number("totalDistance"))
	if satellites := a.number("sat"); satellites != nil && *satellites >= 0 && *satellites < 1<<31 {
		whole := int64(*satellites)
		r.Satellites = &whole
	}
	if on, ok := a.values["ignition"].(bool); ok {
		r.Ignition = &on
	}
	switch a.values["alarm"] {
	case "powerCut":
		r.sense("power_cut", 1)
	case "powerRestored":
		r.sense("power_cut", 0)
	}
	if key, ok := a.values["driverUniqueId"].(string); ok {
		if serial, ok := serialOf(key); ok {
			r.sense("ibutton", serial)
		}
	}
	var own []string // what keeps its own name comes last
	names := make([]string, 0, len(a.values))
	for name := range a.values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if ours, _ := traccarName(name); ours == name {
			own = append(own, name)
		} else {
			a.sense(r, name)
		}
	}
	for _, name := range own {
		switch name {
		case "batteryLevel", "totalDistance", "sat", "ignition": // fields of the position
		default:
			a.sense(r, name)
		}
	}
}

func (a attributes) sense(r *Report, name string) {
	ours, per := traccarName(name)
	switch value := a.values[name].(type) {
	case float64:
		r.sense(ours, value/per)
	case bool:
		r.sense(ours, truth(value))
	}
}
