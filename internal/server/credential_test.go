package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/server"
)

// call sends JSON with a bearer token.
func (w *world) call(n *node, method, path, token string, body any) answer {
	w.t.Helper()
	text := ""
	if body != nil {
		b, err := json.Marshal(body)
		must(w.t, err)
		text = string(b)
	}
	return w.do(n, method, path, http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}, text)
}

// want checks a status and returns the record of the answer.
func (w *world) want(status int, what string, a answer) map[string]any {
	w.t.Helper()
	if a.status != status {
		w.t.Fatalf("%s: %d %s, want %d", what, a.status, a.body, status)
	}
	record, _ := a.json["data"].(map[string]any)
	return record
}

// key makes an API key of a member, for calls in their name.
func (w *world) key(accountID, userID int64, scopes bearer.Scopes) string {
	w.t.Helper()
	_, text, err := w.node.Rooms.Credentials.CreateKey(context.Background(), credential.Key{AccountID: accountID, UserID: userID, Name: "test", Scopes: scopes})
	must(w.t, err)
	w.secrets = append(w.secrets, text)
	return text
}

const acmeClients = "/api/acme-logistics/client"

// TestClientLife: a client is made, used, rotated and deleted over the API, and the audit log tells of it.
func TestClientLife(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		admin := w.key(w.acme.account.ID, w.acme.adminID, bearer.AllScopes)
		made := w.want(201, "create", w.call(w.node, "POST", acmeClients, admin, map[string]any{"name": "Planner", "scopes": []string{"read:assets"}, "token_lifetime": 3600}))
		id, first := made["client_id"].(string), made["client_secret"].(string)
		w.secrets = append(w.secrets, first)
		if made["token_lifetime"] != 3600.0 || fmt.Sprint(made["scopes"]) != "[read:assets]" || !strings.HasPrefix(made["made_by"].(string), "key:") {
			t.Errorf("made %v", made)
		}
		text := w.token(w.node, id, first, "")
		if a := w.get(w.node, "/api/acme-logistics/asset", text); a.status != 200 {
			t.Errorf("its token: %d", a.status)
		}

		second := w.want(201, "second secret", w.call(w.node, "POST", acmeClients+"/"+id+"/secret", admin, nil))
		w.secrets = append(w.secrets, second["client_secret"].(string))
		if a := w.call(w.node, "POST", acmeClients+"/"+id+"/secret", admin, nil); a.status != 409 {
			t.Errorf("a third secret: %d %s", a.status, a.body)
		}
		w.token(w.node, id, first, "")
		w.token(w.node, id, second["client_secret"].(string), "")
		shown := w.want(200, "read", w.call(w.node, "GET", acmeClients+"/"+id, admin, nil))
		secrets := shown["secrets"].([]any)
		if _, leaked := shown["client_secret"]; leaked || len(secrets) != 2 {
			t.Errorf("shown %v", shown)
		}
		old := fmt.Sprint(int64(secrets[0].(map[string]any)["id"].(float64)))
		w.want(204, "delete the old", w.call(w.node, "DELETE", acmeClients+"/"+id+"/secret/"+old, admin, nil))
		if a := w.post(w.node, "/oauth/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {first}}, nil); a.status != 401 {
			t.Errorf("the old secret: %d", a.status)
		}

		w.want(200, "patch", w.call(w.node, "PATCH", acmeClients+"/"+id, admin, map[string]any{"name": "Planner 2", "token_lifetime": nil, "scopes": []string{"read:trips"}}))
		scopeMissing("read:assets").check(t, "a scope that the client lost", w.get(w.node, "/api/acme-logistics/asset", text))
		w.want(204, "delete", w.call(w.node, "DELETE", acmeClients+"/"+id, admin, nil))
		revoked.check(t, "a deleted client's token", w.get(w.node, "/api/user", text))
		w.want(404, "read a deleted one", w.call(w.node, "GET", acmeClients+"/"+id, admin, nil))

		log := w.call(w.node, "GET", "/api/acme-logistics/audit?subject="+id, admin, nil)
		var actions []string
		for _, e := range log.json["data"].([]any) {
			actions = append(actions, e.(map[string]any)["action"].(string))
		}
		if got, want := strings.Join(actions, " "), "client.deleted client.changed client.secret_deleted client.secret_created client.created"; got != want {
			t.Errorf("the log says %q, want %q", got, want)
		}
	})
}

// TestRotationUnderLoad: while a client has two secrets, and one is made and one deleted, no request of a program that
// uses a live one fails.
func TestRotationUnderLoad(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		other := w.startNode()
		id, first := w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: w.acme.adminID, Scopes: bearer.AllScopes})
		var current atomic.Value
		current.Store(first)
		stop := make(chan struct{})
		var failed, asked atomic.Int64
		var wait sync.WaitGroup
		for _, n := range []*node{w.node, other, w.node, other} {
			wait.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					// A program reads its secret and asks with it, one thing as far as the rotation is concerned: the old
					// one is deleted only once no program uses it.
					a := w.post(n, "/oauth/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {current.Load().(string)}}, nil)
					if asked.Add(1); a.status != 200 {
						failed.Add(1)
					}
				}
			})
		}
		admin := w.key(w.acme.account.ID, w.acme.adminID, bearer.AllScopes)
		for range 5 {
			before := w.want(200, "read", w.call(w.node, "GET", acmeClients+"/"+id, admin, nil))["secrets"].([]any)
			made := w.want(201, "rotate", w.call(w.node, "POST", acmeClients+"/"+id+"/secret", admin, nil))
			w.secrets = append(w.secrets, made["client_secret"].(string))
			current.Store(made["client_secret"].(string))
			time.Sleep(200 * time.Millisecond) // requests with the old one that are on their way arrive
			old := fmt.Sprint(int64(before[0].(map[string]any)["id"].(float64)))
			w.want(204, "delete", w.call(w.node, "DELETE", acmeClients+"/"+id+"/secret/"+old, admin, nil))
		}
		close(stop)
		wait.Wait()
		if failed.Load() > 0 || asked.Load() < 20 {
			t.Errorf("%d of %d requests failed", failed.Load(), asked.Load())
		}
	})
}

// TestNoStrongerCredential: what a credential makes can do no more than itself, from no more places, and no longer.
func TestNoStrongerCredential(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		ctx, creds := context.Background(), w.node.Rooms.Credentials
		soon := w.clock.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)
		home, err := bearer.ParseNetworks("127.0.0.0/8")
		must(t, err)
		_, weak, err := creds.CreateKey(ctx, credential.Key{AccountID: w.acme.account.ID, UserID: w.acme.adminID, Name: "weak",
			Scopes: mustScopes(t, "manage:credentials read:assets"), ExpiresAt: soon, Networks: home})
		must(t, err)
		w.secrets = append(w.secrets, weak)
		keys := "/api/acme-logistics/api-key"
		late := soon.Add(time.Hour).Format(time.RFC3339)
		for name, body := range map[string]map[string]any{
			"another scope": {"name": "x", "scopes": []string{"read:trips"}, "expires_at": soon},
			"write":         {"name": "x", "scopes": []string{"write:assets"}, "expires_at": soon},
			"longer":        {"name": "x", "expires_at": late},
			"for ever":      {"name": "x", "expires_at": nil},
			"elsewhere":     {"name": "x", "expires_at": soon, "allowed_networks": []string{"0.0.0.0/0"}},
		} {
			for _, path := range []string{keys, acmeClients} {
				if a := w.call(w.node, "POST", path, weak, body); a.status != 422 {
					t.Errorf("%s at %s: %d %s", name, path, a.status, a.body)
				}
			}
		}
		made := w.want(201, "a like one", w.call(w.node, "POST", keys, weak, map[string]any{"name": "like"}))
		w.secrets = append(w.secrets, made["key"].(string))
		if made["expires_at"] != soon.Format(time.RFC3339) || fmt.Sprint(made["scopes"]) != "[read:assets manage:credentials]" || fmt.Sprint(made["allowed_networks"]) != "[127.0.0.0/8]" {
			t.Errorf("made %v", made)
		}
		// Whoever makes a secret of a client can be the client.
		if a := w.call(w.node, "POST", acmeClients+"/"+w.acme.clientID+"/secret", weak, nil); a.status != 403 {
			t.Errorf("a secret of a stronger client: %d %s", a.status, a.body)
		}
		if a := w.call(w.node, "PATCH", acmeClients+"/"+w.acme.clientID, weak, map[string]any{"scopes": []string{"read:trips"}}); a.status != 422 {
			t.Errorf("scopes given to a client: %d %s", a.status, a.body)
		}
		// A client that reaches its owner's other accounts is its owner's alone.
		otherAdmin, err := w.node.Rooms.Accounts.AddMember(ctx, w.acme.account.ID, "", "second@acme-logistics.example", bearer.Admin)
		must(t, err)
		_, err = w.node.Rooms.Accounts.AddMember(ctx, w.globex.account.ID, "", "admin@acme-logistics.example", bearer.Viewer)
		must(t, err)
		wide, _ := w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: w.acme.adminID, Scopes: bearer.AllScopes, Reach: []int64{w.globex.account.ID}})
		second := w.key(w.acme.account.ID, otherAdmin, bearer.AllScopes)
		if a := w.call(w.node, "POST", acmeClients+"/"+wide+"/secret", second, nil); a.status != 403 {
			t.Errorf("a secret of another's widened client: %d %s", a.status, a.body)
		}
	})
}

// TestKeysOfMembers: a viewer has keys of their own and sees nobody else's; a key dies with its maker's membership.
func TestKeysOfMembers(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		ctx := context.Background()
		viewer, err := w.node.Rooms.Accounts.AddMember(ctx, w.acme.account.ID, "", "viewer@acme-logistics.example", bearer.Viewer)
		must(t, err)
		mine, admin := w.key(w.acme.account.ID, viewer, bearer.AllScopes), w.key(w.acme.account.ID, w.acme.adminID, bearer.AllScopes)
		keys := "/api/acme-logistics/api-key"
		count := func(token string) int { return len(w.call(w.node, "GET", keys, token, nil).json["data"].([]any)) }
		if count(mine) != 1 || count(admin) != 2 {
			t.Errorf("a viewer sees %d keys, an admin %d", count(mine), count(admin))
		}
		if a := w.call(w.node, "DELETE", keys+"/2", mine, nil); a.status != 404 || a.json["message"] != "API key not found." {
			t.Errorf("another's key: %d %s", a.status, a.body)
		}
		role.check(t, "a viewer's client", w.call(w.node, "POST", acmeClients, mine, map[string]any{"name": "x"}))
		made := w.want(201, "create", w.call(w.node, "POST", keys, mine, map[string]any{"name": "second"}))
		child := made["key"].(string)
		w.secrets = append(w.secrets, child)
		role.check(t, "a key of a viewer writes", w.call(w.node, "POST", "/api/acme-logistics/asset", child, map[string]any{"name": "x"}))
		w.want(204, "revoke", w.call(w.node, "DELETE", fmt.Sprintf("%s/%.0f", keys, made["id"]), admin, nil))
		revoked.check(t, "a revoked key", w.get(w.node, "/api/user", child))
		must(t, w.node.Rooms.Accounts.RemoveMember(ctx, w.acme.account.ID, viewer))
		revoked.check(t, "a removed member's key", w.get(w.node, "/api/user", mine))
	})
}

// TestPassport: the same keys in Laravel Passport's JSON.
func TestPassport(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		admin := w.key(w.acme.account.ID, w.acme.adminID, bearer.AllScopes)
		const path = "/oauth/personal-access-tokens"
		a := w.call(w.node, "POST", path, admin, map[string]any{"name": "Laptop", "scopes": []string{"read:assets"}})
		text, _ := a.json["accessToken"].(string)
		token, _ := a.json["token"].(map[string]any)
		w.secrets = append(w.secrets, text)
		if a.status != 200 || token["name"] != "Laptop" || token["revoked"] != false || token["user_id"] != float64(w.acme.adminID) || fmt.Sprint(token["scopes"]) != "[read:assets]" {
			t.Fatalf("created %d %s", a.status, a.body)
		}
		if a := w.get(w.node, "/api/acme-logistics/asset", text); a.status != 200 {
			t.Errorf("the key: %d", a.status)
		}
		list := w.call(w.node, "GET", path, admin, nil)
		if !strings.Contains(list.body, `"name":"Laptop"`) || strings.Contains(list.body, text) {
			t.Errorf("list %s", list.body)
		}
		for body, status := range map[string]int{`{"name":""}`: 422, `{}`: 422, `{"name":"x","scopes":["nonsense"]}`: 422, `[]`: 422, `nonsense`: 400} {
			got := w.do(w.node, "POST", path, http.Header{"Authorization": {"Bearer " + admin}}, body)
			if got.status != status {
				t.Errorf("%s: %d %s", body, got.status, got.body)
			}
		}
		w.want(204, "delete", w.call(w.node, "DELETE", path+"/"+token["id"].(string), admin, nil))
		revoked.check(t, "the deleted key", w.get(w.node, "/api/user", text))
		if list := w.call(w.node, "GET", path, admin, nil); strings.Contains(list.body, "Laptop") {
			t.Errorf("a revoked key is listed: %s", list.body)
		}
		for _, id := range []string{"999999", "x", "-1"} {
			w.want(404, "delete "+id, w.call(w.node, "DELETE", path+"/"+id, admin, nil))
		}
	})
}

// TestTerms: what an account asks of its credentials is in force at once, for those made before too where it can be.
func TestTerms(t *testing.T) {
	onBoth(t, func(c *server.Config) { c.RateLimit = 100_000 }, func(t *testing.T, w *world) {
		ctx := context.Background()
		terms := func(terms bearer.Terms) {
			t.Helper()
			must(t, w.node.Rooms.Accounts.Update(ctx, w.acme.account.ID, account.Settings{Name: "Acme", Terms: terms}))
		}
		networks := func(text string) bearer.Networks {
			n, err := bearer.ParseNetworks(text)
			must(t, err)
			return n
		}
		admin := w.key(w.acme.account.ID, w.acme.adminID, bearer.AllScopes)
		token := func() answer {
			return w.post(w.node, "/oauth/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {w.acme.clientID}, "client_secret": {w.acme.secret}}, nil)
		}
		terms(bearer.Terms{MaxTokenLifetime: time.Hour})
		if a := token(); a.json["expires_in"] != 3600.0 {
			t.Errorf("longest token lifetime: %s", a.body)
		}
		terms(bearer.Terms{RateLimit: 7})
		if a := w.get(w.node, "/api/user", admin); a.header.Get("X-RateLimit-Limit") != "7" {
			t.Errorf("the account's rate limit: %v", a.header)
		}
		terms(bearer.Terms{Networks: networks("203.0.113.0/24")})
		if a := w.get(w.node, "/api/user", admin); a.status != 403 || a.json["message"] != "Requests from this address are not allowed." {
			t.Errorf("a foreign address: %d %s", a.status, a.body)
		}
		if a := token(); a.status != 401 || a.json["error"] != "invalid_client" {
			t.Errorf("a token from a foreign address: %d %s", a.status, a.body)
		}
		terms(bearer.Terms{RequireExpiry: true, MaxKeyLifetime: 48 * time.Hour})
		if a := w.call(w.node, "POST", acmeClients, admin, map[string]any{"name": "x"}); a.status != 422 {
			t.Errorf("a client without expiry: %d %s", a.status, a.body)
		}
		keys := "/api/acme-logistics/api-key"
		made := w.want(201, "the default", w.call(w.node, "POST", keys, admin, map[string]any{"name": "x"}))
		w.secrets = append(w.secrets, made["key"].(string))
		if expires, err := time.Parse(time.RFC3339, made["expires_at"].(string)); err != nil || expires.Sub(w.clock.Now()) > 48*time.Hour {
			t.Errorf("the default expires %v", made["expires_at"])
		}
		if a := w.call(w.node, "POST", keys, admin, map[string]any{"name": "x", "expires_at": w.clock.Now().Add(72 * time.Hour)}); a.status != 422 {
			t.Errorf("a key beyond the account's limit: %d %s", a.status, a.body)
		}
	})
}

// TestMemberRoutes: roles change over the API, and the account keeps an admin.
func TestMemberRoutes(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		bob, err := w.node.Rooms.Accounts.AddMember(context.Background(), w.acme.account.ID, "Bob", "bob@acme-logistics.example", bearer.Viewer)
		must(t, err)
		admin, bobs := w.key(w.acme.account.ID, w.acme.adminID, bearer.AllScopes), w.key(w.acme.account.ID, bob, bearer.AllScopes)
		const all = "/api/acme-logistics/member"
		one := fmt.Sprintf("%s/%d", all, bob)
		role.check(t, "a viewer lists members", w.call(w.node, "GET", all, bobs, nil))
		if a := w.call(w.node, "GET", all, admin, nil); a.status != 200 || len(a.json["data"].([]any)) != 2 {
			t.Errorf("list: %d %s", a.status, a.body)
		}
		got := w.want(200, "change", w.call(w.node, "PATCH", one, admin, map[string]any{"role": "manager", "limited_to": map[string]any{"groups": []string{"North"}, "assets": []int{}}}))
		if got["role"] != "manager" || fmt.Sprint(got["limited_to"]) != "map[assets:[] groups:[North]]" {
			t.Errorf("changed %v", got)
		}
		got = w.want(200, "clear", w.call(w.node, "PATCH", one, admin, map[string]any{"limited_to": nil}))
		if got["role"] != "manager" || got["limited_to"] != nil {
			t.Errorf("cleared %v", got)
		}
		weak := w.key(w.acme.account.ID, w.acme.adminID, mustScopes(t, "manage:credentials"))
		for _, a := range []answer{w.call(w.node, "PATCH", one, weak, map[string]any{"role": "admin"}),
			w.call(w.node, "POST", all, weak, map[string]any{"email": "eve@example.com", "role": "admin"})} {
			if a.status != 403 {
				t.Errorf("a weak credential appoints: %d %s", a.status, a.body)
			}
		}
		invited := w.want(201, "invite", w.call(w.node, "POST", all, admin, map[string]any{"email": "eve@example.com", "role": "viewer"}))
		if link, _ := invited["invitation_url"].(string); !strings.HasPrefix(link, "https://iot.example/invite#") {
			t.Errorf("invited %v", invited)
		} else {
			w.secrets = append(w.secrets, strings.TrimPrefix(link, "https://iot.example/invite#"))
		}
		list := w.call(w.node, "GET", "/api/acme-logistics/invitation", admin, nil).json["data"].([]any)
		if len(list) != 1 || list[0].(map[string]any)["email"] != "eve@example.com" {
			t.Errorf("invitations %v", list)
		}
		w.want(204, "revoke the invitation", w.call(w.node, "DELETE", fmt.Sprintf("/api/acme-logistics/invitation/%.0f", list[0].(map[string]any)["id"]), admin, nil))
		if a := w.call(w.node, "PATCH", one, admin, map[string]any{"role": "king"}); a.status != 422 {
			t.Errorf("an unknown role: %d %s", a.status, a.body)
		}
		for _, method := range []string{"PATCH", "DELETE"} {
			a := w.call(w.node, method, fmt.Sprintf("%s/%d", all, w.acme.adminID), admin, map[string]any{"role": "viewer"})
			if a.status != 409 {
				t.Errorf("%s the last admin: %d %s", method, a.status, a.body)
			}
		}
		w.want(404, "a stranger", w.call(w.node, "PATCH", fmt.Sprintf("%s/%d", all, w.globex.adminID), admin, map[string]any{"role": "viewer"}))
		w.want(204, "remove", w.call(w.node, "DELETE", one, admin, nil))
		revoked.check(t, "the removed member's key", w.get(w.node, "/api/user", bobs))
	})
}

// TestPart: a member who is limited to a part of the assets gets those alone; the others are as if they weren't there.
func TestPart(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		ctx := context.Background()
		admin := w.key(w.acme.account.ID, w.acme.adminID, bearer.AllScopes)
		const all = "/api/acme-logistics/asset"
		ids := map[string]string{}
		for _, a := range [][2]string{{"North 1", "North"}, {"South 1", "South"}, {"South 2", "South"}, {"Loose", ""}} {
			made := w.want(201, a[0], w.call(w.node, "POST", all, admin, map[string]any{"name": a[0], "group": a[1], "tracker": strings.ReplaceAll(a[0], " ", "-")}))
			ids[a[0]] = fmt.Sprint(int64(made["id"].(float64)))
		}
		bob, err := w.node.Rooms.Accounts.AddMember(ctx, w.acme.account.ID, "", "bob@acme-logistics.example", bearer.Manager)
		must(t, err)
		bobs := w.key(w.acme.account.ID, bob, bearer.AllScopes)
		var south2 int64
		_, err = fmt.Sscan(ids["South 2"], &south2)
		must(t, err)
		must(t, w.node.Rooms.Accounts.SetRole(ctx, w.acme.account.ID, bob, bearer.Manager, &bearer.Part{Groups: []string{"North"}, Assets: []int64{south2}}))
		names := func() (out string) {
			for _, a := range w.call(w.node, "GET", all+"?sort=name", bobs, nil).json["data"].([]any) {
				out += a.(map[string]any)["name"].(string) + "; "
			}
			return out
		}
		if got := names(); got != "North 1; South 2; " {
			t.Errorf("listed %s", got)
		}
		for _, hidden := range []string{"South 1", "Loose"} {
			for _, path := range []string{"", "/position", "/trail?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z"} {
				if a := w.call(w.node, "GET", all+"/"+ids[hidden]+path, bobs, nil); a.status != 404 || a.json["message"] != "Asset not found." {
					t.Errorf("%s%s: %d %s", hidden, path, a.status, a.body)
				}
			}
			for _, method := range []string{"PATCH", "DELETE"} {
				w.want(404, method+" "+hidden, w.call(w.node, method, all+"/"+ids[hidden], bobs, map[string]any{"group": "North"}))
			}
		}
		position := func(tracker string) map[string]any {
			return map[string]any{"tracker": tracker, "timestamp": w.clock.Now().Add(-time.Minute), "latitude": 35.9, "longitude": 14.5}
		}
		a := w.call(w.node, "POST", "/api/acme-logistics/position", bobs, []any{position("North-1"), position("South-1"), position("South-2")})
		if a.status != 200 || a.json["accepted"] != 2.0 || len(a.json["rejected"].([]any)) != 1 {
			t.Errorf("ingested %d %s", a.status, a.body)
		}
		for name, body := range map[string]map[string]any{"a foreign group": {"name": "x", "group": "South"}, "none": {"name": "x"}} {
			if a := w.call(w.node, "POST", all, bobs, body); a.status != 422 {
				t.Errorf("made in %s: %d %s", name, a.status, a.body)
			}
		}
		w.want(201, "made in the own group", w.call(w.node, "POST", all, bobs, map[string]any{"name": "North 2", "group": "North"}))
		if a := w.call(w.node, "PATCH", all+"/"+ids["North 1"], bobs, map[string]any{"group": "South"}); a.status != 422 {
			t.Errorf("moved away: %d %s", a.status, a.body)
		}
		must(t, w.node.Rooms.Accounts.SetRole(ctx, w.acme.account.ID, bob, bearer.Manager, nil))
		if got := names(); !strings.Contains(got, "South 1") {
			t.Errorf("the limit is gone, listed %s", got)
		}
	})
}
