package trail

import (
	"encoding/json"
	"math"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
)

// Position is where an asset was at one moment. Going in, either AssetID or Tracker says whose it is; coming out,
// AssetID does.
type Position struct {
	AssetID    int64
	Tracker    string
	Time       int64 // Unix milliseconds
	Latitude   float64
	Longitude  float64
	Speed      Maybe[float64] // km/h
	Heading    Maybe[float64] // degrees clockwise from north, 0 to 360
	Altitude   Maybe[float64] // metres
	Accuracy   Maybe[float64] // metres
	Odometer   Maybe[float64] // kilometres
	Battery    Maybe[float64] // per cent
	Satellites Maybe[int64]
	Ignition   Maybe[bool]
	Sensors    Sensors
}

// Maybe is a value that a tracker may not have reported. It is flat, because a batch holds many thousands.
type Maybe[T any] struct {
	Value T
	Known bool
}

// Some is a value that was reported.
func Some[T any](value T) Maybe[T] { return Maybe[T]{value, true} }

// pointer is the value's address, nil when it isn't known.
func (m *Maybe[T]) or(other T) T {
	if !m.Known {
		return other
	}
	return m.Value
}

func (m *Maybe[T]) pointer() *T {
	if !m.Known {
		return nil
	}
	return &m.Value
}

// Sensors are readings by name, held as the JSON object that is stored and sent; "" for none. Only MakeSensors and
// the decoder make them.
type Sensors string

// Bounds of sensors.
const (
	maxSensors    = 64
	maxSensorName = 64 // characters
)

// MakeSensors makes Sensors of readings, in order of their names. More than 64, an empty name, one longer than 64
// characters or with a control character, and a value that is no number are Invalid.
func MakeSensors(readings map[string]float64) (Sensors, error) {
	if len(readings) == 0 {
		return "", nil
	}
	if len(readings) > maxSensors {
		return "", fault.InvalidField("sensors", tooManySensors)
	}
	for name, value := range readings {
		if message := sensorFault(name, value); message != "" {
			return "", fault.InvalidField("sensors", message)
		}
	}
	text, err := json.Marshal(readings)
	return Sensors(text), err
}

// Readings returns the sensors by name, nil for none.
func (s Sensors) Readings() map[string]float64 {
	var readings map[string]float64
	if s != "" {
		// It was made by this package; should the database have been meddled with, what can be read is returned.
		_ = json.Unmarshal([]byte(s), &readings)
	}
	return readings
}

const tooManySensors = "The sensors field must not have more than 64 readings."

func sensorFault(name string, value float64) string {
	switch {
	case name == "" || utf8.RuneCountInString(name) > maxSensorName || !utf8.ValidString(name):
		return "The name of a sensor must have 1 to 64 characters."
	case containsControl(name):
		return "The name of a sensor must not contain control characters."
	case math.IsNaN(value) || math.IsInf(value, 0):
		return "The value of a sensor must be a number."
	}
	return ""
}

func containsControl(text string) bool {
	for _, r := range text {
		if unicode.IsControl(r) {
			return true
		}
	}
	return false
}

// earliest is the first moment that a position can have, 2000-01-01T00:00:00Z: a tracker whose clock was never set
// says 1970 or 1980. tooFuture is how much later than now one can be, for clocks that run ahead.
const (
	earliest  = 946_684_800_000 // Unix milliseconds
	tooFuture = time.Hour
)

// wrong says why a position is refused, and because of which field.
type wrong struct{ field, message string }

// check says what is out of bounds, nil if nothing is. now is in Unix milliseconds.
func (p *Position) check(now int64) *wrong {
	switch {
	case p.AssetID == 0 && p.Tracker == "":
		return &wrong{"asset_id", "The asset_id field is required, or tracker in its place."}
	case p.AssetID != 0 && p.Tracker != "":
		return &wrong{"tracker", "The asset_id and tracker fields must not be given both."}
	case p.Time < earliest:
		return &wrong{"timestamp", "The timestamp field must not be before the year 2000."}
	case p.Time > now+tooFuture.Milliseconds():
		return &wrong{"timestamp", "The timestamp field must not be more than 1 hour in the future."}
	case !(p.Latitude >= -90 && p.Latitude <= 90): // written so that NaN is refused too, here and below
		return outside("latitude", "-90 to 90")
	case !(p.Longitude >= -180 && p.Longitude <= 180):
		return outside("longitude", "-180 to 180")
	case beyond(p.Speed, 0, 2000):
		return outside("speed", "0 to 2000")
	case beyond(p.Heading, 0, 360):
		return outside("heading", "0 to 360")
	case beyond(p.Altitude, -20_000, 100_000):
		return outside("altitude", "-20000 to 100000")
	case beyond(p.Accuracy, 0, 1_000_000):
		return outside("accuracy", "0 to 1000000")
	case beyond(p.Odometer, 0, 100_000_000):
		return outside("odometer", "0 to 100000000")
	case beyond(p.Battery, 0, 100):
		return outside("battery", "0 to 100")
	case p.Satellites.Known && (p.Satellites.Value < 0 || p.Satellites.Value > 1000):
		return outside("satellites", "0 to 1000")
	}
	return nil
}

// plainZeros takes the sign from negative zeros: one database would keep it and the other not.
func (p *Position) plainZeros() {
	for _, number := range [...]*float64{&p.Latitude, &p.Longitude, &p.Speed.Value, &p.Heading.Value, &p.Altitude.Value,
		&p.Accuracy.Value, &p.Odometer.Value, &p.Battery.Value} {
		if *number == 0 {
			*number = 0
		}
	}
}

func beyond(value Maybe[float64], low, high float64) bool {
	return value.Known && !(value.Value >= low && value.Value <= high)
}

func outside(field, bounds string) *wrong {
	return &wrong{field, "The " + field + " field must be within " + bounds + "."}
}

// given is the position in the shape that the API gives out.
func (p *Position) given() *fleet.Position {
	return &fleet.Position{
		AssetID: p.AssetID, Timestamp: time.UnixMilli(p.Time).UTC(), Latitude: p.Latitude, Longitude: p.Longitude,
		Speed: p.Speed.pointer(), Heading: p.Heading.pointer(), Altitude: p.Altitude.pointer(), Accuracy: p.Accuracy.pointer(),
		Satellites: p.Satellites.pointer(), Ignition: p.Ignition.pointer(), Odometer: p.Odometer.pointer(), Battery: p.Battery.pointer(),
		Sensors: p.Sensors.Readings(),
	}
}
