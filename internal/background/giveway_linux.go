package background

import "syscall"

// niceness is how much the work gives way: where requests take all that there is, it gets about a tenth of what a request does.
const niceness = 10

// giveWay gives the calling thread a low priority. It is a favour to others: where it isn't possible, work goes on without.
func giveWay() { _ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), niceness) }

// pause lets the threads go first that are ready; where none is, it costs nothing. It keeps Go's processor, which is one more than the
// others have: time.Sleep would give it up, and Go waits for its timers in whole milliseconds.
func pause() { _, _, _ = syscall.Syscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
