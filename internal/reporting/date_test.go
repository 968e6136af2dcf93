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
	malta, beirut, havana := zone(t, "Europe/Malta"), zone(t, "Asia/Beirut"), zone(t, "America/Havana")
	paulo, jerusalem, apia := zone(t, "America/Sao_Paulo"), zone(t, "Asia/Jerusalem"), zone(t, "Pacific/Apia")
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
		// Midnight was skipped, west of Greenwich.
		{"2026-03-08", havana, false, "2026-03-08T05:00:00Z"},
		{"2026-03-08", havana, true, "2026-03-09T04:00:00Z"},
		{"2026-03-07", havana, true, "2026-03-08T05:00:00Z"},
		{"2018-11-04", paulo, false, "2018-11-04T03:00:00Z"},
		{"2018-11-04", paulo, true, "2018-11-05T02:00:00Z"},
		// Midnight was there twice, at one in the morning: the day began with the first.
		{"2003-10-03", jerusalem, false, "2003-10-02T21:00:00Z"},
		{"2003-10-02", jerusalem, true, "2003-10-02T21:00:00Z"},
		{"2011-12-29", apia, true, "2011-12-30T10:00:00Z"}, // there was no 30th
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
	malta, howe, havana := zone(t, "Europe/Malta"), zone(t, "Australia/Lord_Howe"), zone(t, "America/Havana")
	at := func(text string) time.Time {
		got, err := time.Parse(time.RFC3339, text)
		must(t, err)
		return got
	}
	for _, c := range []struct {
		zone        *time.Location
		s           Schedule
		after, next string
		from, to    string
	}{
		{malta, Schedule{Every: daily, Minute: 390}, "2026-05-01T00:00:00Z", "2026-05-01T04:30:00Z", "2026-04-29T22:00:00Z", "2026-04-30T22:00:00Z"},
		{malta, Schedule{Every: daily, Minute: 390}, "2026-05-01T04:30:00Z", "2026-05-02T04:30:00Z", "2026-04-30T22:00:00Z", "2026-05-01T22:00:00Z"},
		// 02:30 is skipped on 29 March: it is due when the clocks go on, at 03:00.
		{malta, Schedule{Every: daily, Minute: 150}, "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z"},
		// 02:30 is there twice on 25 October: the first counts, and only that.
		{malta, Schedule{Every: daily, Minute: 150}, "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z"},
		{malta, Schedule{Every: daily, Minute: 150}, "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		{malta, Schedule{Every: weekly, Day: 1, Minute: 0}, "2026-05-01T00:00:00Z", "2026-05-03T22:00:00Z", "2026-04-26T22:00:00Z", "2026-05-03T22:00:00Z"},
		{malta, Schedule{Every: monthly, Day: 31, Minute: 60}, "2026-02-01T00:00:00Z", "2026-02-28T00:00:00Z", "2025-12-31T23:00:00Z", "2026-01-31T23:00:00Z"},
		{malta, Schedule{Every: monthly, Day: 1, Minute: 60}, "2026-12-15T00:00:00Z", "2027-01-01T00:00:00Z", "2026-11-30T23:00:00Z", "2026-12-31T23:00:00Z"},
		// 01:45 is there twice on 5 April: these clocks go back by half an hour.
		{howe, Schedule{Every: daily, Minute: 105}, "2026-04-04T00:00:00Z", "2026-04-04T14:45:00Z", "2026-04-03T13:00:00Z", "2026-04-04T13:00:00Z"},
		{howe, Schedule{Every: daily, Minute: 105}, "2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z", "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z"},
		// 8 March begins at one: what is due before is due then, and about the whole day before.
		{havana, Schedule{Every: daily, Minute: 15}, "2026-03-07T12:00:00Z", "2026-03-08T05:00:00Z", "2026-03-07T05:00:00Z", "2026-03-08T05:00:00Z"},
		{havana, Schedule{Every: daily, Minute: 390}, "2026-03-08T12:00:00Z", "2026-03-09T10:30:00Z", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"},
	} {
		next := c.s.next(at(c.after), c.zone)
		from, to := c.s.period(next, c.zone)
		if !next.Equal(at(c.next)) || !from.Equal(at(c.from)) || !to.Equal(at(c.to)) {
			t.Errorf("%s %d at %s after %s: %s about %s to %s", c.s.Every, c.s.Day, c.s.Clock(), c.after, next.UTC(), from.UTC(), to.UTC())
		}
	}
}
