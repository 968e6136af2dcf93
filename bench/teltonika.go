package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

const (
	devices   = 10_000
	deviceBar = 16 << 10 // bytes of memory for each that is connected
	greeters  = 16       // devices that connect at once
	settling  = 2 * time.Second
)

// benchTeltonika weighs the connections of devices that have said who they are and are silent.
func benchTeltonika(ctx context.Context, b *bench) error {
	in, err := b.sqlite(ctx, "teltonika")
	if err != nil {
		return err
	}
	if err := in.makeTrackers(ctx); err != nil {
		return err
	}
	door, err := freeAddr()
	if err != nil {
		return err
	}
	// A fresh process: one that has just made the assets has memory to spare, which the connections would take unseen.
	product, err := in.serve(ctx, "--teltonika-addr", door)
	if err != nil {
		return err
	}
	defer product.stop()
	conns := make([]net.Conn, devices+1)
	defer func() {
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
	}()
	// The first one pays for what is there once.
	if conns[devices], err = greet(door, devices); err != nil {
		return err
	}
	before, err := resident(product.pid())
	if err != nil {
		return err
	}
	errs := make([]error, greeters)
	var wait sync.WaitGroup
	for k := range greeters {
		wait.Go(func() {
			for i := k; i < devices && errs[k] == nil; i += greeters {
				conns[i], errs[k] = greet(door, i)
			}
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	time.Sleep(settling)
	after, err := resident(product.pid())
	if err != nil {
		return err
	}
	each := (after - before) / devices
	b.report(row{what: fmt.Sprintf("memory of a silent Teltonika connection, of 10,000 (%s before them, %s with them)", megabytes(before), megabytes(after)),
		figure: fmt.Sprintf("%.1f KB", float64(each)/1024), baseline: nothing, ratio: nothing, bar: "< 16 KB", verdict: judge(each < deviceBar)})
	return nil
}

// makeTrackers makes the assets that the devices are mounted in.
func (in *installation) makeTrackers(ctx context.Context) error {
	product, err := in.serve(ctx)
	if err != nil {
		return err
	}
	token, err := product.token(in, in.ClientID)
	if err == nil {
		_, err = product.assets(in, token, devices+1)
	}
	return errors.Join(err, product.stop())
}

// greet connects as the n-th tracker, and returns once it is accepted.
func greet(addr string, n int) (net.Conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	identity := tracker(n)
	answer := make([]byte, 1)
	if _, err = c.Write(append([]byte{0, byte(len(identity))}, identity...)); err == nil {
		_, err = io.ReadFull(c, answer)
	}
	if err == nil && answer[0] != 1 {
		err = fmt.Errorf("tracker %s is answered %d", identity, answer[0])
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}
