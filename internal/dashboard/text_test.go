package dashboard

import (
	"testing"
	"time"

	"github.com/yipii/yipii/internal/usage"
)

func TestWords(t *testing.T) {
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{initials("Ada Maria Archer"), "AA"}, {initials("ørsted"), "Ø"}, {initials("--"), ""}, {initials("\xff x"), "X"},
		{grouped(0), "0"}, {grouped(999), "999"}, {grouped(1000), "1,000"}, {grouped(-1234567), "-1,234,567"},
		{plural(1, "asset"), "1 asset"}, {plural(0, "asset"), "0 assets"},
		{ago(now, now.Add(-3*time.Second)), "just now"}, {ago(now, now.Add(-90*time.Second)), "1 minute ago"}, {ago(now, now.Add(50*time.Hour)), "in 2 days"},
		{ago(now, now.AddDate(-2, 0, 0)), "2 years ago"}, {ago(now, now.Add(-40*time.Second)), "40 seconds ago"},
		{lifetimeLabel(0), "The server's"}, {lifetimeLabel(time.Hour), "1 hour"}, {lifetimeLabel(36 * time.Hour), "36 hours"}, {lifetimeLabel(90 * time.Second), "90 seconds"},
		{lifetimeLabel(730 * oneDay), "2 years"}, {shortened("äöü", 2), "äö"}, {kilometres(3.456), "3.5 km"}, {kilometres(12345.6), "12,346 km"},
		{often(usage.Last{}), ""}, {often(usage.Last{Week: usage.Times{Requests: 13}}), "13 requests in 7 days"},
		{often(usage.Last{Week: usage.Times{Requests: 100}}), "about 14 a day"}, {often(usage.Last{Week: usage.Times{Requests: 16800}}), "about 100 an hour"},
		{actionLabel("client.secret_created"), "Client: secret created"}, {actionLabel("api_key.revoked"), "API key: revoked"}, {actionLabel(""), ""},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// TestStatusLabels: every status that there is has a label of its own.
func TestStatusLabels(t *testing.T) {
	list, total := statusCounts(map[string]int{"moving": 3, "parked": 1, "unavailable": 4})
	if total != 8 || len(list) != 3 || list[0].Status != "moving" || list[0].Width != "375.00" || list[1].X != "375.00" || list[2].X != "500.00" {
		t.Errorf("%+v", list)
	}
	labels := map[string]bool{}
	for _, status := range []string{"moving", "in_traffic", "slow_moving", "idle", "parked", "garage", "offline", "disconnected", "unavailable"} {
		labels[statusLabel(status)] = true
	}
	if len(labels) != 9 {
		t.Errorf("%v", labels)
	}
}

// TestTraffic: bars stay within the chart, and an hour with a single request among many is seen.
func TestTraffic(t *testing.T) {
	hours := make([]usage.Hour, 24)
	hours[3].Requests, hours[4].Requests, hours[4].Refusals, hours[23].Refusals = 1, 1_000_000, 500, 2
	c := trafficOf(hours)
	if c.Requests != 1_000_001 || c.Refusals != 502 || c.Peak != 1_000_500 || len(c.Bars) != 24 {
		t.Errorf("%+v", c)
	}
	for i, b := range c.Bars {
		if y := number(b.Y); y < -2 || y > chartHeight {
			t.Errorf("bar %d begins at %s", i, b.Y)
		}
	}
	if !c.Bars[3].Any || number(c.Bars[3].Height) < 1 || c.Bars[5].Any || !c.Bars[23].Refused || c.Bars[23].Any {
		t.Errorf("%+v", c.Bars)
	}
	if empty := trafficOf(make([]usage.Hour, 24)); empty.summary() != "No requests in the last 24 hours." {
		t.Error(empty.summary())
	}
}
