package tracker

import (
	"bytes"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ReadOsmAnd reads a request of the OsmAnd protocol: its query, and its body, which is a form or the JSON of newer apps. Of a
// name that is given twice the first counts, the query's before the body's.
func ReadOsmAnd(query string, body []byte) ([]Report, error) {
	if body = bytes.TrimSpace(body); len(body) > 0 && body[0] == '{' {
		return readPhone(query, body)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, unreadable("the query is not a form")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, unreadable("the body is neither a form nor a JSON object")
	}
	for name, given := range form {
		values[name] = append(values[name], given...)
	}
	r, err := readForm(values)
	if err != nil {
		return nil, err
	}
	return []Report{r}, nil
}

// form reads fields and remembers the first that is wrong.
type form struct {
	values url.Values
	err    error
}

func (f *form) fail(name, want string) {
	if f.err == nil {
		f.err = unreadable("the %s field must be %s", name, want)
	}
}

// number reads a number, nil where there is none.
func (f *form) number(name string) *float64 {
	text := f.values.Get(name)
	if text == "" {
		return nil
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		f.fail(name, "a number")
		return nil
	}
	return &value
}

func (f *form) first(names ...string) string {
	for _, name := range names {
		if text := f.values.Get(name); text != "" {
			return text
		}
	}
	return ""
}

func readForm(values url.Values) (Report, error) {
	f := form{values: values}
	r := Report{Identity: f.first("id", "deviceid"),
		Speed: positive(times(f.number("speed"), kmhPerKnot)), Heading: positive(f.number("bearing")),
		Altitude: f.number("altitude"), Accuracy: positive(f.number("accuracy")), Battery: positive(f.number("batt"))}
	if r.Heading == nil {
		r.Heading = positive(f.number("heading"))
	}
	if r.Identity == "" {
		f.fail("id", "the identity of the tracker")
	}
	if text := f.first("timestamp"); text != "" {
		var ok bool
		if r.Time, ok = moment(text); !ok {
			f.fail("timestamp", "seconds or milliseconds since 1970, or an ISO 8601 time")
		}
	} else {
		r.Undated = true
	}
	f.place(&r)
	if valid, known := truthOf(f.first("valid")); known && !valid {
		r.Fixed = false
	}
	if on, known := truthOf(f.first("ignition")); known {
		r.Ignition = &on
	}
	if on, known := truthOf(f.first("charge")); known {
		r.sense("charging", truth(on))
	}
	if serial, ok := serialOf(f.first("driverUniqueId")); ok {
		r.sense("ibutton", serial)
	}
	f.rest(&r)
	return r, f.err
}

// place reads lat and lon, or both in location.
func (f *form) place(r *Report) {
	latitude, longitude := f.number("lat"), f.number("lon")
	if text := f.first("location"); text != "" && latitude == nil && longitude == nil {
		first, second, _ := strings.Cut(text, ",")
		a, err := strconv.ParseFloat(strings.TrimSpace(first), 64)
		b, err2 := strconv.ParseFloat(strings.TrimSpace(second), 64)
		if err != nil || err2 != nil {
			f.fail("location", "latitude and longitude with a comma between")
			return
		}
		latitude, longitude = &a, &b
	}
	if latitude != nil && longitude != nil {
		r.Fixed, r.Latitude, r.Longitude = true, *latitude, *longitude
	}
}

// formFields are those that are read by name.
func formField(name string) bool {
	switch name {
	case "id", "deviceid", "timestamp", "lat", "lon", "location", "valid", "speed", "bearing", "heading", "altitude", "accuracy", "batt",
		"ignition", "charge", "driverUniqueId":
		return true
	}
	return false
}

// rest keeps every other field that is a number, or true or false, under its own name.
func (f *form) rest(r *Report) {
	names := make([]string, 0, len(f.values))
	for name := range f.values {
		if !formField(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names) // so that it is always the same ones that find no room
	for _, name := range names {
		text := f.values.Get(name)
		if number, err := strconv.ParseFloat(text, 64); err == nil {
			r.sense(name, number)
		} else if yes, known := truthOf(text); known {
			r.sense(name, truth(yes))
		}
	}
}

// truthOf reads true and false; known is false for what is neither.
func truthOf(text string) (yes, known bool) {
	switch strings.ToLower(text) {
	case "true", "1", "1.0", "on":
		return true, true
	case "false", "0", "0.0", "off":
		return false, true
	}
	return false, false
}

// serialOf is the number in a driver's key as trackers write it: the 16 hexadecimal digits of an iButton, or a decimal number.
func serialOf(text string) (float64, bool) {
	if len(text) == 16 {
		value, err := strconv.ParseUint(text, 16, 64)
		return IButton(value), err == nil
	}
	value, err := strconv.ParseUint(text, 10, 48)
	return float64(value), err == nil
}
