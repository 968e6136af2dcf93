package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/trip"
)

// TestListed: trips and stops beyond those that a report lists are counted, and said to be missing.
func TestListed(t *testing.T) {
	s := newScene(t, testkit.SQLite(t))
	for _, kind := range []string{"trips", "stops"} {
		r := s.request(kind, s.from, s.to, s.van)
		s.mostRows = mostParts
		all := s.report(r)
		n := len(cells(t, all, kind))
		if n < 2 || strings.Contains(strings.Join(all.Notes, " "), "The table has") {
			t.Fatalf("%d %s: %q", n, kind, all.Notes)
		}
		s.mostRows = 1
		short := s.report(r)
		if got := cells(t, short, kind); len(got) != 1 || !cmp.Equal(got[0], cells(t, all, kind)[0]) {
			t.Errorf("%d %s are listed: %v", len(got), kind, got)
		}
		if diff := cmp.Diff(all.Figures, short.Figures); diff != "" {
			t.Errorf("the figures of %s: %s", kind, diff)
		}
		want := fmt.Sprintf("The table has the first 1 of %d %s; the figures are of all. All of them are at /api/acme/asset/{id}/trip.", n, kind)
		if last := short.Notes[len(short.Notes)-1]; last != want {
			t.Errorf("it says %q, want %q", last, want)
		}
	}
}

// TestLongestStops: the longest are kept, in the order in which they were, also where they are gone through in portions.
func TestLongestStops(t *testing.T) {
	began := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var all, want, got []part
	for i := range 3 * routeStops {
		length := time.Duration(1+i*37%(3*routeStops)) * time.Minute // each once
		p := part{asset: int64(i), kind: trip.Standing, from: began, to: began.Add(length)}
		all = append(all, p, part{asset: int64(i), kind: trip.Going, from: began, to: began.Add(1000 * time.Hour)})
		if length > 2*routeStops*time.Minute {
			want = append(want, p)
		}
	}
	for portion := range slices.Chunk(all, 17) {
		got = longestStops(append(got, portion...))
	}
	if len(want) != routeStops || !slices.Equal(got, want) || !slices.Equal(longestStops(all), want) {
		t.Errorf("%v are kept, want %v", got, want)
	}
}
