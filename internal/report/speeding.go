package report

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/yipii/yipii/internal/alert"
	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/trip"
)

// mostSpeeding is how many times of speeding a report lists; it counts all.
const mostSpeeding = 20_000

// speeding is a time during which every position said a speed above the limit.
type speeding struct {
	asset, driver int64
	from, to      time.Time // of its first position above the limit and the first behind that isn't, or the last of the trip
	limit, top    float64
	distance      float64
	at            document.Place // of the top speed
}

// speedingReport lists when assets were faster than allowed: by the lowest limit of the account's active alert rules of type speed
// that are for the asset, else by 90 km/h. It goes by reported speeds, on trips. Only trips whose top speed is above the limit
// are gone through.
func (w *work) speedingReport(ctx context.Context) error {
	rules, err := w.rules(ctx, alert.Speed)
	if err != nil {
		return err
	}
	var list []speeding
	var all, onTrips time.Duration
	count, top, usual := int64(0), 0.0, false
	perAsset := make([]faster, 0, len(w.Assets))
	err = w.assetParts(ctx, cuts{w.From, w.To}, func(id int64, parts []part) error {
		limit, own := limitOf(rules[id])
		usual = usual || !own
		sum := faster{asset: id, limit: limit}
		for i := range parts {
			p := &parts[i]
			if p.kind != trip.Going {
				continue
			}
			onTrips += p.duration()
			if p.top <= limit {
				continue
			}
			found, err := w.speedingOn(ctx, p, limit)
			if err != nil {
				return err
			}
			for j := range found {
				sum.add(&found[j])
			}
			list = append(list, found[:min(len(found), mostSpeeding-len(list))]...)
		}
		perAsset = append(perAsset, sum)
		count, all, top = count+sum.times, all+sum.duration, max(top, sum.top)
		return nil
	})
	if err != nil {
		return err
	}
	driver, err := w.namesOfDrivers(ctx, each64(list, func(s *speeding) int64 { return s.driver }))
	if err != nil {
		return err
	}
	if count == 0 {
		w.nothing("Nobody drove too fast in this time.")
	}
	w.figure("times", "Times too fast", document.Count, count)
	w.figure("duration", "Time too fast", document.Duration, all.Seconds())
	w.figure("share", "Share of the time on trips", document.Percent, ratio(all.Seconds(), onTrips.Seconds()))
	w.figure("top_speed", "Top speed", document.Speed, known(top, count > 0))
	if len(list) > 0 {
		w.section(speedingMap(w, list))
	}
	w.section(&document.Table{Key: "assets", Title: "Assets", Nothing: "No assets.", Columns: []document.Column{
		column("asset", "Asset", document.Text), column("limit", "Limit", document.Speed), total("times", "Times", document.Count),
		total("duration", "Time too fast", document.Duration), total("distance", "Distance too fast", document.Distance), column("top_speed", "Top speed", document.Speed)},
		Rows: rows(perAsset, func(f *faster) []any {
			return []any{w.assetName(f.asset), f.limit, f.times, f.duration.Seconds(), f.distance, known(f.top, f.times > 0)}
		})})
	w.section(&document.Table{Key: "speeding", Title: "Times too fast", Nothing: "Nobody drove too fast in this time.", Columns: []document.Column{
		column("asset", "Asset", document.Text), column("start", "Start", document.Moment), total("duration", "Duration", document.Duration),
		column("limit", "Limit", document.Speed), column("top_speed", "Top speed", document.Speed), column("over", "Over the limit", document.Speed),
		total("distance", "Distance", document.Distance), column("driver", "Driver", document.Text),
		column("latitude", "Latitude", document.Degrees), column("longitude", "Longitude", document.Degrees)},
		Rows: rows(list, func(s *speeding) []any {
			return []any{w.assetName(s.asset), s.from, s.to.Sub(s.from).Seconds(), s.limit, s.top, s.top - s.limit, s.distance, driver(s.driver), s.at.Latitude, s.at.Longitude}
		})})
	if usual {
		w.note(fmt.Sprintf("Where no active alert rule of type speed is for an asset, its limit is %d km/h.", usualLimit))
	}
	w.note("Speeds are those that trackers reported on trips. It was too fast from the first position above the limit to the next that isn't.")
	if count > int64(len(list)) {
		w.note(fmt.Sprintf("The table has the first %d of %d times.", len(list), count))
	}
	return nil
}

// faster is how often an asset was too fast.
type faster struct {
	asset      int64
	times      int64
	duration   time.Duration
	distance   float64
	top, limit float64
}

func (f *faster) add(s *speeding) {
	f.times++
	f.duration += s.to.Sub(s.from)
	f.distance += s.distance
	f.top = max(f.top, s.top)
}

// speedingOn goes through a trip, or the part of it that is in the range.
func (w *work) speedingOn(ctx context.Context, p *part, limit float64) ([]speeding, error) {
	var list []speeding
	meter, begun := w.thresholds.Meter(), 0.0
	open := false
	end := p.to.Add(time.Millisecond) // the last position of a trip is the trip's
	if !p.ends || p.to.Equal(w.To) {
		end = p.to
	}
	err := w.trail.Way(ctx, w.AccountID, p.asset, millis(p.from), millis(end), func(at *trail.Position) error {
		meter.Take(at)
		over := at.Speed.Known && at.Speed.Value > limit
		if open {
			s := &list[len(list)-1]
			s.to, s.distance = moment(at.Time), meter.Distance-begun
		}
		switch {
		case over && !open:
			begun = meter.Distance
			list = append(list, speeding{asset: p.asset, driver: p.driver, from: moment(at.Time), to: moment(at.Time), limit: limit})
			fallthrough
		case over:
			if s := &list[len(list)-1]; at.Speed.Value > s.top {
				s.top, s.at = at.Speed.Value, place(at.Latitude, at.Longitude)
			}
		}
		open = over
		return nil
	})
	return list, err
}

// speedingMap shows where the highest speeds were.
func speedingMap(w *work, list []speeding) *document.Map {
	top := slices.Clone(list)
	slices.SortStableFunc(top, func(a, b speeding) int { return int(100 * (b.top - b.limit - a.top + a.limit)) })
	m := &document.Map{Key: "places", Title: "Places"}
	for _, s := range top[:min(len(top), routeStops)] {
		m.Marks = append(m.Marks, document.Mark{Label: w.assetName(s.asset), Kind: document.Event, Place: s.at})
	}
	return m
}

// each64 are the ids of a list.
func each64[T any](list []T, id func(*T) int64) []int64 {
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = id(&list[i])
	}
	return ids
}
