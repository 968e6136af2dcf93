package trip

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yipii/yipii/internal/track"
	"github.com/yipii/yipii/internal/trail"
)

// sample are the recorded tracks that lie beside the checkout: two people, 106 days, no speeds and no ignition.
const sample = "../../../shared/data/geolife_sample.txt.gz"

// people reads the tracks of a file by the name of each.
func people(t *testing.T, path string) map[string][]trail.Position {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Skipf("NOT RUN: the GeoLife sample is not there: %v", err)
	}
	defer file.Close()
	tracks := map[string][]trail.Position{}
	err = track.Read(path, file, func(p track.Point) error {
		tracks[p.Track] = append(tracks[p.Track], trail.Position{Time: p.Time.UnixMilli(), Latitude: p.Latitude, Longitude: p.Longitude})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tracks
}

// diary writes what a person did, day by day (UTC): a line for each trip and stop, under that of the day it began on.
func diary(b *bytes.Buffer, name string, list []segment) {
	var last string
	for i := range list {
		g := list[i].told(0, list[i].Settled)
		if day := g.Start.Time.Format(time.DateOnly); day != last {
			last = day
			trips, stops, km := 0, 0, 0.0
			for j := range list {
				if h := &list[j]; time.UnixMilli(h.Start.Time).UTC().Format(time.DateOnly) == day {
					if km += h.Figures.Distance; h.Kind == Going {
						trips++
					} else {
						stops++
					}
				}
			}
			fmt.Fprintf(b, "%s %s: %d trips, %d stops, %.2f km\n", name, day, trips, stops, km)
		}
		end, reason := "…", ""
		if g.End != nil {
			end, reason = g.End.Time.Format("15:04:05"), *g.EndReason
		}
		line := fmt.Sprintf("  %s %s-%s %s to %s", g.Kind, g.Start.Time.Format("15:04:05"), end, g.StartReason, reason)
		if g.Kind == Going {
			line += fmt.Sprintf(", %.2f km in %.0f s, idle %.0f s, top %.0f, mean %.0f km/h", g.Distance, g.Duration, g.IdleTime, g.TopSpeed, g.MeanSpeed)
		} else {
			line += fmt.Sprintf(", %.0f s at %.4f %.4f", g.Duration, g.Start.Latitude, g.Start.Longitude)
		}
		fmt.Fprintln(b, strings.TrimSpace(line))
	}
}

// TestGeoLife compares the trips and stops of the sample, day by day, with those that have been looked at on a map. With
// -update it writes them anew: look at them again then.
func TestGeoLife(t *testing.T) {
	const golden = "testdata/geolife.golden"
	tracks := people(t, sample)
	var got bytes.Buffer
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for n := range tracks {
			if !yield(n) {
				return
			}
		}
	}) {
		list, open := segments(t, Thresholds{}, tracks[name])
		diary(&got, name, list)
		if open != nil {
			fmt.Fprintf(&got, "%s goes on: %s since %s\n", name, open.Kind, open.Start.Time.Format(time.DateTime))
		}
	}
	if update() {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Error(diff)
	}
}

// update reports whether golden files are to be written.
func update() bool { return flag.Arg(0) == "update" }
