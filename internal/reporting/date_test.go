package reporting

import (
	"testing"
	"time"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	must(t, err)
	return z
}

func TestDates(t *testing.T) {
	malta, beirut := zone(t, "Europe/Malta"), zone(t, "Asia/Beirut")
	for _, c := range []struct {
		text string
		zone *time.Location
		end  bool
		want string // RFC 3339 in UTC; "" for none
	}{
		{"2026-05-01", malta, false, "2026-04-30T22:00:00Z"},
		{"2026-05-31", malta, true, "2026-05-31T22:00:00Z"},
		{"2026-10-25", malta, true, "2026-10-25T23:00:00Z"},   // a day of 25 hours
		{"2026-03-29", malta, true, "2026-03-29T22:00:00Z"},   // a day of 23
		{"2021-03-28", beirut, false, "2021-03-27T22:00:00Z"}, // midnight was skipped
		{"2026-05-01T08:00", malta, true, "2026-05-01T06:00:00Z"},
		{"2026-05-01 08:00:30", malta, false, "2026-05-01T06:00:30Z"},
		{"2026-05-01T08:00:00Z", malta, false, "2026-05-01T08:00:00Z"},
		{"2026-05-01T08:00:00.250+02:00", malta, false, "2026-05-01T06:00:00.25Z"},
		{"2026-05-01T08:00+0200", malta, false, "2026-05-01T06:00:00Z"},
		{"2026-02-30", malta, false, ""}, {"", malta, false, ""}, {"01.05.2026", malta, false, ""}, {"2026-05-01T25:00", malta, false, ""},
	} {
		got, ok := parseDate(c.text, c.zone, c.end)
		if ok != (c.want != "") || ok && got.UTC().Format(time.RFC3339Nano) != c.want {
			t.Errorf("%q: %s, want %s", c.text, got.UTC().Format(time.RFC3339Nano), c.want)
		}
	}
}

func TestScheduleTimes(t *testing.T) {
	malta := zone(t, "Europe/Malta")
	at := func(text string) time.Time {
		got, err := time.Parse(time.RFC3339, text)
		must(t, err)
		return got
	}
	for _, c := range []struct {
		s           Schedule
		after, next string
		from, to    string
	}{
		{Schedule{Every: daily, Minute: 390}, "2026-05-01T00:00:00Z", "2026-05-01T04:30:00Z", "2026-04-29T22:00:00Z", "2026-04-30T22:00:00Z"},
		{Schedule{Every: daily, Minute: 390}, "2026-05-01T04:30:00Z", "2026-05-02T04:30:00Z", "2026-04-30T22:00:00Z", "2026-05-01T22:00:00Z"},
		// 02:30 is skipped on 29 March: it is due when the clocks go on, at 03:00.
		{Schedule{Every: daily, Minute: 150}, "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z"},
		// 02:30 is there twice on 25 October: the first counts, and only that.
		{Schedule{Every: daily, Minute: 150}, "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z"},
		{Schedule{Every: daily, Minute: 150}, "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		{Schedule{Every: weekly, Day: 1, Minute: 0}, "2026-05-01T00:00:00Z", "2026-05-03T22:00:00Z", "2026-04-26T22:00:00Z", "2026-05-03T22:00:00Z"},
		{Schedule{Every: monthly, Day: 31, Minute: 60}, "2026-02-01T00:00:00Z", "2026-02-28T00:00:00Z", "2025-12-31T23:00:00Z", "2026-01-31T23:00:00Z"},
		{Schedule{Every: monthly, Day: 1, Minute: 60}, "2026-12-15T00:00:00Z", "2027-01-01T00:00:00Z", "2026-11-30T23:00:00Z", "2026-12-31T23:00:00Z"},
	} {
		next := c.s.next(at(c.after), malta)
		from, to := c.s.period(next, malta)
		if !next.Equal(at(c.next)) || !from.Equal(at(c.from)) || !to.Equal(at(c.to)) {
			t.Errorf("%s %d at %s after %s: %s about %s to %s", c.s.Every, c.s.Day, c.s.Clock(), c.after, next.UTC(), from.UTC(), to.UTC())
		}
	}
}
