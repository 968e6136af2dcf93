package geo

import "math"

// Ring is a closed line that parts inside from outside. Its longitudes run on: one edge goes from one point to the next, whatever
// turn of the globe that leads to, so that the 180th meridian is a longitude like others.
type Ring struct {
	points []Point // the last is the first again
	box    Box
}

// MakeRing makes a ring of points, whether or not the last repeats the first. Each edge takes the shorter way around the
// globe. A ring that ends a whole turn from where it began goes around a pole, and encloses the one that is nearer.
func MakeRing(points []Point) Ring {
	if n := len(points); n > 1 && points[0] == points[n-1] {
		points = points[:n-1]
	}
	r := Ring{points: unroll(points)}
	if len(points) == 0 {
		return r
	}
	first, last := r.points[0], r.points[len(r.points)-1]
	end := Point{first.Latitude, last.Longitude + math.Remainder(first.Longitude-last.Longitude, 360)}
	r.points = append(r.points, end)
	if math.Abs(end.Longitude-first.Longitude) > 180 {
		pole, sum := 90.0, 0.0
		for _, p := range points {
			sum += p.Latitude
		}
		if sum < 0 {
			pole = -90
		}
		r.points = append(r.points, Point{pole, end.Longitude}, Point{pole, first.Longitude}, first)
	}
	r.box = boxOf(r.points)
	return r
}

// unroll lets the longitudes of a line run on.
func unroll(points []Point) []Point {
	out := make([]Point, len(points), len(points)+4)
	copy(out, points)
	for i := 1; i < len(out); i++ {
		before := out[i-1].Longitude
		out[i].Longitude = before + math.Remainder(out[i].Longitude-before, 360)
	}
	return out
}

// Contains reports whether a place lies inside. Of a place on the ring itself it says either.
func (r Ring) Contains(lat, lon float64) bool {
	if lat < r.box.South || lat > r.box.North || len(r.points) == 0 {
		return false
	}
	for lon = firstTurn(lon, r.box.West); lon <= r.box.East; lon += 360 {
		if r.crossings(lat, lon)%2 == 1 {
			return true
		}
	}
	return false
}

// firstTurn is the longitude on the first turn of the globe that is not west of a bound.
func firstTurn(lon, west float64) float64 {
	return lon + 360*math.Ceil((west-lon)/360)
}

// crossings counts how often the way due east crosses the ring. An edge has its southern end and not its northern, so that
// a corner counts once.
func (r Ring) crossings(lat, lon float64) int {
	count := 0
	a := r.points[0]
	for _, b := range r.points[1:] {
		if (a.Latitude > lat) != (b.Latitude > lat) &&
			lon < a.Longitude+(lat-a.Latitude)/(b.Latitude-a.Latitude)*(b.Longitude-a.Longitude) {
			count++
		}
		a = b
	}
	return count
}

// Polygon is a ring with holes in it.
type Polygon struct {
	Outer Ring
	Holes []Ring
}

// Contains reports whether a place lies inside the outer ring and in no hole.
func (p Polygon) Contains(lat, lon float64) bool {
	if !p.Outer.Contains(lat, lon) {
		return false
	}
	for _, hole := range p.Holes {
		if hole.Contains(lat, lon) {
			return false
		}
	}
	return true
}

// Within reports whether a place lies inside or at most so many metres from it.
func (p Polygon) Within(lat, lon, metres float64) bool {
	if p.Contains(lat, lon) {
		return true
	}
	if nearLine(p.Outer.points, lat, lon, metres) {
		return true
	}
	for _, hole := range p.Holes {
		if nearLine(hole.points, lat, lon, metres) {
			return true
		}
	}
	return false
}

// Box is the box around the polygon.
func (p Polygon) Box() Box { return p.Outer.box }
