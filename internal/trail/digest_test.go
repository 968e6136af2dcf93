package trail

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// TestSample holds samples to what the rule says, worked out from all positions.
func TestSample(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		id, other := n.asset(n.acme, ""), n.asset(n.acme, "")
		// Two days before midnight, and after: dense, sparse, and nothing for half a day.
		var all []Position
		at := goodTime() - 3*86_400_000
		for i := range 4000 {
			switch {
			case i < 2000:
				at += 700 + int64(i%7)*100
			case i == 2000:
				at += 40_000_000
			default:
				at += 20_000 + int64(i%11)*3_000
			}
			all = append(all, Position{AssetID: id, Time: at, Latitude: 52, Longitude: 13 + float64(i)/1e4, Speed: Some(float64(i % 90)), Ignition: Some(i%2 == 0)})
		}
		for part := range slices.Chunk(all, 1000) {
			n.ingest(slices.Clone(part)...)
			others := slices.Clone(part)
			for i := range others {
				others[i].AssetID = other
				others[i].Time++
			}
			n.ingest(others...)
		}
		rounds := 0
		rapid.Check(t, func(rt *rapid.T) {
			if rounds++; rounds > 60 || db.Dialect == store.Postgres && rounds > 15 {
				return
			}
			first, last := all[0].Time, all[len(all)-1].Time
			from := rapid.Int64Range(first-100_000, last).Draw(rt, "from")
			to := rapid.Int64Range(from+1, last+100_000).Draw(rt, "to")
			most := rapid.SampledFrom([]int{2, 10, 100, 1000, 3999, 4000, 10_000}).Draw(rt, "most")
			got, every, err := n.service.Sample(t.Context(), n.acme, id, from, to, most)
			if err != nil {
				rt.Fatal(err)
			}
			want := thinned(all, from, to, every)
			if len(got) != len(want) || len(got) > most {
				rt.Fatalf("%d positions each %v, want %d, at most %d", len(got), every, len(want), most)
			}
			for i := range got {
				if got[i] != want[i] {
					rt.Fatalf("position %d is %+v, want %+v", i, got[i], want[i])
				}
			}
			if every == 0 {
				return
			}
			// The next shorter length would have been too short, or the range is so that all are.
			if at := slices.Index(intervals(), every.Milliseconds()); at > 0 {
				if n := len(thinned(all, from, to, time.Duration(intervals()[at-1])*time.Millisecond)); n <= most {
					rt.Errorf("each %v, but of a shorter length there are only %d", every, n)
				}
			}
			if n := len(thinned(all, from, to, 0)); n <= most {
				rt.Errorf("%d positions were left out for nothing", n-len(got))
			}
		})
	})
}

// thinned are the first positions of each interval.
func thinned(all []Position, from, to int64, every time.Duration) []Position {
	var list []Position
	last := int64(-1)
	for _, p := range all {
		if p.Time < from || p.Time >= to {
			continue
		}
		if every > 0 {
			if i := (p.Time - from) / every.Milliseconds(); i == last {
				continue
			} else {
				last = i
			}
		}
		list = append(list, p)
	}
	return list
}

// TestRewritten: what is stored in order leaves the count as it is, on whichever node; what comes late doesn't.
func TestRewritten(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		id := n.asset(n.acme, "")
		count := func() int64 {
			n.catchUp()
			found, err := n.service.Extents(t.Context(), n.acme, []int64{id, 12345})
			if err != nil || len(found) > 1 {
				t.Fatal(found, err)
			}
			return found[id].Rewritten
		}
		at := func(minutes ...int64) {
			t.Helper()
			var list []Position
			for _, m := range minutes {
				list = append(list, Position{AssetID: id, Time: goodTime() - 3_600_000 + m*60_000, Latitude: 52, Longitude: 13})
			}
			n.ingest(list...)
		}
		if count() != 0 {
			t.Error("something was rewritten before the first position")
		}
		at(1, 2, 5)
		at(6)
		n.second(db).service.engine.memories.Purge()
		n.service.engine.memories.Purge() // as of a new process
		at(8, 9)
		at(9) // a repeat
		if got := count(); got != 0 {
			t.Errorf("positions in order were counted %d times", got)
		}
		at(3)
		if got := count(); got != 1 {
			t.Errorf("a late position was counted %d times", got)
		}
		at(4, 20)
		if got := count(); got != 2 {
			t.Errorf("a second, beside one that isn't late, left the count at %d", got)
		}
		at(21)
		if got := count(); got != 2 {
			t.Errorf("one in order left the count at %d", got)
		}
	})
}
