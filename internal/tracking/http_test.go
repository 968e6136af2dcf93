package tracking

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

func testCreateReadUpdateDelete(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	van, truck := w.asset(""), w.asset("")
	until := w.now().Add(time.Hour).UTC().Format(time.RFC3339)
	made := data(w.want(201, "POST", all, fmt.Sprintf(`{"name":" Delivery ","asset_ids":[%d,%d,%d],"until":%q,"pin":"1234","show":"arrival","destination":{"name":"Harbour","latitude":52.5,"longitude":13.5}}`,
		truck, van, van, until)))
	if made["name"] != "Delivery" || fmt.Sprint(made["asset_ids"]) != fmt.Sprint([]int64{van, truck}) || made["access"] != "pin" || made["status"] != "active" ||
		made["until"] != until || made["created_by"] != 7.0 || made["revoked_at"] != nil || made["pin"] != nil {
		t.Errorf("made %v", made)
	}
	one := fmt.Sprint(all, "/", made["id"])
	if read := data(w.want(200, "GET", one, "")); fmt.Sprint(read) != fmt.Sprint(made) {
		t.Errorf("read %v, made %v", read, made)
	}
	changed := data(w.want(200, "PATCH", one, `{"name":"Other","show":"trail","pin":null}`))
	if changed["name"] != "Other" || changed["access"] != "open" || changed["destination"] != nil || changed["url"] != made["url"] {
		t.Errorf("changed %v", changed)
	}
	if same := data(w.want(200, "PATCH", one, `{"name":"Other"}`)); fmt.Sprint(same) != fmt.Sprint(changed) {
		t.Errorf("a change of nothing: %v", same)
	}
	list := w.want(200, "GET", all+fmt.Sprintf("?asset_id=%d&sort=-name", truck), "")
	if rows := list["data"].([]any); len(rows) != 1 || fmt.Sprint(rows[0]) != fmt.Sprint(changed) {
		t.Errorf("list %v", list)
	}
	if rows := w.want(200, "GET", all+"?asset_id=999999", "")["data"].([]any); len(rows) != 0 {
		t.Errorf("list of another asset: %v", rows)
	}
	for _, path := range []string{"/api/other/tracking-link/" + fmt.Sprint(made["id"]), all + "/999999", all + "/0", all + "/x"} {
		for _, c := range [][3]string{{"GET", "", ""}, {"PATCH", "", `{"name":"x"}`}, {"DELETE", "", ""}, {"POST", "/revoke", ""}} {
			if got := w.want(404, c[0], path+c[1], c[2])["message"]; got != "Tracking link not found." {
				t.Errorf("%s %s: %v", c[0], path, got)
			}
		}
	}
	// A viewer sees which links there are, and can't hand them on.
	w.gate.role = bearer.Viewer
	if read := data(w.want(200, "GET", one, "")); read["url"] != nil {
		t.Errorf("a viewer reads %v", read["url"])
	}
	w.gate.role = bearer.Manager
	revoked := data(w.want(200, "POST", one+"/revoke", ""))
	if revoked["status"] != "revoked" || revoked["revoked_at"] == nil {
		t.Errorf("revoked %v", revoked)
	}
	if again := data(w.want(200, "POST", one+"/revoke", "")); fmt.Sprint(again) != fmt.Sprint(revoked) {
		t.Errorf("revoked again %v", again)
	}
	w.want(409, "PATCH", one, `{"name":"Back"}`)
	w.want(204, "DELETE", one, "")
	w.want(404, "GET", one, "")
	var events int
	w.must(db.Read().QueryRow(`SELECT COUNT(*) FROM audit_events WHERE account_id = $1 AND action LIKE 'tracking_link.%'`, w.acme).Scan(&events))
	if events != 4 {
		t.Errorf("%d audit events", events)
	}
	// Who may not read positions may not publish them.
	w.gate.scopes, _ = bearer.ParseScopes("write:assets")
	if got := w.want(403, "POST", all, fmt.Sprintf(`{"name":"a","asset_ids":[%d],"until":%q}`, van, until)); got["error"] != "insufficient_scope" {
		t.Errorf("%v", got)
	}
}

func testConditions(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	path, _ := w.link("", w.asset(""))
	testkit.Conditions(t, w.router, path, `{"name":"Link %d"}`)
}

func testLimitedMembers(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	north, south := w.asset("North"), w.asset("South")
	both, _ := w.link("", north, south)
	mine, _ := w.link("", north)
	w.gate.part = &bearer.Part{Groups: []string{"North"}}
	w.want(404, "GET", both, "")
	w.want(404, "PATCH", both, `{"name":"x"}`)
	w.want(404, "POST", both+"/revoke", "")
	w.want(404, "DELETE", both, "")
	if rows := w.want(200, "GET", all, "")["data"].([]any); len(rows) != 1 {
		t.Errorf("%d links", len(rows))
	}
	w.want(200, "GET", mine, "")
	until := w.now().Add(time.Hour).Format(time.RFC3339)
	for _, foreign := range []int64{south, 999_999} {
		got := w.want(422, "POST", all, fmt.Sprintf(`{"name":"x","asset_ids":[%d],"until":%q}`, foreign, until))
		if fmt.Sprint(got["errors"]) != fmt.Sprintf("map[asset_ids:[The asset %d was not found.]]", foreign) {
			t.Errorf("%v", got)
		}
		w.want(422, "PATCH", mine, fmt.Sprintf(`{"asset_ids":[%d]}`, foreign))
	}
	w.want(200, "PATCH", mine, `{"name":"Mine"}`)
	w.gate.part = &bearer.Part{}
	w.want(404, "GET", mine, "")
}

func TestRefused(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t))
	asset := w.asset("")
	soon := w.now().Add(time.Hour).Format(time.RFC3339)
	for _, c := range []struct{ fields, field string }{
		{`"asset_ids":[A],"until":"U"`, "name"},
		{`"name":"` + strings.Repeat("x", 201) + `","asset_ids":[A],"until":"U"`, "name"},
		{`"name":"x","until":"U"`, "asset_ids"},
		{`"name":"x","asset_ids":[],"until":"U"`, "asset_ids"},
		{`"name":"x","asset_ids":null,"until":"U"`, "asset_ids"},
		{`"name":"x","asset_ids":[` + strings.Repeat("1,", 50) + `2],"until":"U"`, "asset_ids"},
		{`"name":"x","asset_ids":[A]`, "until"},
		{`"name":"x","asset_ids":[A],"until":null`, "until"},
		{`"name":"x","asset_ids":[A],"from":"2020-01-01T00:00:00Z","until":"2020-02-01T00:00:00Z"`, "until"},
		{`"name":"x","asset_ids":[A],"from":"2020-01-01T00:00:00Z","until":"U"`, "until"},
		{`"name":"x","asset_ids":[A],"from":"0001-01-01T00:00:00Z","until":"U"`, "from"},
		{`"name":"x","asset_ids":[A],"until":"U","pin":"123"`, "pin"},
		{`"name":"x","asset_ids":[A],"until":"U","pin":"1234567890123"`, "pin"},
		{`"name":"x","asset_ids":[A],"until":"U","pin":"12 34"`, "pin"},
		{`"name":"x","asset_ids":[A],"until":"U","pin":"１２３４"`, "pin"},
		{`"name":"x","asset_ids":[A],"until":"U","show":"all"`, "show"},
		{`"name":"x","asset_ids":[A],"until":"U","show":"arrival"`, "destination"},
		{`"name":"x","asset_ids":[A],"until":"U","destination":{"name":"a","latitude":1,"longitude":1}`, "destination"},
		{`"name":"x","asset_ids":[A],"until":"U","show":"arrival","destination":{"name":"","latitude":1,"longitude":1}`, "destination.name"},
		{`"name":"x","asset_ids":[A],"until":"U","colour":"red"`, "colour"},
	} {
		body := strings.NewReplacer("A", fmt.Sprint(asset), `"U"`, fmt.Sprintf("%q", soon)).Replace("{" + c.fields + "}")
		answer := w.want(422, "POST", all, body)
		if _, ok := answer["errors"].(map[string]any)[c.field]; !ok {
			t.Errorf("%.200s: %v", body, answer)
		}
		if c.field == "pin" && strings.Contains(fmt.Sprint(answer), "1234") {
			t.Errorf("the PIN is in the answer: %v", answer)
		}
	}
}

// What was announced carries no token, and a node that has the link in memory forgets it.
func testForTheLiveRoom(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	ctx := t.Context()
	van, truck := w.asset("", 1), w.asset("")
	path, token := w.link("", van, truck)
	shared, err := w.service.Shared(ctx, token)
	if err != nil || shared.AccountID != w.acme || fmt.Sprint(shared.Assets) != fmt.Sprint([]int64{van, truck}) || shared.Until.Sub(w.now()) > time.Hour {
		t.Errorf("%+v, %v", shared, err)
	}
	session := w.want(200, "POST", public(token)+"/session", `{}`)
	link, until, err := w.service.Session(ctx, session["token"].(string))
	if err != nil || link != token || session["expires_at"] != until.Format(time.RFC3339) || until.Sub(w.now()) > sessionLasts || session["channel"] != "private-tracking."+token {
		t.Errorf("%s until %s, %v; %v", link, until, err, session)
	}
	var heard []string
	w.service.Changed(func(hash string) { heard = append(heard, hash) })
	w.must(w.fleet.Delete(ctx, w.acme, truck))
	if shared, err := w.service.Shared(ctx, token); err != nil || fmt.Sprint(shared.Assets) != fmt.Sprint([]int64{van}) {
		t.Errorf("after an asset is gone: %+v, %v", shared, err)
	}
	w.want(200, "POST", path+"/revoke", "")
	if got := strings.Join(heard, ","); got != ","+w.service.Hash(token) {
		t.Errorf("heard %q", got)
	}
	if _, err := w.service.Shared(ctx, token); err == nil || err.Error() != "Tracking link not found." {
		t.Errorf("revoked, and shared: %v", err)
	}
	if _, _, err := w.service.Session(ctx, session["token"].(string)); err == nil {
		t.Error("revoked, and the session goes on")
	}
}
