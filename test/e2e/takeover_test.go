package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/testkit"
)

// TestTakeover: two nodes share the assets of one PostgreSQL. One of them is killed while late positions are being followed;
// within 10 seconds the other has finished what was left, and no trip is there twice.
func TestTakeover(t *testing.T) {
	const vehicles, half = 300, 25 // positions of each half
	in := install(t, testkit.StartPostgres(t, true).URL("yipii"))
	in.serve()
	token := in.token(in.made.ClientID, in.made.ClientSecret)
	var fleet strings.Builder
	for i := range vehicles {
		fmt.Fprintf(&fleet, `{"name":"Van %d","tracker":"van-%d"},`, i, i)
	}
	if status, body := in.call("POST", "/api/acme-logistics/asset/bulk", token, "["+strings.TrimSuffix(fleet.String(), ",")+"]"); status != 200 {
		t.Fatalf("no assets: %d %s", status, body)
	}
	other := &installation{t: t, binary: in.binary, environment: in.environment, folder: t.TempDir(), log: in.log}
	other.serve()

	// Each drives for 50 minutes; what it sent in the second half of the way arrives first.
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	for _, first := range []int{half, 0} {
		for from := 0; from < vehicles; from += 100 {
			var b strings.Builder
			for v := from; v < from+100; v++ {
				for i := first; i < first+half; i++ {
					fmt.Fprintf(&b, `{"tracker":"van-%d","timestamp":%q,"latitude":%.4f,"longitude":14.5,"speed":50,"ignition":true}`+"\n",
						v, start.Add(time.Duration(i)*time.Minute).Format(time.RFC3339), 35+float64(i)*0.0075)
				}
			}
			if status, body := in.call("POST", "/api/acme-logistics/position", token, b.String()); status != 200 {
				t.Fatalf("positions are answered %d %s", status, body)
			}
		}
	}
	in.kill()
	killed := time.Now()

	began := func(from, to time.Time) int {
		query := url.Values{"from": {from.Format(time.RFC3339)}, "to": {to.Format(time.RFC3339)}, "kind": {"trip"}, "per_page": {"1"}}
		status, body := other.call("GET", "/api/acme-logistics/trip?"+query.Encode(), token, "")
		var page struct{ Meta struct{ Total int } }
		if err := json.Unmarshal(body, &page); status != 200 || err != nil {
			t.Fatalf("trips are answered %d %s", status, body)
		}
		return page.Meta.Total
	}
	for {
		right, wrong := began(start, start.Add(time.Second)), began(start.Add(time.Second), start.AddDate(0, 0, 1))
		if right == vehicles && wrong == 0 {
			break
		}
		if time.Since(killed) > 10*time.Second {
			t.Fatalf("10 s after the kill %d of %d trips begin where they should, and %d where they shouldn't", right, vehicles, wrong)
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Logf("taken over within %v", time.Since(killed).Round(10*time.Millisecond))
}
