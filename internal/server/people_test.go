package server_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/testkit"
)

// TestRevocationReachesAll: a revoked key, a deleted secret and an ended session are refused on the next request here, and
// within a second on another node that knew them well.
func TestRevocationReachesAll(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		ctx, other := context.Background(), w.startNode()
		nodes := []*node{w.node, other}
		key, text, err := w.node.Rooms.Credentials.CreateKey(ctx, credential.Key{AccountID: w.acme.account.ID, UserID: w.acme.adminID, Name: "x", Scopes: bearer.AllScopes})
		must(t, err)
		id, first := w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: w.acme.adminID, Scopes: bearer.AllScopes})
		second, secretID, err := w.node.Rooms.Credentials.AddSecret(ctx, w.acme.account.ID, id)
		must(t, err)
		w.secrets = append(w.secrets, text, second)
		w.password(w.acme.adminID, "correct horse battery")
		cookie := w.signIn("admin@acme-logistics.example", "correct horse battery")
		tests := map[string]struct {
			ask    func(n *node) int
			good   int
			refuse int
			end    func() error
		}{
			"key": {func(n *node) int { return w.get(n, "/api/user", text).status }, 200, 401,
				func() error { return w.node.Rooms.Credentials.RevokeKey(ctx, w.acme.account.ID, key.ID) }},
			"secret": {func(n *node) int {
				return w.post(n, "/oauth/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {second}}, nil).status
			}, 200, 401, func() error { return w.node.Rooms.Credentials.DeleteSecret(ctx, w.acme.account.ID, id, secretID) }},
			"session": {func(n *node) int {
				return w.do(n, "GET", "/acme-logistics/", http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}}, "").status
			}, 200, 303, func() error { return w.node.Rooms.Sessions.SignOut(ctx, cookie.Value) }},
		}
		for name, tt := range tests {
			for _, n := range nodes {
				if got := tt.ask(n); got != tt.good {
					t.Errorf("%s before: %d", name, got)
				}
			}
			must(t, tt.end())
			if got := tt.ask(w.node); got != tt.refuse {
				t.Errorf("%s on the next request: %d", name, got)
			}
			w.within(name+" refused on the other node", func() bool { return tt.ask(other) == tt.refuse })
		}
		for _, n := range nodes {
			w.token(n, id, first, "") // the other secret goes on working
		}
	})
}

// TestUseAndRefusalsAreTold: requests and refusals reach the account's figures and its audit log, first uses too, and the
// chain of the log holds.
func TestUseAndRefusalsAreTold(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		ctx, rooms := context.Background(), w.node.Rooms
		good := w.token(w.node, w.acme.clientID, w.acme.secret, "read:assets")
		for range 3 {
			w.get(w.node, "/api/user", good)
		}
		w.get(w.node, "/api/globex/asset", good)           // not there, for all that it may know
		w.get(w.node, "/api/acme-logistics/api-key", good) // no scope
		for range 5 {
			w.post(w.node, "/oauth/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {w.acme.clientID}, "client_secret": {w.globex.secret}}, nil)
		}
		w.get(w.node, "/api/user", forge(good))
		if _, err := rooms.Sessions.SignIn(ctx, "admin@acme-logistics.example", "a wrong password"); err == nil {
			t.Error("a wrong password signs in")
		}
		must(t, rooms.Usage.Flush(ctx))
		must(t, rooms.Refusals.Flush(ctx))

		last, err := rooms.Usage.Last(ctx, w.acme.account.ID, []string{w.acme.clientID})
		must(t, err)
		if got := last[w.acme.clientID]; got.Day.Requests != 5 || got.Day.Refusals != 6 || got.IP != "127.0.0.1" || !strings.HasPrefix(got.UserAgent, "Go-http-client") {
			t.Errorf("the client's use: %+v", got)
		}
		var said []string
		tell := func(accountID int64) {
			events, _, err := rooms.Audit.List(ctx, accountID, audit.Filter{Limit: 100})
			must(t, err)
			for _, e := range events {
				said = append(said, fmt.Sprintf("%s %s ×%s", e.Action, e.Detail["reason"], e.Detail["times"]))
			}
		}
		tell(w.acme.account.ID)
		tell(audit.Installation)
		log := strings.Join(said, "\n")
		for _, want := range []string{"credential.first_used", "request.refused Client authentication failed ×5", "request.refused Invalid scope(s) provided. ×1",
			"request.refused The access token is invalid. ×1", "session.refused"} {
			if !strings.Contains(log, want) {
				t.Errorf("the log doesn't say %q:\n%s", want, log)
			}
		}
		reports, err := rooms.Audit.VerifyAll(ctx)
		must(t, err)
		for _, r := range reports {
			if r.Faults != 0 {
				t.Errorf("the chain of account %d is broken: %+v", r.AccountID, r.Broken)
			}
		}
	})
}

// TestExpiryIsTold: an account's admins get one letter about what expires soon, from whichever node looks first, and none
// about what doesn't, is dead, or was told of.
func TestExpiryIsTold(t *testing.T) {
	box := testkit.StartMail(t, testkit.MailOptions{})
	mailed := func(c *server.Config) {
		c.SMTPURL, c.MailFrom = "smtp://"+box.Address, "Yipii <noreply@iot.example>"
	}
	onBoth(t, mailed, func(t *testing.T, w *world) {
		ctx, creds := context.Background(), w.node.Rooms.Credentials
		_, err := w.node.Rooms.Accounts.AddMember(ctx, w.acme.account.ID, "", "viewer@acme-logistics.example", bearer.Viewer)
		must(t, err)
		soon, later := w.clock.Now().Add(5*24*time.Hour), w.clock.Now().Add(60*24*time.Hour)
		w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: w.acme.adminID, ExpiresAt: soon})
		for name, expires := range map[string]time.Time{"soon": soon, "later": later, "revoked": soon} {
			k, text, err := creds.CreateKey(ctx, credential.Key{AccountID: w.acme.account.ID, UserID: w.acme.adminID, Name: "key " + name, ExpiresAt: expires})
			must(t, err)
			w.secrets = append(w.secrets, text)
			if name == "revoked" {
				must(t, creds.RevokeKey(ctx, w.acme.account.ID, k.ID))
			}
		}
		w.get(w.node, "/healthz", "")
		w.startNode() // looks at once
		letter := box.Next(t)
		if letter.To != "admin@acme-logistics.example" || !strings.Contains(letter.Subject, "expire soon") {
			t.Errorf("a letter to %s about %s", letter.To, letter.Subject)
		}
		for text, wanted := range map[string]bool{`"test"`: true, "key soon": true, "key later": false, "key revoked": false, "https://iot.example/acme-logistics/access": true} {
			if strings.Contains(letter.Text, text) != wanted {
				t.Errorf("%q in the letter: want %t\n%s", text, wanted, letter.Text)
			}
		}
		w.startNode()
		time.Sleep(300 * time.Millisecond)
		if !box.Empty() {
			t.Error("the admins are told twice")
		}
	})
}
