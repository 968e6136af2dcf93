package geo

import "math"

// Box is bounded by two parallels and two meridians, in degrees. West is at most East; East may be beyond 180, or West before
// -180, where the box lies across that meridian.
type Box struct{ South, West, North, East float64 }

func boxOf(points []Point) Box {
	b := Box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, p := range points {
		b.South, b.North = min(b.South, p.Latitude), max(b.North, p.Latitude)
		b.West, b.East = min(b.West, p.Longitude), max(b.East, p.Longitude)
	}
	return b
}

// perDegree is the least length in metres of a degree of latitude, at the equator, a little rounded down.
const perDegree = 110_500

// Grown is the box with so many metres more on all sides, or a little more than those.
func (b Box) Grown(metres float64) Box {
	south, north := b.South-metres/perDegree, b.North+metres/perDegree
	far := max(math.Abs(south), math.Abs(north)) // the latitude where a degree of longitude is shortest
	if far >= 89.99 {
		return Box{max(south, -90), -180, min(north, 90), 180}
	}
	aside := metres / perDegree / math.Cos(far*radian)
	if b.East-b.West+2*aside >= 360 {
		return Box{south, -180, north, 180}
	}
	return Box{south, b.West - aside, north, b.East + aside}
}

// Parts are the box as one or more whose longitudes lie within -180 and 180, for an index that knows of no other turn.
func (b Box) Parts() []Box {
	if b.East-b.West >= 360 {
		return []Box{{b.South, -180, b.North, 180}}
	}
	turn := 360 * math.Floor((b.West+180)/360)
	b.West, b.East = b.West-turn, b.East-turn // West is now at least -180 and less than 180
	if b.East < 180 {
		return []Box{b}
	}
	// Both sides hold the meridian itself, which is written in two ways.
	return []Box{{b.South, b.West, b.North, 180}, {b.South, -180, b.North, b.East - 360}}
}

// Contains reports whether a place lies in the box or on its edge.
func (b Box) Contains(lat, lon float64) bool {
	return lat >= b.South && lat <= b.North && firstTurn(lon, b.West) <= b.East
}
