package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Figures of live tracking.
const (
	idleSockets     = 50_000
	idleBar         = 20 << 10 // bytes of memory for each
	idleTogether    = 2 << 30  // bytes of memory of all nodes
	liveSubscribers = 5_000
	liveReaders     = 1_000 // of the steady stream, a tenth of which reads nothing
	liveBatch       = 50    // positions of a call
	liveCalls       = 20    // calls a second: 1,000 positions
	liveSeconds     = 60    // who reads nothing is let go after half of them
)

// benchLive times positions on their way to many subscribers.
func benchLive(ctx context.Context, b *bench) error {
	in, err := b.sqlite(ctx, "live")
	if err != nil {
		return err
	}
	return b.fanOut(ctx, in)
}

// benchIdle weighs connections that say nothing but a ping.
func benchIdle(ctx context.Context, b *bench) error {
	in, err := b.sqlite(ctx, "idle")
	if err != nil {
		return err
	}
	if err := b.idle(ctx, in); err != nil {
		return err
	}
	return b.idleNodes(ctx)
}

// mostSockets is how many connections this process and the server's may have open, at most n.
func mostSockets(n int) int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil && int(limit.Max) < n+1_000 {
		return int(limit.Max) - 1_000
	}
	return n
}

// idle weighs as many as one node may have.
func (b *bench) idle(ctx context.Context, in *installation) error {
	product, err := in.serve(ctx)
	if err != nil {
		return err
	}
	n := mostSockets(idleSockets)
	before, after, err := b.weigh(ctx, []*service{product}, n, 1)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("memory of an idle live connection, of %s on one node, each of which was answered a ping (%s before them, %s with them)",
		thousands(float64(n)), megabytes(before), megabytes(after))
	if n < idleSockets {
		what += "; no process may have more files open on this machine"
	}
	each := (after - before) / int64(n)
	b.report(row{what: what, figure: fmt.Sprintf("%.1f KB", float64(each)/1024), baseline: nothing, ratio: nothing, bar: "< 20 KB", verdict: judge(each < idleBar)})
	return product.stop()
}

// idleNodes weighs 50,000 of them on three nodes of one installation: what a process may have open is not what a machine can hold.
func (b *bench) idleNodes(ctx context.Context) error {
	in, err := b.postgresInstallation(ctx, "idle")
	if errors.Is(err, errNoPostgres) {
		b.report(row{what: "idle live connections on three nodes: " + err.Error(), figure: nothing, baseline: nothing, ratio: nothing, bar: nothing, verdict: "NOT MEASURED"})
		return nil
	}
	if err != nil {
		return err
	}
	nodes := make([]*service, 3)
	for i := range nodes {
		if nodes[i], err = in.serve(ctx); err != nil {
			return err
		}
		defer nodes[i].stop()
	}
	before, after, err := b.weigh(ctx, nodes, idleSockets, 2)
	if err != nil {
		return err
	}
	each := (after - before) / idleSockets
	b.report(row{what: fmt.Sprintf("%s idle live connections on three nodes of one installation, each of which was answered a ping: memory of each; of all nodes together %s before them, %s with them",
		thousands(idleSockets), megabytes(before), megabytes(after)), figure: fmt.Sprintf("%.1f KB", float64(each)/1024), baseline: nothing, ratio: nothing,
		bar: "< 20 KB, 2 GB", verdict: judge(each < idleBar && after < idleTogether)})
	return nil
}

// weigh connects n sockets to nodes, from a process and a loopback address for each, has each ask for a pong, and returns the nodes'
// memory before and after. address is the first of the addresses: one that was used a minute ago has few ports free.
func (b *bench) weigh(ctx context.Context, nodes []*service, n, address int) (before, after int64, err error) {
	together := func() (sum int64, err error) {
		for _, node := range nodes {
			size, err := resident(node.pid())
			if err != nil {
				return 0, err
			}
			sum += size
		}
		return sum, nil
	}
	for _, node := range nodes { // the first connection pays for what is there once
		s, err := connect(node.addr, 0)
		if err != nil {
			return 0, 0, err
		}
		defer s.Close()
	}
	if before, err = together(); err != nil {
		return 0, 0, err
	}
	var crowds []*service
	for i, node := range nodes {
		crowd, err := b.baseline(ctx, "crowd", baselineSetup{URL: node.addr, Sizes: []int{(i+1)*n/len(nodes) - i*n/len(nodes), (address + i) * portsOfAddress}})
		if err != nil {
			return 0, 0, err
		}
		defer crowd.stop()
		crowds = append(crowds, crowd)
	}
	time.Sleep(settling)
	for _, crowd := range crowds {
		if err := crowd.probe("/ping"); err != nil {
			return 0, 0, err
		}
	}
	after, err = together()
	return before, after, err
}

// holding is a process that holds sockets, and has each of them ask for a pong when it is told to.
func holding(setup baselineSetup) (http.Handler, error) {
	sockets, err := connectAll(setup.URL, setup.Sizes[1], setup.Sizes[0])
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, s := range sockets {
			if err := s.answered(); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
		}
	}), err
}

// connectAll opens n connections, from the first-th of all on.
func connectAll(addr string, first, n int) ([]*socket, error) {
	sockets := make([]*socket, n)
	errs := make([]error, greeters)
	var wait sync.WaitGroup
	for k := range greeters {
		wait.Go(func() {
			for i := k; i < n && errs[k] == nil; i += greeters {
				sockets[i], errs[k] = connect(addr, first+i)
			}
		})
	}
	wait.Wait()
	return sockets, errors.Join(errs...)
}

func closeAll(sockets []*socket) {
	for _, s := range sockets {
		if s != nil {
			s.Close()
		}
	}
}

// gather connects n subscribers, of which those that silent picks are never read: they are what is returned beside the crowd.
func gather(product *service, in *installation, token string, n int, silent func(int) bool) (*crowd, []*socket, error) {
	sockets, err := connectAll(product.addr, 0, n)
	if err != nil {
		closeAll(sockets)
		return nil, nil, err
	}
	c, err := dial(product.addr)
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	var read, unread []*socket
	for i, s := range sockets {
		if err := s.subscribe(c, token, "private-account."+in.AccountKey); err != nil {
			closeAll(sockets)
			return nil, nil, err
		}
		if silent(i) {
			_ = s.Conn.(*net.TCPConn).SetReadBuffer(4096)
			unread = append(unread, s)
		} else {
			read = append(read, s)
		}
	}
	readers, err := newCrowd(read)
	return readers, unread, err
}

// livePositions makes a call's positions, a second of the assets' times after the call before.
func livePositions(assets []int64, count int, second int64) string {
	var text strings.Builder
	for i := range count {
		fmt.Fprintf(&text, `,{"asset_id":%d,"timestamp":%q,"latitude":52.5,"longitude":13.4,"speed":42.5,"heading":90}`, assets[i],
			time.UnixMilli(second).UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	return "[" + text.String()[1:] + "]"
}

// fanOut times one position on its way to 5,000 subscribers, compares how many are delivered with a bare loop, and follows a
// steady stream while some subscribers don't read.
func (b *bench) fanOut(ctx context.Context, in *installation) error {
	product, err := in.serve(ctx, "--live-no-snapshot")
	if err != nil {
		return err
	}
	defer product.stop()
	token, err := product.token(in, in.ClientID)
	if err != nil {
		return err
	}
	assets, err := product.assets(in, token, liveBatch)
	if err != nil {
		return err
	}
	c, err := dial(product.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	clock := time.Now().Add(-time.Hour).UnixMilli()
	send := func(count int) error {
		clock += 100
		status, body, err := c.do(post("/api/"+in.AccountKey+"/position", token, "application/json", []byte(livePositions(assets, count, clock))))
		if err != nil || status != 200 {
			return fmt.Errorf("positions answer %d: %s (%v)", status, body, err)
		}
		return nil
	}
	readers, _, err := gather(product, in, token, liveSubscribers, func(int) bool { return false })
	if err != nil {
		return err
	}
	err = b.oneToMany(ctx, readers, func() error { return send(1) })
	readers.close()
	if err != nil {
		return err
	}
	return b.steady(in, product, token, send)
}

// oneToMany sends single positions to all subscribers.
func (b *bench) oneToMany(ctx context.Context, readers *crowd, send func() error) error {
	bare, err := b.baseline(ctx, "frames", baselineSetup{})
	if err != nil {
		return err
	}
	defer bare.stop()
	sockets, err := connectAll(bare.addr, 0, liveSubscribers)
	if err != nil {
		closeAll(sockets)
		return err
	}
	others, err := newCrowd(sockets)
	if err != nil {
		return err
	}
	defer others.close()
	control, err := dial(bare.addr)
	if err != nil {
		return err
	}
	defer control.Close()
	const burst = 20
	// One is sent when all have received the one before: so each delivery is a frame of one position, on both sides.
	side := func(tell func() error, who *crowd) side {
		return side{run: func(_ context.Context, n int) (round, error) {
			start := time.Now()
			for range burst {
				if n > 0 {
					who.started.Store(time.Now().UnixNano()) // before it is accepted: what is told is no less than what it takes
				}
				if err := tell(); err != nil {
					return round{}, err
				}
				who.sent += liveSubscribers
				if err := who.until(who.sent); err != nil {
					return round{}, err
				}
			}
			return round{units: burst * liveSubscribers, rate: burst * liveSubscribers / time.Since(start).Seconds()}, nil
		}}
	}
	tell := func() error {
		status, _, err := control.do(get("/tell", ""))
		if err == nil && status != 200 {
			err = fmt.Errorf("the bare loop answers %d", status)
		}
		return err
	}
	c, err := compare(ctx, b.pairs, side(send, readers), side(tell, others))
	if err != nil {
		return err
	}
	readers.close()
	others.close()
	p99, bareP99 := percentile(readers.took), percentile(others.took)
	b.report(row{what: "one position sent until 5,000 subscribers have received it, 99th percentile", figure: millis(p99), baseline: millis(bareP99),
		ratio: fmt.Sprintf("%d times", b.pairs*burst), bar: "< 100 ms", verdict: judge(p99 < 100*time.Millisecond)})
	b.report(c.row("positions delivered to 5,000 subscribers, one after another, against a loop that writes the same frame to as many sockets", "deliveries", 0.5))
	return nil
}

// percentile is the 99th.
func percentile(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)*99/100]
}

// steady sends 1,000 positions a second to 1,000 subscribers, of which a tenth reads nothing.
func (b *bench) steady(in *installation, product *service, token string, send func(int) error) error {
	readers, silent, err := gather(product, in, token, liveReaders, func(i int) bool { return i%10 == 0 })
	defer closeAll(silent)
	if err != nil {
		return err
	}
	defer readers.close()
	var sizes []int64
	sent := int64(0)
	start := time.Now()
	for n := range liveSeconds * liveCalls {
		time.Sleep(time.Until(start.Add(time.Duration(n) * time.Second / liveCalls)))
		if err := send(liveBatch); err != nil {
			return err
		}
		sent += liveBatch
		if n%(liveSeconds*liveCalls/6) == 0 {
			size, err := resident(product.pid())
			if err != nil {
				return err
			}
			sizes = append(sizes, size)
		}
	}
	took := time.Since(start)
	want := sent * int64(liveReaders-len(silent))
	lost := readers.until(want)
	if lost != nil {
		b.logf("%v", lost)
	}
	flat := float64(sizes[len(sizes)-1]) / float64(sizes[2])
	result := judge(lost == nil && flat <= 1.2 && took < liveSeconds*time.Second*11/10)
	b.report(row{what: fmt.Sprintf("%.0f positions a second for %d s to 1,000 subscribers, a tenth of which reads nothing: received by the others, of %s that were sent to them; memory in the meantime %s, the last against the third",
		float64(sent)/took.Seconds(), liveSeconds, thousands(float64(want)), list(sizes)), figure: thousands(float64(readers.received.Load())), baseline: nothing,
		ratio: fmt.Sprintf("%.2f", flat), bar: "all, memory flat", verdict: result})
	return nil
}

// frames is the baseline: sockets, and a loop that writes one frame to all of them when it is told to.
func frames(listener net.Listener) error {
	var mu sync.Mutex
	var conns []net.Conn
	data := `{"asset_id":1,"latitude":52.5,"longitude":13.4,"speed":42.5,"heading":90,"altitude":null,"timestamp":"2026-11-24T10:00:00.1Z","ignition":null,"status":"moving","odometer":0.1,"address":null,"driver_id":null,"sensors":null}`
	quoted := strings.ReplaceAll(data, `"`, `\"`)
	text := `{"event":".location.updated","channel":"private-account.acme-logistics","data":"` + quoted + `","last_event_id":"AAAAAAAAAAAAAAAAAAAAAA"}`
	message := append([]byte{0x81, 126, byte(len(text) >> 8), byte(len(text))}, text...)
	hello := `{"data":"{\"socket_id\":\"1.1\"}"}`
	greeting := "HTTP/1.1 101 Switching Protocols\r\n\r\n" + string([]byte{0x81, byte(len(hello))}) + hello
	for {
		c, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			buffer := make([]byte, 1024)
			for {
				n, err := c.Read(buffer)
				if err != nil {
					c.Close()
					return
				}
				head := string(buffer[:n])
				switch {
				case strings.HasPrefix(head, "GET /app/"):
					mu.Lock()
					conns = append(conns, c)
					mu.Unlock()
					_, _ = io.WriteString(c, greeting)
					return
				case strings.HasPrefix(head, "GET /tell"):
					mu.Lock()
					for _, to := range conns {
						_, _ = to.Write(message)
					}
					mu.Unlock()
				}
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			}
		}()
	}
}
