package fleet_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

// counted are the groups that a list shows, with their assets.
func counted(content map[string]any) map[string]any {
	out := map[string]any{}
	for _, one := range content["data"].([]any) {
		g := one.(map[string]any)
		out[g["name"].(string)] = g["assets"]
	}
	return out
}

func testGroups(t *testing.T, w *world) {
	accounts := account.New(w.db, testkit.Audit(t, w.db), publicURL)
	member, err := accounts.AddMember(t.Context(), w.acme, "", "a@acme.example", bearer.Viewer)
	if err != nil {
		t.Fatal(err)
	}
	part := &bearer.Part{Groups: []string{"North", "West"}, Assets: []int64{99}}
	if err := accounts.SetRole(t.Context(), w.acme, member, bearer.Manager, part); err != nil {
		t.Fatal(err)
	}
	w.invite("b@acme.example", part)

	one := w.create(w.acme, fleet.Draft{Name: "One", Group: "North"})
	w.create(w.acme, fleet.Draft{Name: "Two", Group: "North"})
	w.create(w.acme, fleet.Draft{Name: "Three", Group: "South"})
	w.create(w.other, fleet.Draft{Name: "Theirs", Group: "Theirs"})
	empty := w.want(201, "POST", "/api/acme/group", `{"name":" East "}`)["data"].(map[string]any)
	w.want(422, "POST", "/api/acme/group", `{"name":"East"}`)
	w.want(422, "POST", "/api/acme/group", `{"name":"  "}`)
	list := w.want(200, "GET", "/api/acme/group?sort=name", "")
	if diff := cmp.Diff(map[string]any{"North": 2., "South": 1., "East": 0.}, counted(list)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"East", "North", "South"}, names(list)); diff != "" {
		t.Error(diff)
	}
	north := fmt.Sprintf("/api/acme/group/%v", list["data"].([]any)[1].(map[string]any)["id"])
	south := fmt.Sprintf("/api/acme/group/%v", list["data"].([]any)[2].(map[string]any)["id"])

	limited := w.as(part)
	if diff := cmp.Diff(map[string]any{"North": 2.}, counted(limited.want(200, "GET", "/api/acme/group", ""))); diff != "" {
		t.Error(diff)
	}
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		body := map[string]string{"PATCH": `{"name":"X"}`}[method]
		limited.want(404, method, south, body)
		w.want(404, method, "/api/other"+south[len("/api/acme"):], body)
	}
	limited.want(403, "PATCH", north, `{"name":"X"}`)
	limited.want(403, "DELETE", north, "")
	limited.want(403, "POST", "/api/acme/group", `{"name":"West"}`)

	// To rename: not to a name that is there, nor to one that a limit waits for.
	w.want(422, "PATCH", north, `{"name":"South"}`)
	w.want(422, "PATCH", south, `{"name":"West"}`)
	w.want(200, "PATCH", north, `{"name":"Far north"}`)
	if got := w.want(200, "GET", fmt.Sprintf("/api/acme/asset/%d", one.ID), "")["data"].(map[string]any)["group"]; got != "Far north" {
		t.Errorf("the asset is in %v", got)
	}
	want := bearer.Part{Groups: []string{"Far north", "West"}, Assets: []int64{99}}
	user, err := accounts.User(t.Context(), member)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&want, user.Memberships[0].Part); diff != "" {
		t.Errorf("the member's limit: %s", diff)
	}
	if diff := cmp.Diff(want, w.invited("b@acme.example")); diff != "" {
		t.Errorf("the invitation's limit: %s", diff)
	}

	w.want(409, "DELETE", north, "")
	w.want(204, "DELETE", fmt.Sprintf("/api/acme/group/%v", empty["id"]), "")
	w.want(200, "PATCH", fmt.Sprintf("/api/acme/asset/%d", one.ID), `{"group":"East"}`)
	if diff := cmp.Diff(map[string]any{"Far north": 1., "South": 1., "East": 1.}, counted(w.want(200, "GET", "/api/acme/group", ""))); diff != "" {
		t.Error(diff)
	}
}

// While a group is renamed back and forth and assets are put into it, every asset's group has its record.
func testRenameAtOnce(t *testing.T, w *world) {
	group, err := w.service.CreateGroup(t.Context(), w.acme, "A")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			asset, err := w.service.Create(t.Context(), w.acme, fleet.Draft{Name: "Van"})
			for range 5 {
				if err == nil {
					_, err = w.service.Update(t.Context(), w.acme, asset.ID, fleet.Change{Group: new([]string{"A", "B"}[i%2])})
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Go(func() {
		for i := range 8 {
			_, err := w.service.RenameGroup(t.Context(), w.acme, group.ID, []string{"B", "A"}[i%2], web.Precondition{})
			if err != nil && !fault.Is(err, fault.Invalid) { // the other name is there by now
				t.Error(err)
			}
		}
	})
	all.Wait()
	var lost int
	err = w.db.Read().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM assets a WHERE a.account_id = $1 AND a.group_name IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM asset_groups g WHERE g.account_id = a.account_id AND g.name = a.group_name)`, w.acme).Scan(&lost)
	if err != nil || lost > 0 {
		t.Errorf("%d assets are in groups without a record, %v", lost, err)
	}
}

// invite writes an invitation as the room of sessions does.
func (w *world) invite(email string, part *bearer.Part) {
	w.t.Helper()
	text, _ := json.Marshal(part)
	err := w.db.Tx(w.t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(w.t.Context(), `INSERT INTO links (kind, hash, account_id, email, name, role, limited_to, made_by, created_at, expires_at)
			VALUES ('invitation', $1, $2, $3, '', 'viewer', $4, 0, $5, $6)`, []byte(email), w.acme, email, string(text), w.db.Now(), w.db.Now()+1e6)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// invited is what an invitation is limited to.
func (w *world) invited(email string) (part bearer.Part) {
	w.t.Helper()
	var text string
	err := w.db.Read().QueryRowContext(w.t.Context(), `SELECT limited_to FROM links WHERE email = $1`, email).Scan(&text)
	if err == nil {
		err = json.Unmarshal([]byte(text), &part)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return part
}
