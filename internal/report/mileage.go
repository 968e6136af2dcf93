package report

import (
	"context"
	"fmt"
	"time"

	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/trip"
)

// driven is how far and for how long an asset was on trips.
type driven struct {
	asset    int64
	day      time.Time
	distance float64
	duration time.Duration
	idle     time.Duration
	trips    int64
	top      float64
}

func (d *driven) add(p *part) {
	d.distance += p.distance
	d.duration += p.duration()
	d.idle += p.idle
	d.top = max(d.top, p.top)
	if p.first {
		d.trips++
	}
}

func (d *driven) any() bool { return d.duration > 0 || d.trips > 0 }

// countedNote says what mileage, trips and summary count alike.
const countedNote = "Distance is that of trips, measured from position to position; what an asset moves while it is parked isn't counted."

// mileageReport is how far assets drove, day by day. A trip over midnight counts on both days, with what was driven on each.
func (w *work) mileageReport(ctx context.Context) error {
	c := dayCuts(w.From, w.To, w.Zone)
	perDay := make([]float64, len(c)-1)
	var assets, days []driven
	var all driven
	err := w.assetParts(ctx, c, func(id int64, parts []part) error {
		sum, byDay := driven{asset: id}, map[int]*driven{}
		for i := range parts {
			p := &parts[i]
			if p.kind != trip.Going {
				continue
			}
			d := byDay[p.stretch]
			if d == nil {
				d = &driven{asset: id, day: dayOf(c[p.stretch], w.Zone)}
				byDay[p.stretch] = d
			}
			d.add(p)
			sum.add(p)
			all.add(p)
			perDay[p.stretch] += p.distance
		}
		assets = append(assets, sum)
		for i := range perDay {
			if d := byDay[i]; d != nil {
				days = append(days, *d)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.figure("distance", "Distance", document.Distance, all.distance)
	w.figure("assets", "Assets that drove", document.Count, countDriven(assets))
	w.figure("trips", "Trips", document.Count, all.trips)
	w.figure("distance_per_day", "Distance per day", document.Distance, all.distance/float64(len(c)-1))
	if !all.any() {
		w.nothing("Nobody drove in this time.")
	}
	w.dayChart("distance_by_day", "Distance by day", document.Distance, c, document.Series{Label: "Distance", Values: perDay})
	w.section(&document.Table{Key: "assets", Title: "Assets", Nothing: "No assets.", Columns: []document.Column{
		column("asset", "Asset", document.Text), total("distance", "Distance", document.Distance), total("duration", "Time on trips", document.Duration),
		total("trips", "Trips", document.Count), column("share", "Share of the distance", document.Percent)},
		Rows: rows(assets, func(d *driven) []any {
			return []any{w.assetName(d.asset), d.distance, d.duration.Seconds(), d.trips, ratio(d.distance, all.distance)}
		})})
	w.section(&document.Table{Key: "days", Title: "Days", Nothing: "No trips.", Columns: []document.Column{
		column("asset", "Asset", document.Text), column("day", "Day", document.Day), total("distance", "Distance", document.Distance),
		total("duration", "Time on trips", document.Duration), total("trips", "Trips", document.Count)},
		Rows: rows(days, func(d *driven) []any {
			return []any{w.assetName(d.asset), d.day, d.distance, d.duration.Seconds(), d.trips}
		})})
	w.note(countedNote)
	w.note(fmt.Sprintf("Days are those of %s. A trip over midnight counts on both days, with what was driven on each, and as a trip of the first.", w.Zone))
	return nil
}

func countDriven(list []driven) (n int64) {
	for i := range list {
		if list[i].any() {
			n++
		}
	}
	return n
}
