package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Figures of live tracking.
const (
	idleSockets     = 50_000
	idleBar         = 20 << 10 // bytes of memory for each
	liveSubscribers = 5_000
	liveReaders     = 1_000 // of the steady stream, a tenth of which reads nothing
	liveBatch       = 50    // positions of a call
	liveCalls       = 20    // calls a second: 1,000 positions
)

// benchLive weighs idle connections, and times positions on their way to many subscribers.
func benchLive(ctx context.Context, b *bench) error {
	in, err := b.sqlite(ctx, "live")
	if err != nil {
		return err
	}
	if err := b.idle(ctx, in); err != nil {
		return err
	}
	return b.fanOut(ctx, in)
}

// mostSockets is how many connections this process and the server's may have open, at most n.
func mostSockets(n int) int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil && int(limit.Max) < n+1_000 {
		return int(limit.Max) - 1_000
	}
	return n
}

// idle weighs connections that say nothing, and sees that pings are answered among them.
func (b *bench) idle(ctx context.Context, in *installation) error {
	product, err := in.serve(ctx)
	if err != nil {
		return err
	}
	defer product.stop()
	first, err := connect(product.addr, 0) // pays for what is there once
	if err != nil {
		return err
	}
	defer first.Close()
	before, err := resident(product.pid())
	if err != nil {
		return err
	}
	n := mostSockets(idleSockets)
	sockets, err := connectAll(product.addr, n)
	defer closeAll(sockets)
	if err != nil {
		return err
	}
	time.Sleep(settling)
	for i := 0; i < n; i += max(1, n/1_000) {
		if err := sockets[i].answered(); err != nil {
			return err
		}
	}
	after, err := resident(product.pid())
	if err != nil {
		return err
	}
	each := (after - before) / int64(n)
	what := fmt.Sprintf("memory of an idle live connection, of %s, pings answered (%s before them, %s with them)", thousands(float64(n)), megabytes(before), megabytes(after))
	if n < idleSockets {
		what += fmt.Sprintf("; a process may have no more files open here than for these: the bar is meant for %s", thousands(idleSockets))
	}
	b.report(row{what: what, figure: fmt.Sprintf("%.1f KB", float64(each)/1024), baseline: nothing, ratio: nothing, bar: "< 20 KB", verdict: judge(each < idleBar)})
	return nil
}

func connectAll(addr string, n int) ([]*socket, error) {
	sockets := make([]*socket, n)
	errs := make([]error, greeters)
	var wait sync.WaitGroup
	for k := range greeters {
		wait.Go(func() {
			for i := k; i < n && errs[k] == nil; i += greeters {
				sockets[i], errs[k] = connect(addr, i)
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

// audience are sockets that follow the account, each read by a goroutine of its own.
type audience struct {
	sockets  []*socket
	received atomic.Int64 // positions
	frames   atomic.Int64
	started  atomic.Int64 // Unix ns: when what is timed was accepted
	mu       sync.Mutex
	took     []time.Duration
	wait     sync.WaitGroup
}

// gather connects n subscribers, of which those that silent picks never read.
func gather(product *service, in *installation, token string, n int, silent func(int) bool) (*audience, error) {
	a := &audience{}
	var err error
	if a.sockets, err = connectAll(product.addr, n); err != nil {
		closeAll(a.sockets)
		return nil, err
	}
	c, err := dial(product.addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for i, s := range a.sockets {
		if err := s.subscribe(c, token, "private-account."+in.AccountKey); err != nil {
			closeAll(a.sockets)
			return nil, err
		}
		if silent(i) {
			_ = s.Conn.(*net.TCPConn).SetReadBuffer(4096)
		} else {
			a.wait.Go(func() { a.read(s) })
		}
	}
	return a, nil
}

// read counts what a socket receives until it is closed.
func (a *audience) read(s *socket) {
	var buffer []byte
	var took []time.Duration
	for {
		text, err := s.frame(buffer)
		if err != nil {
			break
		}
		buffer = text
		if at := a.started.Load(); at > 0 {
			took = append(took, time.Duration(time.Now().UnixNano()-at))
		}
		a.received.Add(int64(bytes.Count(text, []byte(`asset_id`))))
		a.frames.Add(1)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.took = append(a.took, took...)
}

// until waits until so many positions have been received.
func (a *audience) until(n int64) error {
	for deadline := time.Now().Add(time.Minute); a.received.Load() < n; time.Sleep(200 * time.Microsecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d positions were received", a.received.Load(), n)
		}
	}
	return nil
}

func (a *audience) close() {
	closeAll(a.sockets)
	a.wait.Wait()
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
	clock := time.Now().Add(-time.Hour).UnixMilli()
	send := func(count int) error {
		c, err := dial(product.addr)
		if err != nil {
			return err
		}
		defer c.Close()
		clock += 100
		status, body, err := c.do(post("/api/"+in.AccountKey+"/position", token, "application/json", []byte(livePositions(assets, count, clock))))
		if err != nil || status != 200 {
			return fmt.Errorf("positions answer %d: %s (%v)", status, body, err)
		}
		return nil
	}
	a, err := gather(product, in, token, liveSubscribers, func(int) bool { return false })
	if err != nil {
		return err
	}
	if err := b.oneToMany(ctx, product, a, send); err != nil {
		a.close()
		return err
	}
	a.close()
	return b.steady(in, product, token, send)
}

// oneToMany sends single positions to all subscribers.
func (b *bench) oneToMany(ctx context.Context, product *service, a *audience, send func(int) error) error {
	const rounds = 50
	sent := int64(0)
	one := func() error {
		if err := send(1); err != nil {
			return err
		}
		sent += int64(len(a.sockets))
		return nil
	}
	for n := range rounds + 5 {
		if n >= 5 {
			a.started.Store(time.Now().UnixNano()) // a little before it is accepted, so what is told is no less than what it takes
		}
		if err := one(); err != nil {
			return err
		}
		if err := a.until(sent); err != nil {
			return err
		}
		a.started.Store(0)
	}
	bare, err := b.baseline(ctx, "frames", baselineSetup{Sizes: []int{len(a.sockets)}})
	if err != nil {
		return err
	}
	defer bare.stop()
	others, err := connectAll(bare.addr, len(a.sockets))
	defer closeAll(others)
	if err != nil {
		return err
	}
	o := &audience{sockets: others}
	for _, s := range others {
		o.wait.Go(func() { o.read(s) })
	}
	control, err := dial(bare.addr)
	if err != nil {
		return err
	}
	defer control.Close()
	const burst = 20
	told := int64(0)
	deliveries := func(tell func() error, who *audience, count *int64) side {
		return side{run: func(context.Context, int) (round, error) {
			start, before := time.Now(), who.received.Load()
			for range burst {
				if err := tell(); err != nil {
					return round{}, err
				}
			}
			if err := who.until(*count); err != nil {
				return round{}, err
			}
			n := int(who.received.Load() - before)
			return round{units: n, rate: float64(n) / time.Since(start).Seconds()}, nil
		}}
	}
	c, err := compare(ctx, b.pairs, deliveries(one, a, &sent), deliveries(func() error {
		status, _, err := control.do(get("/tell", ""))
		if err == nil && status != 200 {
			err = fmt.Errorf("the bare loop answers %d", status)
		}
		told += int64(len(others))
		return err
	}, o, &told))
	if err != nil {
		return err
	}
	closeAll(a.sockets)
	a.wait.Wait()
	slices.Sort(a.took)
	p99 := a.took[len(a.took)*99/100]
	b.report(row{what: "one position sent until 5,000 subscribers have received it, 99th percentile", figure: millis(p99), baseline: nothing,
		ratio: fmt.Sprintf("%d times", rounds), bar: "< 100 ms", verdict: judge(p99 < 100*time.Millisecond)})
	b.report(c.row("positions delivered to 5,000 subscribers, against a loop that writes the same frame to as many sockets", "deliveries", 0.5))
	closeAll(others)
	o.wait.Wait()
	return nil
}

// steady sends 1,000 positions a second to 1,000 subscribers, of which a tenth reads nothing.
func (b *bench) steady(in *installation, product *service, token string, send func(int) error) error {
	a, err := gather(product, in, token, liveReaders, func(i int) bool { return i%10 == 0 })
	if err != nil {
		return err
	}
	defer a.close()
	seconds := max(10, int(5*b.seconds))
	var sizes []int64
	sent := int64(0)
	start := time.Now()
	for n := range seconds * liveCalls {
		time.Sleep(time.Until(start.Add(time.Duration(n) * time.Second / liveCalls)))
		if err := send(liveBatch); err != nil {
			return err
		}
		sent += liveBatch
		if n%(seconds*liveCalls/5) == 0 {
			size, err := resident(product.pid())
			if err != nil {
				return err
			}
			sizes = append(sizes, size)
		}
	}
	took := time.Since(start)
	want := sent * liveReaders * 9 / 10
	lost := a.until(want)
	flat := float64(sizes[len(sizes)-1]) / float64(sizes[1])
	result := judge(lost == nil && flat <= 1.2 && took < time.Duration(seconds)*time.Second*11/10)
	b.report(row{what: fmt.Sprintf("%.0f positions a second to 1,000 subscribers, a tenth of which reads nothing: received by the others, of %s that were sent to them; memory each few seconds %s",
		float64(sent)/took.Seconds(), thousands(float64(want)), list(sizes)), figure: thousands(float64(a.received.Load())), baseline: nothing,
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
