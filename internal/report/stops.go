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
	var list []part
	err := w.assetParts(ctx, cuts{w.From, w.To}, func(_ int64, parts []part) error {
		for i := range parts {
			if parts[i].kind == trip.Standing {
				list = append(list, parts[i])
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var all summed
	longest := time.Duration(0)
	for i := range list {
		all.add(&list[i])
		longest = max(longest, list[i].duration())
	}
	if len(list) == 0 {
		w.nothing("There are no stops in this time.")
	}
	w.figure("stops", "Stops", document.Count, int64(len(list)))
	w.figure("duration", "Time at stops", document.Duration, all.stood.Seconds())
	w.figure("idle_time", "Engine running at stops", document.Duration, all.running.Seconds())
	w.figure("longest", "Longest stop", document.Duration, known(longest.Seconds(), len(list) > 0))
	if len(list) > 0 {
		w.section(stopMap(list))
	}
	w.section(&document.Table{Key: "stops", Title: "Stops", Nothing: "There are no stops in this time.", Columns: []document.Column{
		column("asset", "Asset", document.Text), column("start", "Start", document.Moment), column("end", "End", document.Moment),
		total("duration", "Duration", document.Duration), total("idle_time", "Engine running", document.Duration),
		column("latitude", "Latitude", document.Degrees), column("longitude", "Longitude", document.Degrees)},
		Rows: rows(list, func(p *part) []any {
			return []any{w.assetName(p.asset), p.from, known(p.to, !p.open), p.duration().Seconds(), p.idle.Seconds(), p.start.Latitude, p.start.Longitude}
		})})
	w.note("A stop that goes on counts up to the newest position, and one that reaches beyond the range with the part that lies inside of it.")
	return nil
}

// stopMap shows the longest stops.
func stopMap(list []part) *document.Map {
	m := &document.Map{Key: "places", Title: "Places", Marks: stopMarks(list)}
	if len(list) > len(m.Marks) {
		m.Title = fmt.Sprintf("Places of the %d longest stops", len(m.Marks))
	}
	return m
}
