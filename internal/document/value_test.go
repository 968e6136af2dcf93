package document

import (
	"testing"
	"time"
)

// TestRangeText: whole days are told as days, also where one begins at one o'clock.
func TestRangeText(t *testing.T) {
	malta, havana := zone(t, "Europe/Malta"), zone(t, "America/Havana")
	for _, c := range []struct {
		zone     *time.Location
		from, to string
		want     string
	}{
		{malta, "2026-05-01T00:00", "2026-06-01T00:00", "1 – 31 May 2026"},
		{malta, "2026-05-31T00:00", "2026-06-01T00:00", "31 May 2026"},
		{malta, "2026-05-31T00:00", "2026-06-02T00:00", "31 May – 1 June 2026"},
		{malta, "2025-12-31T00:00", "2026-01-02T00:00", "31 December 2025 – 1 January 2026"},
		{malta, "2026-10-25T00:00", "2026-10-26T00:00", "25 October 2026"},
		{malta, "2026-05-01T08:00", "2026-05-01T09:30", "1 May 2026 08:00 – 1 May 2026 09:30"},
		{havana, "2026-03-08T01:00", "2026-03-09T00:00", "8 March 2026"}, // which has no midnight
		{havana, "2026-03-07T00:00", "2026-03-08T01:00", "7 March 2026"},
		{havana, "2026-03-09T01:00", "2026-03-10T00:00", "9 March 2026 01:00 – 10 March 2026 00:00"},
	} {
		d := &Document{Zone: c.zone}
		var err error
		d.From, err = time.ParseInLocation("2006-01-02T15:04", c.from, c.zone)
		must(t, err)
		d.To, err = time.ParseInLocation("2006-01-02T15:04", c.to, c.zone)
		must(t, err)
		if got := d.rangeText(); got != c.want {
			t.Errorf("%s to %s: %q, want %q", c.from, c.to, got, c.want)
		}
	}
}
