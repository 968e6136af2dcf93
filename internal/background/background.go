// Package background runs long work on what requests leave of the processors: reports are made on it.
//
// Two things keep a request waiting while a goroutine computes. Go looks at the sockets when a processor has nothing to run, and
// otherwise only every ten milliseconds; and the system gives a thread that computes its turn of some milliseconds even where
// another one has just become ready. So work of this package runs on a thread of low priority, for which Go gets a processor
// beside those that it has, and it lets others go first, often.
//
// Read background.go. The package owns no table and no route.
package background

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// turn is how long a goroutine runs before it lets other threads go first.
const turn = 200 * time.Microsecond

// Run calls work on a goroutine and thread of its own, and returns when it has ended. Its context carries a Pacer. A panic of work
// is not caught.
func Run(ctx context.Context, work func(context.Context)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		// Never unlocked: the thread ends with its goroutine, and its priority with it.
		runtime.LockOSThread()
		giveWay()
		addProcessors(1)
		defer addProcessors(-1)
		work(context.WithValue(ctx, key{}, &Pacer{start: time.Now()}))
	}()
	<-done
}

// Share runs a part of work, beside its other parts: as Run does where ctx is of background work, and at once otherwise. A panic
// of the part is an error, since the goroutine that it is on may be nobody's who would catch it.
func Share(ctx context.Context, part func(context.Context) error) (err error) {
	caught := func(ctx context.Context) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		err = part(ctx)
	}
	if Of(ctx) == nil {
		caught(ctx)
	} else {
		Run(ctx, caught)
	}
	return err
}

var processors sync.Mutex

// addProcessors changes how many threads may run Go at once. One that the system doesn't let run holds on to its processor, which
// the requests would miss. From the first call on Go doesn't follow changes of the container's share by itself.
func addProcessors(n int) {
	processors.Lock()
	defer processors.Unlock()
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + n)
}

type key struct{}

// Pacer knows how long background work has run since it paused.
type Pacer struct {
	start time.Time
	began atomic.Int64 // nanoseconds after start
}

// Of is the Pacer of the work that ctx is of; nil for none.
func Of(ctx context.Context) *Pacer {
	p, _ := ctx.Value(key{}).(*Pacer)
	return p
}

// Pause lets others go first if it is time to. It is cheap enough to be called for each row; on nil it does nothing.
func (p *Pacer) Pause() {
	if p != nil && int64(time.Since(p.start))-p.began.Load() > int64(turn) {
		pause()
		p.began.Store(int64(time.Since(p.start)))
	}
}
