package geofence

import (
	"math"

	"github.com/yipii/yipii/internal/geo"
)

// circlePoints is how many corners a circle is drawn with.
const circlePoints = 48

// Outline is how a geofence is drawn: as closed rings, the holes among them, or as the line in the middle of a corridor.
func (g *Geofence) Outline() (rings [][]geo.Point, line []geo.Point) {
	switch shape := g.shapeOf(); shape.kind() {
	case circle:
		return [][]geo.Point{around(g.Geometry.point(), shape.Radius)}, nil
	case corridor:
		return nil, g.Geometry.line()
	}
	for _, part := range g.Geometry.parts {
		rings = append(rings, part...)
	}
	return rings, nil
}

// around is a circle as a ring, good enough to look at: as if the earth were a ball.
func around(center geo.Point, radius float64) []geo.Point {
	const ball = 6_371_000 // metres
	angle, lat := radius/ball, center.Latitude*math.Pi/180
	ring := make([]geo.Point, circlePoints+1)
	for i := range ring {
		bearing := 2 * math.Pi * float64(i%circlePoints) / circlePoints
		north := math.Asin(math.Sin(lat)*math.Cos(angle) + math.Cos(lat)*math.Sin(angle)*math.Cos(bearing))
		east := math.Atan2(math.Sin(bearing)*math.Sin(angle)*math.Cos(lat), math.Cos(angle)-math.Sin(lat)*math.Sin(north))
		ring[i] = geo.Point{Latitude: north * 180 / math.Pi, Longitude: math.Remainder(center.Longitude+east*180/math.Pi, 360)}
	}
	return ring
}
