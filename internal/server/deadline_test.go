package server

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// countingConn counts the deadlines that reach it.
type countingConn struct {
	net.Conn
	reads, writes int
}

func (c *countingConn) SetReadDeadline(t time.Time) error {
	c.reads++
	return c.Conn.SetReadDeadline(t)
}

func (c *countingConn) SetWriteDeadline(t time.Time) error {
	c.writes++
	return c.Conn.SetWriteDeadline(t)
}

// TestDeadlineConn: every limit holds, and few of them cost anything.
func TestDeadlineConn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer here.Close()
		defer there.Close()
		counting := &countingConn{Conn: here}
		c := newDeadlineConn(counting)
		late := func(what string, after time.Duration, do func() error) {
			t.Helper()
			start := time.Now()
			if err := do(); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s ended with %v", what, err)
			}
			if took := time.Since(start); took != after {
				t.Errorf("%s took %s, want %s", what, took, after)
			}
		}
		read := func() error { _, err := c.Read(make([]byte, 1)); return err }
		write := func() error { _, err := c.Write([]byte{1}); return err }

		for range 100 { // as net/http does with each request that is in memory
			for _, d := range []time.Duration{120, 10, 60} {
				_ = c.SetReadDeadline(time.Now().Add(d * time.Second))
			}
			_ = c.SetWriteDeadline(time.Now().Add(90 * time.Second))
			_ = c.SetWriteDeadline(time.Time{})
			time.Sleep(time.Millisecond)
		}
		if counting.reads != 0 || counting.writes != 0 {
			t.Errorf("%d read and %d write deadlines were set", counting.reads, counting.writes)
		}
		late("a read under the last deadline", 60*time.Second-time.Millisecond, read)
		_ = c.SetWriteDeadline(time.Now().Add(30 * time.Second))
		late("a write", 30*time.Second, write)

		_ = c.SetDeadline(time.Time{})
		go func() {
			time.Sleep(5 * time.Second)
			_ = c.SetReadDeadline(time.Unix(1, 0)) // as net/http breaks a read off
		}()
		late("a waiting read that is broken off", 5*time.Second, read)
		go func() {
			time.Sleep(7 * time.Second)
			_ = c.SetWriteDeadline(time.Unix(1, 0))
		}()
		late("a waiting write that is broken off", 7*time.Second, write)
		_ = c.SetReadDeadline(time.Time{})
		go func() { time.Sleep(time.Hour); _, _ = there.Write([]byte{1}) }()
		if err := read(); err != nil {
			t.Errorf("a read without a deadline: %v", err)
		}
	})
}
