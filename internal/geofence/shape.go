package geofence

import (
	"fmt"
	"math"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/geo"
)

// Kinds of shape.
const (
	circle   = "circle"
	polygon  = "polygon"
	corridor = "corridor"
)

// Shape is where a geofence is: a geometry, and for a circle its radius, for a corridor its whole width, in metres.
type Shape struct {
	Geometry Geometry
	Radius   float64
	Width    float64
}

// Bounds of shapes.
const (
	maxPoints = 1000
	minRadius = 5
	maxRadius = 200_000
	minWidth  = 5
	maxWidth  = 20_000
)

// kind is what the geometry makes of the shape.
func (s Shape) kind() string {
	switch s.Geometry.Type {
	case typePoint:
		return circle
	case typeLineString:
		return corridor
	}
	return polygon
}

// check says what is wrong with the shape, by field.
func (s Shape) check() (wrong []fault.Field) {
	if message := s.Geometry.check(); message != "" {
		return []fault.Field{{Name: "geometry", Message: message}}
	}
	size := func(name, of string, value, least, most float64) {
		switch {
		case s.kind() != of && value != 0:
			wrong = append(wrong, fault.Field{Name: name, Message: fmt.Sprintf("The %s field is that of a %s alone.", name, of)})
		case s.kind() == of && !(value >= least && value <= most):
			wrong = append(wrong, fault.Field{Name: name, Message: fmt.Sprintf("The %s field must be within %g and %g metres.", name, least, most)})
		}
	}
	size("radius", circle, s.Radius, minRadius, maxRadius)
	size("width", corridor, s.Width, minWidth, maxWidth)
	return wrong
}

// area is the shape as geometry. The shape must be a good one.
func (s Shape) area() geo.Area {
	switch g := s.Geometry; s.kind() {
	case circle:
		return geo.Circle{Center: g.point(), Radius: s.Radius}
	case corridor:
		return geo.Corridor{Line: geo.MakeLine(g.line()), Width: s.Width}
	default:
		parts := make(geo.Polygons, len(g.parts))
		for i, rings := range g.parts {
			parts[i].Outer = geo.MakeRing(rings[0])
			for _, hole := range rings[1:] {
				parts[i].Holes = append(parts[i].Holes, geo.MakeRing(hole))
			}
		}
		return parts
	}
}

// check says what is wrong with a geometry, "" if nothing.
func (g Geometry) check() string {
	if g.wrong != "" {
		return g.wrong
	}
	if n := g.count(); n > maxPoints {
		return fmt.Sprintf("The geometry field must not have more than %d points.", maxPoints)
	}
	switch g.Type {
	case typePoint:
		return ""
	case typeLineString:
		return lineFault(g.line())
	}
	if len(g.parts) == 0 {
		return "The geometry field must have at least one polygon."
	}
	for _, rings := range g.parts {
		if len(rings) == 0 {
			return "A polygon must have at least one ring."
		}
		for _, ring := range rings {
			if message := ringFault(ring); message != "" {
				return message
			}
		}
		if len(rings) > 1 && !holesInside(rings) {
			return "A hole must lie inside its polygon."
		}
	}
	return ""
}

func (g Geometry) count() int {
	n := 0
	for _, rings := range g.parts {
		for _, ring := range rings {
			n += len(ring)
		}
	}
	return n
}

func lineFault(line []geo.Point) string {
	if len(line) < 2 {
		return "A line must have at least 2 points."
	}
	return edgesFault(line)
}

// edgesFault refuses edges that may go either way around the globe.
func edgesFault(line []geo.Point) string {
	for i := 1; i < len(line); i++ {
		if math.Abs(math.Remainder(line[i].Longitude-line[i-1].Longitude, 360)) >= 179.999 {
			return "An edge must span less than 180 degrees of longitude: put points between."
		}
		// RFC 7946 §3.1.9: what crosses the 180th meridian is cut there. Uncut, an edge takes the shorter way.
		if math.Abs(line[i].Longitude-line[i-1].Longitude) == 360 && line[i].Latitude == line[i-1].Latitude {
			return "An edge must span less than 180 degrees of longitude: put points between."
		}
	}
	return ""
}

func ringFault(ring []geo.Point) string {
	n := len(ring)
	if n < 4 || ring[0] != ring[n-1] {
		return "A ring must have at least 4 points, and end with the one that it begins with."
	}
	if message := edgesFault(ring); message != "" {
		return message
	}
	flat := flatten(ring)
	if doubleArea(flat) == 0 && math.Abs(flat[n-1].x-flat[0].x) < 180 {
		return "A ring must enclose something."
	}
	if crossesItself(flat) {
		return "A ring must not cross itself."
	}
	return ""
}

// spot is a point of a ring on a plane, where longitudes run on.
type spot struct{ x, y float64 }

func flatten(ring []geo.Point) []spot {
	flat := make([]spot, len(ring))
	for i, p := range ring {
		flat[i] = spot{p.Longitude, p.Latitude}
		if i > 0 {
			flat[i].x = flat[i-1].x + math.Remainder(p.Longitude-ring[i-1].Longitude, 360)
		}
	}
	return flat
}

// doubleArea is twice the area, in degrees; positive where the ring runs counter-clockwise.
func doubleArea(flat []spot) float64 {
	sum := 0.0
	for i := 1; i < len(flat); i++ {
		a, b := flat[i-1], flat[i]
		sum += (a.x-flat[0].x)*(b.y-flat[0].y) - (b.x-flat[0].x)*(a.y-flat[0].y)
	}
	return sum
}

// crossesItself reports whether two edges cross. Edges that only touch don't.
func crossesItself(flat []spot) bool {
	side := func(a, b, c spot) float64 { return (b.x-a.x)*(c.y-a.y) - (c.x-a.x)*(b.y-a.y) }
	for i := 1; i < len(flat); i++ {
		a, b := flat[i-1], flat[i]
		west, east, south, north := min(a.x, b.x), max(a.x, b.x), min(a.y, b.y), max(a.y, b.y)
		for j := i + 2; j < len(flat); j++ {
			c, d := flat[j-1], flat[j]
			if max(c.x, d.x) < west || min(c.x, d.x) > east || max(c.y, d.y) < south || min(c.y, d.y) > north {
				continue
			}
			if side(a, b, c)*side(a, b, d) < 0 && side(c, d, a)*side(c, d, b) < 0 {
				return true
			}
		}
	}
	return false
}

// holesInside reports whether every point of every hole lies in or on the outer ring.
func holesInside(rings [][]geo.Point) bool {
	outer := geo.Polygon{Outer: geo.MakeRing(rings[0])}
	for _, hole := range rings[1:] {
		for _, p := range hole {
			if !outer.Within(p.Latitude, p.Longitude, 1) {
				return false
			}
		}
	}
	return true
}
