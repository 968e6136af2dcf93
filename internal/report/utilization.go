package report

import (
	"context"
	"fmt"
	"time"

	"github.com/yipii/yipii/internal/document"
)

// utilizationReport is what an asset's time went into: driving, standing with the engine running, parked, and unknown.
func (w *work) utilizationReport(ctx context.Context) error {
	c := dayCuts(w.From, w.To, w.Zone)
	var assets []used
	var days []usedDay
	perDay := make([]used, len(c)-1)
	all := used{of: time.Duration(len(w.Assets)) * w.To.Sub(w.From)}
	err := w.assetParts(ctx, c, func(id int64, parts []part) error {
		sum, byDay := used{summed: summed{driven: driven{asset: id}}, of: w.To.Sub(w.From)}, map[int]*used{}
		for i := range parts {
			p := &parts[i]
			d := byDay[p.stretch]
			if d == nil {
				d = &used{of: c[p.stretch+1].Sub(c[p.stretch])}
				byDay[p.stretch] = d
			}
			for _, to := range []*used{d, &sum, &all, &perDay[p.stretch]} {
				to.add(p)
			}
		}
		if assets = append(assets, sum); len(byDay) > 0 {
			for i := range perDay {
				if d := byDay[i]; d != nil {
					days = append(days, usedDay{id, i, d.duration, d.idle, d.stood, d.running, d.distance})
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if all.duration+all.stood == 0 {
		w.nothing("Nothing is known of this time.")
	}
	w.figure("utilization", "Utilization", document.Percent, ratio(seconds(all.engine()), seconds(all.of)))
	w.figure("engine_time", "Engine running", document.Duration, seconds(all.engine()))
	w.figure("driving_time", "Driving", document.Duration, seconds(all.moving()))
	w.figure("idle_time", "Standing with the engine running", document.Duration, seconds(all.idling()))
	w.figure("parked_time", "Parked", document.Duration, seconds(all.parked()))
	w.figure("idle_share", "Idle share of the engine's time", document.Percent, ratio(seconds(all.idling()), seconds(all.engine())))
	w.dayChart("time_by_day", "Time by day", document.Duration, c,
		document.Series{Label: "Driving", Values: each(perDay, func(u *used) float64 { return seconds(u.moving()) })},
		document.Series{Label: "Standing with the engine running", Values: each(perDay, func(u *used) float64 { return seconds(u.idling()) })})
	columns := []document.Column{total("engine_time", "Engine running", document.Duration), total("driving_time", "Driving", document.Duration),
		total("idle_time", "Idle", document.Duration), total("parked_time", "Parked", document.Duration), total("unknown_time", "Unknown", document.Duration),
		column("utilization", "Utilization", document.Percent), column("idle_share", "Idle share", document.Percent), total("distance", "Distance", document.Distance)}
	w.section(&document.Table{Key: "assets", Title: "Assets", Nothing: "No assets.",
		Columns: append([]document.Column{column("asset", "Asset", document.Text)}, columns...),
		Rows:    rows(assets, func(u *used) []any { return append([]any{w.assetName(u.asset)}, u.cells()...) })})
	w.section(&document.Table{Key: "days", Title: "Days", Nothing: "Nothing is known of this time.",
		Columns: append([]document.Column{column("asset", "Asset", document.Text), column("day", "Day", document.Day)}, columns...),
		Rows: rows(days, func(d *usedDay) []any {
			u := used{summed: summed{driven: driven{duration: d.duration, idle: d.idle, distance: d.distance}, stood: d.stood, running: d.running}, of: c[d.day+1].Sub(c[d.day])}
			return append([]any{w.assetName(d.asset), dayOf(c[d.day], w.Zone)}, u.cells()...)
		})})
	w.note("The engine is taken to run on trips, and at stops while the ignition was on. Idle is the time of both in which the asset stood. Utilization is the engine's share of all time.")
	w.note("Unknown is time of which no trip and no stop is known: before the first position, where positions are missing, and after the newest.")
	w.note(fmt.Sprintf("Days are those of %s, as long as they are there.", w.Zone))
	return nil
}

// used is what became of an asset's time.
type used struct {
	summed
	of time.Duration // all of it
}

// usedDay is what a day's row of an asset is made of: as little as can be, for there may be a thousand assets and a year.
type usedDay struct {
	asset                          int64
	day                            int // the stretch
	duration, idle, stood, running time.Duration
	distance                       float64
}

func (u *used) moving() time.Duration  { return max(0, u.duration-u.idle) }
func (u *used) idling() time.Duration  { return u.idle + u.running }
func (u *used) parked() time.Duration  { return max(0, u.stood-u.running) }
func (u *used) unknown() time.Duration { return max(0, u.of-u.duration-u.stood) }

func (u *used) cells() []any {
	return []any{seconds(u.engine()), seconds(u.moving()), seconds(u.idling()), seconds(u.parked()), seconds(u.unknown()),
		ratio(seconds(u.engine()), seconds(u.of)), ratio(seconds(u.idling()), seconds(u.engine())), u.distance}
}

func seconds(d time.Duration) float64 { return d.Seconds() }

// each makes the values of a chart.
func each[T any](list []T, value func(*T) float64) []float64 {
	values := make([]float64, len(list))
	for i := range list {
		values[i] = value(&list[i])
	}
	return values
}
