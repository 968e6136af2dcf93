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
		if next := dayBegins(y, m, d+days, zone); next.After(at) {
			return next
		}
	}
}

// dayOf is when the day of a moment began.
func dayOf(at time.Time, zone *time.Location) time.Time {
	y, m, d := at.In(zone).Date()
	return dayBegins(y, m, d, zone)
}

// dayBegins is the first moment of a day. That isn't always midnight: clocks may be put forward then.
func dayBegins(y int, m time.Month, d int, zone *time.Location) time.Time {
	number := func(y int, m time.Month, d int) int { return y*10_000 + int(m)*100 + d }
	date := func(t time.Time) int { return number(t.In(zone).Date()) }
	want := number(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Date())
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if date(t) < want { // midnight was left out, and this is the one by the clock before
		_, t = t.ZoneBounds()
	}
	if began, _ := t.ZoneBounds(); !began.IsZero() && began.Before(t) && date(began) >= want && date(began.Add(-1)) < want {
		t = began
	}
	return t.In(zone)
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
