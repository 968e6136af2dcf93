package live

import (
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

// Whoever has a frame for a socket writes it there and then, as far as the system takes it without waiting: no goroutine wakes up
// for it. What the system doesn't take at once, a goroutine of the socket's own waits with, so a slow client holds up nobody else.
// The outbox sees to it that one at a time writes.

const (
	mostAtOnce   = 4   // frames that are written for one socket before others have their turn
	leastForMany = 256 // deliveries that are worth a second worker
)

// delivery is a frame for one subscriber.
type delivery struct {
	frame *frame
	sub   *subscription
}

// deliver hands out frames. Of many, each processor hands out a share.
func deliver(all []delivery) {
	workers := min(runtime.GOMAXPROCS(0), 1+len(all)/leastForMany)
	share := (len(all) + workers - 1) / workers
	var others sync.WaitGroup
	for n := 1; n < workers; n++ {
		others.Go(func() { deliverShare(all[min(n*share, len(all)):min((n+1)*share, len(all))]) })
	}
	deliverShare(all[:share])
	others.Wait()
}

func deliverShare(share []delivery) {
	for i := range share {
		share[i].sub.reader.offer(share[i].frame, share[i].sub)
	}
}

// straight is the connection for writes that don't wait; nil where something lies between it and the client, such as TLS.
func straight(conn *websocket.Conn) syscall.RawConn {
	direct, ok := conn.NetConn().(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := direct.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// flush writes what waits. The outbox has made the caller its only writer.
func (c *socket) flush() {
	if c.raw == nil {
		go c.send(c.outbox.next(), nil)
		return
	}
	for range mostAtOnce {
		f := c.outbox.next()
		if f == nil {
			return
		}
		wire := f.wire()
		n, err := writeNow(c.raw, wire)
		switch {
		case err != nil:
			c.hangUp()
			return
		case n < len(wire):
			go c.send(f, wire[n:])
			return
		case f.last:
			c.hangUp()
			return
		}
	}
	go c.send(c.outbox.next(), nil)
}

// send writes f, or what is left of it, and then all that waits.
func (c *socket) send(f *frame, left []byte) {
	for ; f != nil; f, left = c.outbox.next(), nil {
		if c.write(f, left) != nil || f.last {
			c.hangUp()
			return
		}
	}
}

func (c *socket) write(f *frame, left []byte) error {
	wait := stuckTimeout
	if f.last {
		wait = closeTimeout
	}
	until := time.Now().Add(wait)
	if c.packed && f.opcode == 0 {
		_ = c.conn.SetWriteDeadline(until)
		return c.conn.WritePreparedMessage(f.message())
	}
	if left == nil {
		left = f.wire()
	}
	line := c.conn.NetConn()
	_ = line.SetWriteDeadline(until)
	_, err := line.Write(left)
	return err
}

// hangUp ends the connection: read ends with it, and clears up.
func (c *socket) hangUp() {
	c.outbox.close()
	_ = c.conn.Close()
}
