package reporting

import (
	"strings"
	"time"

	"github.com/yipii/yipii/internal/report"
)

// dateForms are the forms of ISO 8601 that a moment may have: with an offset, or without one in the account's zone. A T
// stands between date and time, or a space.
var dateForms = [...]string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z0700",
	"2006-01-02T15:04:05", "2006-01-02T15:04"}

// parseDate reads a moment. A date alone is its first moment in the zone, or where it ends a range, the first of the day after: the
// range has that day in it. Times that the clocks of the zone skip, or have twice, are read as Go's time.Date reads them.
func parseDate(text string, zone *time.Location, end bool) (time.Time, bool) {
	text = strings.TrimSpace(text)
	// Read in UTC: in a zone whose clocks skip midnight, it would be the evening before.
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		if end {
			day = day.AddDate(0, 0, 1)
		}
		return report.DayBegins(day.Year(), day.Month(), day.Day(), zone), true
	}
	if len(text) > 10 && text[10] == ' ' {
		text = text[:10] + "T" + text[11:]
	}
	for _, form := range dateForms {
		if t, err := time.ParseInLocation(form, text, zone); err == nil {
			return t.Truncate(time.Millisecond), true
		}
	}
	return time.Time{}, false
}
