package dashboard

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/yipii/yipii/internal/trail"
)

// place is a point on the globe, in degrees.
type place struct{ latitude, longitude float64 }

// earthRadius is the mean one, in kilometres.
const earthRadius = 6371.0088

// distance is the way to another place over the surface, in kilometres (haversine).
func (p place) distance(q place) float64 {
	const radian = math.Pi / 180
	dLat, dLon := (q.latitude-p.latitude)*radian, (q.longitude-p.longitude)*radian
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(p.latitude*radian)*math.Cos(q.latitude*radian)*math.Pow(math.Sin(dLon/2), 2)
	return 2 * earthRadius * math.Asin(min(1, math.Sqrt(h)))
}

// The drawing's size and margin, in its own units.
const (
	mapWidth  = 800
	mapHeight = 480
	mapMargin = 48
)

// maxLatitude is where Web Mercator ends.
const maxLatitude = 85.0511

// mercator projects a place onto a square from 0 to 1, y downwards.
func mercator(p place) dot {
	latitude := max(-maxLatitude, min(maxLatitude, p.latitude)) * math.Pi / 180
	return dot{(p.longitude + 180) / 360, (1 - math.Asinh(math.Tan(latitude))/math.Pi) / 2}
}

// latitudeAt is the latitude that is projected to y.
func latitudeAt(y float64) float64 { return math.Atan(math.Sinh(math.Pi*(1-2*y))) * 180 / math.Pi }

// dot is a point of a drawing.
type dot struct{ x, y float64 }

// trailMap is a trail drawn: everything that the picture shows, in its units.
type trailMap struct {
	Line          string // points of the polyline
	Drawn         int    // how many these are
	Start, Finish string // as "x y"
	Heading       string // degrees, "" if it isn't known
	Grid          []gridLine
	Scale         scaleBar
}

// gridLine is a line of the graticule with its label.
type gridLine struct {
	X1, Y1, X2, Y2 string
	LabelX, LabelY string
	Label          string
}

// scaleBar tells how long a line is on the ground.
type scaleBar struct{ Path, Label, LabelX, LabelY string }

// view is the part of the projection that a drawing shows.
type view struct {
	left, top, perUnit float64 // perUnit: the projection's length of one unit of the drawing
}

func (v view) dot(d dot) dot { return dot{(d.x - v.left) / v.perUnit, (d.y - v.top) / v.perUnit} }

// drawMap draws a trail of at least one place.
func drawMap(points []place, heading trail.Maybe[float64]) *trailMap {
	points = unwrapped(points)
	projected := make([]dot, len(points))
	for i, p := range points {
		projected[i] = mercator(p)
	}
	v := viewOf(projected)
	for i := range projected {
		projected[i] = v.dot(projected[i])
	}
	line := simplified(projected, maxDrawn)
	m := &trailMap{Drawn: len(line), Start: line[0].text(), Finish: line[len(line)-1].text(), Grid: v.grid(), Scale: v.scale()}
	var b strings.Builder
	for _, d := range line {
		fmt.Fprintf(&b, "%.1f,%.1f ", d.x, d.y)
	}
	m.Line = strings.TrimSpace(b.String())
	if heading.Known {
		m.Heading = strconv.FormatFloat(heading.Value, 'f', 0, 64)
	}
	return m
}

func (d dot) text() string { return fmt.Sprintf("%.1f %.1f", d.x, d.y) }

// unwrapped makes a trail over the 180th meridian one without a leap round the world.
func unwrapped(points []place) []place {
	west, east := math.Inf(1), math.Inf(-1)
	for _, p := range points {
		west, east = min(west, p.longitude), max(east, p.longitude)
	}
	if east-west <= 180 {
		return points
	}
	out := make([]place, len(points))
	for i, p := range points {
		if p.longitude < 0 {
			p.longitude += 360
		}
		out[i] = p
	}
	return out
}

// viewOf fits the drawing around dots. A trail that stays at a place is shown with about half a kilometre around it.
func viewOf(dots []dot) view {
	low, high := dots[0], dots[0]
	for _, d := range dots {
		low = dot{min(low.x, d.x), min(low.y, d.y)}
		high = dot{max(high.x, d.x), max(high.y, d.y)}
	}
	const least = 1.0 / 80_000
	perUnit := max((high.x-low.x)/(mapWidth-2*mapMargin), (high.y-low.y)/(mapHeight-2*mapMargin), least/mapWidth)
	return view{left: (low.x+high.x)/2 - perUnit*mapWidth/2, top: (low.y+high.y)/2 - perUnit*mapHeight/2, perUnit: perUnit}
}

// grid lays lines of longitude and latitude at round degrees over the view.
func (v view) grid() []gridLine {
	west := v.left*360 - 180
	step := roundStep(v.perUnit * mapWidth * 360 / 6)
	var lines []gridLine
	for i := math.Ceil(west / step); ; i++ {
		x := ((i*step+180)/360 - v.left) / v.perUnit
		if x > mapWidth {
			break
		}
		lines = append(lines, gridLine{X1: unit(x), Y1: "0", X2: unit(x), Y2: unit(mapHeight),
			LabelX: unit(x + 5), LabelY: unit(mapHeight - 8), Label: degrees(normalLongitude(i*step), step, "E", "W")})
	}
	north, south := latitudeAt(v.top), latitudeAt(v.top+v.perUnit*mapHeight)
	for i := math.Ceil(south / step); i*step <= north; i++ {
		y := v.dot(mercator(place{i * step, 0})).y
		lines = append(lines, gridLine{X1: "0", Y1: unit(y), X2: unit(mapWidth), Y2: unit(y),
			LabelX: "6", LabelY: unit(y - 5), Label: degrees(i*step, step, "N", "S")})
	}
	return lines
}

func unit(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

func normalLongitude(degrees float64) float64 {
	if degrees > 180 {
		return degrees - 360
	}
	return degrees
}

// roundStep is the round number (1, 2 or 5 and zeros) that is next to v from above.
func roundStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range [...]float64{1, 2, 5} {
		if n*power >= v {
			return n * power
		}
	}
	return 10 * power
}

// degrees writes a degree of the graticule with the places that its step needs.
func degrees(value, step float64, positive, negative string) string {
	places := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	side := positive
	if value < 0 {
		side = negative
	}
	return strconv.FormatFloat(math.Abs(value), 'f', places, 64) + "° " + side
}

// scale makes a bar of a round length, in the upper right corner, true in the middle of the view.
func (v view) scale() scaleBar {
	const longest = 170
	latitude := latitudeAt(v.top+v.perUnit*mapHeight/2) * math.Pi / 180
	metresPerUnit := v.perUnit * 2 * math.Pi * earthRadius * 1000 * math.Cos(latitude)
	metres := roundStep(longest * metresPerUnit)
	for metres > longest*metresPerUnit {
		metres = roundStep(metres / 2.6)
	}
	label := fmt.Sprintf("%.0f m", metres)
	if metres >= 1000 {
		label = fmt.Sprintf("%.0f km", metres/1000)
	}
	const right, top = mapWidth - 16.0, 14.0
	left := right - metres/metresPerUnit
	return scaleBar{Label: label, LabelX: unit((left + right) / 2), LabelY: unit(top + 30),
		Path: fmt.Sprintf("M%.1f %.1fv-8h%.1fv8", left, top+8, right-left)}
}
