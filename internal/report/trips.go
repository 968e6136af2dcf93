package report

import (
	"context"

	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/trip"
)

// tripsReport lists trips.
func (w *work) tripsReport(ctx context.Context) error {
	c := cuts{w.From, w.To}
	list := listed{most: w.mostRows}
	var all driven
	err := w.assetParts(ctx, c, func(_ int64, parts []part) error {
		for i := range parts {
			if p := &parts[i]; p.kind == trip.Going {
				list.add(p)
				all.add(p)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	driver, err := w.driverNames(ctx, list.parts)
	if err != nil {
		return err
	}
	if list.count == 0 {
		w.nothing("There are no trips in this time.")
	}
	w.figure("trips", "Trips", document.Count, list.count)
	w.figure("distance", "Distance", document.Distance, all.distance)
	w.figure("duration", "Time on trips", document.Duration, all.duration.Seconds())
	w.figure("idle_time", "Standing on the way", document.Duration, all.idle.Seconds())
	w.figure("mean_speed", "Mean speed", document.Speed, speed(all.distance, all.duration.Seconds()))
	w.figure("top_speed", "Top speed", document.Speed, known(all.top, list.count > 0))
	w.section(&document.Table{Key: "trips", Title: "Trips", Nothing: "There are no trips in this time.", Columns: []document.Column{
		column("asset", "Asset", document.Text), column("start", "Start", document.Moment), column("end", "End", document.Moment),
		total("duration", "Duration", document.Duration), total("distance", "Distance", document.Distance), total("idle_time", "Standing", document.Duration),
		column("mean_speed", "Mean speed", document.Speed), column("top_speed", "Top speed", document.Speed), column("driver", "Driver", document.Text),
		column("start_latitude", "Start latitude", document.Degrees), column("start_longitude", "Start longitude", document.Degrees),
		column("end_latitude", "End latitude", document.Degrees), column("end_longitude", "End longitude", document.Degrees)},
		Rows: rows(list.parts, func(p *part) []any {
			return []any{w.assetName(p.asset), p.from, known(p.to, !p.open), p.duration().Seconds(), p.distance, p.idle.Seconds(),
				speed(p.distance, p.duration().Seconds()), p.top, driver(p.driver),
				p.start.Latitude, p.start.Longitude, p.end.Latitude, p.end.Longitude}
		})})
	w.note(countedNote)
	w.note(cutNote(list.parts))
	w.note(list.note(w, "trips"))
	return nil
}
