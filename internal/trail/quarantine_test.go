package trail

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

// apart lists what was kept apart, by the API.
func (n *node) apart(query string) (list []QuarantinedPosition) {
	n.tb.Helper()
	raw, err := json.Marshal(n.want(200, "GET", path("quarantined-position?%s", query), "")["data"])
	if err == nil {
		err = json.Unmarshal(raw, &list)
	}
	if err != nil {
		n.tb.Fatal(err)
	}
	return list
}

func TestQuarantine(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		n.service.Audit = testkit.Audit(t, db)
		id, theirs := n.asset(n.acme, "imei-1"), n.asset(n.other, "imei-2")
		body := fmt.Sprintf(`[{"asset_id":%d,"timestamp":"1970-01-01T00:00:07Z","latitude":1,"longitude":2},
			{"tracker":"imei-1","timestamp":"2031-01-01T00:00:00Z","latitude":1,"longitude":2,"speed":50,"sensors":{"fuel":1.5}},
			{"asset_id":%[1]d,"timestamp":"2026-03-01T07:00:00Z","latitude":91,"longitude":2},
			{"asset_id":%[1]d,"timestamp":"2026-03-01T07:00:01Z","latitude":1,"longitude":2,"speed":1e999},
			{"asset_id":%[1]d,"timestamp":"2026-03-01T07:00:02Z","latitude":1,"longitude":2,"battery":255},
			{"asset_id":%d,"timestamp":"1970-01-01T00:00:07Z","latitude":1,"longitude":2},
			{"tracker":"nobody's","timestamp":"1970-01-01T00:00:07Z","latitude":1,"longitude":2},
			{"asset_id":%[1]d,"timestamp":"2026-03-01T07:00:03Z","latitude":1,"longitude":2}]`, id, theirs)
		for range 2 { // a repeat is kept once
			if got := n.want(200, "POST", path("position"), body); len(got["rejected"].([]any)) != 7 {
				t.Fatal(got)
			}
		}
		list := n.apart("sort=received_at")
		var reasons []string
		for _, q := range list {
			reasons = append(reasons, q.Reason)
			if q.AssetID != id || q.Message == "" || !q.ReceivedAt.Equal(n.now) {
				t.Errorf("%+v", q)
			}
		}
		if diff := cmp.Diff([]string{"past", "future", "place", "speed", "value"}, reasons); diff != "" {
			t.Fatal(diff)
		}
		want := map[string]any{"asset_id": float64(id), "timestamp": "2031-01-01T00:00:00Z", "latitude": 1.0, "longitude": 2.0, "speed": 50.0, "heading": nil, "altitude": nil,
			"accuracy": nil, "satellites": nil, "ignition": nil, "odometer": nil, "battery": nil, "sensors": map[string]any{"fuel": 1.5}, "tracker": "imei-1"}
		if diff := cmp.Diff(want, list[1].Position); diff != "" || list[3].Position["speed"] != math.MaxFloat64 {
			t.Error(diff, list[3])
		}
		for query, count := range map[string]int{"reason=past": 1, fmt.Sprintf("asset_id=%d", id): 5, "asset_id=99999": 0, "per_page=2&page=3": 1,
			"from=" + n.now.Add(time.Second).Format(time.RFC3339): 0, "to=" + n.now.Add(time.Second).Format(time.RFC3339): 5} {
			if got := n.apart(query); len(got) != count {
				t.Errorf("%s: %+v", query, got)
			}
		}
		n.want(422, "GET", path("quarantined-position?from=yesterday"), "")
		n.want(422, "GET", path("quarantined-position?reason=odd"), "")
		n.want(422, "GET", path("quarantined-position?sort=reason"), "")

		n.want204("DELETE", path("quarantined-position/%d", list[0].ID))
		for _, gone := range []string{fmt.Sprint(list[0].ID), "x", "0"} {
			if got := n.want(404, "DELETE", path("quarantined-position/%s", gone), "")["message"]; got != "Quarantined position not found." {
				t.Error(got)
			}
		}
		n.want(404, "DELETE", fmt.Sprintf("/api/other/quarantined-position/%d", list[1].ID), "")
		n.want204("DELETE", path("quarantined-position?reason=speed"))
		if got := n.apart(""); len(got) != 3 {
			t.Errorf("%+v", got)
		}
		n.want204("DELETE", path("quarantined-position"))
		if got := n.apart(""); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func (n *node) want204(method, path string) {
	n.tb.Helper()
	if answer := n.send(httptest.NewRequest(method, path, nil)); answer.Code != 204 {
		n.tb.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
}

// A tracker that sends nothing but nonsense doesn't fill the disk, and one object alone is kept as well.
func TestQuarantineIsBounded(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		id := n.asset(n.acme, "")
		n.want(422, "POST", path("position"), fmt.Sprintf(`{"asset_id":%d,"timestamp":"1999-01-01T00:00:00Z","latitude":1,"longitude":2}`, id))
		if got := n.apart(""); len(got) != 1 {
			t.Fatal(got)
		}
		var list []Position
		for i := range quarantineKept + 5 {
			list = append(list, Position{AssetID: id, Time: int64(i), Latitude: math.NaN(), Longitude: math.Inf(1), Speed: Some(math.NaN())})
		}
		for range 2 {
			if result, err := n.service.Ingest(t.Context(), n.acme, list); err != nil || len(result.Rejected) != len(list) {
				t.Fatal(err)
			}
		}
		kept, total, err := n.store.quarantined(t.Context(), n.acme, nil, quarantineFilter{to: math.MaxInt64}, web.PageInput{Page: 1, PerPage: 1, Sort: "received_at"})
		if err != nil || total != quarantineKept || kept[0].Position["timestamp"] != "1970-01-01T00:00:00.005Z" {
			t.Error(total, kept, err)
		}
		// Who doesn't see the asset doesn't see what it sent; and it goes with the asset.
		if _, total, err := n.store.quarantined(t.Context(), n.acme, &bearer.Part{Assets: []int64{id + 1}}, quarantineFilter{to: math.MaxInt64}, web.PageInput{Page: 1, PerPage: 1}); err != nil || total != 0 {
			t.Error(total, err)
		}
		if err := n.fleet.Delete(t.Context(), n.acme, id); err != nil {
			t.Fatal(err)
		}
		if got := n.apart(""); len(got) != 0 {
			t.Error(got)
		}
	})
}
