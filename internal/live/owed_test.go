package live

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/relay"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
)

// history is where assets are, each with the number of its last change; and what was told of that.
type history struct {
	number int64
	last   map[int64]int64
	away   bool
	told   map[int64]int64
}

func (h *history) Changed(_ context.Context, _ int64, _ *bearer.Part, cursor string, each func(trail.Move)) (string, error) {
	if h.away {
		return cursor, errors.New("the database is away")
	}
	from, _ := strconv.ParseInt(cursor, 10, 64)
	for asset, number := range h.last {
		if number > from {
			each(moveAt(asset, number))
		}
	}
	return h.Head(context.Background(), 1)
}

func (h *history) Head(context.Context, int64) (string, error) {
	if h.away {
		return "", errors.New("the database is away")
	}
	return strconv.FormatInt(h.number, 10), nil
}

func (h *history) offer(f *frame, _ *subscription) {
	for _, m := range f.moves {
		h.told[m.AssetID] = max(h.told[m.AssetID], m.Time)
	}
}

func (h *history) end(error) {}

// line is a relay that breaks. What it hears is handed to the service by the test.
type line struct {
	relay.Relay
	known bool // that it is broken
}

func (l *line) Hears() bool    { return !l.known }
func (l *line) Publish([]byte) {}

// TestNothingMissed: what another node stores is told whenever the relay breaks, and however late that is noticed. At every moment each
// asset's move before an audience's place was told, or a later one of it.
func TestNothingMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, l := &history{last: map[int64]int64{}, told: map[int64]int64{}}, &line{}
		s := &Service{audiences: map[int64]*audience{}, wanted: map[int64]time.Time{}, opt: Options{Trails: h, Relay: l, Now: time.Now, Log: slog.New(slog.DiscardHandler)}}
		s.assets = store.NewCache(10, func(context.Context, int64) (place, error) { return place{}, nil })
		c := testChannel()
		a := c.audience
		a.service, a.account, a.channels = s, 1, map[string]*channel{c.name: c}
		c.kind, c.subs[&subscription{reader: h, channel: c}] = ofAccount, struct{}{}
		s.audiences[1] = a

		from := func() int64 { n, _ := strconv.ParseInt(*a.cursor.Load(), 10, 64); return n }
		n := 0
		var moved []int64 // the assets, in order
		checked := 0      // so many of them
		moments := func(count int, up bool) {
			for range count {
				if rapid.Bool().Draw(t, "move") {
					h.number++
					asset := rapid.Int64Range(1, 4).Draw(t, "asset")
					h.last[asset], moved = h.number, append(moved, asset)
					if up {
						a.moved(t.Context(), []trail.Move{moveAt(asset, h.number)}, time.Now())
					}
				}
				h.away = rapid.Uint8().Draw(t, "away") > 200
				a.settle(t.Context())
				if n++; n%advanceEvery == 0 {
					a.advance(t.Context())
				}
				for ; int64(checked) < from(); checked++ {
					if asset, number := moved[checked], int64(checked+1); h.told[asset] < number {
						t.Fatalf("moment %d: asset %d moved at %d, before the place %d, and %d was told", n, asset, number, from(), h.told[asset])
					}
				}
			}
		}
		const noticed = int(relay.NoticedWithin / upkeepEvery)
		lasts := rapid.SampledFrom([]int{1, 2, 3, 20, 50, noticed - 1, noticed, 200})
		for range rapid.IntRange(1, 4).Draw(t, "breaks") {
			moments(lasts.Draw(t, "up"), true)
			moments(min(lasts.Draw(t, "broken"), noticed), false)
			l.known = true
			moments(lasts.Draw(t, "known to be broken"), false)
			s.gap(false) // as the relay does when it is up again, before it says so
			l.known = false
		}
		moments(owedAfter, true)
		for a.owed > 0 {
			moments(1, true)
		}
		if !maps.Equal(h.told, h.last) {
			t.Fatalf("told %v of %v", h.told, h.last)
		}
	})
}
