package server

import (
	"context"
	"sync"
	"time"

	"github.com/yipii/yipii/internal/web"
)

// requestContext is a request's context: its facts and its deadline in one. The timer behind the deadline is made only
// once somebody waits for it, such as a query: most requests for tokens and profiles end without.
type requestContext struct {
	context.Context
	request  web.Request
	deadline time.Time

	once   sync.Once
	timed  context.Context
	cancel context.CancelFunc
}

// Deadline is when the request must be answered.
func (c *requestContext) Deadline() (time.Time, bool) { return c.deadline, true }

// Value returns the request's facts.
func (c *requestContext) Value(key any) any {
	if web.IsRequestKey(key) {
		return &c.request
	}
	return c.Context.Value(key)
}

// Done is closed at the deadline, or when the caller has gone or been answered.
func (c *requestContext) Done() <-chan struct{} {
	return c.wait().Done()
}

// Err says why Done is closed.
func (c *requestContext) Err() error {
	if time.Now().After(c.deadline) {
		return context.DeadlineExceeded
	}
	return c.wait().Err()
}

func (c *requestContext) wait() context.Context {
	c.once.Do(func() { c.timed, c.cancel = context.WithDeadline(c.Context, c.deadline) })
	return c.timed
}

// end frees the timer, if there is one. Who asks later hears of the connection's end.
func (c *requestContext) end() {
	c.once.Do(func() { c.timed = c.Context })
	if c.cancel != nil {
		c.cancel()
	}
}
