package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/geo"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/trip"
)

// How a route is drawn: at most so many points, none of those left out farther off than so many metres while there is room, and
// at most so many stops, the longest.
const (
	routePoints    = 2_000
	routeTolerance = 5
	routeStops     = 40
)

// routeOf draws positions, and where the asset stopped.
func routeOf(list []trail.Position, parts []part) *document.Map {
	m := &document.Map{Key: "route", Title: "Route"}
	line := geo.NewSimplifier(routeTolerance, routePoints, func(p **trail.Position) (float64, float64) { return (*p).Latitude, (*p).Longitude })
	for i := range list {
		line.Add(&list[i])
	}
	kept := line.Finish()
	points := make([]document.Place, len(kept))
	for i, p := range kept {
		points[i] = place(p.Latitude, p.Longitude)
	}
	m.Lines = []document.Line{{Points: points}}
	m.Marks = append(m.Marks, document.Mark{Label: "Start", Kind: document.Start, Place: points[0]})
	m.Marks = append(m.Marks, stopMarks(parts)...)
	m.Marks = append(m.Marks, document.Mark{Label: "End", Kind: document.End, Place: points[len(points)-1]})
	return m
}

// stopMarks are marks of the longest stops, in the order in which they were.
func stopMarks(parts []part) []document.Mark {
	var marks []document.Mark
	for _, p := range longestStops(parts) {
		marks = append(marks, document.Mark{Label: minutes(p.duration()), Kind: document.Stop, Place: p.start})
	}
	return marks
}

// longestStops are the longest of the stops, as many as are marked, in the order in which they were.
func longestStops(parts []part) []part {
	shortest := time.Duration(0)
	var lengths []time.Duration
	for i := range parts {
		if parts[i].kind == trip.Standing {
			lengths = append(lengths, parts[i].duration())
		}
	}
	if len(lengths) > routeStops {
		slices.SortFunc(lengths, func(a, b time.Duration) int { return cmp.Compare(b, a) })
		shortest = lengths[routeStops-1]
	}
	var kept []part
	for i := range parts {
		if p := &parts[i]; p.kind == trip.Standing && p.duration() >= shortest && len(kept) < routeStops {
			kept = append(kept, *p)
		}
	}
	return kept
}

// minutes is a duration as a mark has it: "1:05" hours.
func minutes(d time.Duration) string {
	m := int(d.Round(time.Minute) / time.Minute)
	return fmt.Sprintf("%d:%02d", m/60, m%60)
}
