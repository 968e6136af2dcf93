package fleet_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/testkit"
)

func testAssetLife(t *testing.T, w *world) {
	answer, content := w.call("POST", "/api/acme/asset", `{"name":"  Van 12 ","group":"North","registration":"B-YP 1","vin":null,"tracker":"imei-1"}`)
	if answer.Code != http.StatusCreated {
		t.Fatalf("create: %d %s", answer.Code, answer.Body)
	}
	data := content["data"].(map[string]any)
	path := fmt.Sprintf("/api/acme/asset/%v", data["id"])
	if got, want := answer.Header().Get("Location"), publicURL+path; got != want {
		t.Errorf("Location %q, want %q", got, want)
	}
	want := map[string]any{"id": data["id"], "name": "Van 12", "type": "vehicle", "group": "North", "registration": "B-YP 1", "vin": nil,
		"tracker": "imei-1", "created_at": data["created_at"], "updated_at": data["created_at"], "status": "unavailable", "position": nil,
		"odometer": nil, "engine_hours": nil, "driver_id": nil}
	if diff := cmp.Diff(want, data); diff != "" {
		t.Errorf("created: %s", diff)
	}
	if created := data["created_at"].(string); !strings.HasSuffix(created, "Z") {
		t.Errorf("created_at %s is not UTC", created)
	}
	if diff := cmp.Diff(content, w.want(200, "GET", path, "")); diff != "" {
		t.Errorf("read: %s", diff)
	}
	changed := w.want(200, "PATCH", path, `{"name":"Van 13","group":null,"registration":"","vin":"V1"}`)["data"].(map[string]any)
	want["name"], want["group"], want["registration"], want["vin"], want["updated_at"] = "Van 13", nil, nil, "V1", changed["updated_at"]
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("changed: %s", diff)
	}
	if same := w.want(200, "PATCH", path, `{}`)["data"]; cmp.Diff(any(changed), same) != "" {
		t.Errorf("a change of nothing: %v", same)
	}
	if got := w.want(200, "PATCH", path, `{"type":null}`)["data"].(map[string]any)["type"]; got != "vehicle" {
		t.Errorf("a cleared type is %v", got)
	}
	if answer, _ := w.call("DELETE", path, ""); answer.Code != http.StatusNoContent || answer.Body.Len() > 0 {
		t.Errorf("delete: %d %q", answer.Code, answer.Body)
	}
	if len(w.trails.purged) != 1 {
		t.Errorf("positions of %v were purged", w.trails.purged)
	}
	for _, method := range []string{"GET", "DELETE"} {
		w.want(404, method, path, "")
	}
}

func testWhatIsNotTheCallersIsAlike(t *testing.T, w *world) {
	theirs := w.create(w.other, fleet.Draft{Name: "Theirs"}).ID
	want := map[string]any{"message": "Asset not found."}
	for _, id := range []string{fmt.Sprint(theirs), "999999", "0", "-1", "007", "+1", "abc", "1.5", "99999999999999999999", "%20", "1%2F2"} {
		for method, body := range map[string]string{"GET": "", "PATCH": `{"name":"Mine now"}`, "DELETE": ""} {
			if diff := cmp.Diff(want, w.want(404, method, "/api/acme/asset/"+id, body)); diff != "" {
				t.Errorf("%s %s: %s", method, id, diff)
			}
		}
	}
	if found, err := w.service.Find(t.Context(), w.other, theirs); err != nil || found.Name != "Theirs" {
		t.Errorf("the other account's asset: %+v, %v", found, err)
	}
}

func testAssetValidation(t *testing.T, w *world) {
	w.create(w.acme, fleet.Draft{Name: "First", Tracker: "imei-1"})
	w.create(w.other, fleet.Draft{Name: "Theirs", Tracker: "imei-2"})
	for _, test := range []struct{ body, field, message string }{
		{`{}`, "name", "The name field is required."},
		{`{"name":"   "}`, "name", "The name field is required."},
		{`{"name":"` + strings.Repeat("é", 201) + `"}`, "name", "The name field must not be longer than 200 characters."},
		{`{"name":"a\u0000b"}`, "name", "The name field must not contain control characters."},
		{`{"name":"a","type":"Big Truck"}`, "type", "The type field may contain lower-case letters, digits, hyphens and underscores only."},
		{`{"name":"a","tracker":"a b"}`, "tracker", "The tracker field may contain printable ASCII characters without spaces only."},
		{`{"name":"a","tracker":" imei-1 "}`, "tracker", "The tracker has already been taken."},
		{`{"name":"a","vin":"` + strings.Repeat("1", 33) + `"}`, "vin", "The vin field must not be longer than 32 characters."},
		{`{"name":"a","vin":1}`, "vin", ""},
		{`{"name":"a","nmae":"b"}`, "nmae", ""},
	} {
		content := w.want(422, "POST", "/api/acme/asset", test.body)
		messages, _ := content["errors"].(map[string]any)[test.field].([]any)
		if len(messages) != 1 || (test.message != "" && messages[0] != test.message) {
			t.Errorf("%s: %v", test.body, content)
		}
	}
	content := w.want(422, "POST", "/api/acme/asset", `{"name":"","group":"a\nb"}`)
	if content["message"] != "The name field is required. (and 1 more error)" {
		t.Errorf("two errors: %v", content)
	}
	// The same tracker in another account is another tracker; one can be kept, and none is no tracker.
	mine := w.create(w.acme, fleet.Draft{Name: "Second", Tracker: "imei-2"})
	path := fmt.Sprintf("/api/acme/asset/%d", mine.ID)
	w.want(200, "PATCH", path, `{"tracker":"imei-2"}`)
	w.want(422, "PATCH", path, `{"tracker":"imei-1"}`)
	w.want(422, "PATCH", path, `{"name":null}`)
	for range 2 {
		w.want(201, "POST", "/api/acme/asset", `{"name":"No tracker","tracker":""}`)
	}
	w.want(400, "POST", "/api/acme/asset", `{"name":`)
}

func names(content map[string]any) []string {
	list := []string{}
	for _, asset := range content["data"].([]any) {
		list = append(list, asset.(map[string]any)["name"].(string))
	}
	return list
}

func testListFiltersAndSorts(t *testing.T, w *world) {
	for _, draft := range []fleet.Draft{
		{Name: "beta", Type: "truck", Group: "North", Registration: "AB 1"},
		{Name: "Alpha", Group: "South", Registration: "100%", Tracker: "listed-1"},
		{Name: "alpha_2", VIN: "v1"},
		{Name: "Älpha", Group: "North", Registration: `c\d`},
	} {
		w.create(w.acme, draft)
	}
	w.create(w.other, fleet.Draft{Name: "Theirs", Group: "North"})
	for query, want := range map[string][]string{
		"":                       {"beta", "Alpha", "alpha_2", "Älpha"},
		"sort=-id":               {"Älpha", "alpha_2", "Alpha", "beta"},
		"sort=name":              {"Alpha", "alpha_2", "beta", "Älpha"},
		"sort=-name":             {"Älpha", "beta", "alpha_2", "Alpha"},
		"sort=group":             {"alpha_2", "beta", "Älpha", "Alpha"},
		"sort=-group":            {"Alpha", "Älpha", "beta", "alpha_2"},
		"sort=registration":      {"alpha_2", "Alpha", "beta", "Älpha"},
		"group=North":            {"beta", "Älpha"},
		"group=North&type=truck": {"beta"},
		"registration=AB+1":      {"beta"},
		"vin=v1":                 {"alpha_2"},
		"tracker=listed-1":       {"Alpha"},
		"tracker=listed":         {},
		"search=ALPHA":           {"Alpha", "alpha_2"},
		"search=ab":              {"beta"},
		"search=_":               {"alpha_2"},
		"search=%25":             {"Alpha"},
		`search=%5C`:             {"Älpha"},
		"search=%C3%84lp":        {"Älpha"},
		"search=%C3%A4lp":        {},
		"search=%27%20OR%201":    {},
	} {
		if diff := cmp.Diff(want, names(w.want(200, "GET", "/api/acme/asset?"+query, ""))); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	for _, query := range []string{"sort=account_id", "sort=name;--", "page=0", "per_page=501", "colour=red"} {
		w.want(422, "GET", "/api/acme/asset?"+query, "")
	}
}

func testListPages(t *testing.T, w *world) {
	for i := range 7 {
		w.create(w.acme, fleet.Draft{Name: fmt.Sprint("Van ", i), Group: "A&B"})
	}
	w.trails.asked = 0
	content := w.want(200, "GET", "/api/acme/asset?per_page=3&page=2&sort=-name&group=A%26B", "")
	if w.trails.asked != 1 {
		t.Errorf("a page asked %d times for last positions", w.trails.asked)
	}
	if diff := cmp.Diff([]string{"Van 3", "Van 2", "Van 1"}, names(content)); diff != "" {
		t.Error(diff)
	}
	meta := map[string]any{"current_page": 2., "from": 4., "to": 6., "last_page": 3., "per_page": 3., "total": 7.}
	if diff := cmp.Diff(meta, content["meta"]); diff != "" {
		t.Error(diff)
	}
	next := content["links"].(map[string]any)["next"].(string)
	rest, ok := strings.CutPrefix(next, publicURL+"/api/acme/asset?")
	if query, err := url.ParseQuery(rest); !ok || err != nil || query.Get("group") != "A&B" || query.Get("page") != "3" {
		t.Errorf("next: %s", next)
	}
	if diff := cmp.Diff([]string{"Van 0"}, names(w.want(200, "GET", strings.TrimPrefix(next, publicURL), ""))); diff != "" {
		t.Error(diff)
	}
	if got := names(w.want(200, "GET", "/api/acme/asset?page=9", "")); len(got) != 0 {
		t.Errorf("past the end: %v", got)
	}
}

func TestDescription(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t))
	doc, err := w.router.OpenAPI(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"in":"path","name":"id","required":true,"schema":{"format":"int64","type":"integer"}`,
		`"anyOf":[{"$ref":"#/components/schemas/Position"},{"type":"null"}]`, `"201":`, `"registration":{"description":"Up to 32 characters.","examples":["B-YP 1234"],"type":["string","null"]}`} {
		if !strings.Contains(string(doc), want) {
			t.Errorf("the description lacks %s\n%s", want, doc)
		}
	}
}
