package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"
)

// socket is a WebSocket client that does as little as one can: it reads frames and says a few things.
type socket struct {
	net.Conn
	r  *bufio.Reader
	id string
}

// portsOfAddress is how many connections leave from one loopback address: it has few more ports.
const portsOfAddress = 20_000

// connect opens the n-th connection of many.
func connect(addr string, n int) (*socket, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+n/portsOfAddress))}}
	c, err := dialer.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &socket{Conn: c, r: bufio.NewReaderSize(c, 1024)}
	if err := s.shake(); err != nil {
		c.Close()
		return nil, err
	}
	return s, nil
}

// shake makes the connection a WebSocket, and reads the server's greeting.
func (s *socket) shake() error {
	if _, err := s.Write([]byte("GET /app/yipii?protocol=7 HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")); err != nil {
		return err
	}
	for n := 0; ; n++ {
		line, err := s.r.ReadString('\n')
		if err != nil {
			return err
		}
		if n == 0 && !strings.Contains(line, " 101 ") {
			return fmt.Errorf("a socket is answered %s", strings.TrimSpace(line))
		}
		if line == "\r\n" {
			break
		}
	}
	text, err := s.frame(nil)
	if err != nil {
		return err
	}
	var hello struct{ Data string }
	var data struct {
		SocketID string `json:"socket_id"`
	}
	if json.Unmarshal(text, &hello) != nil || json.Unmarshal([]byte(hello.Data), &data) != nil || data.SocketID == "" {
		return fmt.Errorf("a socket is greeted with %s", text)
	}
	s.id = data.SocketID
	return nil
}

// frame reads the next message of the server into buffer, which may be nil.
func (s *socket) frame(buffer []byte) ([]byte, error) {
	head, err := s.r.Peek(2)
	if err != nil {
		return nil, err
	}
	opcode, length, skip := head[0]&0xf, int(head[1]&0x7f), 2
	switch length {
	case 126:
		if head, err = s.r.Peek(4); err != nil {
			return nil, err
		}
		length, skip = int(binary.BigEndian.Uint16(head[2:])), 4
	case 127:
		if head, err = s.r.Peek(10); err != nil {
			return nil, err
		}
		length, skip = int(binary.BigEndian.Uint64(head[2:])), 10
	}
	_, _ = s.r.Discard(skip)
	if cap(buffer) < length {
		buffer = make([]byte, length)
	}
	buffer = buffer[:length]
	if _, err := io.ReadFull(s.r, buffer); err != nil {
		return nil, err
	}
	if opcode != 1 {
		return nil, fmt.Errorf("the server sent a frame of kind %d: %q", opcode, buffer)
	}
	return buffer, nil
}

// say sends a text of under 64 KB, masked with zeros.
func (s *socket) say(text string) error {
	b := []byte{0x81, 0x80 | 126, byte(len(text) >> 8), byte(len(text)), 0, 0, 0, 0}
	_, err := s.Write(append(b, text...))
	return err
}

// subscribe puts the connection on a channel, which c asks for with a token.
func (s *socket) subscribe(c *conn, token, channel string) error {
	form := url.Values{"socket_id": {s.id}, "channel_name": {channel}}.Encode()
	status, body, err := c.do(post("/broadcasting/auth", token, "application/x-www-form-urlencoded", []byte(form)))
	var answer struct{ Auth string }
	if err != nil || status != 200 || json.Unmarshal(body, &answer) != nil {
		return fmt.Errorf("a channel is answered %d: %s (%v)", status, body, err)
	}
	if err := s.say(fmt.Sprintf(`{"event":"pusher:subscribe","data":{"channel":%q,"auth":%q}}`, channel, answer.Auth)); err != nil {
		return err
	}
	text, err := s.frame(nil)
	if err == nil && !bytes.Contains(text, []byte("subscription_succeeded")) {
		err = fmt.Errorf("a subscription is answered %s", text)
	}
	return err
}

// answered asks whether the server is there.
func (s *socket) answered() error {
	if err := s.say(`{"event":"pusher:ping","data":{}}`); err != nil {
		return err
	}
	_ = s.SetReadDeadline(time.Now().Add(10 * time.Second))
	text, err := s.frame(nil)
	if err == nil && !bytes.Contains(text, []byte("pusher:pong")) {
		err = errors.New("a ping is not answered")
	}
	return err
}
