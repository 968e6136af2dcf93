package trail

import (
	"fmt"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// TestIngestBody: positions are the asset's that they are sent for, and those that name another are rejected by their place in
// the body.
func TestIngestBody(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		id := n.asset(n.acme, "van-1")
		second := 0
		item := func(more string) string {
			second++
			return fmt.Sprintf(`{%s"timestamp":%q,"latitude":1,"longitude":2}`, more, n.now.Add(time.Duration(second)*time.Second-time.Hour).Format(time.RFC3339))
		}
		own, ownTracker, other := fmt.Sprintf(`"asset_id":%d,`, id), `"tracker":"van-1",`, fmt.Sprintf(`"asset_id":%d,`, id+1)
		for _, c := range []struct {
			what     string
			of       Position
			body     string
			accepted int
			rejected []int
		}{
			{"for an asset", Position{AssetID: id}, "[" + item("") + "," + item(other) + ",5," + item(own) + "," + item(ownTracker) + "]", 2, []int{1, 2, 4}},
			{"for a tracker", Position{Tracker: "van-1"}, item("") + "\n" + item(own) + "\n" + item(ownTracker), 2, []int{1}},
			{"for nobody", Position{}, item("") + item(own) + item(ownTracker), 2, []int{0}},
			{"nothing", Position{AssetID: id}, "[]", 0, nil},
		} {
			result, err := n.service.IngestBody(t.Context(), n.acme, []byte(c.body), c.of)
			var rejected []int
			for _, r := range result.Rejected {
				rejected = append(rejected, r.Index)
			}
			if err != nil || result.Accepted != c.accepted || fmt.Sprint(rejected) != fmt.Sprint(c.rejected) {
				t.Errorf("%s: %+v, %v", c.what, result, err)
			}
		}
		if _, err := n.service.IngestBody(t.Context(), n.acme, []byte("{"), Position{}); !fault.Is(err, fault.Malformed) {
			t.Errorf("half a body: %v", err)
		}
		if got := len(n.stored(n.acme, id)); got != 6 {
			t.Errorf("%d positions are there", got)
		}
	})
}
