package report

import (
	"context"
	"fmt"
	"time"

	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/trail"
)

// mostPositions is how many positions a table of them has at most.
const mostPositions = 10_000

// trailReport is where an asset was.
func (w *work) trailReport(ctx context.Context) error {
	id := w.Assets[0]
	list, every, err := w.trail.Sample(ctx, w.AccountID, id, millis(w.From), millis(w.To), mostPositions)
	if err != nil {
		return err
	}
	w.progress(1, 2)
	parts, err := w.parts(ctx, id, cuts{w.From, w.To})
	if err != nil {
		return err
	}
	var all summed
	for i := range parts {
		all.add(&parts[i])
	}
	if len(list) == 0 {
		w.nothing("The asset sent no positions in this time.")
	}
	w.figure("distance", "Distance", document.Distance, all.distance)
	w.figure("trips", "Trips", document.Count, all.trips)
	w.figure("duration", "Time on trips", document.Duration, all.duration.Seconds())
	w.figure("stop_time", "Time at stops", document.Duration, all.stood.Seconds())
	w.figure("top_speed", "Top speed", document.Speed, known(all.top, all.any()))
	if n := len(list); n > 0 {
		w.figure("first", "First position", document.Moment, moment(list[0].Time))
		w.figure("last", "Last position", document.Moment, moment(list[n-1].Time))
		w.section(routeOf(list, parts))
	}
	w.section(&document.Table{Key: "positions", Title: "Positions", Nothing: "The asset sent no positions in this time.", Columns: []document.Column{
		column("time", "Time", document.Moment), column("latitude", "Latitude", document.Degrees), column("longitude", "Longitude", document.Degrees),
		column("speed", "Speed", document.Speed), column("heading", "Heading", document.Heading), column("ignition", "Ignition", document.Text),
		column("odometer", "Odometer", document.Distance)},
		Rows: rows(list, func(p *trail.Position) []any {
			return []any{moment(p.Time), p.Latitude, p.Longitude, known(p.Speed.Value, p.Speed.Known), known(p.Heading.Value, p.Heading.Known),
				ignition(p), known(p.Odometer.Value, p.Odometer.Known)}
		})})
	w.note(countedNote)
	if every > 0 {
		w.note(fmt.Sprintf("The table and the map have the first position of each interval of %s. The whole trail is at /api/%s/asset/%d/trail.", spoken(every), w.AccountKey, id))
	}
	w.note(cutNote(parts))
	return nil
}

func ignition(p *trail.Position) any {
	switch {
	case !p.Ignition.Known:
		return nil
	case p.Ignition.Value:
		return "on"
	}
	return "off"
}

// spoken is a round length of time in words: "1 minute".
func spoken(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := d / unit.length; n == 1 && d%unit.length == 0 {
			return "1 " + unit.name
		} else if n > 0 && d%unit.length == 0 {
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return d.String()
}
