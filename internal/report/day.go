package report

import (
	"time"

	"github.com/yipii/yipii/internal/document"
)

// cuts are the moments at which a range is cut: its two ends, and those between. Stretch i lies from cuts[i] until before cuts[i+1].
type cuts []time.Time

// dayCuts cuts a range at the beginning of each day of a zone. A day is as long as it was there: where clocks are changed 23 or 25
// hours, or 23½; and one that a country skipped isn't there.
func dayCuts(from, to time.Time, zone *time.Location) cuts {
	c := cuts{from}
	for at := nextDay(from, zone); at.Before(to); at = nextDay(at, zone) {
		c = append(c, at)
	}
	return append(c, to)
}

// nextDay is when the day after that of a moment begins.
func nextDay(at time.Time, zone *time.Location) time.Time {
	y, m, d := at.In(zone).Date()
	for days := 1; ; days++ {
		// Of a skipped day the beginning is that of the next; and what a clock shows twice must not lead back.
		if next := DayBegins(y, m, d+days, zone); next.After(at) {
			return next
		}
	}
}

// dayOf is when the day of a moment began.
func dayOf(at time.Time, zone *time.Location) time.Time {
	y, m, d := at.In(zone).Date()
	return DayBegins(y, m, d, zone)
}

// DayBegins is the first moment of a day in a zone. That isn't always midnight: clocks may be put forward then. Of a day that a country
// skipped it is that of the next; numbers beyond the month's days are read as time.Date reads them.
func DayBegins(y int, m time.Month, d int, zone *time.Location) time.Time {
	return ClockShows(y, m, d, 0, zone)
}

// ClockShows is when the clocks of a zone first show a minute of a day, or more: the first of two, and the moment at which they go on for
// one that they skip.
func ClockShows(y int, m time.Month, d, minute int, zone *time.Location) time.Time {
	shown := time.Date(y, m, d, 0, minute, 0, 0, time.UTC)
	at := shown.Add(-48 * time.Hour).In(zone) // it is earlier than that everywhere
	for {
		_, ahead := at.Zone()
		moment := shown.Add(-time.Duration(ahead) * time.Second).In(zone)
		if moment.Before(at) {
			moment = at // the clocks have skipped it
		}
		if _, change := at.ZoneBounds(); !change.IsZero() && !moment.Before(change) {
			at = change
			continue
		}
		return moment
	}
}

// in is the stretch that a moment lies in; the first for what lies before, the last for what lies behind.
func (c cuts) in(at time.Time) int {
	low, high := 0, len(c)-2
	for low < high {
		middle := (low + high + 1) / 2
		if c[middle].After(at) {
			high = middle - 1
		} else {
			low = middle
		}
	}
	return low
}

// dayChart adds a chart of the days of a range. Of a single day the figures say it all.
func (w *work) dayChart(key, title string, kind document.Kind, c cuts, series ...document.Series) {
	if len(c) < 3 {
		return
	}
	labels := make([]string, len(c)-1)
	for i := range labels {
		labels[i] = c[i].In(w.Zone).Format("2 Jan")
	}
	w.section(&document.Chart{Key: key, Title: title, Kind: kind, Labels: labels, Series: series})
}
