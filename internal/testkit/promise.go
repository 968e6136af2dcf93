package testkit

import (
	"testing"
	"time"
)

// WithinASecond tries check until it holds, and fails where it doesn't within a second. A second is what was promised of a machine that
// keeps up: while this test itself doesn't get its turn, or an answer takes longer than it should, only 20 ms of each look count.
func WithinASecond(t testing.TB, what string, check func() bool) {
	t.Helper()
	const look, longest = 10 * time.Millisecond, 20 * time.Millisecond
	for left := time.Second; left > 0; {
		began := time.Now()
		if check() {
			return
		}
		time.Sleep(look)
		left -= min(time.Since(began), longest)
	}
	t.Errorf("not within a second: %s", what)
}
