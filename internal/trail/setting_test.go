package trail

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

func TestSettings(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		asset := n.asset(n.acme, "")
		p := at(asset, -120)
		p.Speed, p.Time = Some(8.0), n.now.UnixMilli()-120_000
		n.ingest(p)
		status := func() string {
			fixes, err := n.store.Last(t.Context(), n.acme, []int64{asset})
			if err != nil {
				t.Fatal(err)
			}
			return fixes[asset].Status
		}
		if got := status(); got != "slow_moving" {
			t.Errorf("at first %s", got)
		}
		for _, step := range []struct {
			body, wants string
			code        int
			status      string
		}{
			{`{"moving_above":7}`, `"moving_above":7,`, 200, "moving"},
			{`{"offline_after":60,"retention_days":30}`, `"retention_days":30`, 200, "offline"},
			{`{"disconnected_after":60,"retention_days":null}`, `"retention_days":null`, 200, "disconnected"},
			{`{"disconnected_after":59}`, "at least offline_after", 422, "disconnected"},
			{`{"still_below":0,"offline_after":0}`, "still_below", 422, "disconnected"},
			{`{"still_below":8}`, "at least still_below", 422, "disconnected"},
			{`{"retention_days":0}`, "36500", 422, "disconnected"},
			{`{"speed":1}`, "speed", 422, "disconnected"},
		} {
			answer := n.send(httptest.NewRequest(http.MethodPatch, "/api/acme/trail-setting", strings.NewReader(step.body)))
			if answer.Code != step.code || !strings.Contains(answer.Body.String(), step.wants) {
				t.Errorf("%s: %d %s", step.body, answer.Code, answer.Body)
			}
			if got := status(); got != step.status {
				t.Errorf("%s: %s", step.body, got)
			}
		}
		if answer := n.send(httptest.NewRequest(http.MethodGet, "/api/other/trail-setting", nil)); !strings.Contains(answer.Body.String(), `"offline_after":1800`) {
			t.Errorf("another account's: %s", answer.Body)
		}
	})
}
