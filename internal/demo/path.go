package demo

import (
	"fmt"
	"math"
	"slices"
)

// Earth, near enough for an island of thirty kilometres.
const (
	earthRadius     = 6_371_000.0 // metres
	metresPerDegree = earthRadius * math.Pi / 180
	kmh             = 1 / 3.6 // one km/h in m/s
)

// vertex is a point of a path.
type vertex struct {
	latitude, longitude, altitude float64
	distance                      float64 // metres from the path's beginning
	limit                         float64 // m/s: of the road, and of the bend where that is lower
}

// path is the way from one junction to another, dense enough to drive along: its vertices are at most spacing apart.
type path struct{ vertices []vertex }

func (p *path) length() float64 { return p.vertices[len(p.vertices)-1].distance }

// heading is the direction from vertex i to the next, in degrees clockwise from north.
func (p *path) heading(i int) float64 {
	i = min(i, len(p.vertices)-2)
	north, east := offset(p.vertices[i], p.vertices[i+1])
	return math.Mod(math.Atan2(east, north)*180/math.Pi+360, 360)
}

// offset is the way from a to b in metres to the north and to the east.
func offset(a, b vertex) (north, east float64) {
	middle := (a.latitude + b.latitude) / 2 * math.Pi / 180
	return (b.latitude - a.latitude) * metresPerDegree, (b.longitude - a.longitude) * metresPerDegree * math.Cos(middle)
}

func apart(a, b vertex) float64 {
	return math.Hypot(offset(a, b))
}

// edge is a road in one direction: its vertices include both ends, their distances count from the first.
type edge struct {
	from, to int // places in the network
	vertices []vertex
	seconds  float64 // at the limit
}

// network is the roads by the place from which they can be taken.
type network struct {
	ids    map[string]int
	places []vertex
	edges  [][]edge
}

// newNetwork joins the roads. It panics when a road names a junction that there is not: the tables are our own.
func newNetwork() *network {
	n := &network{ids: map[string]int{}}
	for i, j := range junctions() {
		n.ids[j.id] = i
		n.places = append(n.places, vertex{latitude: j.latitude, longitude: j.longitude, altitude: j.altitude})
	}
	n.edges = make([][]edge, len(n.places))
	for _, r := range roads() {
		from, to := n.id(r.from), n.id(r.to)
		there := n.trace(r, n.places[from], n.places[to])
		back := slices.Clone(there)
		slices.Reverse(back)
		n.add(from, to, there)
		n.add(to, from, back)
	}
	return n
}

// id is the number of a junction.
func (n *network) id(name string) int {
	id, known := n.ids[name]
	if !known {
		panic(fmt.Sprintf("demo: there is no junction %q", name))
	}
	return id
}

// place is where a junction lies.
func (n *network) place(name string) vertex { return n.places[n.id(name)] }

// trace lists the vertices of a road with its limit, its altitude rising evenly from end to end.
func (n *network) trace(r road, from, to vertex) []vertex {
	line := []vertex{from}
	for i := 0; i < len(r.via); i += 2 {
		line = append(line, vertex{latitude: r.via[i], longitude: r.via[i+1]})
	}
	line = append(line, to)
	total := measure(line)
	for i := range line {
		line[i].limit = r.limit * kmh
		line[i].altitude = from.altitude + (to.altitude-from.altitude)*line[i].distance/total
	}
	return line
}

// measure sets the distances of vertices from the first, and answers the whole.
func measure(line []vertex) float64 {
	line[0].distance = 0
	for i := 1; i < len(line); i++ {
		line[i].distance = line[i-1].distance + apart(line[i-1], line[i])
	}
	return line[len(line)-1].distance
}

func (n *network) add(from, to int, line []vertex) {
	e := edge{from: from, to: to, vertices: line, seconds: measure(line) / line[0].limit}
	n.edges[from] = append(n.edges[from], e)
}

// path finds the quickest way between two junctions and smooths it.
func (n *network) path(from, to string) *path {
	start, end := n.id(from), n.id(to)
	by := n.search(start, end)
	var way []edge
	for at := end; at != start; at = by[at].from {
		way = append(way, *by[at])
	}
	slices.Reverse(way)
	return smooth(join(way))
}

// search answers the edge by which each place on the quickest way is reached (Dijkstra).
func (n *network) search(start, end int) []*edge {
	seconds, settled, by := make([]float64, len(n.places)), make([]bool, len(n.places)), make([]*edge, len(n.places))
	for i := range seconds {
		seconds[i] = math.Inf(1)
	}
	seconds[start] = 0
	for !settled[end] {
		at := -1
		for i := range seconds {
			if !settled[i] && (at < 0 || seconds[i] < seconds[at]) {
				at = i
			}
		}
		settled[at] = true
		for i := range n.edges[at] {
			e := &n.edges[at][i]
			if reach := seconds[at] + e.seconds; reach < seconds[e.to] {
				seconds[e.to], by[e.to] = reach, e
			}
		}
	}
	if start != end && by[end] == nil {
		panic(fmt.Sprintf("demo: no way from junction %d to %d", start, end))
	}
	return by
}

// join puts roads end to end. Each vertex has the limit of the road that leads on from it.
func join(way []edge) []vertex {
	var line []vertex
	for _, e := range way {
		if len(line) > 0 {
			line = line[:len(line)-1]
		}
		line = append(line, e.vertices...)
	}
	return line
}

// spacing is the greatest distance between vertices of a path, in metres.
const spacing = 40.0

// smooth draws a curve through the vertices of a line (Catmull-Rom, centripetal, which neither loops nor overshoots
// much) and sets the limits of its bends.
func smooth(line []vertex) *path {
	var dense []vertex
	for i := range len(line) - 1 {
		// The ends have no neighbour; a mirrored one keeps the curve straight there.
		before, after := mirror(line[i+1], line[i]), mirror(line[i], line[i+1])
		if i > 0 {
			before = line[i-1]
		}
		if i+2 < len(line) {
			after = line[i+2]
		}
		dense = append(dense, curve(before, line[i], line[i+1], after)...)
	}
	dense = append(dense, line[len(line)-1])
	measure(dense)
	bend(dense)
	return &path{vertices: dense}
}

// mirror is where b would be, seen from a, as far behind a.
func mirror(b, a vertex) vertex {
	return vertex{latitude: 2*a.latitude - b.latitude, longitude: 2*a.longitude - b.longitude, altitude: a.altitude}
}

// curve answers the points from p1 up to p2, without p2, on the curve through four points.
func curve(p0, p1, p2, p3 vertex) []vertex {
	steps := int(math.Ceil(apart(p1, p2) * 1.05 / spacing)) // an arc is a little longer than its chord
	t1 := math.Sqrt(apart(p0, p1))
	t2 := t1 + math.Sqrt(apart(p1, p2))
	t3 := t2 + math.Sqrt(apart(p2, p3))
	points := make([]vertex, 0, steps)
	for i := range steps {
		t := t1 + (t2-t1)*float64(i)/float64(steps)
		a1, a2, a3 := mix(p0, p1, t/t1), mix(p1, p2, (t-t1)/(t2-t1)), mix(p2, p3, (t-t2)/(t3-t2))
		b1, b2 := mix(a1, a2, t/t2), mix(a2, a3, (t-t1)/(t3-t1))
		point := mix(b1, b2, (t-t1)/(t2-t1))
		point.altitude = a2.altitude
		point.limit = p1.limit
		points = append(points, point)
	}
	return points
}

// mix is the point a share of the way from a to b.
func mix(a, b vertex, share float64) vertex {
	return vertex{
		latitude:  a.latitude + (b.latitude-a.latitude)*share,
		longitude: a.longitude + (b.longitude-a.longitude)*share,
		altitude:  a.altitude + (b.altitude-a.altitude)*share,
	}
}

// bend lowers the limit where the path turns, so that the sideways acceleration stays comfortable.
func bend(line []vertex) {
	const (
		comfort = 1.8      // m/s²
		slowest = 12 * kmh // m/s, round the tightest corner
	)
	for i := 1; i < len(line)-1; i++ {
		n1, e1 := offset(line[i-1], line[i])
		n2, e2 := offset(line[i], line[i+1])
		turn := math.Abs(math.Atan2(n1*e2-e1*n2, n1*n2+e1*e2))
		if turn < 1e-6 {
			continue
		}
		radius := (line[i+1].distance - line[i-1].distance) / 2 / turn
		line[i].limit = min(line[i].limit, max(slowest, math.Sqrt(comfort*radius)))
	}
}
