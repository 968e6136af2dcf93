package background

import (
	"context"
	"errors"
	"runtime"
	"strings"
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

// TestShare: a part of background work is background work, and a part of any other is no more than a call. Errors and panics come back.
func TestShare(t *testing.T) {
	wrong := errors.New("wrong")
	parts := func(ctx context.Context) {
		if err := Share(ctx, func(part context.Context) error {
			if (Of(part) == nil) != (Of(ctx) == nil) || Of(part) != nil && Of(part) == Of(ctx) {
				t.Error("a part has another kind of context, or the pacer of the whole")
			}
			return wrong
		}); !errors.Is(err, wrong) {
			t.Errorf("the part's error came back as %v", err)
		}
		if err := Share(ctx, func(context.Context) error { panic("broken") }); err == nil || !strings.Contains(err.Error(), "broken") {
			t.Errorf("the part's panic came back as %v", err)
		}
	}
	parts(context.Background())
	Run(context.Background(), parts)
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
