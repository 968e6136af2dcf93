package server_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/store"
)

// TestSlowDatabase: while the database can't store what comes, senders are told to come again, nothing is acknowledged, and what they
// send again is there once.
func TestSlowDatabase(t *testing.T) {
	soon := func(c *server.Config) { c.RequestTimeout = time.Second }
	onBoth(t, soon, func(t *testing.T, w *world) {
		key := w.key(w.acme.account.ID, w.acme.adminID, bearer.AllScopes)
		const senders, each = 5, 20
		send := func(sender int) answer {
			var body []map[string]any
			for i := range each {
				body = append(body, map[string]any{"tracker": "van", "timestamp": w.clock.Now().Truncate(time.Hour).Add(-time.Duration(sender*each+i) * time.Second), "latitude": 35.9, "longitude": 14.5})
			}
			return w.call(w.node, "POST", acmeAPI+"position", key, body)
		}
		id := w.want(201, "van", w.call(w.node, "POST", acmeAPI+"asset", key, map[string]any{"name": "Van", "tracker": "van"}))["id"].(float64)

		// Somebody holds the table, as a long transaction does, or a disk that doesn't answer.
		held, release, over := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		db := w.node.Rooms.DB
		go func() {
			over <- db.Tx(context.Background(), func(tx *store.Tx) error {
				if db.Dialect == store.Postgres { // a writing transaction of SQLite keeps out all others by itself
					if _, err := tx.Exec(`LOCK TABLE positions IN SHARE MODE`); err != nil {
						return err
					}
				}
				close(held)
				<-release
				return nil
			})
		}()
		<-held
		var sending sync.WaitGroup
		for sender := range senders {
			sending.Go(func() {
				if a := send(sender); a.status != 429 || a.header.Get("Retry-After") == "" || a.json["accepted"] != nil {
					t.Errorf("sender %d: %d %v %s", sender, a.status, a.header, a.body)
				}
			})
		}
		sending.Wait()
		trail := func() int {
			return len(w.get(w.node, fmt.Sprintf("%sasset/%.0f/trail", acmeAPI, id), key).json["data"].([]any))
		}
		if n := trail(); n != 0 {
			t.Errorf("%d positions are there, though nothing can have been stored", n)
		}
		close(release)
		must(t, <-over)
		for sender := range senders {
			a := send(sender)
			for deadline := time.Now().Add(20 * time.Second); a.status == 429 && time.Now().Before(deadline); {
				a = send(sender)
			}
			if accepted, _ := a.json["accepted"].(float64); a.status != 200 || accepted+a.json["duplicates"].(float64) != each {
				t.Errorf("sender %d again: %d %s", sender, a.status, a.body)
			}
		}
		if n := trail(); n != senders*each {
			t.Errorf("%d positions are there of %d", n, senders*each)
		}
	})
}
