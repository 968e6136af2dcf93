package report

import (
	"context"
	"fmt"
	"time"

	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/trip"
)

// stopsReport lists where assets stood between trips, and for how long.
func (w *work) stopsReport(ctx context.Context) error {
	list := listed{most: w.mostRows}
	var all summed
	var marked []part // the longest
	longest := time.Duration(0)
	err := w.assetParts(ctx, cuts{w.From, w.To}, func(_ int64, parts []part) error {
		for i := range parts {
			if p := &parts[i]; p.kind == trip.Standing {
				list.add(p)
				all.add(p)
				longest = max(longest, p.duration())
			}
		}
		marked = longestStops(append(marked, parts...))
		return nil
	})
	if err != nil {
		return err
	}
	if list.count == 0 {
		w.nothing("There are no stops in this time.")
	}
	w.figure("stops", "Stops", document.Count, list.count)
	w.figure("duration", "Time at stops", document.Duration, all.stood.Seconds())
	w.figure("idle_time", "Engine running at stops", document.Duration, all.running.Seconds())
	w.figure("longest", "Longest stop", document.Duration, known(longest.Seconds(), list.count > 0))
	if list.count > 0 {
		w.section(stopMap(marked, list.count))
	}
	w.section(&document.Table{Key: "stops", Title: "Stops", Nothing: "There are no stops in this time.", Columns: []document.Column{
		column("asset", "Asset", document.Text), column("start", "Start", document.Moment), column("end", "End", document.Moment),
		total("duration", "Duration", document.Duration), total("idle_time", "Engine running", document.Duration),
		column("latitude", "Latitude", document.Degrees), column("longitude", "Longitude", document.Degrees)},
		Rows: rows(list.parts, func(p *part) []any {
			return []any{w.assetName(p.asset), p.from, known(p.to, !p.open), p.duration().Seconds(), p.idle.Seconds(), p.start.Latitude, p.start.Longitude}
		})})
	w.note("A stop that goes on counts up to the newest position, and one that reaches beyond the range with the part that lies inside of it.")
	w.note(list.note(w, "stops"))
	return nil
}

// stopMap shows the longest of so many stops.
func stopMap(longest []part, count int64) *document.Map {
	m := &document.Map{Key: "places", Title: "Places", Marks: stopMarks(longest)}
	if count > int64(len(m.Marks)) {
		m.Title = fmt.Sprintf("Places of the %d longest stops", len(m.Marks))
	}
	return m
}
