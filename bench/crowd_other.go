//go:build !linux

package main

import (
	"errors"
	"sync/atomic"
	"time"
)

// crowd reads many sockets: on Linux only.
type crowd struct {
	received, started atomic.Int64
	sent              int64
	took              []time.Duration
}

var errNoCrowd = errors.New("many sockets are read by Linux's epoll: run this measurement there")

func newCrowd([]*socket) (*crowd, error) { return nil, errNoCrowd }

func (c *crowd) until(int64) error { return errNoCrowd }

func (c *crowd) close() {}
