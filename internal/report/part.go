package report

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/trip"
)

// part is what lies of a trip or a stop in one stretch of a range.
//
// A distance is that of the trip, as it was added up from position to position when these came in. A trip that is cut, at the end of
// the range or at the end of a day, is measured again: the way from one position to the next counts in the stretch in which the
// second lies. So what lies before an end of a range never depends on what came after, and the parts of a trip add up to the trip.
// Time is cut by the clock, but behind the last position before the end of the range nothing is known.
//
// A trip that goes on is measured up to its newest position.
type part struct {
	asset    int64
	kind     string // trip.Going or trip.Standing
	stretch  int
	from, to time.Time
	start    document.Place
	end      document.Place
	first    bool // it is the first of its trip or stop in the range: where that is counted
	begins   bool // it isn't the end of something that began before
	ends     bool // it isn't the beginning of something that ended later
	open     bool // it goes on, as far as is known
	reason   string
	distance float64       // kilometres
	idle     time.Duration // of a trip without movement; of a stop while the engine ran
	top      float64       // km/h; of a trip that is cut, since its beginning
	driver   int64         // 0 for nobody known
}

func (p *part) duration() time.Duration { return p.to.Sub(p.from) }

// engineGap is for how long the engine is believed to run without a position, as trail has it; and longer than a trip has none by
// its default.
const engineGap = 30 * time.Minute

// parts cuts an asset's trips and stops that overlap a range.
func (w *work) parts(ctx context.Context, assetID int64, c cuts) ([]part, error) {
	segments, err := w.trips.Segments(ctx, w.AccountID, assetID, millis(c[0]), millis(c[len(c)-1]))
	if err != nil {
		return nil, err
	}
	list := make([]part, 0, len(segments))
	for i := range segments {
		if list, err = w.cut(ctx, list, &segments[i], c); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// cut adds the parts of one trip or stop to list.
func (w *work) cut(ctx context.Context, list []part, t *trip.Trip, c cuts) ([]part, error) {
	p := part{asset: t.AssetID, kind: t.Kind, from: t.Start.Time, start: place(t.Start.Latitude, t.Start.Longitude), begins: true, ends: true,
		distance: t.Distance, idle: duration(t.IdleTime), top: t.TopSpeed, reason: t.StartReason}
	if t.DriverID != nil {
		p.driver = *t.DriverID
	}
	if t.End != nil {
		p.to, p.end = t.End.Time, place(t.End.Latitude, t.End.Longitude)
	} else {
		p.open, p.to, p.end = true, later(p.from, moment(w.extents[t.AssetID].Time)), p.start
	}
	if p.to.Before(c[0]) {
		return list, nil // it went silent before
	}
	// Where it is cut.
	var at []time.Time
	for _, moment := range c {
		if moment.After(p.from) && moment.Before(p.to) {
			at = append(at, moment)
		}
	}
	if len(at) == 0 && !p.open {
		p.first, p.stretch = true, c.in(p.from)
		return append(list, p), nil
	}
	whole := append(append([]time.Time{p.from}, at...), p.to)
	measured, err := w.measure(ctx, &p, whole, c[0], c[len(c)-1])
	if err != nil {
		return nil, err
	}
	none := len(list)
	for i := range len(whole) - 1 {
		q := p
		q.from, q.to, q.begins, q.ends = whole[i], whole[i+1], i == 0, i == len(whole)-2
		q.distance, q.idle, q.top = measured[i].distance, min(measured[i].idle, q.to.Sub(q.from)), measured[i].top
		if !q.begins {
			q.start = measured[i-1].at
		}
		if !q.ends || q.open {
			q.end = measured[i].at
		}
		if q.open = q.open && q.ends; q.from.Before(c[0]) || !q.from.Before(c[len(c)-1]) {
			continue
		}
		q.first, q.stretch = len(list) == none, c.in(q.from)
		list = append(list, q)
	}
	return list, nil
}

// measure is what each stretch of a trip or stop comes to, whole[i] being where stretch i begins. What lies outside of the range from
// from until before to is measured only where the rest follows from it.
func (w *work) measure(ctx context.Context, p *part, whole []time.Time, from, to time.Time) ([]measured, error) {
	list := make([]measured, len(whole)-1)
	for i := range list {
		list[i].at = p.start
	}
	if p.kind == trip.Standing && p.idle == 0 && !p.open {
		return list, nil // the engine never ran
	}
	begin, end := p.from, p.to.Add(time.Millisecond)
	if p.kind == trip.Standing { // how long the engine ran before the range doesn't matter
		begin = later(begin, from.Add(-engineGap))
	}
	if to.Before(p.to) {
		end = to
	}
	meter := w.thresholds.Meter()
	var before measured // what it came to at the position before
	since := begin      // when that was
	i := 0
	err := w.trail.Way(ctx, w.AccountID, p.asset, millis(begin), millis(end), func(at *trail.Position) error {
		meter.Take(at)
		now := measured{distance: meter.Distance, idle: meter.Idle}
		if p.kind == trip.Standing {
			now.distance, now.idle = 0, meter.Engine
		}
		idle, until := now.idle-before.idle, moment(at.Time)
		for elapsed := until.Sub(since); i < len(list)-1 && !until.Before(whole[i+1]); i++ { // time is cut by the clock
			share := time.Duration(float64(idle) * float64(max(0, whole[i+1].Sub(since))) / float64(max(1, elapsed)))
			list[i].idle += share
			idle, since, elapsed = idle-share, later(since, whole[i+1]), until.Sub(later(since, whole[i+1]))
		}
		m := &list[i]
		m.distance, m.idle, m.top = m.distance+now.distance-before.distance, m.idle+idle, meter.Top
		m.at, before, since = place(at.Latitude, at.Longitude), now, until
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := 1; i < len(list); i++ {
		if list[i].top == 0 {
			list[i].top = list[i-1].top
		}
	}
	if last := len(list) - 1; !p.open && !to.Before(p.to) && begin.Equal(p.from) {
		// It has ended: the last part is what the others leave of it.
		distance, idle := p.distance, p.idle
		for _, m := range list[:last] {
			distance, idle = distance-m.distance, idle-m.idle
		}
		list[last].distance, list[last].idle, list[last].top = max(0, distance), max(0, idle), p.top
	}
	return list, nil
}

// measured is what a part comes to, and where the asset was at its end.
type measured struct {
	distance float64
	idle     time.Duration
	top      float64
	at       document.Place
}

// assetParts hands the parts of each asset to each, in the order of the assets.
func (w *work) assetParts(ctx context.Context, c cuts, each func(assetID int64, parts []part) error) error {
	for i, id := range w.Assets {
		parts, err := w.parts(ctx, id, c)
		if err != nil {
			return err
		}
		if err := each(id, parts); err != nil {
			return err
		}
		w.progress(i+1, len(w.Assets))
	}
	return nil
}

// mostParts is how many trips, or stops, a report lists; it counts all.
const mostParts = 50_000

// listed is what a table of trips or stops lists: the first of them, so that a report takes no more memory the longer its range is.
type listed struct {
	parts []part
	most  int
	count int64 // of all
}

func (l *listed) add(p *part) {
	if l.count++; len(l.parts) < l.most {
		l.parts = append(l.parts, *p)
	}
}

// note says what isn't listed, "" where nothing is left out.
func (l *listed) note(w *work, noun string) string {
	if l.count <= int64(len(l.parts)) {
		return ""
	}
	return fmt.Sprintf("The table has the first %d of %d %s; the figures are of all. All of them are at /api/%s/asset/{id}/trip.", len(l.parts), l.count, noun, w.AccountKey)
}

// cutNote says what becomes of trips that reach beyond the range, "" where there are none.
func cutNote(parts []part) string {
	if slices.ContainsFunc(parts, func(p part) bool { return p.kind == trip.Going && !(p.begins && p.ends) }) {
		return "A trip that reaches beyond the range counts with the part that lies inside of it."
	}
	return ""
}

func place(latitude, longitude float64) document.Place {
	return document.Place{Latitude: latitude, Longitude: longitude}
}

// millis is a moment in Unix milliseconds, rounded up, so that a bound between two of them parts them where it should.
func millis(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
