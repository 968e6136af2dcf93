package geo

import "math"

// Line goes through points. Each stretch takes the shorter way around the globe and is straight in degrees.
type Line struct {
	points []Point
	box    Box
}

// MakeLine makes a line through points.
func MakeLine(points []Point) Line {
	unrolled := unroll(points)
	return Line{unrolled, boxOf(unrolled)}
}

// Box is the box around the line.
func (l Line) Box() Box { return l.box }

// Within reports whether a place is at most so many metres from the line.
func (l Line) Within(lat, lon, metres float64) bool { return nearLine(l.points, lat, lon, metres) }

// Metres is how far a place is from the line; infinitely far from a line of no points.
func (l Line) Metres(lat, lon float64) float64 {
	least := math.Inf(1)
	for i := range l.points {
		least = min(least, ToSegment(lat, lon, l.points[max(i-1, 0)], l.points[i]))
	}
	return least
}

// nearLine reports whether a place is at most so many metres from a line whose longitudes run on. Stretches whose box is farther away are
// passed over.
func nearLine(points []Point, lat, lon, metres float64) bool {
	around := Box{lat, lon, lat, lon}.Grown(metres)
	width := around.East - around.West
	for i := range points {
		a, b := points[max(i-1, 0)], points[i]
		if max(a.Latitude, b.Latitude) < around.South || min(a.Latitude, b.Latitude) > around.North {
			continue
		}
		west, east := min(a.Longitude, b.Longitude), max(a.Longitude, b.Longitude)
		if width < 360 && firstTurn(around.West, west-width) > east {
			continue
		}
		if ToSegment(lat, lon, a, b) <= metres {
			return true
		}
	}
	return false
}

// polarCircle is the latitude beyond which the globe isn't flat enough to say at once where a stretch is nearest.
const polarCircle = 80

// ToSegment is how far in metres a place is from a stretch between two points that is straight in degrees. It is exact to a
// thousandth for places within a tenth of the distance to the pole, and a good guess beyond.
func ToSegment(lat, lon float64, a, b Point) float64 {
	dLat, dLon := b.Latitude-a.Latitude, math.Remainder(b.Longitude-a.Longitude, 360)
	middle := a.Longitude + dLon/2
	lon = middle + math.Remainder(lon-middle, 360) // on the turn of the globe where it is nearest
	to := func(t float64) float64 { return Metres(lat, lon, a.Latitude+t*dLat, a.Longitude+t*dLon) }
	if dLat == 0 && dLon == 0 {
		return to(0)
	}
	if max(math.Abs(lat), math.Abs(a.Latitude), math.Abs(b.Latitude)) > polarCircle {
		return searched(to)
	}
	t := 0.0
	near := lat // the latitude between the place and where the stretch is nearest, as far as that is known
	for range 3 {
		north, east := degreeLengths(near)
		x, y := dLon*east, dLat*north
		t = ((lon-a.Longitude)*east*x + (lat-a.Latitude)*north*y) / (x*x + y*y)
		t = max(0, min(1, t))
		near = (lat + a.Latitude + t*dLat) / 2
	}
	return to(t)
}

// searched is the least of a distance along a stretch, by looking.
func searched(to func(t float64) float64) float64 {
	const looks = 16
	best, least := 0, math.Inf(1)
	for i := range looks + 1 {
		if metres := to(float64(i) / looks); metres < least {
			best, least = i, metres
		}
	}
	low, high := max(0, float64(best-1)/looks), min(1, float64(best+1)/looks)
	return min(least, to(lowest(low, high, 40, to)))
}

// degreeLengths are how long a degree is at a latitude, in metres, to the north and to the east.
func degreeLengths(lat float64) (north, east float64) {
	sin, cos := math.Sincos(lat * radian)
	w := 1 - eccentricity*sin*sin
	n := equatorial / math.Sqrt(w)
	return n * (1 - eccentricity) / w * radian, n * cos * radian
}
