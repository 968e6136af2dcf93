package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// conn is a keep-alive HTTP/1.1 connection that does as little as a client can: it sends bytes made beforehand and
// reads the status and the length of the answer. net/http's client would take as much of the machine as the server.
type conn struct {
	net.Conn
	buf        []byte
	start, end int    // of what is read and not yet used
	header     []byte // of the last answer, until the next
}

func dial(addr string) (*conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, buf: make([]byte, 64<<10)}, nil
}

// get makes the bytes of a GET request.
func get(path, token string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: bench\r\n" + authorization(token) + "\r\n")
}

// post makes the bytes of a POST request.
func post(path, token, contentType string, body []byte) []byte {
	head := "POST " + path + " HTTP/1.1\r\nHost: bench\r\n" + authorization(token) +
		"Content-Type: " + contentType + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
	return append([]byte(head), body...)
}

func authorization(token string) string {
	if token == "" {
		return ""
	}
	return "Authorization: Bearer " + token + "\r\n"
}

// do sends a request and reads its answer. The body is good until the next call.
func (c *conn) do(request []byte) (status int, body []byte, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, nil, err
	}
	if c.start == c.end {
		c.start, c.end = 0, 0
	}
	var head int
	for {
		if head = bytes.Index(c.buf[c.start:c.end], []byte("\r\n\r\n")); head >= 0 {
			break
		}
		if err := c.more(); err != nil {
			return 0, nil, err
		}
	}
	c.header = c.buf[c.start : c.start+head+2]
	c.start += head + 4
	if len(c.header) < 12 {
		return 0, nil, errors.New("the answer is not HTTP")
	}
	if status, err = strconv.Atoi(string(c.header[9:12])); err != nil {
		return 0, nil, fmt.Errorf("the answer's status: %w", err)
	}
	if length, ok := field(c.header, "Content-Length"); ok {
		n, err := strconv.Atoi(string(length))
		if err != nil {
			return 0, nil, err
		}
		body, err = c.take(n)
		return status, body, err
	}
	if coding, ok := field(c.header, "Transfer-Encoding"); ok && string(coding) == "chunked" {
		body, err = c.chunks()
		return status, body, err
	}
	return status, nil, nil
}

// more reads on, making room first where there is none.
func (c *conn) more() error {
	if c.end == len(c.buf) {
		grown := make([]byte, 2*len(c.buf))
		// What is read stays at its place: the header and the chunks so far point into it.
		copy(grown, c.buf[:c.end])
		c.buf = grown
	}
	n, err := c.Read(c.buf[c.end:])
	c.end += n
	if n > 0 {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// take is the next n bytes.
func (c *conn) take(n int) ([]byte, error) {
	for c.end-c.start < n {
		if err := c.more(); err != nil {
			return nil, err
		}
	}
	part := c.buf[c.start : c.start+n]
	c.start += n
	return part, nil
}

// chunks reads a chunked body (RFC 9112 §7.1) without trailers.
func (c *conn) chunks() ([]byte, error) {
	var body []byte
	for {
		var line int
		for {
			if line = bytes.Index(c.buf[c.start:c.end], []byte("\r\n")); line >= 0 {
				break
			}
			if err := c.more(); err != nil {
				return nil, err
			}
		}
		size, err := strconv.ParseInt(string(c.buf[c.start:c.start+line]), 16, 32)
		if err != nil {
			return nil, err
		}
		c.start += line + 2
		part, err := c.take(int(size) + 2)
		if err != nil {
			return nil, err
		}
		if size == 0 {
			return body, nil
		}
		body = append(body, part[:size]...)
	}
}

// field is the value of a header field, which the servers here write in its usual case.
func field(header []byte, name string) ([]byte, bool) {
	i := bytes.Index(header, []byte("\r\n"+name+": "))
	if i < 0 {
		return nil, false
	}
	value := header[i+len(name)+4:]
	return value[:bytes.IndexByte(value, '\r')], true
}
