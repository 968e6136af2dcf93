package track

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxName is the longest name of a track, in bytes.
const maxName = 200

// maxValue is the longest number or time, in bytes: far more than any that means something.
const maxValue = 64

// bound is the range of one quantity, both ends included, and what to call it in an error.
type bound struct {
	name      string
	low, high float64
}

// parse answers the number that text is, if it is a plain decimal one within the bound.
func (b bound) parse(text string) (float64, error) {
	if text == "" {
		return 0, fmt.Errorf("%s is missing", b.name)
	}
	if len(text) > maxValue || strings.Trim(text, "+-.0123456789eE") != "" {
		return 0, fmt.Errorf("%s %s is not a number", b.name, quote(text))
	}
	// A number too large for a float comes with an error and an infinite value; it is outside, as any other is.
	value, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("%s %s is not a number", b.name, quote(text))
	}
	if err := b.check(value); err != nil {
		return 0, err
	}
	return value, nil
}

// optional is parse for a quantity that may be left out: an empty text is nil.
func (b bound) optional(text string) (*float64, error) {
	if text == "" {
		return nil, nil
	}
	value, err := b.parse(text)
	if err != nil {
		return nil, err
	}
	return &value, nil
}

// check refuses a value outside the bound. The comparison is written so that it refuses NaN as well.
func (b bound) check(value float64) error {
	if value >= b.low && value <= b.high {
		return nil
	}
	return fmt.Errorf("%s %s is outside %s to %s", b.name, number(value), number(b.low), number(b.high))
}

func number(v float64) string {
	if v > -1e15 && v < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

func latitudeBound() bound  { return bound{"latitude", -90, 90} }
func longitudeBound() bound { return bound{"longitude", -180, 180} }
func altitudeBound() bound  { return bound{"altitude", -20_000, 100_000} }
func speedBound() bound     { return bound{"speed", 0, 2_000} }
func headingBound() bound   { return bound{"heading", 0, 360} }

// parseTime answers the moment that text names: RFC 3339, or the same with a space for the T and no zone, which means
// UTC. With zoneless, RFC 3339 may lack its zone too.
func parseTime(text string, zoneless bool) (time.Time, error) {
	if text == "" {
		return time.Time{}, errors.New("the time is missing")
	}
	refused := func() (time.Time, error) {
		return time.Time{}, fmt.Errorf(`time %s is neither "2006-01-02 15:04:05" nor RFC 3339`, quote(text))
	}
	const plain = len(time.DateTime)
	if len(text) < plain || len(text) > maxValue {
		return refused()
	}
	full := make([]byte, 0, maxValue+1)
	full = append(full, text...)
	switch {
	case text[10] == ' ':
		full[10] = 'T'
		full = append(full, 'Z')
	case zoneless && !strings.ContainsAny(text[plain:], "Zz+-"):
		full = append(full, 'Z')
	}
	// UnmarshalText holds to RFC 3339, where time.Parse is more lenient.
	var t time.Time
	if err := t.UnmarshalText(full); err != nil {
		return refused()
	}
	t = t.UTC()
	if year := t.Year(); year < 1970 || year > 9999 {
		return time.Time{}, fmt.Errorf("time %s is outside the years 1970 to 9999", quote(text))
	}
	return t, nil
}

// checkName refuses a track's name that is too long or is not readable text.
func checkName(name string) error {
	switch {
	case len(name) > maxName:
		return fmt.Errorf("the track's name has %d bytes, more than %d", len(name), maxName)
	case !utf8.ValidString(name):
		return errors.New("the track's name is not UTF-8")
	case strings.ContainsFunc(name, unicode.IsControl):
		return errors.New("the track's name has a control character")
	}
	return nil
}

// quote shows a value of the file in an error, cut where it is long.
func quote(text string) string {
	const most = 40
	if len(text) > most {
		return strconv.Quote(text[:most]) + "…"
	}
	return strconv.Quote(text)
}
