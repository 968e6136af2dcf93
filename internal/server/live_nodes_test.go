package server_test

import (
	"testing"
	"time"

	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/testkit/nats"
)

// TestLiveBetweenNodes: a subscriber on one node sees a position that came in on another, by PostgreSQL's notices and by NATS, also
// after the engine that carries them was away.
func TestLiveBetweenNodes(t *testing.T) {
	t.Run("notices", func(t *testing.T) {
		cluster := testkit.StartPostgres(t, false)
		w := newWorld(t, cluster.URL("yipii"), noSnapshot)
		liveBetween(t, w, func() { cluster.Stop(); cluster.Restart() })
	})
	t.Run("nats", func(t *testing.T) {
		engine := nats.Start(t)
		w := newWorld(t, testkit.PostgresURL(t), func(c *server.Config) { c.LiveNoSnapshot, c.NATSURL = true, engine.URL() })
		liveBetween(t, w, func() { engine.Stop(); engine.Restart() })
	})
}

func liveBetween(t *testing.T, w *world, restart func()) {
	far := w.startNode()
	token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
	key := w.acme.account.Key
	van := w.asset(w.node, token, key, "Van 1")
	p := w.dial(far)
	w.follow(p, w.node, token, "private-account."+key) // signed where the connection isn't
	at := time.Now().Add(-time.Hour)
	// Until the other node has heard that somebody follows, it tells nobody: nothing is lost to a client, whose snapshot comes after.
	seen := func(latitude float64) {
		t.Helper()
		for n := range 60 {
			at = at.Add(time.Second)
			w.moveTo(w.node, token, key, van, at, latitude)
			for {
				m, err := p.read(500 * time.Millisecond)
				if err != nil {
					break
				}
				if got := updates(t, m); got[len(got)-1].Latitude == latitude {
					return
				}
			}
			if n == 0 {
				t.Log("not seen at once")
			}
			p = w.dial(far) // a read that timed out leaves a connection of no use
			w.follow(p, w.node, token, "private-account."+key)
		}
		t.Fatalf("%v was not seen", latitude)
	}
	seen(1)
	seen(2)
	restart()
	for deadline := time.Now().Add(30 * time.Second); w.get(w.node, "/readyz", "").status != 200 || w.get(far, "/readyz", "").status != 200; time.Sleep(25 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the nodes did not come back with the database")
		}
	}
	// The connection was there all the time: what the far node missed it is told too, so one position is enough.
	at = at.Add(time.Second)
	w.moveTo(w.node, token, key, van, at, 3)
	for {
		m, err := p.read(30 * time.Second)
		if err != nil {
			t.Fatalf("nothing was told after the engine's restart: %v", err)
		}
		if got := updates(t, m); got[len(got)-1].Latitude == 3 {
			return
		}
	}
}

// TestLiveUnheard: what another node stored before it heard that somebody follows is told nevertheless. A node whose relay leads nowhere
// stands for one that hasn't heard.
func TestLiveUnheard(t *testing.T) {
	w := newWorld(t, testkit.PostgresURL(t), noSnapshot)
	token, key := w.token(w.node, w.acme.clientID, w.acme.secret, ""), w.acme.account.Key
	van := w.asset(w.node, token, key, "Van 1")
	w.config.NATSURL = "nats://127.0.0.1:1"
	deaf := w.startNode()
	p := w.dial(w.node)
	w.follow(p, w.node, token, "private-account."+key)
	w.moveTo(deaf, token, key, van, time.Now().Add(-time.Minute), 7)
	if got := updates(t, p.next()); len(got) != 1 || got[0].Latitude != 7 {
		t.Errorf("%+v", got)
	}
}
