package geo

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"pgregory.net/rapid"
)

// star draws a ring of corners around a place, each in its own direction, so that it doesn't cross itself.
func star(t *rapid.T, name string, center Point, least, most float64) []Point {
	n := rapid.IntRange(3, 12).Draw(t, name+" corners")
	ring := make([]Point, n)
	for i := range ring {
		size := rapid.Float64Range(least, most).Draw(t, name)
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		ring[i] = Point{center.Latitude + size*sin, math.Remainder(center.Longitude+size*cos, 360)}
	}
	return append(ring, ring[0])
}

// Small polygons contain what a planar library says, with holes, also where they lie across the 180th meridian: there it is asked
// about the same polygon elsewhere.
func TestPolygonAgreesWithAnotherLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		center := Point{rapid.Float64Range(-80, 80).Draw(t, "latitude"), rapid.SampledFrom([]float64{0, 13, 179.9, 180, -180, -179.95}).Draw(t, "longitude")}
		outer := star(t, "outer", center, 0.1, 0.3)
		polygon := Polygon{Outer: MakeRing(outer)}
		elsewhere := func(ring []Point) orb.Ring {
			out := make(orb.Ring, len(ring))
			for i, p := range ring {
				out[i] = orb.Point{math.Remainder(p.Longitude-center.Longitude, 360), p.Latitude}
			}
			return out
		}
		theirs := orb.Polygon{elsewhere(outer)}
		if rapid.Bool().Draw(t, "with a hole") {
			hole := star(t, "hole", center, 0.01, 0.05)
			polygon.Holes, theirs = []Ring{MakeRing(hole)}, append(theirs, elsewhere(hole))
		}
		for range 20 {
			lat := center.Latitude + rapid.Float64Range(-0.35, 0.35).Draw(t, "north")
			lon := math.Remainder(center.Longitude+rapid.Float64Range(-0.35, 0.35).Draw(t, "east"), 360)
			there := orb.Point{math.Remainder(lon-center.Longitude, 360), lat}
			if edge(theirs, there) < 1e-9 {
				continue // of the edge itself each may say what it likes
			}
			if got, want := polygon.Contains(lat, lon), planar.PolygonContains(theirs, there); got != want {
				t.Fatalf("%v, %v: %v, the other library says %v", lat, lon, got, want)
			}
			if polygon.Contains(lat, lon) && !inParts(polygon.Box(), lat, lon) {
				t.Fatalf("%v, %v is in the polygon and not in its box %v", lat, lon, polygon.Box())
			}
			metres := rapid.Float64Range(1, 5000).Draw(t, "metres")
			off := brute(polygon, lat, lon)
			if want := polygon.Contains(lat, lon) || off <= metres; math.Abs(off-metres) > 0.01+metres/1000 && polygon.Within(lat, lon, metres) != want {
				t.Fatalf("%v, %v within %v: %v, by looking %v", lat, lon, metres, !want, want)
			}
		}
	})
}

func edge(p orb.Polygon, at orb.Point) float64 {
	least := math.Inf(1)
	for _, ring := range p {
		least = min(least, planar.DistanceFrom(orb.LineString(ring), at))
	}
	return least
}

// brute is the distance to a polygon's edges by measuring to many places on them.
func brute(p Polygon, lat, lon float64) float64 {
	least := math.Inf(1)
	for _, ring := range append([]Ring{p.Outer}, p.Holes...) {
		for i := 1; i < len(ring.points); i++ {
			least = min(least, bruteSegment(lat, lon, ring.points[i-1], ring.points[i], 50))
		}
	}
	return least
}

// bruteSegment looks at many places on a stretch, and then closer where it was nearest.
func bruteSegment(lat, lon float64, a, b Point, looks int) float64 {
	low, high, best, least := 0.0, 1.0, 0.0, math.Inf(1)
	for range 4 {
		for i := range looks + 1 {
			t := low + (high-low)*float64(i)/float64(looks)
			if m := Metres(lat, lon, a.Latitude+t*(b.Latitude-a.Latitude), a.Longitude+t*(b.Longitude-a.Longitude)); m < least {
				best, least = t, m
			}
		}
		step := (high - low) / float64(looks)
		low, high = max(0, best-step), min(1, best+step)
	}
	return least
}

// inParts asks as an index of boxes is asked.
func inParts(b Box, lat, lon float64) bool {
	if lon >= 180 {
		lon -= 360
	}
	for _, part := range b.Parts() {
		if lat >= part.South && lat <= part.North && lon >= part.West && lon <= part.East {
			return true
		}
	}
	return false
}

func TestToSegmentIsTheLeastDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Point{rapid.Float64Range(-89, 89).Draw(t, "latitude"), rapid.SampledFrom([]float64{0, 179.99, -179.99}).Draw(t, "longitude")}
		scale := math.Cos(a.Latitude * radian)
		b := Point{max(-89.5, min(89.5, a.Latitude+rapid.Float64Range(-0.5, 0.5).Draw(t, "b north"))), a.Longitude + rapid.Float64Range(-0.5, 0.5).Draw(t, "b east")/scale}
		lat := max(-89.5, min(89.5, a.Latitude+rapid.Float64Range(-0.2, 0.2).Draw(t, "north")))
		lon := math.Remainder(a.Longitude+rapid.Float64Range(-0.2, 0.2).Draw(t, "east")/scale, 360)
		want := bruteSegment(lat, lon, a, b, 100)
		if got := ToSegment(lat, lon, a, b); got > want*1.001+0.01 || got < want*0.999-0.01 {
			t.Fatalf("%v m, by looking %v", got, want)
		}
	})
}

// What lies in an area lies in its box, and what is within some metres of it in the grown box.
func TestBoxesHoldAreas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := Point{rapid.Float64Range(-90, 90).Draw(t, "latitude"), rapid.Float64Range(-180, 180).Draw(t, "longitude")}
		line := []Point{at, {max(-90, min(90, at.Latitude+rapid.Float64Range(-1, 1).Draw(t, "north"))), math.Remainder(at.Longitude+rapid.Float64Range(-3, 3).Draw(t, "east"), 360)}}
		size := rapid.Float64Range(5, 50_000).Draw(t, "size")
		lat := max(-90, min(90, at.Latitude+rapid.Float64Range(-0.5, 0.5).Draw(t, "lat")))
		lon := rapid.OneOf(rapid.Float64Range(-180, 180), rapid.Just(math.Remainder(at.Longitude+size/200_000, 360))).Draw(t, "lon")
		for _, area := range []Area{Circle{at, size}, Corridor{MakeLine(line), size}} {
			if area.Contains(lat, lon) && !inParts(area.Box(), lat, lon) {
				t.Fatalf("%T: in it and not in its box", area)
			}
			if area.Contains(lat, lon) && !area.Within(lat, lon, 1) {
				t.Fatalf("%T: in it and not within a metre of it", area)
			}
		}
	})
}

func TestAreasAtOddPlaces(t *testing.T) {
	cap := Polygon{Outer: MakeRing([]Point{{80, 0}, {80, 90}, {80, 180}, {80, -90}, {80, 0}})}
	south := Polygon{Outer: MakeRing([]Point{{-70, -120}, {-70, 120}, {-70, 0}, {-70, -120}})}
	cut := Polygons{{Outer: MakeRing([]Point{{0, 179}, {0, 180}, {1, 180}, {1, 179}, {0, 179}})},
		{Outer: MakeRing([]Point{{0, -180}, {0, -179}, {1, -179}, {1, -180}, {0, -180}})}}
	road := Corridor{MakeLine([]Point{{10, 179.9}, {10, -179.9}}), 2000}
	for _, c := range []struct {
		name     string
		area     Area
		lat, lon float64
		want     bool
	}{
		{"the north pole", cap, 90, 0, true},
		{"beside the north pole", cap, 89, -135, true},
		{"below the cap", cap, 79, 45, false},
		{"the south pole", south, -90, 77, true},
		{"beside the south pole", south, -80, 179.9, true},
		{"above the southern cap", south, -60, 0, false},
		{"the other pole", south, 89, 0, false},
		{"west of the cut", cut, 0.5, 179.5, true},
		{"east of the cut", cut, 0.5, -179.5, true},
		{"far from the cut", cut, 0.5, 0, false},
		{"on the road", road, 10.005, 180, true},
		{"on the road, as west", road, 10.005, -180, true},
		{"beyond the road", road, 10, -179.8, false},
		{"on the other side of the globe", road, 10, 0, false},
		{"a circle over the pole", Circle{Point{89.999, 10}, 500}, 89.999, -170, true},
		{"a circle over the 180th meridian", Circle{Point{0, 179.999}, 500}, 0, -179.999, true},
	} {
		if got := c.area.Contains(c.lat, c.lon); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if c.want && !inParts(c.area.Box(), c.lat, c.lon) {
			t.Errorf("%s: not in its box %v", c.name, c.area.Box())
		}
	}
}
