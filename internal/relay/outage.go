package relay

import (
	"log/slog"
	"sync"
	"time"
)

// end is one of the two ends of a relay.
type end int

const (
	hearEnd end = iota
	sendEnd
)

// outage logs when messages begin to fail and when they go again, whichever end notices, and what was dropped.
type outage struct {
	log *slog.Logger

	mu      sync.Mutex
	failing [2]bool
	drops   uint64    // not logged yet
	logged  time.Time // when drops were
}

// dropsEvery is how often dropped messages are logged, while they are.
const dropsEvery = time.Minute

func (o *outage) begin(e end, cause error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failing == [2]bool{} {
		o.log.Warn("live messages don't go between the nodes; it is tried again", "cause", cause.Error())
	}
	o.failing[e] = true
}

func (o *outage) over(e end) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.failing[e] {
		return
	}
	if o.failing[e] = false; o.failing == [2]bool{} {
		o.log.Info("live messages go between the nodes again")
	}
}

// dropped counts messages that waited for too long, and logs the count now and then.
func (o *outage) dropped(n uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.drops += n; o.drops == 0 || time.Since(o.logged) < dropsEvery {
		return
	}
	o.log.Warn("live messages to the other nodes were dropped", "messages", o.drops)
	o.drops, o.logged = 0, time.Now()
}

// refused logs messages that the engine will never take.
func (o *outage) refused(cause error) {
	o.log.Warn("live messages to the other nodes were refused", "cause", cause.Error())
}
