package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/reporting"
	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/testkit"
)

const generate = "/api/v1/reports/generate"

// report asks a node for a report of acme's.
func (w *world) report(n *node, token, title string, assets ...int64) string {
	w.t.Helper()
	a := w.call(n, "POST", generate, token, map[string]any{"account_name": "acme-logistics", "type": "mileage", "format": "json", "title": title, "asset_ids": assets,
		"date_from": "2026-05-01", "date_to": "2026-05-31"})
	if a.status != 201 {
		w.t.Fatalf("no report: %d %s", a.status, a.body)
	}
	return a.json["id"].(string)
}

// reportDone waits until a report is completed.
func (w *world) reportDone(n *node, token, id string) {
	w.t.Helper()
	for range 400 {
		if a := w.get(n, "/api/v1/reports/"+id, token); a.json["status"] == reporting.Completed {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	w.t.Fatalf("the report is not completed within ten seconds: %s", w.get(n, "/api/v1/reports/"+id, token).body)
}

// TestEnteredAccounts walks the routes whose paths name no account, so that a new one joins by itself: a foreign account, one that
// doesn't exist, and a record of a foreign one are alike, and a role that may not is refused.
func TestEnteredAccounts(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		good := w.token(w.node, w.acme.clientID, w.acme.secret, "")
		w.asset(w.node, good, "acme-logistics", "Van 1")
		foreign := w.token(w.node, w.globex.clientID, w.globex.secret, "")
		driverID, err := w.node.Rooms.Accounts.AddMember(context.Background(), w.acme.account.ID, "Dan", "dan@acme.example", bearer.Driver)
		must(t, err)
		driverClient, driverSecret := w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: driverID, Scopes: bearer.AllScopes})
		driver := w.token(w.node, driverClient, driverSecret, "")
		report := w.report(w.node, good, "ours")
		made := w.call(w.node, "POST", "/api/v1/report-schedules", good, map[string]any{"name": "Ours", "type": "mileage", "format": "json", "every": "daily", "time": "06:00", "deliver": "webhook"})
		schedule := fmt.Sprint(made.json["data"].(map[string]any)["id"])

		walked := 0
		for _, rt := range w.node.Router.Routes() {
			if !rt.Access.Enters {
				continue
			}
			walked++
			ask := func(token, account string) answer {
				path, body := rt.Pattern, "{}"
				byRecord := strings.Contains(path, "{id}")
				switch {
				case byRecord && strings.Contains(path, "schedule"):
					path = strings.Replace(path, "{id}", schedule, 1)
				case byRecord:
					path = strings.Replace(path, "{id}", report, 1)
				}
				if rt.Method == http.MethodGet && !byRecord {
					path += "?account_name=" + account
				}
				if rt.Method == http.MethodPost && !byRecord || rt.Method == http.MethodPut {
					text, _ := json.Marshal(map[string]string{"account_name": account, "type": "", "format": "", "name": "", "every": "", "time": "", "deliver": ""})
					body = string(text)
					if strings.HasSuffix(path, "/generate") {
						body = fmt.Sprintf(`{"account_name":%q,"type":"","format":"","date_from":"","date_to":""}`, account)
					}
				}
				return w.do(w.node, rt.Method, path, http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}, body)
			}
			name := rt.Method + " " + rt.Pattern
			missing := `{"message":"Account not found."}`
			if strings.Contains(rt.Pattern, "{id}") {
				missing = `{"message":"Report not found."}`
				if strings.Contains(rt.Pattern, "schedule") {
					missing = `{"message":"Schedule not found."}`
				}
			}
			for what, a := range map[string]answer{"foreign": ask(foreign, "acme-logistics"), "unknown": ask(foreign, "no-such-account")} {
				if a.status != 404 || strings.TrimSpace(a.body) != missing {
					t.Errorf("%s, %s: %d %s", name, what, a.status, a.body)
				}
			}
			a := ask(driver, "acme-logistics")
			if strings.Contains(rt.Pattern, "{id}") {
				if a.status != 404 || strings.TrimSpace(a.body) != missing {
					t.Errorf("%s as a driver: %d %s", name, a.status, a.body)
				}
			} else {
				role.check(t, name+" as a driver", a)
			}
		}
		if walked < 10 {
			t.Errorf("only %d routes were walked", walked)
		}
		for _, path := range []string{"/api/v1/reports", "/api/v1/report-schedules"} {
			for who, token := range map[string]string{"another account": foreign, "a driver": driver} {
				if a := w.get(w.node, path, token); a.status != 200 || len(a.json["data"].([]any)) != 0 {
					t.Errorf("%s for %s: %d %s", path, who, a.status, a.body)
				}
			}
			if a := w.get(w.node, path, good); len(a.json["data"].([]any)) != 1 {
				t.Errorf("%s: %s", path, a.body)
			}
		}
		// A viewer reads, and asks for nothing.
		viewerID, err := w.node.Rooms.Accounts.AddMember(context.Background(), w.acme.account.ID, "Vic", "vic@acme.example", bearer.Viewer)
		must(t, err)
		viewer := w.key(w.acme.account.ID, viewerID, bearer.AllScopes)
		if a := w.get(w.node, "/api/v1/reports/"+report, viewer); a.status != 200 {
			t.Errorf("a viewer reads: %d", a.status)
		}
		role.check(t, "a viewer deletes", w.do(w.node, "DELETE", "/api/v1/reports/"+report, http.Header{"Authorization": {"Bearer " + viewer}}, ""))
	})
}

// TestLiveReports: those who may see a report are told of it, on this node and on others, and nobody else is; webhooks tell of it.
func TestLiveReports(t *testing.T) {
	w := newWorld(t, testkit.PostgresURL(t), func(c *server.Config) { c.LiveNoSnapshot, c.MetricsFrom = true, mustPrefixes("127.0.0.0/8") })
	far := w.startNode()
	token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
	north, south := w.asset(w.node, token, "acme-logistics", "North 1"), w.asset(w.node, token, "acme-logistics", "South 1")
	w.want(200, "into North", w.call(w.node, "PATCH", fmt.Sprintf("/api/acme-logistics/asset/%d", north), token, map[string]any{"group": "North"}))
	bob, err := w.node.Rooms.Accounts.AddMember(context.Background(), w.acme.account.ID, "", "bob@acme-logistics.example", bearer.Manager)
	must(t, err)
	must(t, w.node.Rooms.Accounts.SetRole(context.Background(), w.acme.account.ID, bob, bearer.Manager, &bearer.Part{Groups: []string{"North"}}))
	positions, err := bearer.ParseScopes("read:positions")
	must(t, err)
	all, limited, deaf := w.dial(far), w.dial(w.node), w.dial(w.node)
	w.follow(all, far, token, "private-account.acme-logistics")
	w.follow(limited, w.node, w.key(w.acme.account.ID, bob, bearer.AllScopes), "private-account.acme-logistics")
	w.follow(deaf, w.node, w.key(w.acme.account.ID, w.acme.adminID, positions), "private-account.acme-logistics")
	// Each node knows that the other one follows once it has told it of a position.
	at := time.Now().Add(-time.Hour)
	knows := func(n *node, follower *pusher) {
		t.Helper()
		told := make(chan error, 1)
		go func() { _, err := follower.read(10 * time.Second); told <- err }()
		for {
			at = at.Add(time.Second)
			w.moveTo(n, token, "acme-logistics", north, at, 35.9)
			select {
			case err := <-told:
				must(t, err)
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	knows(w.node, all)
	knows(far, limited)
	// Which report is told first isn't promised: whichever node is free makes it, and tells of it once it can be read.
	hears := func(p *pusher, who string, want ...string) {
		t.Helper()
		waited := slices.Clone(want)
		for {
			wait := 10 * time.Second
			if len(waited) == 0 {
				wait = 200 * time.Millisecond // for what must not come
			}
			m, err := p.read(wait)
			if err != nil && len(waited) > 0 {
				t.Fatalf("%s is not told of %v: %v", who, waited, err)
			}
			if err != nil {
				return
			}
			if m.Event == ".location.updated" {
				continue
			}
			var r reporting.Report
			if json.Unmarshal([]byte(m.Data), &r) != nil || !slices.Contains(want, r.ID) {
				t.Fatalf("%s is told %+v", who, m)
			}
			if m.Event == ".report.progress" {
				continue
			}
			at := slices.Index(waited, r.ID)
			if m.Event != ".report.completed" || r.DownloadURL == nil || at < 0 {
				t.Fatalf("%s is told %+v", who, m)
			}
			waited = slices.Delete(waited, at, at+1)
		}
	}
	var ids []string
	for i, assets := range [][]int64{nil, {north}, {south}, {north, south}, {north}} {
		id := w.report(w.node, token, fmt.Sprint("report ", i), assets...)
		w.reportDone(w.node, token, id)
		ids = append(ids, id)
	}
	hears(all, "who sees all", ids...)
	hears(limited, "who is limited to North", ids[1], ids[4])
	hears(deaf, "who may not read reports")
	const counted = `yipii_reports_total{status="completed",type="mileage"}`
	// Each report is made by whichever node is free.
	w.within("the metrics tell of reports", func() bool {
		return strings.Contains(w.get(w.node, "/metrics", "").body+w.get(far, "/metrics", "").body, counted)
	})
}
