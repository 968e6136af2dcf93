//go:build !linux

package background

import "time"

// yield does nothing: only Linux has a priority for each thread.
func yield() {}

func sleep(d time.Duration) { time.Sleep(d) }
