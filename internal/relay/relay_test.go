package relay_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/relay"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/testkit/nats"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// engine is what carries the messages of a test.
type engine struct {
	open func(*testing.T) relay.Relay
	away func(*testing.T) // until back; nil where a break is all that can be made
	back func(*testing.T)
	cut  func(*testing.T) // each node's connection, once
}

// node is a relay that runs, and what it heard.
type node struct {
	relay.Relay
	stop context.CancelFunc
	done chan struct{}

	mu       sync.Mutex
	messages [][]byte
	gaps     int
	log      bytes.Buffer
}

func (n *node) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.Write(b)
}

func (n *node) logged() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.String()
}

func (n *node) heard() (messages [][]byte, gaps int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.messages), n.gaps
}

func start(t *testing.T, r relay.Relay) *node {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	n := &node{Relay: r, stop: stop, done: make(chan struct{})}
	r.Subscribe(func(message []byte) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.messages = append(n.messages, message)
	}, func(bool) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.gaps++
	})
	go func() {
		defer close(n.done)
		r.Run(ctx, slog.New(slog.NewTextHandler(n, nil)))
	}()
	t.Cleanup(func() { n.end(t) })
	return n
}

func (n *node) end(t *testing.T) {
	t.Helper()
	n.stop()
	select {
	case <-n.done:
	case <-time.After(20 * time.Second):
		t.Error("a relay runs on after its context")
	}
}

// until waits for what must come.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited for %s", what)
		}
	}
}

// three starts three relays and waits until they hear.
func three(t *testing.T, e engine) []*node {
	t.Helper()
	var nodes []*node
	for range 3 {
		nodes = append(nodes, start(t, e.open(t)))
	}
	for _, n := range nodes {
		until(t, "the first connection", func() bool { _, gaps := n.heard(); return gaps == 1 })
	}
	return nodes
}

// arrive waits until n has heard want, in this order, and nothing else.
func arrive(t *testing.T, n *node, want [][]byte) {
	t.Helper()
	until(t, fmt.Sprintf("%d messages", len(want)), func() bool { got, _ := n.heard(); return len(got) >= len(want) })
	if got, _ := n.heard(); !slices.EqualFunc(got, want, bytes.Equal) {
		for i := range min(len(got), len(want)) {
			if !bytes.Equal(got[i], want[i]) {
				t.Fatalf("message %d of %d: heard %.60q, want %.60q", i, len(got), got[i], want[i])
			}
		}
		t.Fatalf("heard %d messages, want %d", len(got), len(want))
	}
}

func open(t *testing.T, db *store.DB, natsURL string) relay.Relay {
	t.Helper()
	r, err := relay.Open(db, natsURL)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func natsEngine(t *testing.T) engine {
	s := nats.Start(t)
	db := testkit.SQLite(t)
	e := engine{
		open: func(t *testing.T) relay.Relay { return open(t, db, s.URL()) },
		away: func(*testing.T) { s.Stop() },
		back: func(*testing.T) { s.Restart() },
	}
	e.cut = func(t *testing.T) { e.away(t); e.back(t) }
	return e
}

func postgresEngine(t *testing.T) engine {
	cluster := testkit.StartPostgres(t, false)
	url := cluster.URL("yipii")
	control := testkit.OpenPostgres(t, url)
	return engine{
		open: func(t *testing.T) relay.Relay { // a pool for each, as nodes have
			db, err := store.Open(t.Context(), url, store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			return open(t, db, "")
		},
		away: func(*testing.T) { cluster.Stop() },
		back: func(*testing.T) { cluster.Restart() },
		cut: func(t *testing.T) {
			var ended int
			err := control.Read().QueryRowContext(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`).Scan(&ended)
			if err != nil || ended != 3 {
				t.Fatalf("%d listeners ended: %v", ended, err)
			}
		},
	}
}

func TestRelay(t *testing.T) {
	for _, one := range []struct {
		name string
		make func(*testing.T) engine
	}{{"nats", natsEngine}, {"postgres", postgresEngine}} {
		t.Run(one.name, func(t *testing.T) {
			e := one.make(t)
			t.Run("Messages", func(t *testing.T) { testMessages(t, e) })
			t.Run("Many", func(t *testing.T) { testMany(t, e) })
			t.Run("Break", func(t *testing.T) { testBreak(t, e) })
			t.Run("Away", func(t *testing.T) { testAway(t, e) })
		})
	}
}

// testMessages: each message reaches the other two once, in order, as it was.
func testMessages(t *testing.T, e engine) {
	nodes := three(t, e)
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	sent := [][]byte{
		[]byte(`{"asset":1}`), []byte(`{"asset":1}`), {}, []byte("Zürich, 東京, 🚚"), []byte("a\x00b"), every,
		bytes.Repeat([]byte(`{"x":"é"},`), 30_000), bytes.Repeat(every, 1200), bytes.Repeat([]byte{0x80}, relay.MaxMessage), []byte("t5 hello\n"), []byte("the end"),
	}
	for _, message := range sent {
		mine := bytes.Clone(message)
		nodes[0].Publish(mine)
		clear(mine) // it was handed over
	}
	arrive(t, nodes[1], sent)
	arrive(t, nodes[2], sent)
	nodes[1].Publish([]byte("back"))
	arrive(t, nodes[0], [][]byte{[]byte("back")})
	arrive(t, nodes[2], append(sent, []byte("back")))
	for _, n := range nodes {
		if _, gaps := n.heard(); gaps != 1 {
			t.Errorf("%d gaps were told", gaps)
		}
		if len(n.Node()) != 16 || strings.Trim(n.Node(), "0123456789abcdef") != "" {
			t.Errorf("the node's name is %q", n.Node())
		}
		if log := n.logged(); log != "" {
			t.Errorf("logged: %s", log)
		}
	}
	if nodes[0].Node() == nodes[1].Node() {
		t.Error("two nodes have one name")
	}

	nodes[0].Publish(make([]byte, relay.MaxMessage+1))
	until(t, "the gap of a message that is too long", func() bool { _, gaps := nodes[1].heard(); return gaps == 2 })
	nodes[0].Publish([]byte("last words"))
	nodes[0].end(t)
	arrive(t, nodes[2], append(sent, []byte("back"), []byte("last words")))
}

// testMany: thousands in one go, from all.
func testMany(t *testing.T, e engine) {
	nodes := three(t, e)
	const many = 5000
	for i := range many {
		for n, one := range nodes {
			one.Publish(fmt.Appendf(nil, `{"from":%d,"number":%d}`, n, i))
		}
	}
	for i, n := range nodes {
		until(t, "many messages", func() bool { got, _ := n.heard(); return len(got) >= 2*many })
		got, gaps := n.heard()
		if len(got) != 2*many || gaps != 1 {
			t.Errorf("%d messages and %d gaps", len(got), gaps)
		}
		next := make([]int, 3)
		for _, message := range got {
			var from, number int
			if _, err := fmt.Sscanf(string(message), `{"from":%d,"number":%d}`, &from, &number); err != nil || from == i || number != next[from] {
				t.Fatalf("%s after %v at %d: %v", message, next, i, err)
			}
			next[from]++
		}
	}
}

// testBreak: connections that break are made again, and a gap is told.
func testBreak(t *testing.T, e engine) {
	nodes := three(t, e)
	e.cut(t)
	for _, n := range nodes {
		until(t, "a gap", func() bool { _, gaps := n.heard(); return gaps >= 2 })
	}
	nodes[2].Publish([]byte("again"))
	arrive(t, nodes[0], [][]byte{[]byte("again")})
	arrive(t, nodes[1], [][]byte{[]byte("again")})
}

// testAway: while the engine is away, publishing goes on, the newest waits, and the outage is logged once.
func testAway(t *testing.T, e engine) {
	nodes := three(t, e)
	e.away(t)
	message := bytes.Repeat([]byte("x"), 100_000)
	started := time.Now()
	for range 300 {
		nodes[0].Publish(message)
	}
	nodes[0].Publish([]byte("the newest"))
	if took := time.Since(started); took > 8*time.Second { // less than it would wait for the engine
		t.Errorf("publishing took %v", took)
	}
	until(t, "a log line", func() bool { return strings.Contains(nodes[0].logged(), "don't go between") })
	time.Sleep(time.Second)
	e.back(t)
	for _, n := range nodes[1:] {
		until(t, "the newest message", func() bool {
			got, _ := n.heard()
			return len(got) > 0 && string(got[len(got)-1]) == "the newest"
		})
		got, gaps := n.heard()
		if size := len(got) * len(message); gaps < 2 || len(got) < 10 || size > 9<<20 {
			t.Errorf("%d messages, %d gaps", len(got), gaps)
		}
	}
	until(t, "the end of the outage in the log", func() bool {
		return strings.Contains(nodes[0].logged(), "nodes again")
	})
	log := nodes[0].logged()
	if strings.Count(log, "don't go between") != 1 || !strings.Contains(log, "were dropped") {
		t.Errorf("logged: %s", log)
	}
}

// wire passes connections on to a server, until it falls silent.
type wire struct {
	net.Listener
	taken  chan struct{}
	silent atomic.Bool

	mu    sync.Mutex
	conns []net.Conn
}

// keep notes connections that are to be cut.
func (w *wire) keep(conns ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns = append(w.conns, conns...)
}

// cut ends all connections, and takes no more.
func (w *wire) cut() {
	w.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		c.Close()
	}
}

// lay makes a wire to a server, or to nowhere if the address is empty.
func lay(t *testing.T, to string) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: listener, taken: make(chan struct{}, 100)}
	t.Cleanup(w.cut)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.keep(conn)
			w.taken <- struct{}{}
			if to == "" {
				continue
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				return
			}
			w.keep(server)
			go w.pass(conn, server)
			go w.pass(server, conn)
		}
	}()
	return w
}

func (w *wire) pass(from, to net.Conn) {
	for b := make([]byte, 4096); ; {
		n, err := from.Read(b)
		if err != nil {
			to.Close()
			return
		}
		if !w.silent.Load() {
			_, _ = to.Write(b[:n])
		}
	}
}

// endSoon ends a relay whose engine says nothing.
func endSoon(t *testing.T, n *node) {
	t.Helper()
	started := time.Now()
	n.end(t)
	if took := time.Since(started); took > 8*time.Second { // less than it would wait for the engine
		t.Errorf("the end took %v", took)
	}
	if strings.Contains(n.logged(), "hushhush") {
		t.Errorf("the log has the password: %s", n.logged())
	}
}

// TestSilentEngine: a server that takes connections and says nothing, or nothing any more, holds nobody up.
func TestSilentEngine(t *testing.T) {
	t.Run("from the start", func(t *testing.T) {
		w := lay(t, "")
		n := start(t, open(t, testkit.SQLite(t), "nats://name:hushhush@"+w.Addr().String()))
		n.Publish([]byte("to nobody"))
		<-w.taken
		endSoon(t, n)
	})
	fallsSilent := func(t *testing.T, w *wire, r relay.Relay) {
		n := start(t, r)
		until(t, "the first connection", func() bool { _, gaps := n.heard(); return gaps == 1 })
		w.silent.Store(true)
		n.Publish([]byte("to nobody"))
		time.Sleep(100 * time.Millisecond)
		endSoon(t, n)
		w.cut() // or the database's end would wait for the silent server
	}
	t.Run("nats", func(t *testing.T) {
		w := lay(t, strings.TrimPrefix(nats.Start(t).URL(), "nats://"))
		fallsSilent(t, w, open(t, testkit.SQLite(t), "nats://name:hushhush@"+w.Addr().String()))
	})
	t.Run("postgres", func(t *testing.T) {
		u, err := url.Parse(testkit.PostgresURL(t))
		if err != nil {
			t.Fatal(err)
		}
		w := lay(t, u.Host)
		u.Host = w.Addr().String()
		fallsSilent(t, w, open(t, testkit.OpenPostgres(t, u.String()), ""))
	})
}

// TestInstallationsApart: two databases on one NATS server hear nothing of each other.
func TestInstallationsApart(t *testing.T) {
	s := nats.Start(t)
	one, other := testkit.SQLite(t), testkit.SQLite(t)
	a, b, c := start(t, open(t, one, s.URL())), start(t, open(t, one, s.URL())), start(t, open(t, other, s.URL()))
	for _, n := range []*node{a, b, c} {
		until(t, "the first connection", func() bool { _, gaps := n.heard(); return gaps == 1 })
	}
	a.Publish([]byte("ours"))
	arrive(t, b, [][]byte{[]byte("ours")})
	time.Sleep(100 * time.Millisecond)
	if got, _ := c.heard(); len(got) > 0 {
		t.Errorf("another installation heard %q", got)
	}
}

// TestNobody: SQLite without NATS.
func TestNobody(t *testing.T) {
	r := open(t, testkit.SQLite(t), "")
	n := start(t, r)
	r.Publish([]byte("x"))
	if len(r.Node()) != 16 {
		t.Errorf("the node's name is %q", r.Node())
	}
	n.end(t)
	if got, gaps := n.heard(); len(got)+gaps > 0 {
		t.Errorf("heard %q and %d gaps", got, gaps)
	}
}

func TestURLs(t *testing.T) {
	db := testkit.SQLite(t)
	for _, good := range []string{"nats://127.0.0.1", "nats://a:4222,nats://b:4222", "tls://name:pass@host:4222", "nats://token@host/"} {
		if err := relay.CheckURL(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "nats://", "host:4222", "http://hushhush@host", "ws://host", "nats://x:hushhush@host:port", "nats://hushhush@host/path", "nats://a,http://b", "nats://%zz"} {
		err := relay.CheckURL(bad)
		if err == nil || strings.Contains(err.Error(), "hushhush") {
			t.Errorf("%q: %v", bad, err)
		}
		if bad != "" {
			if _, err := relay.Open(db, bad); err == nil {
				t.Errorf("%q was opened", bad)
			}
		}
	}
}
