package document

import (
	"math"
	"strconv"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"
)

// view is a map on paper: Mercator's projection, which keeps angles, moved and scaled to a rectangle.
type view struct {
	w, h      float64
	west      float64 // longitude at x = 0; may lie beyond 180 so that the map of a way over the antimeridian is in one piece
	north     float64 // Mercator's y at y = 0
	scale     float64 // points per radian
	latitude  float64 // of the middle
	longitude float64 // of the middle
}

const earthRadius = 6371.0088 // kilometres, the mean

func mercator(latitude float64) float64 {
	latitude = math.Max(-85, math.Min(85, latitude)) * math.Pi / 180
	return math.Log(math.Tan(math.Pi/4 + latitude/2))
}

func (v *view) place(p Place) point {
	longitude := p.Longitude
	for longitude-v.longitude > 180 {
		longitude -= 360
	}
	for longitude-v.longitude < -180 {
		longitude += 360
	}
	return point{(longitude - v.west) * math.Pi / 180 * v.scale, (v.north - mercator(p.Latitude)) * v.scale}
}

// newView fits all of a map into a width: the height follows from it, within bounds. ok is false where there is nothing to draw.
func newView(m *Map, w float64) (v view, ok bool) {
	south, north := math.Inf(1), math.Inf(-1)
	west, east := math.Inf(1), math.Inf(-1)
	var before float64
	add := func(p Place) {
		if !p.real() {
			return
		}
		longitude := p.Longitude
		if ok { // the turn of the globe that is nearest to the place before
			longitude += 360 * math.Round((before-longitude)/360)
		}
		before, ok = longitude, true
		south, north = math.Min(south, p.Latitude), math.Max(north, p.Latitude)
		west, east = math.Min(west, longitude), math.Max(east, longitude)
	}
	for _, line := range m.Lines {
		for _, p := range line.Points {
			add(p)
		}
	}
	for _, shape := range m.Shapes {
		for _, ring := range shape.Rings {
			for _, p := range ring {
				add(p)
			}
		}
	}
	for _, mark := range m.Marks {
		add(mark.Place)
	}
	if !ok {
		return view{}, false
	}
	if east-west > 360 {
		west, east = -180, 180
	}
	top, bottom := mercator(north), mercator(south)
	const least = 0.004 * math.Pi / 180 // radians: a map shows some 400 m at least
	spanX := math.Max((east-west)*math.Pi/180, least)
	spanY := math.Max(top-bottom, least)
	v.w = w
	v.h = math.Round(math.Max(0.45*w, math.Min(0.95*w, w*spanY/spanX)))
	const margin = 30
	v.scale = math.Min((w-2*margin)/spanX, (v.h-2*margin)/spanY)
	v.longitude = (west + east) / 2
	middle := (top + bottom) / 2
	v.latitude = (2*math.Atan(math.Exp(middle)) - math.Pi/2) * 180 / math.Pi
	v.west = v.longitude - w/2/v.scale*180/math.Pi
	v.north = middle + v.h/2/v.scale
	return v, true
}

// way is a line on paper, without the points that nobody would see.
func (v *view) way(places []Place) []point {
	line := make(orb.LineString, 0, min(len(places), 4096))
	turn, last := 0.0, math.NaN()
	for _, p := range places {
		if !p.real() {
			continue
		}
		longitude := p.Longitude
		if math.IsNaN(last) {
			at := v.place(p)
			turn = at.x/v.scale*180/math.Pi + v.west - longitude
			last = longitude + turn
		}
		longitude += turn
		longitude += 360 * math.Round((last-longitude)/360)
		last = longitude
		at := orb.Point{(longitude - v.west) * math.Pi / 180 * v.scale, (v.north - mercator(p.Latitude)) * v.scale}
		if n := len(line); n > 0 && math.Abs(line[n-1][0]-at[0]) < 0.2 && math.Abs(line[n-1][1]-at[1]) < 0.2 {
			continue
		}
		line = append(line, at)
	}
	if len(line) > 2 {
		line = simplify.DouglasPeucker(0.15).LineString(line)
	}
	points := make([]point, len(line))
	for i, at := range line {
		points[i] = point{at[0], at[1]}
	}
	return points
}

// drawMap draws a map into a view at the canvas's origin.
func drawMap(c canvas, d *Document, m *Map, v *view) {
	c.box(0, 0, v.w, v.h, inkPanel)
	c.clip(0, 0, v.w, v.h)
	drawGraticule(c, v)
	for _, shape := range m.Shapes {
		rings := make([][]point, 0, len(shape.Rings))
		for _, ring := range shape.Rings {
			if way := v.way(ring); len(way) > 2 {
				rings = append(rings, way)
			}
		}
		if len(rings) > 0 {
			c.area(rings, inkArea)
		}
	}
	for i, line := range m.Lines {
		way := v.way(line.Points)
		color, dashed := seriesInk(i)
		switch {
		case len(way) == 1:
			c.dot(way[0].x, way[0].y, 2.5, color)
		case len(way) > 1:
			c.line(way, inkPaper, 3.6, false)
			c.line(way, color, 1.8, dashed)
		}
	}
	drawMarks(c, m, v)
	c.unclip()
	drawScale(c, d, v)
	drawNorth(c, v)
	border := []point{{0, 0}, {v.w, 0}, {v.w, v.h}, {0, v.h}, {0, 0}}
	c.line(border, inkRule, 0.75, false)
}

// drawGraticule draws lines of round latitudes and longitudes, with their numbers at the edge.
func drawGraticule(c canvas, v *view) {
	style := textStyle{size: 6.5, color: inkMuted, halo: true}
	degree := v.scale * math.Pi / 180
	step := graticuleStep(v.w / degree / 4)
	decimals := 0
	if step < 1 {
		decimals = min(int(math.Ceil(-math.Log10(step)-1e-9)), 4)
	}
	for at := math.Ceil(v.west/step) * step; (at-v.west)*degree < v.w; at += step {
		x := (at - v.west) * degree
		c.line([]point{{x, 0}, {x, v.h}}, inkRule, 0.5, false)
		if x > 20 && x < v.w-40 {
			longitude := at - 360*math.Round(at/360)
			c.text(x+2, 8, degrees(longitude, decimals, "E", "W"), style)
		}
	}
	south := (2*math.Atan(math.Exp(v.north-v.h/v.scale)) - math.Pi/2) * 180 / math.Pi
	for at := math.Ceil(south/step) * step; at < 85; at += step {
		y := (v.north - mercator(at)) * v.scale
		if y < 0 {
			break
		}
		c.line([]point{{0, y}, {v.w, y}}, inkRule, 0.5, false)
		if y > 20 && y < v.h-24 {
			c.text(3, y-2, degrees(at, decimals, "N", "S"), style)
		}
	}
}

func graticuleStep(wanted float64) float64 {
	for _, step := range []float64{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20} {
		if step >= wanted {
			return step
		}
	}
	return 30
}

func degrees(at float64, decimals int, positive, negative string) string {
	side := positive
	if at < 0 {
		side = negative
	}
	return strconv.FormatFloat(math.Abs(at), 'f', decimals, 64) + "° " + side
}

// drawScale draws a bar of a round length, true in the middle of the map.
func drawScale(c canvas, d *Document, v *view) {
	perPoint := earthRadius * math.Cos(v.latitude*math.Pi/180) / v.scale // kilometres
	unit, small, smallUnit := 1.0, 1000.0, "m"
	if d.Units == Miles {
		perPoint /= kilometresPerMile
		small, smallUnit = 5280, "ft"
	}
	name := string(d.Units)
	if v.w/4*perPoint < 1 {
		unit, name = small, smallUnit
	}
	most := v.w / 4 * perPoint * unit
	length := math.Pow(10, math.Floor(math.Log10(most)))
	for _, times := range []float64{5, 2} {
		if length*times <= most {
			length *= times
			break
		}
	}
	width := length / unit / perPoint
	x, y := v.w-width-10, v.h-9
	text := string(appendGrouped(nil, length, 0)) + " " + name
	c.text(x+width/2, y-4, text, textStyle{size: tinyLetters, color: inkText, align: toCentre, halo: true})
	c.line([]point{{x, y - 3}, {x, y}, {x + width, y}, {x + width, y - 3}}, inkPaper, 3, false)
	c.line([]point{{x, y - 3}, {x, y}, {x + width, y}, {x + width, y - 3}}, inkText, 1, false)
}

// drawNorth draws an arrow: on Mercator's map north is up everywhere.
func drawNorth(c canvas, v *view) {
	x := v.w - 16
	c.shape([]point{{x, 8}, {x + 5, 21}, {x, 18}, {x - 5, 21}}, inkText)
	c.text(x, 31, "N", textStyle{size: smallLetters, bold: true, color: inkText, align: toCentre, halo: true})
}

// drawMarks draws the marks, and the names of those where there is room: starts and ends first.
func drawMarks(c canvas, m *Map, v *view) {
	order := []MarkKind{Stop, Event, Start, End} // the later ones lie above
	for _, kind := range order {
		for _, mark := range m.Marks {
			if mark.Kind == kind && mark.Place.real() {
				at := v.place(mark.Place)
				drawMark(c, kind, at.x, at.y)
			}
		}
	}
	style := textStyle{size: tinyLetters, color: inkText, halo: true}
	var taken [][4]float64
	named := 0
	for i := len(order) - 1; i >= 0; i-- {
		for _, mark := range m.Marks {
			if mark.Kind != order[i] || mark.Label == "" || !mark.Place.real() || named >= 60 {
				continue
			}
			at := v.place(mark.Place)
			label := fit(c, plain(mark.Label), style, 110)
			width := c.width(label, style)
			for _, x := range []float64{at.x + 7, at.x - 7 - width} { // to its right, else to its left
				box := [4]float64{x, at.y - 5, x + width, at.y + 4}
				if box[0] < 2 || box[2] > v.w-2 || overlaps(taken, box) {
					continue
				}
				taken = append(taken, box)
				named++
				c.text(x, at.y+2.5, label, style)
				break
			}
		}
	}
}

func overlaps(taken [][4]float64, box [4]float64) bool {
	for _, t := range taken {
		if box[0] < t[2] && t[0] < box[2] && box[1] < t[3] && t[1] < box[3] {
			return true
		}
	}
	return false
}

// drawMark draws one mark. Kinds differ in shape as well as in colour.
func drawMark(c canvas, kind MarkKind, x, y float64) {
	switch kind {
	case Start:
		c.shape([]point{{x - 3.5, y - 4.5}, {x + 5, y}, {x - 3.5, y + 4.5}}, inkStart)
	case End:
		c.shape([]point{{x - 4, y - 4}, {x + 4, y - 4}, {x + 4, y + 4}, {x - 4, y + 4}}, inkEnd)
	case Stop:
		c.dot(x, y, 3, inkStop)
	default:
		c.shape([]point{{x, y - 4.5}, {x + 4.5, y}, {x, y + 4.5}, {x - 4.5, y}}, inkEvent)
	}
}

// mapLegend draws what the colours and marks of a map mean, in lines as wide as the map, and returns how high it is.
func mapLegend(c canvas, m *Map, w, top float64, draw bool) float64 {
	style := textStyle{size: smallLetters, color: inkText}
	x, y := 0.0, top+12
	item := func(label string, symbol func(x, y float64)) {
		label = fit(c, label, style, w*0.4)
		width := c.width(label, style) + 30
		if x > 0 && x+width > w {
			x, y = 0, y+13
		}
		if draw {
			symbol(x+6, y-2.8)
			c.text(x+16, y, label, style)
		}
		x += width
	}
	const most = 18 // lines that are named
	for i, line := range m.Lines {
		if i == most {
			item("and "+strconv.Itoa(len(m.Lines)-most)+" more", func(float64, float64) {})
			break
		}
		if line.Label == "" {
			continue
		}
		color, dashed := seriesInk(i)
		item(plain(line.Label), func(x, y float64) { c.line([]point{{x - 6, y}, {x + 6, y}}, color, 1.8, dashed) })
	}
	for _, kind := range []struct {
		kind MarkKind
		name string
	}{{Start, "Start"}, {End, "End"}, {Stop, "Stop"}, {Event, "Event"}} {
		for _, mark := range m.Marks {
			if mark.Kind == kind.kind {
				item(kind.name, func(x, y float64) { drawMark(c, kind.kind, x, y) })
				break
			}
		}
	}
	names := ""
	for i, shape := range m.Shapes {
		if i > 0 {
			names += ", "
		}
		names += plain(shape.Label)
	}
	if names != "" {
		item("Geofences: "+names, func(x, y float64) {
			c.area([][]point{{{x - 5, y - 3.5}, {x + 5, y - 3.5}, {x + 5, y + 3.5}, {x - 5, y + 3.5}}}, inkArea)
		})
	}
	if x == 0 {
		return 0
	}
	return y + 4 - top
}

// mapLabel tells what a map shows to those who don't see it.
func mapLabel(m *Map) string {
	return "Map: " + m.Title + ", " + strconv.Itoa(len(m.Lines)) + " lines, " + strconv.Itoa(len(m.Shapes)) + " geofences, " +
		strconv.Itoa(len(m.Marks)) + " marks."
}
