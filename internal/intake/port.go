package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Port is a listener of one protocol with its connections.
type Port struct {
	protocol string
	listener net.Listener
	serve    func(*wire)
	most     int
	log      *slog.Logger
	open     prometheus.Gauge
	crowded  func()

	mu      sync.Mutex
	wires   map[*wire]struct{}
	closing bool
	working sync.WaitGroup // the accepting goroutine and those of connections
}

// wire is a connection. Once it is to drain, reading fails at once, whatever deadline is set: what was read whole is finished
// and answered, and nothing more is begun.
type wire struct {
	net.Conn
	mu       sync.Mutex
	draining bool
}

// past is a deadline that has passed.
func past() time.Time { return time.Unix(1, 0) }

func (w *wire) drain() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.draining = true
	_ = w.Conn.SetReadDeadline(past())
}

// SetReadDeadline implements net.Conn.
func (w *wire) SetReadDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.draining {
		t = past()
	}
	return w.Conn.SetReadDeadline(t)
}

// SetDeadline implements net.Conn.
func (w *wire) SetDeadline(t time.Time) error {
	return errors.Join(w.SetReadDeadline(t), w.Conn.SetWriteDeadline(t))
}

// from is the address of who connected.
func (w *wire) from() netip.Addr {
	addr, _ := netip.ParseAddrPort(w.RemoteAddr().String())
	return addr.Addr().Unmap().WithZone("")
}

// newPort takes connections of listener until Close. serve handles one, and it is closed when serve returns.
func (s *Service) newPort(protocol string, listener net.Listener, serve func(*wire)) *Port {
	p := &Port{protocol: protocol, listener: listener, serve: serve, most: s.MaxConnections, log: s.Log, open: s.figures.connections.WithLabelValues(protocol),
		crowded: func() { s.figures.refused(protocol, reasonCrowded) }, wires: map[*wire]struct{}{}}
	p.working.Go(p.accept)
	return p
}

// Addr is where the port listens.
func (p *Port) Addr() net.Addr { return p.listener.Addr() }

// acceptPause is how long accepting rests after it failed, such as for want of file descriptors.
const acceptPause = 100 * time.Millisecond

func (p *Port) accept() {
	for {
		conn, err := p.listener.Accept()
		switch {
		case err == nil:
			p.take(conn)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			p.log.Warn("a connection of a tracker could not be accepted", "protocol", p.protocol, "cause", err.Error())
			time.Sleep(acceptPause)
		}
	}
}

// take serves a connection in a goroutine of its own, unless there are too many.
func (p *Port) take(conn net.Conn) {
	w := &wire{Conn: conn}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing || p.most > 0 && len(p.wires) >= p.most {
		if !p.closing {
			p.crowded()
		}
		conn.Close()
		return
	}
	p.wires[w] = struct{}{}
	p.open.Inc()
	p.working.Add(1)
	go p.work(w)
}

// work is the bottom of a connection's goroutine: there are many that wait, so its stack has to stay small.
func (p *Port) work(w *wire) {
	defer p.leave(w)
	p.serve(w)
}

func (p *Port) leave(w *wire) {
	if panicked := recover(); panicked != nil {
		p.log.Error("panic", "protocol", p.protocol, "value", fmt.Sprint(panicked), "stack", string(debug.Stack()))
	}
	w.Conn.Close()
	p.mu.Lock()
	delete(p.wires, w)
	p.mu.Unlock()
	p.open.Dec()
	p.working.Done()
}

// Close takes no more connections, lets each finish and answer what it has read whole, and closes it; those that have not
// finished when ctx ends are cut off.
func (p *Port) Close(ctx context.Context) error {
	err := p.listener.Close()
	p.each(func(w *wire) { w.drain() })
	ended := make(chan struct{})
	go func() {
		p.working.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return err
	case <-ctx.Done():
		p.each(func(w *wire) { w.Conn.Close() })
		return errors.Join(err, ctx.Err())
	}
}

func (p *Port) each(do func(*wire)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closing = true
	for w := range p.wires {
		do(w)
	}
}

// apart runs fn in a goroutine of its own and waits for it. The stack that fn needs goes with it, and that of the caller, which
// will wait for hours, stays small.
func apart(fn func()) {
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		fn()
	}()
	if panicked := <-done; panicked != nil {
		panic(panicked)
	}
}
