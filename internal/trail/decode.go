package trail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/yipii/yipii/internal/fault"
)

// MaxPositions is the most positions of one call of Ingest, and of the API.
const MaxPositions = 10_000

// leastItem is about the length of a short position, so that a batch is made large enough once and not grown.
const leastItem = 96

// batch is what a body holds. Items are counted from 0, in the order of the body.
type batch struct {
	positions []Position
	items     []int // which item each position was
	rejected  []Rejection
	count     int  // of items
	single    bool // one object, not an array or a stream
}

// decode reads an ingestion body: one object, an array of objects, or a stream of objects (NDJSON; any white space
// between them will do). What it is shows in its bytes; stream says that the caller declared a stream, so that one
// object alone is one too. A body that is not JSON is Malformed, and one with too many items TooLarge. An item that is
// JSON but no position is rejected by itself.
func decode(body []byte, stream bool) (*batch, error) {
	d := decoder{json: jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true)), trackers: map[string]string{}}
	b := &batch{positions: make([]Position, 0, min(MaxPositions, len(body)/leastItem+1))}
	var err error
	switch kind := d.json.PeekKind(); {
	case len(bytes.TrimSpace(body)) == 0:
		return nil, fault.New(fault.Malformed, "The request body is missing.")
	case kind == '[':
		err = d.array(b)
	default:
		err = d.stream(b)
		b.single = b.count == 1 && !stream
	}
	if err != nil {
		return nil, syntaxFault(err)
	}
	return b, nil
}

func syntaxFault(err error) error {
	var already *fault.Error
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &already):
		return err
	case errors.As(err, &syntax):
		return fault.Newf(fault.Malformed, "The request body is not valid JSON (near byte %d).", syntax.ByteOffset)
	}
	return fault.New(fault.Malformed, "The request body is not valid JSON.")
}

// decoder reads items. Names may repeat as far as the JSON reader is concerned, because the fields of a position are
// checked for that here, and by item.
type decoder struct {
	json     *jsontext.Decoder
	trackers map[string]string // each text once, however many positions repeat it
	names    [][2]int          // of the sensors of one position: where each stands in text
	text     []byte
}

func (d *decoder) array(b *batch) error {
	if _, err := d.json.ReadToken(); err != nil {
		return err
	}
	for d.json.PeekKind() != ']' {
		if err := d.item(b); err != nil {
			return err
		}
	}
	if _, err := d.json.ReadToken(); err != nil {
		return err
	}
	if _, err := d.json.ReadToken(); err != io.EOF {
		return errors.New("something follows the array")
	}
	return nil
}

func (d *decoder) stream(b *batch) error {
	for {
		// At the end of the body the next kind is invalid, as it is at an error; reading tells which.
		if kind := d.json.PeekKind(); kind == 0 {
			if _, err := d.json.ReadToken(); err != io.EOF {
				return err
			}
			return nil
		}
		if err := d.item(b); err != nil {
			return err
		}
	}
}

// item reads one item into b.
func (d *decoder) item(b *batch) error {
	if b.count == MaxPositions {
		return fault.Newf(fault.TooLarge, "Send at most %d positions a call.", MaxPositions)
	}
	// Appended first and taken back if it is wrong: a Position is large, and this copies none.
	b.positions = append(b.positions, Position{})
	bad, err := d.position(&b.positions[len(b.positions)-1])
	if err != nil {
		return err
	}
	if bad == nil {
		b.items = append(b.items, b.count)
	} else {
		b.positions = b.positions[:len(b.positions)-1]
		b.rejected = append(b.rejected, Rejection{Index: b.count, Message: bad.message, field: bad.field})
	}
	b.count++
	return nil
}

// field is a field of a position; as bits, a set of them.
type field uint16

const (
	fieldAsset field = 1 << iota
	fieldTracker
	fieldTimestamp
	fieldLatitude
	fieldLongitude
	fieldSpeed
	fieldHeading
	fieldAltitude
	fieldAccuracy
	fieldSatellites
	fieldIgnition
	fieldOdometer
	fieldBattery
	fieldSensors
	fieldUnknown field = 0
)

// fieldOf finds a field by its name as it stands in the body, in quotes.
func fieldOf(quoted []byte) (field, string) {
	switch string(quoted) {
	case `"asset_id"`:
		return fieldAsset, "asset_id"
	case `"tracker"`:
		return fieldTracker, "tracker"
	case `"timestamp"`:
		return fieldTimestamp, "timestamp"
	case `"latitude"`:
		return fieldLatitude, "latitude"
	case `"longitude"`:
		return fieldLongitude, "longitude"
	case `"speed"`:
		return fieldSpeed, "speed"
	case `"heading"`:
		return fieldHeading, "heading"
	case `"altitude"`:
		return fieldAltitude, "altitude"
	case `"accuracy"`:
		return fieldAccuracy, "accuracy"
	case `"satellites"`:
		return fieldSatellites, "satellites"
	case `"ignition"`:
		return fieldIgnition, "ignition"
	case `"odometer"`:
		return fieldOdometer, "odometer"
	case `"battery"`:
		return fieldBattery, "battery"
	case `"sensors"`:
		return fieldSensors, "sensors"
	}
	name, err := jsontext.AppendUnquote(nil, quoted)
	if err == nil && bytes.IndexByte(quoted, '\\') >= 0 {
		if plain := strconv.AppendQuote(nil, string(name)); !bytes.Equal(plain, quoted) && bytes.IndexByte(plain, '\\') < 0 {
			return fieldOf(plain)
		}
	}
	return fieldUnknown, shorten(string(name))
}

// shorten bounds what a message repeats of the caller's.
func shorten(name string) string {
	if runes := []rune(name); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return name
}

// position reads one position. Its syntax is checked to the end even after something was found wrong.
func (d *decoder) position(p *Position) (*wrong, error) {
	if d.json.PeekKind() != '{' {
		return &wrong{"position", "A position must be a JSON object."}, d.json.SkipValue()
	}
	if _, err := d.json.ReadToken(); err != nil {
		return nil, err
	}
	var seen, present field
	var first *wrong
	for d.json.PeekKind() != '}' {
		raw, err := d.json.ReadValue()
		if err != nil {
			return nil, err
		}
		f, name := fieldOf(raw)
		var bad *wrong
		switch {
		case f == fieldUnknown:
			bad = &wrong{name, fmt.Sprintf("The field %q is unknown.", name)}
		case seen&f != 0:
			bad = &wrong{name, "The " + name + " field is given twice."}
		}
		seen |= f
		if f == fieldSensors && bad == nil {
			bad, err = d.sensors(p)
		} else if raw, err = d.json.ReadValue(); err == nil && bad == nil && raw[0] != 'n' { // null is as if it weren't given
			present |= f
			bad = d.value(p, f, name, raw)
		}
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = bad
		}
	}
	if _, err := d.json.ReadToken(); err != nil {
		return nil, err
	}
	if first == nil {
		first = missing(present)
	}
	return first, nil
}

func missing(present field) *wrong {
	for _, need := range [...]struct {
		field field
		name  string
	}{{fieldTimestamp, "timestamp"}, {fieldLatitude, "latitude"}, {fieldLongitude, "longitude"}} {
		if present&need.field == 0 {
			return &wrong{need.name, "The " + need.name + " field is required."}
		}
	}
	return nil
}

// value takes the value of one field that is neither null nor sensors.
func (d *decoder) value(p *Position, f field, name string, raw []byte) *wrong {
	switch f {
	case fieldTracker:
		return d.tracker(p, raw)
	case fieldTimestamp:
		return timestamp(p, raw)
	case fieldIgnition:
		if raw[0] != 't' && raw[0] != 'f' {
			return &wrong{name, "The ignition field must be true or false."}
		}
		p.Ignition = Some(raw[0] == 't')
		return nil
	}
	number, ok := numberOf(raw)
	if !ok {
		return &wrong{name, "The " + name + " field must be a number."}
	}
	switch f {
	case fieldAsset, fieldSatellites:
		// Exact in a float: what is beyond is no asset's id either.
		if number != math.Trunc(number) || math.Abs(number) > 1<<53 || (f == fieldAsset && number < 1) {
			return &wrong{name, "The " + name + " field must be a whole number."}
		}
		if f == fieldAsset {
			p.AssetID = int64(number)
		} else {
			p.Satellites = Some(int64(number))
		}
	case fieldLatitude:
		p.Latitude = number
	case fieldLongitude:
		p.Longitude = number
	case fieldSpeed:
		p.Speed = Some(number)
	case fieldHeading:
		p.Heading = Some(number)
	case fieldAltitude:
		p.Altitude = Some(number)
	case fieldAccuracy:
		p.Accuracy = Some(number)
	case fieldOdometer:
		p.Odometer = Some(number)
	case fieldBattery:
		p.Battery = Some(number)
	}
	return nil
}

// numberOf reads a number. One too large for a float is infinite, and so out of every bound.
func numberOf(raw []byte) (float64, bool) {
	if raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return 0, false
	}
	if number, ok := shortDecimal(raw); ok {
		return number, true
	}
	number, err := strconv.ParseFloat(string(raw), 64)
	return number, err == nil || errors.Is(err, strconv.ErrRange)
}

// powersOfTen are exact as floats.
var powersOfTen = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// shortDecimal reads a decimal of at most 15 digits without an exponent, as trackers send them. Its digits and its power
// of ten are both exact floats, so their quotient is rounded once and is what strconv.ParseFloat gives, in less time.
func shortDecimal(raw []byte) (float64, bool) {
	var digits uint64
	point, negative := -1, raw[0] == '-'
	if negative {
		raw = raw[1:]
	}
	if len(raw) > 16 {
		return 0, false
	}
	for i, c := range raw {
		switch {
		case c >= '0' && c <= '9':
			digits = digits*10 + uint64(c-'0')
		case c == '.' && point < 0:
			point = i
		default:
			return 0, false
		}
	}
	decimals := 0
	if point >= 0 {
		decimals = len(raw) - point - 1
	} else if len(raw) > 15 {
		return 0, false
	}
	number := float64(digits) / powersOfTen[decimals]
	if negative {
		number = -number
	}
	return number, true
}

// unquoted is the text of a JSON string, without a copy where nothing in it is escaped.
func unquoted(raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	text, _ := jsontext.AppendUnquote(nil, raw) // the JSON reader has found it good
	return text
}

func timestamp(p *Position, raw []byte) *wrong {
	if raw[0] == '"' {
		if t, ok := parseTime(unquoted(raw)); ok {
			p.Time = t.UnixMilli()
			return nil
		}
	}
	return &wrong{"timestamp", notATime("timestamp")}
}

// parseTime reads an RFC 3339 time. The standard library takes an hour of one digit and a comma for the point too,
// which RFC 3339 knows neither of.
func parseTime(text []byte) (t time.Time, ok bool) {
	const hourEnd, secondEnd = len("2006-01-02T15"), len("2006-01-02T15:04:05")
	if len(text) <= secondEnd || text[hourEnd] != ':' || text[secondEnd] == ',' {
		return t, false
	}
	err := t.UnmarshalText(text)
	return t, err == nil
}

func notATime(field string) string {
	return "The " + field + " field must be an RFC 3339 time with its zone, such as 2026-03-01T08:30:00Z."
}

func (d *decoder) tracker(p *Position, raw []byte) *wrong {
	if raw[0] != '"' {
		return &wrong{"tracker", "The tracker field must be a text."}
	}
	text := unquoted(raw)
	if len(text) == 0 {
		return &wrong{"tracker", "The tracker field must not be empty."}
	}
	known, ok := d.trackers[string(text)]
	if !ok {
		known = string(text)
		d.trackers[known] = known
	}
	p.Tracker = known
	return nil
}

// sensors reads the readings, or null, and writes them anew, as they are to be stored.
func (d *decoder) sensors(p *Position) (*wrong, error) {
	switch d.json.PeekKind() {
	case '{':
	case 'n':
		return nil, d.json.SkipValue()
	default:
		return &wrong{"sensors", "The sensors field must be an object of numbers."}, d.json.SkipValue()
	}
	if _, err := d.json.ReadToken(); err != nil {
		return nil, err
	}
	d.names, d.text = d.names[:0], append(d.text[:0], '{')
	var first *wrong
	for d.json.PeekKind() != '}' {
		quoted, err := d.json.ReadValue()
		if err != nil {
			return nil, err
		}
		name := string(unquoted(quoted))
		raw, err := d.json.ReadValue()
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = d.reading(name, raw)
		}
	}
	if _, err := d.json.ReadToken(); err != nil {
		return nil, err
	}
	if first == nil && len(d.names) > 0 {
		p.Sensors = Sensors(append(d.text, '}'))
	}
	return first, nil
}

// reading adds one reading to d.text.
func (d *decoder) reading(name string, raw []byte) *wrong {
	number, ok := numberOf(raw)
	if !ok {
		return &wrong{"sensors", "The value of a sensor must be a number."}
	}
	if message := sensorFault(name, number); message != "" {
		return &wrong{"sensors", message}
	}
	if len(d.names) == maxSensors {
		return &wrong{"sensors", tooManySensors}
	}
	if len(d.names) > 0 {
		d.text = append(d.text, ',')
	}
	start := len(d.text)
	d.text, _ = jsontext.AppendQuote(d.text, name)
	end := len(d.text)
	for _, other := range d.names {
		if bytes.Equal(d.text[other[0]:other[1]], d.text[start:end]) {
			return &wrong{"sensors", "A sensor is given twice."}
		}
	}
	d.names = append(d.names, [2]int{start, end})
	d.text = appendNumber(append(d.text, ':'), number)
	return nil
}
