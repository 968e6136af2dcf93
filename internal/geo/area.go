package geo

// Area is a part of the globe.
type Area interface {
	// Contains reports whether a place lies inside.
	Contains(lat, lon float64) bool
	// Within reports whether a place lies inside or at most so many metres from it.
	Within(lat, lon, metres float64) bool
	// Box holds all of it.
	Box() Box
}

// Circle is what lies at most Radius metres from a place.
type Circle struct {
	Center Point
	Radius float64
}

// Contains implements Area.
func (c Circle) Contains(lat, lon float64) bool { return c.Within(lat, lon, 0) }

// Within implements Area.
func (c Circle) Within(lat, lon, metres float64) bool {
	return Metres(lat, lon, c.Center.Latitude, c.Center.Longitude) <= c.Radius+metres
}

// Box implements Area.
func (c Circle) Box() Box {
	return Box{c.Center.Latitude, c.Center.Longitude, c.Center.Latitude, c.Center.Longitude}.Grown(c.Radius)
}

// Corridor is what lies at most half of Width metres from a line.
type Corridor struct {
	Line  Line
	Width float64
}

// Contains implements Area.
func (c Corridor) Contains(lat, lon float64) bool { return c.Within(lat, lon, 0) }

// Within implements Area.
func (c Corridor) Within(lat, lon, metres float64) bool {
	return c.Line.Within(lat, lon, c.Width/2+metres)
}

// Box implements Area.
func (c Corridor) Box() Box { return c.Line.Box().Grown(c.Width / 2) }

// Polygons are an area of several parts.
type Polygons []Polygon

// Contains implements Area.
func (p Polygons) Contains(lat, lon float64) bool {
	for i := range p {
		if p[i].Contains(lat, lon) {
			return true
		}
	}
	return false
}

// Within implements Area.
func (p Polygons) Within(lat, lon, metres float64) bool {
	if p.Contains(lat, lon) {
		return true
	}
	for i := range p {
		if p[i].Box().Grown(metres).Contains(lat, lon) && p[i].Within(lat, lon, metres) {
			return true
		}
	}
	return false
}

// Box implements Area. Parts that lie on different turns of the globe are brought as near to the first as they come.
func (p Polygons) Box() Box {
	var all Box
	for i := range p {
		b := p[i].Box()
		if i == 0 {
			all = b
			continue
		}
		turn := firstTurn(b.West, all.West-180) - b.West
		all = Box{min(all.South, b.South), min(all.West, b.West+turn), max(all.North, b.North), max(all.East, b.East+turn)}
	}
	return all
}
