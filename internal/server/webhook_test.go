package server_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/webhook"
)

// TestWebhooks: made over the API on one node, an event of another node's arrives once, signed; its secret stands in
// no log and no column (see nothingLeaked).
func TestWebhooks(t *testing.T) {
	allow := func(c *server.Config) {
		c.WebhookNetworks, c.MetricsFrom = mustPrefixes("127.0.0.0/8"), mustPrefixes("127.0.0.0/8")
	}
	onBoth(t, allow, func(t *testing.T, w *world) {
		got := make(chan *http.Request, 10)
		receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err == nil {
				r.Body = io.NopCloser(strings.NewReader(string(body)))
				got <- r
			}
		}))
		defer receiver.Close()
		admin := w.key(w.acme.account.ID, w.acme.adminID, bearer.AllScopes)
		made := w.want(201, "made", w.call(w.node, "POST", "/api/acme-logistics/webhook", admin, map[string]any{"url": receiver.URL + "/hook"}))
		w.secrets = append(w.secrets, made["secret"].(string))
		library, err := standardwebhooks.NewWebhook(made["secret"].(string))
		must(t, err)

		other := w.node
		if strings.HasPrefix(w.config.DatabaseURL, "postgres") {
			other = w.startNode()
		}
		for range 2 {
			must(t, other.Rooms.DB.Tx(context.Background(), func(tx *store.Tx) error {
				return other.Rooms.Webhooks.Enqueue(context.Background(), tx, []webhook.Event{{AccountID: w.acme.account.ID, Type: "alert.triggered", Key: "alert:1", Data: map[string]any{"id": 1}}})
			}))
		}
		r := <-got
		body, err := io.ReadAll(r.Body)
		must(t, err)
		if err := library.Verify(body, r.Header); err != nil {
			t.Error(err)
		}
		path := fmt.Sprintf("/api/acme-logistics/webhook/%v", made["id"])
		w.want(202, "tried", w.call(w.node, "POST", path+"/test", admin, nil))
		if r := <-got; r.Header.Get("webhook-id") == "" {
			t.Errorf("%v", r.Header)
		}
		w.within("both are in the log", func() bool {
			a := w.call(w.node, "GET", path+"/delivery?status=delivered", admin, nil)
			return a.json["meta"].(map[string]any)["total"] == 2.0
		})
		if len(got) > 0 {
			t.Error("one came twice")
		}
		a := w.do(w.node, "GET", "/metrics", nil, "")
		if a.status != 200 || !strings.Contains(a.body, "\nyipii_webhook_waiting 0\n") || !strings.Contains(a.body, `yipii_webhook_attempts_total{outcome="delivered"} `) {
			t.Errorf("metrics: %d %s", a.status, a.body)
		}
	})
}
