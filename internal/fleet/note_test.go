package fleet_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorded are the account's events, with their details.
func (w *world) recorded() []string {
	w.t.Helper()
	list := []string{}
	err := w.db.Rows(w.t.Context(), `SELECT action, subject_name, detail FROM audit_events WHERE account_id = $1 ORDER BY number`, []any{w.acme}, func(rows *sql.Rows) error {
		var action, name, detail string
		err := rows.Scan(&action, &name, &detail)
		list = append(list, fmt.Sprintf("%s %s %s", action, name, detail))
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// Each change is told once in the audit log, and one that isn't made is not.
func testAudit(t *testing.T, w *world) {
	asset := data(w.want(201, "POST", "/api/acme/asset", `{"name":"Van","group":"North","tracker":"noted-1"}`))["id"]
	w.want(200, "PATCH", fmt.Sprintf("/api/acme/asset/%v", asset), `{"name":"Van 2"}`)
	w.want(412, "PATCH", fmt.Sprintf("/api/acme/asset/%v", asset), `{"name":"Van 3"}`, "If-Match", `"1"`)
	w.want(200, "PATCH", fmt.Sprintf("/api/acme/asset/%v", asset), `{}`)
	w.want(200, "POST", "/api/acme/asset/bulk", `[{"tracker":"noted-1","vin":"V"},{"tracker":"noted-2","name":"Two"}]`)
	w.want(200, "POST", "/api/acme/asset/bulk", `[{"tracker":"noted-1","vin":"V"}]`)
	group := w.want(200, "GET", "/api/acme/group", "")["data"].([]any)[0].(map[string]any)["id"]
	w.want(200, "PATCH", fmt.Sprintf("/api/acme/group/%v", group), `{"name":"South"}`)
	driver := data(w.want(201, "POST", "/api/acme/driver", `{"name":"Ada","phone":"123"}`))["id"]
	w.want(200, "PATCH", fmt.Sprintf("/api/acme/driver/%v", driver), `{"phone":"456","ibutton":"A"}`)
	w.want(201, "POST", fmt.Sprintf("/api/acme/driver/%v/assignment", driver), fmt.Sprintf(`{"asset_id":%v,"from":"2026-01-01T00:00:00Z"}`, asset))
	beacon := data(w.want(201, "POST", "/api/acme/beacon", `{"identity":"b"}`))["id"]
	w.want(200, "PATCH", fmt.Sprintf("/api/acme/beacon/%v", beacon), `{"name":"Box"}`)
	w.want(204, "DELETE", fmt.Sprintf("/api/acme/beacon/%v", beacon), "")
	w.want(204, "DELETE", fmt.Sprintf("/api/acme/driver/%v", driver), "")
	w.want(204, "DELETE", fmt.Sprintf("/api/acme/asset/%v", asset), "")
	w.want(404, "DELETE", fmt.Sprintf("/api/acme/asset/%v", asset), "")
	want := []string{
		`asset.created Van {}`,
		`asset.updated Van 2 {"name":"Van → Van 2"}`,
		`asset.imported  {"created":"1","updated":"1"}`,
		`group.renamed South {"assets":"1","limits":"0","name":"North → South"}`,
		`driver.created Ada {}`,
		`driver.updated Ada {"ibutton":" → 00000000000A","phone":"changed"}`,
		fmt.Sprintf(`driver.assigned Ada {"asset":"%v","from":"2026-01-01T00:00:00Z"}`, asset),
		`beacon.created b {}`,
		`beacon.updated Box {"name":"b → Box"}`,
		`beacon.deleted Box {}`,
		`driver.deleted Ada {}`,
		`asset.deleted Van 2 {}`,
	}
	if diff := cmp.Diff(want, w.recorded()); diff != "" {
		t.Error(diff)
	}
}
