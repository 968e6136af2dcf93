package reporting

import (
	"runtime"
	"syscall"
)

// niceness is how far a thread that makes reports stands behind the others, 0 to 19 (setpriority(2)).
const niceness = 10

// inBackground runs fn on a thread of its own, which the system lets run behind those that answer requests. It returns when fn has.
// A panic in fn is fn's to recover.
func inBackground(fn func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		// Never unlocked: a thread that is locked when its goroutine ends, ends too, and its priority with it.
		runtime.LockOSThread()
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), niceness) // where that isn't allowed, it runs as others do
		fn()
	}()
	<-done
}
