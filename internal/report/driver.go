package report

import (
	"context"
	"strconv"

	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/trip"
)

// driverReport is what one driver drove: the trips of which they showed a key, or in whose asset they were when nobody did.
func (w *work) driverReport(ctx context.Context) error {
	name, err := w.driverName(ctx)
	if err != nil {
		return err
	}
	w.doc.Subjects = []string{name}
	c := dayCuts(w.From, w.To, w.Zone)
	perDay, days := make([]driven, len(c)-1), make([]driven, 0)
	var list []part
	var all driven
	assets := int64(0)
	err = w.assetParts(ctx, c, func(id int64, parts []part) error {
		before := len(list)
		for i := range parts {
			p := &parts[i]
			if p.kind != trip.Going || p.driver != w.DriverID {
				continue
			}
			all.add(p)
			perDay[p.stretch].add(p)
			if n := len(list); n > before && !p.begins && list[n-1].to.Equal(p.from) { // a trip over midnight is one row
				join(&list[n-1], p)
				continue
			}
			list = append(list, *p)
		}
		if len(list) > before {
			assets++
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range perDay {
		if perDay[i].any() {
			perDay[i].day = dayOf(c[i], w.Zone)
			days = append(days, perDay[i])
		}
	}
	if len(list) == 0 {
		w.nothing(name + " drove nothing in this time, as far as is known.")
	}
	w.figure("distance", "Distance", document.Distance, all.distance)
	w.figure("trips", "Trips", document.Count, int64(len(list)))
	w.figure("duration", "Time on trips", document.Duration, all.duration.Seconds())
	w.figure("days", "Days", document.Count, int64(len(days)))
	w.figure("assets", "Assets driven", document.Count, assets)
	w.figure("top_speed", "Top speed", document.Speed, known(all.top, len(list) > 0))
	w.dayChart("time_by_day", "Time on trips by day", document.Duration, c, document.Series{Label: "Time on trips", Values: each(perDay, func(d *driven) float64 { return d.duration.Seconds() })})
	w.section(&document.Table{Key: "days", Title: "Days", Nothing: "No trips.", Columns: []document.Column{
		column("day", "Day", document.Day), total("distance", "Distance", document.Distance), total("duration", "Time on trips", document.Duration),
		total("idle_time", "Standing on the way", document.Duration), total("trips", "Trips", document.Count), column("top_speed", "Top speed", document.Speed)},
		Rows: rows(days, func(d *driven) []any {
			return []any{d.day, d.distance, d.duration.Seconds(), d.idle.Seconds(), d.trips, d.top}
		})})
	w.section(&document.Table{Key: "trips", Title: "Trips", Nothing: "No trips.", Columns: []document.Column{
		column("asset", "Asset", document.Text), column("start", "Start", document.Moment), column("end", "End", document.Moment),
		total("duration", "Duration", document.Duration), total("distance", "Distance", document.Distance), total("idle_time", "Standing", document.Duration),
		column("mean_speed", "Mean speed", document.Speed), column("top_speed", "Top speed", document.Speed)},
		Rows: rows(list, func(p *part) []any {
			return []any{w.assetName(p.asset), p.from, known(p.to, !p.open), p.duration().Seconds(), p.distance, p.idle.Seconds(),
				speed(p.distance, p.duration().Seconds()), p.top}
		})})
	w.note(countedNote)
	w.note("A trip is the driver's by the key that was shown, else by who was assigned to the asset when it began.")
	w.note(cutNote(list))
	return nil
}

// join makes one of two parts of a trip that follow each other.
func join(p, next *part) {
	p.to, p.end, p.ends, p.open = next.to, next.end, next.ends, next.open
	p.distance, p.idle, p.top = p.distance+next.distance, p.idle+next.idle, max(p.top, next.top)
}

// driverName is what the driver that the report is about is called.
func (w *work) driverName(ctx context.Context) (string, error) {
	names, err := w.fleet.DriverNames(ctx, w.AccountID, []int64{w.DriverID})
	if name, ok := names[w.DriverID]; ok {
		return name, err
	}
	return "Driver " + strconv.FormatInt(w.DriverID, 10), err
}
