package report

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return z
}

// TestDaysOfOddLengths cuts ranges across changes of clocks. What is expected is what the changes of these zones are known to be.
func TestDaysOfOddLengths(t *testing.T) {
	for _, test := range []struct {
		zone, from, to string
		lengths        []time.Duration // of the days
	}{
		{"Europe/Malta", "2026-03-28", "2026-03-31", []time.Duration{24 * time.Hour, 23 * time.Hour, 24 * time.Hour}},
		{"Europe/Malta", "2026-10-24", "2026-10-27", []time.Duration{24 * time.Hour, 25 * time.Hour, 24 * time.Hour}},
		{"America/New_York", "2026-03-08", "2026-03-09", []time.Duration{23 * time.Hour}},
		{"America/New_York", "2026-11-01", "2026-11-03", []time.Duration{25 * time.Hour, 24 * time.Hour}},
		{"Australia/Lord_Howe", "2026-04-05", "2026-04-06", []time.Duration{24*time.Hour + 30*time.Minute}},
		{"Australia/Lord_Howe", "2026-10-04", "2026-10-05", []time.Duration{23*time.Hour + 30*time.Minute}},
		{"Pacific/Apia", "2011-12-28", "2012-01-01", []time.Duration{24 * time.Hour, 24 * time.Hour, 24 * time.Hour}},      // no 30th
		{"America/Sao_Paulo", "2018-11-03", "2018-11-06", []time.Duration{24 * time.Hour, 23 * time.Hour, 24 * time.Hour}}, // no midnight on the 4th
		{"America/Havana", "2026-11-01", "2026-11-02", []time.Duration{25 * time.Hour}},
		{"Asia/Beirut", "2026-03-28", "2026-03-30", []time.Duration{24 * time.Hour, 23 * time.Hour}},                    // no midnight on the 29th
		{"Asia/Jerusalem", "2003-10-01", "2003-10-04", []time.Duration{24 * time.Hour, 24 * time.Hour, 25 * time.Hour}}, // two midnights on the 3rd
		{"UTC", "2026-02-27", "2026-03-02", []time.Duration{24 * time.Hour, 24 * time.Hour, 24 * time.Hour}},
	} {
		z := zone(t, test.zone)
		at := func(day string) time.Time {
			d, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(err)
			}
			return DayBegins(d.Year(), d.Month(), d.Day(), z)
		}
		c := dayCuts(at(test.from), at(test.to), z)
		if len(c) != len(test.lengths)+1 {
			t.Errorf("%s from %s: %v", test.zone, test.from, c)
			continue
		}
		for i, length := range test.lengths {
			if got := c[i+1].Sub(c[i]); got != length {
				t.Errorf("%s from %s: day %d has %v, want %v", test.zone, test.from, i, got, length)
			}
		}
	}
}

// Whatever the zone and the range: days follow each other without a gap, each moment lies in the stretch of its date, and no two
// stretches have the same.
func TestDaysHoldTheirMoments(t *testing.T) {
	zones := []string{"Europe/Malta", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "America/Havana", "Asia/Kathmandu", "Africa/Casablanca", "UTC"}
	rapid.Check(t, func(t *rapid.T) {
		z, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		from := time.Unix(rapid.Int64Range(1_200_000_000, 1_900_000_000).Draw(t, "from"), 0).In(z)
		length := time.Duration(rapid.Int64Range(1, 400*24*3600).Draw(t, "seconds")) * time.Second
		c := dayCuts(from, from.Add(length), z)
		seen := map[string]bool{}
		for i := range len(c) - 1 {
			if !c[i].Before(c[i+1]) {
				t.Fatalf("stretch %d from %v to %v", i, c[i], c[i+1])
			}
			day := c[i].In(z).Format(time.DateOnly)
			if seen[day] || c[i+1].Add(-1).In(z).Format(time.DateOnly) != day {
				t.Fatalf("stretch %d from %v to %v", i, c[i].In(z), c[i+1].In(z))
			}
			seen[day] = true
			if got := dayOf(c[i], z).In(z).Format(time.DateOnly); got != day {
				t.Fatalf("the day of %v began on %s", c[i].In(z), got)
			}
		}
		at := from.Add(time.Duration(rapid.Int64Range(0, int64(length)-1).Draw(t, "at")))
		if i := c.in(at); at.Before(c[i]) || !at.Before(c[i+1]) {
			t.Fatalf("%v isn't in stretch %d of %v", at, i, c)
		}
	})
}
