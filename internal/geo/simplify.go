package geo

// Simplify leaves out points of a line, so that none of them lies farther than the tolerance, in metres, from what is drawn
// instead. The first and the last stay.
func Simplify(points []Point, tolerance float64) []Point {
	s := NewSimplifier(tolerance, 0, func(p *Point) (float64, float64) { return p.Latitude, p.Longitude })
	for _, p := range points {
		s.Add(p)
	}
	return s.Finish()
}

// Simplifier simplifies a line while it is read, by the method of Douglas and Peucker (1973). It holds a few thousand points
// beside those that stay, so a line may be as long as it likes.
type Simplifier[T any] struct {
	tolerance float64 // metres
	most      int     // 0 for any number
	at        func(*T) (latitude, longitude float64)
	done      []vertex[T] // those that stay
	open      []vertex[T] // read after them, not decided yet. Its first stays.
	keep      []bool      // which of open, in a round
	stretches [][2]int    // of open, in a round
}

// vertex is a point on the sphere of radius 1, and what the caller knows it as.
type vertex[T any] struct {
	vector
	item T
}

// window is how many points are looked at together. A stretch that is longer than that and straight keeps a point more than it needs. The
// worst that a line can do (a spiral that only grows) takes time by window for each point; others take the logarithm.
const window = 8192

// NewSimplifier makes a Simplifier. No point that is left out lies farther than the tolerance (metres) from what is drawn instead.
// If more than most points would stay, the tolerance grows until it is not so; see Tolerance. most is 0 for any number, or at
// least 2. at says where a point is.
func NewSimplifier[T any](tolerance float64, most int, at func(*T) (latitude, longitude float64)) *Simplifier[T] {
	if most != 0 {
		most = max(most, 2)
	}
	return &Simplifier[T]{tolerance: tolerance, most: most, at: at}
}

// Add reads the line's next point.
func (s *Simplifier[T]) Add(item T) {
	s.open = append(s.open, vertex[T]{item: item})
	v := &s.open[len(s.open)-1]
	if v.vector = onSphere(s.at(&v.item)); len(s.open) == window {
		s.settle()
	}
}

// Finish returns the points that stay, in their order. Nothing can be added afterwards.
func (s *Simplifier[T]) Finish() []T {
	s.done = s.reduce(s.done, s.open, s.tolerance)
	s.open = nil
	if s.most > 0 && len(s.done) > s.most {
		all := s.done
		for tolerance := max(s.tolerance, 0.1); len(s.done) > s.most; tolerance *= 1.2 {
			s.done = s.reduce(nil, all, tolerance)
			s.tolerance = tolerance
		}
	}
	items := make([]T, len(s.done))
	for i := range s.done {
		items[i] = s.done[i].item
	}
	s.done = nil
	return items
}

// Tolerance is the one that was asked for, or what it has grown to. Points that were left out while it grew may lie up to
// three times as far off.
func (s *Simplifier[T]) Tolerance() float64 { return s.tolerance }

// settle decides about the points of a full window. The last stretch stays open, as it may go on, unless it is so long
// that it would be looked at again and again.
func (s *Simplifier[T]) settle() {
	s.mark(s.open, s.tolerance)
	last := len(s.open) - 2
	for last > 0 && !s.keep[last] {
		last--
	}
	if last < window/2 {
		last = len(s.open) - 1
	}
	for i := range last {
		if s.keep[i] {
			s.done = append(s.done, s.open[i])
		}
	}
	s.open = s.open[:copy(s.open, s.open[last:])]
	// Far more than can stay: the tolerance doubles, so that what was left out before is off by no more than as much again.
	for s.most > 0 && len(s.done) > max(8*s.most, window) {
		s.tolerance = max(2*s.tolerance, 0.1)
		s.done = s.reduce(s.done[:0], s.done, s.tolerance)
	}
}

// reduce appends to kept those points of a line that stay. kept may begin where the line does.
func (s *Simplifier[T]) reduce(kept, line []vertex[T], tolerance float64) []vertex[T] {
	s.mark(line, tolerance)
	for i := range line {
		if s.keep[i] {
			kept = append(kept, line[i])
		}
	}
	return kept
}

// largest is the greatest radius in metres that the ellipsoid is curved with anywhere, so that what is measured on its sphere is never
// shorter than it is.
const largest = equatorial * equatorial / polar

// mark says in keep which points of a line stay: the ends and, again and again, the point that is farthest from the way between
// two that stay, while it is farther than the tolerance.
func (s *Simplifier[T]) mark(line []vertex[T], tolerance float64) {
	s.keep = append(s.keep[:0], make([]bool, len(line))...)
	if len(line) == 0 {
		return
	}
	s.keep[0], s.keep[len(line)-1] = true, true
	bound := tolerance / largest
	bound *= bound
	for s.stretches = append(s.stretches[:0], [2]int{0, len(line) - 1}); len(s.stretches) > 0; {
		from, to := s.stretches[len(s.stretches)-1][0], s.stretches[len(s.stretches)-1][1]
		s.stretches = s.stretches[:len(s.stretches)-1]
		if far := farthest(line[from:to+1], bound); far > 0 {
			s.keep[from+far] = true
			s.stretches = append(s.stretches, [2]int{from, from + far}, [2]int{from + far, to})
		}
	}
}

// farthest is the point of a line that is farthest from the great circle between the line's ends, if the square of its
// distance is beyond the bound; 0 for none.
func farthest[T any](line []vertex[T], bound float64) int {
	a, b := line[0].vector, line[len(line)-1].vector
	along, across := b.minus(a), a.cross(b)
	length, size := along.dot(along), across.dot(across)
	far := 0
	for i := 1; i < len(line)-1; i++ {
		d := line[i].minus(a)
		var squared float64
		switch t := d.dot(along); {
		case t <= 0 || size == 0: // before the beginning, or there is no way between the ends
			squared = d.dot(d)
		case t >= length:
			d = line[i].minus(b)
			squared = d.dot(d)
		default: // how high it stands over the plane of the great circle
			height := d.dot(across)
			squared = height * height / size
		}
		if squared > bound {
			far, bound = i, squared
		}
	}
	return far
}
