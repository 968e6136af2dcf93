package background

import (
	"context"
	"syscall"
	"testing"
)

// TestPriority: work's thread gives way, and no other does. The system call counts from 20 down: 20 is the usual priority.
func TestPriority(t *testing.T) {
	priority := func() int {
		p, err := syscall.Getpriority(syscall.PRIO_PROCESS, syscall.Gettid())
		if err != nil {
			t.Fatal(err)
		}
		return 20 - p
	}
	usual := priority()
	var at int
	Run(context.Background(), func(context.Context) { at = priority() })
	if at <= usual && usual < 10 {
		t.Errorf("the work's priority is %d, the usual one %d", at, usual)
	}
	for range 10 {
		Run(context.Background(), func(context.Context) {})
		done := make(chan int)
		go func() { done <- priority() }()
		if now := <-done; now != usual {
			t.Errorf("a thread has priority %d after the work ended, not %d", now, usual)
		}
	}
}
