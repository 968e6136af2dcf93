package server

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// deadlineListener hands out connections that set their deadlines seldom.
type deadlineListener struct{ net.Listener }

// Accept waits for the next connection.
func (l deadlineListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return newDeadlineConn(c), nil
}

// deadlineConn keeps the time limits of net/http, which sets eight deadlines on each request, most of them for reads and
// writes that never happen. A deadline reaches the socket when a read or write begins, or at once while one is waiting, and
// one that differs by less than a second from the one in force doesn't at all.
type deadlineConn struct {
	net.Conn
	reads, writes limit
}

func newDeadlineConn(c net.Conn) *deadlineConn {
	return &deadlineConn{Conn: c, reads: limit{set: c.SetReadDeadline}, writes: limit{set: c.SetWriteDeadline}}
}

// limit is the deadline of one direction.
type limit struct {
	set     func(time.Time) error // on the socket
	mu      sync.Mutex
	waiting bool
	wanted  time.Time
	inForce time.Time
}

// begin says that a read or write starts, and puts the deadline in force that was wanted last.
func (l *limit) begin() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = true
	return l.apply()
}

func (l *limit) end() {
	l.mu.Lock()
	l.waiting = false
	l.mu.Unlock()
}

// want changes the deadline.
func (l *limit) want(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wanted = t; !l.waiting {
		return nil
	}
	return l.apply()
}

func (l *limit) apply() error {
	if near(l.wanted, l.inForce) {
		return nil
	}
	l.inForce = l.wanted
	return l.set(l.wanted)
}

// Read reads under the deadline that was wanted last.
func (c *deadlineConn) Read(b []byte) (int, error) {
	defer c.reads.end()
	if err := c.reads.begin(); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// Write writes under the deadline that was wanted last.
func (c *deadlineConn) Write(b []byte) (int, error) {
	defer c.writes.end()
	if err := c.writes.begin(); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// SetReadDeadline: see net.Conn.
func (c *deadlineConn) SetReadDeadline(t time.Time) error { return c.reads.want(t) }

// SetWriteDeadline: see net.Conn.
func (c *deadlineConn) SetWriteDeadline(t time.Time) error { return c.writes.want(t) }

// SetDeadline: see net.Conn.
func (c *deadlineConn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// CloseWrite ends the sending half, so that what was sent last arrives before the connection closes.
func (c *deadlineConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// SyscallConn implements syscall.Conn, for those who write without waiting.
func (c *deadlineConn) SyscallConn() (syscall.RawConn, error) {
	if direct, ok := c.Conn.(syscall.Conn); ok {
		return direct.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// near reports whether two deadlines are the same for a limit of seconds.
func near(a, b time.Time) bool {
	if a.IsZero() || b.IsZero() {
		return a.IsZero() && b.IsZero()
	}
	apart := a.Sub(b)
	return apart > -time.Second && apart < time.Second
}
