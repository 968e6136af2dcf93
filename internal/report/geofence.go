package report

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/geo"
	"github.com/yipii/yipii/internal/geofence"
)

// visit is a time for which an asset was inside a geofence.
type visit struct {
	asset, fence int64
	name         string
	from, to     time.Time // inside the range
	entered      bool      // at from; else it was inside before
	left         bool      // at to; else it was inside still, as far as is known
}

func (v *visit) duration() time.Duration { return v.to.Sub(v.from) }

// visited is what the visits of one geofence come to.
type visited struct {
	fence    int64
	name     string
	visits   int64
	duration time.Duration
	longest  time.Duration
	assets   map[int64]bool
}

// maxFenceRows is how many visits a report lists; it counts all.
const maxFenceRows = 20_000

// maxShapes is how many geofences a map shows: those with the most visits.
const maxShapes = 100

// geofenceReport is who was inside of which geofence, when and for how long, by the enterings and exitings that were concluded.
func (w *work) geofenceReport(ctx context.Context) error {
	fences, err := w.geofences.All(ctx, w.AccountID)
	if err != nil {
		return err
	}
	var list []visit
	byFence := map[int64]*visited{}
	count, inside := int64(0), time.Duration(0)
	for i, id := range w.Assets {
		visits, err := w.visits(ctx, id, fences)
		if err != nil {
			return err
		}
		for j := range visits {
			v := &visits[j]
			f := byFence[v.fence]
			if f == nil {
				f = &visited{fence: v.fence, name: v.name, assets: map[int64]bool{}}
				byFence[v.fence] = f
			}
			f.visits, f.duration, f.longest, f.assets[id] = f.visits+1, f.duration+v.duration(), max(f.longest, v.duration()), true
			count, inside = count+1, inside+v.duration()
		}
		list = append(list, visits[:min(len(visits), maxFenceRows-len(list))]...)
		w.progress(i+1, len(w.Assets))
	}
	var sums []visited
	for _, f := range byFence {
		if now := fences[f.fence]; now != nil {
			f.name = now.Name
		}
		sums = append(sums, *f)
	}
	slices.SortFunc(sums, func(a, b visited) int { return cmp.Or(cmp.Compare(b.visits, a.visits), cmp.Compare(a.fence, b.fence)) })
	if count == 0 {
		w.nothing("Nobody was inside of a geofence in this time.")
	}
	w.figure("visits", "Visits", document.Count, count)
	w.figure("geofences", "Geofences visited", document.Count, int64(len(sums)))
	w.figure("duration", "Time inside", document.Duration, inside.Seconds())
	if m := fenceMap(sums, fences); m != nil {
		w.section(m)
	}
	w.section(&document.Table{Key: "geofences", Title: "Geofences", Nothing: "Nobody was inside of a geofence in this time.", Columns: []document.Column{
		column("geofence", "Geofence", document.Text), total("visits", "Visits", document.Count), column("assets", "Assets", document.Count),
		total("duration", "Time inside", document.Duration), column("mean_duration", "Mean visit", document.Duration), column("longest", "Longest visit", document.Duration)},
		Rows: rows(sums, func(f *visited) []any {
			return []any{f.name, f.visits, int64(len(f.assets)), f.duration.Seconds(), f.duration.Seconds() / float64(f.visits), f.longest.Seconds()}
		})})
	w.section(&document.Table{Key: "visits", Title: "Visits", Nothing: "Nobody was inside of a geofence in this time.", Columns: []document.Column{
		column("asset", "Asset", document.Text), column("geofence", "Geofence", document.Text), column("entered", "Entered", document.Moment),
		column("exited", "Left", document.Moment), total("duration", "Time inside", document.Duration)},
		Rows: rows(list, func(v *visit) []any {
			return []any{w.assetName(v.asset), v.name, known(v.from, v.entered), known(v.to, v.left), v.duration().Seconds()}
		})})
	w.note("Where no entering is told, the asset was inside when the range began, or when the geofence was drawn or changed; where no leaving is told, it was inside at the end of the range or at its newest position.")
	if count > int64(len(list)) {
		w.note("The table of visits is cut off; the sums count all.")
	}
	return nil
}

// visits pairs what an asset did at geofences.
func (w *work) visits(ctx context.Context, assetID int64, fences map[int64]*geofence.Geofence) ([]visit, error) {
	before, err := w.geofences.InsideAt(ctx, w.AccountID, assetID, w.From)
	if err != nil {
		return nil, err
	}
	var done []visit
	open := map[int64]*visit{}
	for _, e := range before {
		if holds(fences[e.GeofenceID], e.Time) {
			open[e.GeofenceID] = &visit{asset: assetID, fence: e.GeofenceID, name: e.GeofenceName, from: w.From}
		}
	}
	err = w.geofences.History(ctx, w.AccountID, assetID, w.From, w.To, func(e geofence.Happened) error {
		v := open[e.GeofenceID]
		if e.Kind == "entered" {
			open[e.GeofenceID] = &visit{asset: assetID, fence: e.GeofenceID, name: e.GeofenceName, from: e.Time, entered: true}
			return nil
		}
		if v == nil { // it was inside when the geofence was drawn, or when the range began and nothing was known of it
			v = &visit{asset: assetID, fence: e.GeofenceID, name: e.GeofenceName, from: w.From}
			if f := fences[e.GeofenceID]; f != nil && !f.ValidFrom.After(e.Time) {
				v.from = later(v.from, f.ValidFrom)
			}
		}
		v.to, v.left = e.Time, true
		delete(open, e.GeofenceID)
		done = append(done, *v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	newest := moment(w.extents[assetID].Time)
	if newest.After(w.To) {
		newest = w.To
	}
	for _, v := range open {
		if !v.entered || holds(fences[v.fence], v.from) { // of those that were inside before it was looked at above
			v.to = later(v.from, newest)
			done = append(done, *v)
		}
	}
	slices.SortFunc(done, func(a, b visit) int { return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.fence, b.fence)) })
	return done, nil
}

// holds reports whether somebody who entered a geofence at a moment, and didn't leave, is still inside of it: one that was deleted,
// switched off or changed since tells of no leaving.
func holds(f *geofence.Geofence, at time.Time) bool {
	return f != nil && f.Active && !f.ValidFrom.After(at)
}

// fenceMap draws geofences; nil for none that is still there.
func fenceMap(sums []visited, fences map[int64]*geofence.Geofence) *document.Map {
	m := &document.Map{Key: "geofences", Title: "Geofences"}
	for i := range sums[:min(len(sums), maxShapes)] {
		f := fences[sums[i].fence]
		if f == nil {
			continue
		}
		rings, line := f.Outline()
		if line != nil {
			m.Lines = append(m.Lines, document.Line{Label: f.Name, Points: places(line)})
			continue
		}
		shape := document.Shape{Label: f.Name}
		for _, ring := range rings {
			shape.Rings = append(shape.Rings, places(ring))
		}
		m.Shapes = append(m.Shapes, shape)
	}
	if len(m.Lines)+len(m.Shapes) == 0 {
		return nil
	}
	return m
}

func places(points []geo.Point) []document.Place {
	list := make([]document.Place, len(points))
	for i, p := range points {
		list[i] = place(p.Latitude, p.Longitude)
	}
	return list
}
