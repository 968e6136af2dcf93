package server

import (
	"net"
	"sync"
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
	return &deadlineConn{Conn: c}, nil
}

// deadlineConn keeps the time limits of net/http, which sets six deadlines on each request, most of them for reads that
// never happen because the request is in memory already. A read deadline reaches the socket when a read begins, or at
// once while one is waiting, and one that differs by less than a second from the one in force doesn't at all.
type deadlineConn struct {
	net.Conn

	mu          sync.Mutex
	reading     bool
	wanted      time.Time // for reads
	read, write time.Time // in force
}

// Read reads under the deadline that was wanted last.
func (c *deadlineConn) Read(b []byte) (int, error) {
	c.mu.Lock()
	err := c.applyRead()
	c.reading = true
	c.mu.Unlock()
	var n int
	if err == nil {
		n, err = c.Conn.Read(b)
	}
	c.mu.Lock()
	c.reading = false
	c.mu.Unlock()
	return n, err
}

// SetReadDeadline: see net.Conn.
func (c *deadlineConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wanted = t
	if !c.reading {
		return nil
	}
	return c.applyRead()
}

func (c *deadlineConn) applyRead() error {
	if near(c.wanted, c.read) {
		return nil
	}
	c.read = c.wanted
	return c.Conn.SetReadDeadline(c.wanted)
}

// SetWriteDeadline: see net.Conn.
func (c *deadlineConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if near(t, c.write) {
		return nil
	}
	c.write = t
	return c.Conn.SetWriteDeadline(t)
}

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

// near reports whether two deadlines are the same for a limit of seconds.
func near(a, b time.Time) bool {
	if a.IsZero() || b.IsZero() {
		return a.IsZero() && b.IsZero()
	}
	apart := a.Sub(b)
	return apart > -time.Second && apart < time.Second
}
