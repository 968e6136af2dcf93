package report

import (
	"context"
	"time"

	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/trip"
)

// summed is what an asset did in all.
type summed struct {
	driven
	stops   int64
	stood   time.Duration
	running time.Duration // while it stood
	first   time.Time     // when the first trip began, and the last ended
	last    time.Time
}

// engine is how long the engine ran.
func (s *summed) engine() time.Duration { return s.duration + s.running }

// add counts a part of a trip or of a stop.
func (s *summed) add(p *part) {
	if p.kind == trip.Standing {
		if s.stood, s.running = s.stood+p.duration(), s.running+p.idle; p.first {
			s.stops++
		}
		return
	}
	s.driven.add(p)
	if s.first.IsZero() || p.from.Before(s.first) {
		s.first = p.from
	}
	s.last = later(s.last, p.to)
}

// summaryReport is a line for each asset: how far, how long, how fast.
func (w *work) summaryReport(ctx context.Context) error {
	c := dayCuts(w.From, w.To, w.Zone)
	perDay := make([]float64, len(c)-1)
	var list []summed
	var all summed
	err := w.assetParts(ctx, c, func(id int64, parts []part) error {
		sum := summed{driven: driven{asset: id}}
		for i := range parts {
			sum.add(&parts[i])
			all.add(&parts[i])
			if parts[i].kind == trip.Going {
				perDay[parts[i].stretch] += parts[i].distance
			}
		}
		list = append(list, sum)
		return nil
	})
	if err != nil {
		return err
	}
	drove := int64(0)
	for i := range list {
		if list[i].any() {
			drove++
		}
	}
	if !all.any() && all.stood == 0 {
		w.nothing("Nothing is known of this time.")
	}
	w.figure("distance", "Distance", document.Distance, all.distance)
	w.figure("trips", "Trips", document.Count, all.trips)
	w.figure("assets", "Assets that drove", document.Count, drove)
	w.figure("duration", "Time on trips", document.Duration, all.duration.Seconds())
	w.figure("engine_time", "Engine running", document.Duration, all.engine().Seconds())
	w.figure("top_speed", "Top speed", document.Speed, known(all.top, all.any()))
	w.dayChart("distance_by_day", "Distance by day", document.Distance, c, document.Series{Label: "Distance", Values: perDay})
	w.section(&document.Table{Key: "assets", Title: "Assets", Nothing: "No assets.", Columns: []document.Column{
		column("asset", "Asset", document.Text), total("distance", "Distance", document.Distance), total("trips", "Trips", document.Count),
		total("stops", "Stops", document.Count), total("duration", "Time on trips", document.Duration), total("idle_time", "Standing on the way", document.Duration),
		total("stop_time", "Time at stops", document.Duration), total("stop_idle_time", "Engine running at stops", document.Duration),
		column("mean_speed", "Mean speed", document.Speed), column("top_speed", "Top speed", document.Speed),
		column("first_start", "First start", document.Moment), column("last_end", "Last end", document.Moment)},
		Rows: rows(list, func(s *summed) []any {
			return []any{w.assetName(s.asset), s.distance, s.trips, s.stops, s.duration.Seconds(), s.idle.Seconds(), s.stood.Seconds(), s.running.Seconds(),
				speed(s.distance, s.duration.Seconds()), known(s.top, s.any()), known(s.first, s.any()), known(s.last, s.any())}
		})})
	w.note(countedNote)
	w.note("The engine is taken to run on trips, and at stops while the ignition was on.")
	return nil
}
