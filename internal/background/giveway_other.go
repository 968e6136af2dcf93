//go:build !linux

package background

import "time"

// giveWay does nothing: only Linux has a priority for each thread.
func giveWay() {}

func pause() { time.Sleep(50 * time.Microsecond) }
