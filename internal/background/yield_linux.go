package background

import (
	"syscall"
	"time"
)

// yield gives the calling thread the lowest priority. It is a favour to others: where it isn't possible, work goes on without.
func yield() { _ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), 10) }

// sleep keeps the thread, and its processor, which is one more than the others have: time.Sleep gives up both, and Go waits for
// its timers in whole milliseconds.
func sleep(d time.Duration) {
	t := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&t, nil) // one that is cut short is as good
}
