package background

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// TestRun: work has a pacer and a processor beside the others' while it runs, and nothing of it is left.
func TestRun(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	type name struct{}
	ctx := context.WithValue(context.Background(), name{}, "kept")
	var during int
	Run(ctx, func(ctx context.Context) {
		during = runtime.GOMAXPROCS(0)
		if Of(ctx) == nil || ctx.Value(name{}) != "kept" {
			t.Error("the work's context has no pacer, or lost a value")
		}
		// Inner work goes on as if it were alone.
		Run(ctx, func(inner context.Context) {
			if Of(inner) == Of(ctx) {
				t.Error("two goroutines have one pacer")
			}
		})
	})
	if during != before+1 || runtime.GOMAXPROCS(0) != before {
		t.Errorf("processors: %d before, %d during, %d after", before, during, runtime.GOMAXPROCS(0))
	}
}

// TestShare: a part of background work is background work, and a part of any other is no more than a call.
func TestShare(t *testing.T) {
	Share(context.Background(), func(ctx context.Context) {
		if Of(ctx) != nil {
			t.Error("a request became background work")
		}
	})
	Run(context.Background(), func(ctx context.Context) {
		Share(ctx, func(part context.Context) {
			if Of(part) == nil || Of(part) == Of(ctx) {
				t.Error("a part has no pacer of its own")
			}
		})
	})
}

// TestPause: it is made once a turn is over, and then not until the next one is.
func TestPause(t *testing.T) {
	Of(context.Background()).Pause() // other goroutines have none
	p := &Pacer{start: time.Now().Add(-time.Hour)}
	p.Pause()
	paused := p.began.Load()
	if paused < int64(time.Hour) {
		t.Fatal("no pause after an hour")
	}
	p.start = time.Now().Add(time.Hour) // as if no time had passed
	p.Pause()
	if p.began.Load() != paused {
		t.Error("a second pause within the turn")
	}
	p.start = time.Now().Add(-3 * time.Hour)
	p.Pause()
	if p.began.Load() <= paused {
		t.Error("no second pause after a second hour")
	}
}
