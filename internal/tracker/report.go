package tracker

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Report is what a tracker says of one moment. A nil field was not reported.
type Report struct {
	Identity string // of the tracker; "" where the connection tells it
	Time     int64  // Unix milliseconds
	// Undated says that the tracker didn't say when, which means now. A clock that stands at 1970 does say so.
	Undated bool
	// Fixed says that there is a position. Without one the report has only been understood: it is acknowledged and not kept.
	Fixed               bool
	Latitude, Longitude float64  // degrees, WGS 84
	Speed               *float64 // km/h
	Heading             *float64 // degrees clockwise from north
	Altitude            *float64 // metres
	Accuracy            *float64 // metres
	Odometer            *float64 // kilometres
	Battery             *float64 // per cent
	Satellites          *int64
	Ignition            *bool
	Sensors             map[string]float64 // at most MaxSensors; nil for none
}

// MaxSensors is the most readings of one report. What a tracker reports beyond is not kept: named readings go before
// those of beacons and those that keep their own names.
const MaxSensors = 64

// maxSensorName is the longest name, in bytes.
const maxSensorName = 64

// ErrUnreadable is the kind of every error of this package: the bytes are not what the protocol says. Its message is fit for
// whoever sent them.
var ErrUnreadable = errors.New("unreadable")

func unreadable(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnreadable, fmt.Sprintf(format, args...))
}

const kmhPerKnot = 1.852

// sense keeps a reading, the first of a name. Names that can't be kept, and values that are no number, are left out.
func (r *Report) sense(name string, value float64) {
	if name == "" || len(name) > maxSensorName || strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c > '~' }) ||
		math.IsNaN(value) || math.IsInf(value, 0) || len(r.Sensors) >= MaxSensors {
		return
	}
	if r.Sensors == nil {
		r.Sensors = map[string]float64{}
	}
	if _, known := r.Sensors[name]; !known {
		r.Sensors[name] = value
	}
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// positive is the value, nil for one below 0: how phones say that they don't know.
func positive(value *float64) *float64 {
	if value == nil || !(*value >= 0) {
		return nil
	}
	return value
}

// times is the value times factor, nil for nil.
func times(value *float64, factor float64) *float64 {
	if value == nil {
		return nil
	}
	product := *value * factor
	return &product
}

// thousandth is the value in thousands, nil for nil. A quotient is rounded once, so that 24080 mV are 24.08 V.
func thousandth(value *float64) *float64 {
	if value == nil {
		return nil
	}
	quotient := *value / 1000
	return &quotient
}

// secondsEnd is where a number can't be the seconds since 1970 of our time any more and must be milliseconds: as seconds it
// would be the year 5138, as milliseconds 1973.
const secondsEnd = 1e11

// moment reads a time: seconds or milliseconds since 1970, or ISO 8601 in the forms that apps and servers write.
func moment(text string) (int64, bool) {
	text = strings.TrimSpace(text)
	if number, err := strconv.ParseFloat(text, 64); err == nil {
		return momentOf(number)
	}
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UnixMilli(), true
		}
	}
	return 0, false
}

func momentOf(number float64) (int64, bool) {
	if !(math.Abs(number) < 1e15) {
		return 0, false
	}
	if math.Abs(number) < secondsEnd {
		number *= 1000
	}
	return int64(math.Round(number)), true
}

// IButton is the 48-bit serial number in the eight bytes of an iButton, 0 for none. A reader sends them with the checksum
// first or last; where the checksum is right in one order only, that is the one.
func IButton(value uint64) float64 {
	if value == 0 {
		return 0
	}
	bytes, reversed := romOf(value), romOf(reverse(value))
	rom := bytes
	if !bytes.good() && reversed.good() {
		rom = reversed
	}
	var serial uint64
	for _, b := range rom[1:7] {
		serial = serial<<8 | uint64(b)
	}
	return float64(serial) // exact: 48 bits
}

// rom is an iButton's identity: checksum, serial number from its highest byte on, family code.
type rom [8]byte

func romOf(value uint64) (r rom) {
	for i := range r {
		r[i] = byte(value >> (56 - 8*i))
	}
	return r
}

func reverse(value uint64) (out uint64) {
	for range 8 {
		out, value = out<<8|value&0xff, value>>8
	}
	return out
}

// good reports whether the checksum (CRC-8 of the 1-Wire bus, polynomial x⁸+x⁵+x⁴+1) is right.
func (r rom) good() bool {
	var crc byte
	for i := 7; i > 0; i-- {
		crc ^= r[i]
		for range 8 {
			low := crc & 1
			crc >>= 1
			if low != 0 {
				crc ^= 0x8c
			}
		}
	}
	return crc == r[0]
}
