package document

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// kilometresPerMile is exact: the international mile.
const kilometresPerMile = 1.609344

func defaultZone() *time.Location { return time.UTC }

// value is a value as files hold it: in the Document's units and zone, and rounded to the decimals of its kind. All formats write
// the same value, and totals are sums of such values, so that whoever adds up the cells of a column gets the total.
type value struct {
	known  bool
	number float64   // of the numeric kinds
	at     time.Time // of Moment and Day, in the Document's zone
	text   string    // of Text: UTF-8
}

// known reports whether there is such a kind.
func (k Kind) known() bool { return k == Text || k == Moment || k == Day || k.numeric() }

// numeric reports whether the values are numbers.
func (k Kind) numeric() bool {
	switch k {
	case Count, Number, Distance, Speed, Duration, Degrees, Heading, Temperature, Percent:
		return true
	default:
		return false
	}
}

// decimals is to how many decimals files round values of the kind.
func (k Kind) decimals() int {
	switch k {
	case Degrees:
		return 7 // a centimetre
	case Number:
		return 6
	case Distance, Duration:
		return 3 // a metre, a millisecond
	case Speed, Temperature, Percent, Heading:
		return 2
	default:
		return 0
	}
}

// shown is how many decimals people are shown.
func (k Kind) shown() int {
	switch k {
	case Degrees:
		return 5 // a metre
	case Number, Distance:
		return 2
	case Speed, Temperature, Percent:
		return 1
	default:
		return 0
	}
}

// unit is the name of the unit of a kind, "" where it has none.
func (d *Document) unit(k Kind) string {
	switch k {
	case Distance:
		return string(d.Units)
	case Speed:
		if d.Units == Miles {
			return "mph"
		}
		return "km/h"
	case Duration:
		return "s"
	case Degrees, Heading:
		return "°"
	case Temperature:
		return "°C"
	case Percent:
		return "%"
	default:
		return ""
	}
}

// shownUnit is the unit that stands beside a label: the same, but for a duration, which is shown in hours, minutes and seconds.
func (d *Document) shownUnit(k Kind) string {
	if k == Duration {
		return "h:mm:ss"
	}
	return d.unit(k)
}

// read makes a value of what a Document holds. The error is that of a value of another type than its kind wants.
func (d *Document) read(k Kind, raw any) (value, error) {
	if raw == nil {
		return value{}, nil
	}
	switch k {
	case Text:
		text, ok := raw.(string)
		if !ok {
			return value{}, fmt.Errorf("a %s is a %T", k, raw)
		}
		return value{known: true, text: strings.ToValidUTF8(text, "\uFFFD")}, nil
	case Moment, Day:
		at, ok := raw.(time.Time)
		if !ok {
			return value{}, fmt.Errorf("a %s is a %T", k, raw)
		}
		return d.moment(at), nil
	}
	var number float64
	switch n := raw.(type) {
	case float64:
		number = n
	case int64:
		number = float64(n)
	case int:
		number = float64(n)
	default:
		return value{}, fmt.Errorf("a %s is a %T", k, raw)
	}
	return d.number(k, number), nil
}

// moment is the value of a time: not known where it is none that a calendar of four digits has.
func (d *Document) moment(at time.Time) value {
	at = at.In(d.Zone)
	if at.IsZero() || at.Year() < 0 || at.Year() > 9999 {
		return value{}
	}
	return value{known: true, at: at}
}

// number is the value of a number of the metric unit of its kind.
func (d *Document) number(k Kind, number float64) value {
	if d.Units == Miles && (k == Distance || k == Speed) {
		number /= kilometresPerMile
	}
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return value{}
	}
	return value{known: true, number: round(number, k.decimals())}
}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7}

// round rounds to decimals, half away from zero. A number so large that it has no such decimals stays; there is no negative zero.
func round(number float64, decimals int) float64 {
	scaled := number * powers[decimals]
	if math.Abs(scaled) >= 1<<53 {
		return number
	}
	return math.Round(scaled)/powers[decimals] + 0
}

// each goes through the rows of a table, giving each as values, which hold until the next. It returns the sums of the columns
// that have one and the number of rows.
func (d *Document) each(ctx context.Context, t *Table, do func(row []value) error) (sums []value, rows int, err error) {
	sums = make([]value, len(t.Columns))
	for i, column := range t.Columns {
		sums[i].known = column.Total && column.Kind.numeric()
	}
	if t.Rows == nil {
		return sums, 0, nil
	}
	row := make([]value, len(t.Columns))
	for raw, err := range t.Rows {
		if err != nil {
			return nil, rows, fmt.Errorf("rows of %s: %w", t.Key, err)
		}
		if rows%256 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, rows, err
			}
		}
		if len(raw) != len(row) {
			return nil, rows, wrong("table %s has %d columns and a row of %d values", t.Key, len(row), len(raw))
		}
		for i := range row {
			column := &t.Columns[i]
			if row[i], err = d.read(column.Kind, raw[i]); err != nil {
				return nil, rows, wrong("column %s of table %s: %w", column.Key, t.Key, err)
			}
			if sums[i].known {
				sums[i].number += row[i].number
			}
		}
		rows++
		if err := do(row); err != nil {
			return nil, rows, err
		}
	}
	for i, column := range t.Columns {
		if sums[i].known {
			if sums[i] = d.sum(column.Kind, sums[i].number); !sums[i].known {
				sums[i] = value{} // a sum beyond all numbers
			}
		}
	}
	return sums, rows, nil
}

// sum is the value of a sum of values, which are in the Document's units already.
func (d *Document) sum(k Kind, number float64) value {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return value{}
	}
	return value{known: true, number: round(number, k.decimals())}
}

// totalled reports whether a table has a line of sums.
func (t *Table) totalled() bool {
	for _, column := range t.Columns {
		if column.Total && column.Kind.numeric() {
			return true
		}
	}
	return false
}

// unknown is shown in place of a value that isn't known.
const unknown = "–"

// appendShown writes a value as people read it: 1,234.56, 26:05:09, 2026-03-29 02:59:58. Text comes out as it is.
func appendShown(b []byte, k Kind, v *value) []byte {
	switch {
	case !v.known:
		return append(b, unknown...)
	case k == Text:
		return append(b, v.text...)
	case k == Moment:
		return v.at.AppendFormat(b, "2006-01-02 15:04:05")
	case k == Day:
		return v.at.AppendFormat(b, time.DateOnly)
	case k == Duration:
		return appendClock(b, v.number)
	default:
		return appendGrouped(b, v.number, k.shown())
	}
}

func show(k Kind, v value) string { return string(appendShown(nil, k, &v)) }

// appendClock writes seconds as hours, minutes and seconds.
func appendClock(b []byte, seconds float64) []byte {
	if math.Abs(seconds) >= 1e12 {
		return append(strconv.AppendFloat(b, seconds, 'g', 6, 64), " s"...)
	}
	whole := int64(math.Round(seconds))
	if whole < 0 {
		b, whole = append(b, '-'), -whole
	}
	b = appendThousands(b, whole/3600)
	minutes, rest := whole/60%60, whole%60
	return append(b, ':', byte('0'+minutes/10), byte('0'+minutes%10), ':', byte('0'+rest/10), byte('0'+rest%10))
}

// appendGrouped writes a number with its thousands set apart.
func appendGrouped(b []byte, number float64, decimals int) []byte {
	if math.Abs(number) >= 1e15 {
		return strconv.AppendFloat(b, number, 'g', 6, 64)
	}
	scale := int64(powers[decimals])
	scaled := math.Round(math.Abs(number) * powers[decimals])
	if scaled >= 1<<62 {
		return strconv.AppendFloat(b, number, 'g', 6, 64)
	}
	whole := int64(scaled)
	if number < 0 && whole > 0 {
		b = append(b, '-')
	}
	b = appendThousands(b, whole/scale)
	if decimals == 0 {
		return b
	}
	b = append(b, '.')
	for part, digit := whole%scale, scale/10; digit > 0; digit /= 10 {
		b = append(b, byte('0'+part/digit%10))
	}
	return b
}

func appendThousands(b []byte, whole int64) []byte {
	if whole < 1000 {
		return strconv.AppendInt(b, whole, 10)
	}
	b = append(appendThousands(b, whole/1000), ',')
	rest := whole % 1000
	return append(b, byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
}

// plain is text that any file can hold and any page can show: no control characters but line breaks, which become spaces, and
// none of the marks that turn the direction of the text that follows.
func plain(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	clean := true
	for _, r := range s {
		if r < ' ' || r >= 0x7F && !printable(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case 0x202A <= r && r <= 0x202E || 0x2066 <= r && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0x61C:
			return -1
		case !printable(r):
			return utf8.RuneError
		}
		return r
	}, s)
}

// printable reports whether XML and HTML may hold a rune, and it turns no text around.
func printable(r rune) bool {
	switch {
	case r < ' ', 0x7F <= r && r <= 0x9F, r == 0xFFFE, r == 0xFFFF:
		return false
	case 0x202A <= r && r <= 0x202E, 0x2066 <= r && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0x61C:
		return false
	case r&0xFFFE == 0xFFFE, 0xFDD0 <= r && r <= 0xFDEF:
		return false
	}
	return true
}

// rangeText says which time a Document is about: by days where it begins and ends with one, else to the minute. The end isn't part of the
// range, so a last day is the one before it.
func (d *Document) rangeText() string {
	from, to := d.From.In(d.Zone), d.To.In(d.Zone)
	begins := func(t time.Time) bool { return t.Add(-1).Day() != t.Day() } // a day, which is at one where the clocks skip midnight
	if d.From.IsZero() || d.To.IsZero() {
		return ""
	}
	if !begins(from) || !begins(to) || !to.After(from) {
		return from.Format("2 January 2006 15:04") + " – " + to.Format("2 January 2006 15:04")
	}
	last := to.Add(-1)
	switch {
	case last.Format(time.DateOnly) == from.Format(time.DateOnly):
		return from.Format("2 January 2006")
	case last.Year() != from.Year():
		return from.Format("2 January 2006") + " – " + last.Format("2 January 2006")
	case last.Month() != from.Month():
		return from.Format("2 January") + " – " + last.Format("2 January 2006")
	default:
		return from.Format("2") + " – " + last.Format("2 January 2006")
	}
}

// subjectText names what the Document is about, the first few of many.
func (d *Document) subjectText() string {
	const few = 12
	if len(d.Subjects) == 0 {
		return "All of the account"
	}
	names := d.Subjects
	more := ""
	if len(names) > few {
		more = fmt.Sprintf(" and %d more", len(names)-few)
		names = names[:few]
	}
	cleaned := make([]string, len(names))
	for i, name := range names {
		cleaned[i] = plain(name)
	}
	return strings.Join(cleaned, ", ") + more
}

// zoneText is the name of the zone and of the moment when the Document was made in it.
func (d *Document) madeText() string {
	return d.MadeAt.In(d.Zone).Format("2 January 2006 15:04") + " (" + d.Zone.String() + ")"
}
