package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// connections is how many clients ask at once.
const connections = 64

// sender gives a connection its requests one after another; nil ends it.
type sender func() []byte

// always sends the same request.
func always(request []byte) sender { return func() []byte { return request } }

// outcome is what a load did.
type outcome struct {
	requests int
	took     time.Duration
	latency  []time.Duration // of each request, sorted
}

func (o outcome) rate() float64 { return float64(o.requests) / o.took.Seconds() }

func (o outcome) p99() time.Duration {
	if len(o.latency) == 0 {
		return 0
	}
	return o.latency[len(o.latency)*99/100]
}

// answered looks at a good answer; nil takes any.
type answered func(body []byte) error

// load sends requests on one connection for each sender until d has passed (0: until the senders end). Any answer but
// 200 is an error: what is measured is work that was done.
func load(ctx context.Context, addr string, d time.Duration, senders []sender) (outcome, error) {
	return loadChecked(ctx, addr, d, senders, nil)
}

// loadChecked is load with a look at every answer.
func loadChecked(ctx context.Context, addr string, d time.Duration, senders []sender, check answered) (outcome, error) {
	conns := make([]*conn, len(senders))
	for i := range conns {
		c, err := dial(addr)
		if err != nil {
			return outcome{}, err
		}
		defer c.Close()
		conns[i] = c
	}
	latencies := make([][]time.Duration, len(senders))
	errs := make([]error, len(senders))
	var wait sync.WaitGroup
	start := time.Now()
	for i := range senders {
		wait.Go(func() {
			latencies[i], errs[i] = send(ctx, conns[i], senders[i], start, d, check)
		})
	}
	wait.Wait()
	o := outcome{took: time.Since(start)}
	if err := errors.Join(errs...); err != nil {
		return o, err
	}
	o.latency = slices.Concat(latencies...)
	o.requests = len(o.latency)
	slices.Sort(o.latency)
	return o, ctx.Err()
}

func send(ctx context.Context, c *conn, next sender, start time.Time, d time.Duration, check answered) ([]time.Duration, error) {
	latency := make([]time.Duration, 0, 8192)
	began := time.Since(start)
	for (d == 0 || began < d) && ctx.Err() == nil {
		request := next()
		if request == nil {
			break
		}
		status, body, err := c.do(request)
		if err != nil {
			return nil, err
		}
		if status != 200 {
			return nil, fmt.Errorf("the answer is %d: %s", status, body)
		}
		if check != nil {
			if err := check(body); err != nil {
				return nil, err
			}
		}
		ended := time.Since(start)
		latency = append(latency, ended-began)
		began = ended
	}
	return latency, nil
}
