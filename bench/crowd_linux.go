package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// crowd reads many sockets in one goroutine, which asks the system which of them have something: a goroutine for each would cost
// more of the machine than the server that is measured.
type crowd struct {
	poll     int
	end      [2]int           // a pipe: what is written there ends the reading
	readers  map[int]*reading // by descriptor
	received atomic.Int64     // positions
	started  atomic.Int64     // Unix ns: when what is timed was sent; 0 while nothing is
	enough   atomic.Int64     // how many positions somebody waits for
	sent     int64            // positions that are on their way to it; whoever sends them counts
	reached  chan struct{}
	done     chan struct{}

	// To be read once it is closed.
	took []time.Duration
	err  error
}

// reading is what is left of a socket's last read: a frame that hasn't come in full.
type reading struct{ rest []byte }

// newCrowd takes sockets over, and reads them from now on.
func newCrowd(sockets []*socket) (*crowd, error) {
	c := &crowd{readers: make(map[int]*reading, len(sockets)), reached: make(chan struct{}, 1), done: make(chan struct{})}
	var err error
	if c.poll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if err := syscall.Pipe2(c.end[:], syscall.O_CLOEXEC); err != nil {
		return nil, err
	}
	if err := c.watch(c.end[0]); err != nil {
		return nil, err
	}
	for _, s := range sockets {
		if err := c.take(s); err != nil {
			c.drop()
			return nil, err
		}
	}
	go c.run()
	return c, nil
}

// take gives the crowd a descriptor of its own, so that Go's own poller has nothing to do with the socket any more.
func (c *crowd) take(s *socket) error {
	if s.r.Buffered() > 0 {
		return errors.New("a socket was told something before anything was sent")
	}
	raw, err := s.Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return err
	}
	var fd int
	var failed error
	if err := raw.Control(func(own uintptr) { fd, failed = syscall.Dup(int(own)) }); err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	syscall.CloseOnExec(fd)
	c.readers[fd] = &reading{}
	return errors.Join(s.Close(), c.watch(fd))
}

func (c *crowd) watch(fd int) error {
	return syscall.EpollCtl(c.poll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
}

func (c *crowd) drop() {
	for fd := range c.readers {
		_ = syscall.Close(fd)
	}
	for _, fd := range []int{c.end[0], c.end[1], c.poll} {
		_ = syscall.Close(fd)
	}
}

// run reads until close.
func (c *crowd) run() {
	defer close(c.done)
	defer c.drop()
	events, buffer := make([]syscall.EpollEvent, 1024), make([]byte, 256<<10)
	for {
		n, err := syscall.EpollWait(c.poll, events, -1)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			c.err = err
			return
		}
		for _, event := range events[:n] {
			if int(event.Fd) == c.end[0] {
				return
			}
			if err := c.read(int(event.Fd), buffer); err != nil {
				c.err = err
				return
			}
		}
		if enough := c.enough.Load(); enough > 0 && c.received.Load() >= enough {
			select {
			case c.reached <- struct{}{}:
			default:
			}
		}
	}
}

// read takes what a socket has now.
func (c *crowd) read(fd int, buffer []byte) error {
	n, err := syscall.Read(fd, buffer)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return nil
	}
	if n <= 0 {
		return fmt.Errorf("the server ended a socket: %w", err)
	}
	r, data := c.readers[fd], buffer[:n]
	if len(r.rest) > 0 {
		data = append(r.rest, data...)
	}
	for {
		opcode, text, rest, whole := cutFrame(data)
		if !whole {
			break
		}
		if opcode != 1 {
			return fmt.Errorf("the server sent a frame of kind %d: %q", opcode, text)
		}
		if at := c.started.Load(); at > 0 {
			c.took = append(c.took, time.Duration(time.Now().UnixNano()-at))
		}
		c.received.Add(int64(bytes.Count(text, []byte(`asset_id`))))
		data = rest
	}
	r.rest = append([]byte(nil), data...)
	return nil
}

// cutFrame takes the first frame of a server (RFC 6455 §5.2) from data, if all of it is there.
func cutFrame(data []byte) (opcode byte, text, rest []byte, whole bool) {
	if len(data) < 2 {
		return 0, nil, nil, false
	}
	length, skip := int(data[1]&0x7f), 2
	switch {
	case length == 126 && len(data) >= 4:
		length, skip = int(binary.BigEndian.Uint16(data[2:])), 4
	case length == 127 && len(data) >= 10:
		length, skip = int(binary.BigEndian.Uint64(data[2:])), 10
	case length >= 126:
		return 0, nil, nil, false
	}
	if len(data) < skip+length {
		return 0, nil, nil, false
	}
	return data[0] & 0xf, data[skip : skip+length], data[skip+length:], true
}

// until waits until so many positions have been received.
func (c *crowd) until(n int64) error {
	c.enough.Store(n)
	defer c.enough.Store(0)
	late := time.After(time.Minute)
	for c.received.Load() < n {
		select {
		case <-c.reached:
		case <-c.done:
			return fmt.Errorf("reading ended: %w", c.err)
		case <-time.After(10 * time.Millisecond): // the last may have come just before it was waited for
		case <-late:
			return fmt.Errorf("%d of %d positions were received", c.received.Load(), n)
		}
	}
	return nil
}

// close ends the sockets, and waits until none is read any more.
func (c *crowd) close() {
	select {
	case <-c.done:
	default:
		_, _ = syscall.Write(c.end[1], []byte{0})
		<-c.done
	}
}
