package geofence

import (
	"cmp"
	"slices"
	"sort"

	"github.com/tidwall/rtree"

	"github.com/yipii/yipii/internal/geo"
)

// fence is a geofence as positions are held against it.
type fence struct {
	id     int64
	name   string
	home   bool
	dwell  int64 // milliseconds; 0 for never
	since  int64 // Unix milliseconds: positions before are none of its business
	area   geo.Area
	assets map[int64]struct{} // nil for all
}

func newFence(g *Geofence) *fence {
	f := &fence{id: g.ID, name: g.Name, home: g.Category == Home, dwell: *orNew(g.Dwell) * 60_000, since: g.ValidFrom.UnixMilli(), area: g.shapeOf().area()}
	if g.AppliesTo != nil {
		f.assets = map[int64]struct{}{}
	}
	return f
}

func (f *fence) appliesTo(assetID int64) bool {
	if f.assets == nil {
		return true
	}
	_, ok := f.assets[assetID]
	return ok
}

// fences are all active ones of an account. They don't change once made.
type fences struct {
	byID   map[int64]*fence
	births []*fence // by since
	newest int64    // the last since; 0 where there is none
	tree   rtree.RTreeG[*fence]
}

// newFences makes the index of a list. Its boxes hold places as longitude and latitude, where longitude is less than 180.
func newFences(list []*fence) *fences {
	s := &fences{byID: make(map[int64]*fence, len(list)), births: slices.Clone(list)}
	slices.SortStableFunc(s.births, func(a, b *fence) int { return cmp.Compare(a.since, b.since) })
	for _, f := range list {
		s.byID[f.id], s.newest = f, max(s.newest, f.since)
		for _, b := range f.area.Box().Parts() {
			s.tree.Insert([2]float64{b.West, b.South}, [2]float64{b.East, b.North}, f)
		}
	}
	return s
}

// born are those whose since is later than after, up to and including through.
func (s *fences) born(after, through int64) []*fence {
	if s.newest <= after {
		return nil
	}
	from := sort.Search(len(s.births), func(i int) bool { return s.births[i].since > after })
	to := sort.Search(len(s.births), func(i int) bool { return s.births[i].since > through })
	return s.births[from:max(from, to)]
}
