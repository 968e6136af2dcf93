package dashboard

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// initials are the first letters of the first and the last word of a name.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) > 2 {
		words = []string{words[0], words[len(words)-1]}
	}
	out := ""
	for _, word := range words {
		first, _ := utf8.DecodeRuneInString(word)
		out += string(unicode.ToUpper(first))
	}
	return out
}

// day and clock are how pages write moments: in UTC, as the API does.
const (
	dayLayout    = "2 Jan 2006"
	clockLayout  = "2 Jan 2006, 15:04"
	secondLayout = "2 Jan 2006, 15:04:05"
)

// ago tells how long before now t was, or how long after it will be, in the largest fitting unit.
func ago(now, t time.Time) string {
	d := now.Sub(t)
	format := "%s ago"
	if d < 0 {
		d, format = -d, "in %s"
	}
	if d < 10*time.Second {
		return "just now"
	}
	return fmt.Sprintf(format, span(d))
}

// span is a length of time in one unit, rounded down.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	for _, unit := range [...]struct {
		size time.Duration
		name string
	}{{365 * day, "year"}, {30 * day, "month"}, {day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d >= unit.size {
			return plural(int(d/unit.size), unit.name)
		}
	}
	return plural(int(d/time.Second), "second")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(int64(n)) + " " + noun + "s"
}

// grouped writes a number with commas between thousands.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// plainNumber writes a number without commas.
func plainNumber(n int) string { return strconv.Itoa(n) }
