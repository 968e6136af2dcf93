package server_test

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/token"
)

// TestRevocation: each way of losing access is in force on the next request here, and on another node within a second.
func TestRevocation(t *testing.T) {
	ctx := context.Background()
	type loss struct {
		name   string
		lose   func(w *world, clientID, text string) error
		want   refusal
		regain func(w *world, clientID string) error // nil: for good
	}
	losses := []loss{
		{"token", func(w *world, clientID, text string) error {
			p, err := w.node.Guard.Identify(ctx, text)
			must(w.t, err)
			return w.node.Rooms.Revocations.RevokeToken(ctx, p.TokenID, p.ExpiresAt)
		}, revoked, nil},
		{"client's tokens", func(w *world, clientID, _ string) error {
			return w.node.Rooms.Revocations.RevokeIssued(ctx, token.OfClient, clientID, 24*time.Hour)
		}, revoked, nil},
		{"user's tokens", func(w *world, _, _ string) error {
			return w.node.Rooms.Revocations.RevokeIssued(ctx, token.OfUser, strconv.FormatInt(w.acme.adminID, 10), 24*time.Hour)
		}, revoked, nil},
		{"account's tokens", func(w *world, _, _ string) error {
			return w.node.Rooms.Revocations.RevokeIssued(ctx, token.OfAccount, strconv.FormatInt(w.acme.account.ID, 10), 24*time.Hour)
		}, revoked, nil},
		{"client disabled", func(w *world, clientID, _ string) error {
			return w.node.Rooms.Credentials.Disable(ctx, w.acme.account.ID, clientID, true)
		}, revoked, func(w *world, clientID string) error {
			return w.node.Rooms.Credentials.Disable(ctx, w.acme.account.ID, clientID, false)
		}},
		{"client deleted", func(w *world, clientID, _ string) error {
			return w.node.Rooms.Credentials.Delete(ctx, w.acme.account.ID, clientID)
		}, revoked, nil},
		{"user suspended", func(w *world, _, _ string) error { return w.node.Rooms.Accounts.SuspendUser(ctx, w.acme.adminID, true) }, revoked,
			func(w *world, _ string) error { return w.node.Rooms.Accounts.SuspendUser(ctx, w.acme.adminID, false) }},
		{"account suspended", func(w *world, _, _ string) error {
			return w.node.Rooms.Accounts.SuspendAccount(ctx, w.acme.account.ID, true)
		}, revoked, func(w *world, _ string) error {
			return w.node.Rooms.Accounts.SuspendAccount(ctx, w.acme.account.ID, false)
		}},
		{"membership lost", func(w *world, _, _ string) error {
			if _, err := w.node.Rooms.Accounts.AddMember(ctx, w.acme.account.ID, "", "other@acme-logistics.example", bearer.Admin); err != nil {
				return err // the last admin can't be removed
			}
			return w.node.Rooms.Accounts.RemoveMember(ctx, w.acme.account.ID, w.acme.adminID)
		}, revoked, nil},
	}
	for _, l := range losses {
		t.Run(l.name, func(t *testing.T) {
			onBoth(t, nil, func(t *testing.T, w *world) {
				other := w.startNode()
				id, secret := w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: w.acme.adminID, Scopes: bearer.AllScopes})
				text := w.token(w.node, id, secret, "")
				bystander := w.token(w.node, w.globex.clientID, w.globex.secret, "")
				for _, n := range []*node{w.node, other} {
					if a := w.get(n, "/api/user", text); a.status != 200 {
						t.Fatalf("before: %d %s", a.status, a.body)
					}
				}
				must(t, l.lose(w, id, text))
				l.want.check(t, "next request", w.get(w.node, "/api/user", text))
				w.within("refused on the other node", func() bool { return w.get(other, "/api/user", text).status == l.want.status })
				l.want.check(t, "on the other node", w.get(other, "/api/user", text))
				if a := w.get(other, "/api/user", bystander); a.status != 200 {
					t.Errorf("a bystander was hit: %d %s", a.status, a.body)
				}
				third := w.startNode()
				l.want.check(t, "on a node that starts later", w.get(third, "/api/user", text))
				if l.regain != nil {
					must(t, l.regain(w, id))
					if a := w.get(w.node, "/api/user", text); a.status != 200 {
						t.Errorf("regained: %d %s", a.status, a.body)
					}
					w.within("good again on the other node", func() bool { return w.get(other, "/api/user", text).status == 200 })
				}
			})
		})
	}
}

// TestRevokedClientMayStartAnew: what is revoked is what was issued before, not what is issued next.
func TestRevokedClientMayStartAnew(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		old := w.token(w.node, w.acme.clientID, w.acme.secret, "")
		must(t, w.node.Rooms.Revocations.RevokeIssued(context.Background(), token.OfClient, w.acme.clientID, time.Hour))
		time.Sleep(2 * time.Millisecond)
		fresh := w.token(w.node, w.acme.clientID, w.acme.secret, "")
		revoked.check(t, "old", w.get(w.node, "/api/user", old))
		if a := w.get(w.node, "/api/user", fresh); a.status != 200 {
			t.Errorf("fresh: %d %s", a.status, a.body)
		}
	})
}

// TestSecretRotation: two secrets live at once, the old one dies, on both nodes.
func TestSecretRotation(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		ctx, clients := context.Background(), w.node.Rooms.Credentials
		other := w.startNode()
		w.token(other, w.acme.clientID, w.acme.secret, "") // the other node knows the client with one secret
		second, _, err := clients.AddSecret(ctx, w.acme.account.ID, w.acme.clientID)
		must(t, err)
		w.secrets = append(w.secrets, second)
		for _, n := range []*node{w.node, other} {
			w.token(n, w.acme.clientID, w.acme.secret, "")
			w.token(n, w.acme.clientID, second, "") // at once, on the other node too
		}
		if _, _, err := clients.AddSecret(ctx, w.acme.account.ID, w.acme.clientID); err == nil {
			t.Error("a third secret was made")
		}
		c, err := clients.Find(ctx, w.acme.account.ID, w.acme.clientID)
		must(t, err)
		must(t, clients.DeleteSecret(ctx, w.acme.account.ID, w.acme.clientID, c.Secrets[0].ID))
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {w.acme.clientID}, "client_secret": {w.acme.secret}}
		if a := w.post(w.node, "/oauth/token", form, nil); a.status != 401 {
			t.Errorf("deleted secret: %d", a.status)
		}
		w.within("the deleted secret is refused on the other node", func() bool { return w.post(other, "/oauth/token", form, nil).status == 401 })
		w.token(other, w.acme.clientID, second, "")
	})
}

// TestKeyRotation: a token of the old key stays good, the other node checks the new key's tokens at once, and signs
// with the new key within a second.
func TestKeyRotation(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		other := w.startNode()
		old := w.token(w.node, w.acme.clientID, w.acme.secret, "")
		key, err := w.node.Rooms.Keyring.Rotate(context.Background(), "EdDSA", 0, 365*24*time.Hour)
		must(t, err)
		fresh := w.token(w.node, w.acme.clientID, w.acme.secret, "")
		for _, n := range []*node{w.node, other} {
			for name, text := range map[string]string{"old": old, "fresh": fresh} {
				if a := w.get(n, "/api/user", text); a.status != 200 {
					t.Errorf("%s: %d %s", name, a.status, a.body)
				}
			}
		}
		w.within("published by the other node", func() bool {
			return strings.Contains(w.get(other, "/.well-known/jwks.json", "").body, key.KID)
		})
		if n := strings.Count(w.get(other, "/.well-known/jwks.json", "").body, `"kid"`); n != 2 {
			t.Errorf("%d keys are published, want the old and the new", n)
		}
		waiting, err := w.node.Rooms.Keyring.Rotate(context.Background(), "ES256", time.Hour, 365*24*time.Hour)
		must(t, err)
		if keys := w.node.Rooms.Keyring.List(); keys[0].KID != waiting.KID {
			t.Errorf("the newest key is %s", keys[0].KID)
		}
		// Rotating again supersedes the key that waits, and the one that signs goes on verifying for as long as it signs.
		later, err := w.node.Rooms.Keyring.Rotate(context.Background(), "ES256", 3*time.Hour, 365*24*time.Hour)
		must(t, err)
		for _, k := range w.node.Rooms.Keyring.List() {
			if k.KID == waiting.KID {
				t.Error("a key that waited is still there after another rotation")
			}
			if k.KID == key.KID && k.VerifiesUntil.Before(later.SignsFrom.Add(365*24*time.Hour)) {
				t.Errorf("the signing key verifies until %v, though its successor signs from %v only", k.VerifiesUntil, later.SignsFrom)
			}
		}
		for range 3 {
			if a := w.get(w.node, "/api/user", w.token(w.node, w.acme.clientID, w.acme.secret, "")); a.status != 200 {
				t.Errorf("with a waiting key: %d", a.status)
			}
			w.clock.Advance(2 * time.Hour)
			must(t, w.node.Rooms.DB.Sync(context.Background()))
		}
		w.clock.Advance(400 * 24 * time.Hour)
		must(t, w.node.Rooms.DB.Sync(context.Background()))
		if n := strings.Count(w.get(w.node, "/.well-known/jwks.json", "").body, `"kid"`); n != 1 {
			t.Errorf("%d keys are published after the old ones' time, want one", n)
		}
	})
}

// TestDatabaseOutage: what is known to be good goes on working, for the set time, which also shows that issuing and
// checking a token touches no table; what can't be decided is refused with 503.
func TestDatabaseOutage(t *testing.T) {
	cluster := testkit.StartPostgres(t, true)
	w := newWorld(t, cluster.URL("yipii"), func(c *server.Config) { c.OfflineGrace = time.Minute })
	stranger, strangerSecret := w.client(credential.NewClient{AccountID: w.globex.account.ID, OwnerID: w.globex.adminID, Scopes: bearer.AllScopes})
	must(t, w.node.Rooms.DB.Sync(context.Background())) // a change that is heard of later makes the node forget what it knows
	good := w.token(w.node, w.acme.clientID, w.acme.secret, "")
	if a := w.get(w.node, "/api/user", good); a.status != 200 {
		t.Fatal(a.status, a.body)
	}
	cluster.Stop()

	if a := w.get(w.node, "/api/user", good); a.status != 200 {
		t.Errorf("known token: %d %s", a.status, a.body)
	}
	fresh := w.token(w.node, w.acme.clientID, w.acme.secret, "")
	if a := w.get(w.node, "/api/user", fresh); a.status != 200 {
		t.Errorf("token issued without a database: %d %s", a.status, a.body)
	}
	unavailable := func(name string, a answer) {
		t.Helper()
		if a.status != 503 || a.header.Get("Retry-After") == "" || a.json["message"] == nil {
			t.Errorf("%s: %d %v %s", name, a.status, a.header, a.body)
		}
	}
	askAs := func(id, secret string) answer {
		return w.post(w.node, "/oauth/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}, nil)
	}
	unavailable("client that isn't known", askAs(stranger, strangerSecret))
	unavailable("wrong secret", askAs(w.acme.clientID, w.globex.secret))
	unavailable("data", w.get(w.node, "/api/acme-logistics/asset", good))
	if a := w.get(w.node, "/readyz", ""); a.status != 503 {
		t.Errorf("readyz: %d", a.status)
	}
	if a := w.get(w.node, "/healthz", ""); a.status != 200 {
		t.Errorf("healthz: %d", a.status)
	}
	w.clock.Advance(2 * time.Minute)
	unavailable("known token after the grace", w.get(w.node, "/api/user", good))
	unavailable("known client after the grace", askAs(w.acme.clientID, w.acme.secret))

	cluster.Restart()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if a := w.get(w.node, "/api/user", good); a.status == 200 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the node did not come back with its database")
		}
	}
	if a := askAs(stranger, strangerSecret); a.status != 200 {
		t.Errorf("after the outage: %d %s", a.status, a.body)
	} else {
		w.secrets = append(w.secrets, a.json["access_token"].(string))
	}
}
