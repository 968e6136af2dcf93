package geo

import (
	"container/heap"
	"math"
)

// Simplify leaves out points of a line, so that none of them lies farther than the tolerance, in metres, from what is drawn
// instead. The first and the last stay.
func Simplify(points []Point, tolerance float64) []Point {
	s := NewSimplifier(tolerance, 0, func(p *Point) (float64, float64) { return p.Latitude, p.Longitude })
	for _, p := range points {
		s.Add(p)
	}
	return s.Finish()
}

// Simplifier simplifies a line while it is read, by the method of Douglas and Peucker (1973): first the points of one window after the
// other, with half the tolerance, then all that are left. With a bound on how many stay it holds some tens of thousands of
// points at most, so a line may be as long as it likes.
//
// Every point that stays carries how far off, at most, a point is that was left out behind it. What is left out later takes
// that along: the sum is never beyond the tolerance, however often a part of the line was simplified.
type Simplifier[T any] struct {
	tolerance float64 // metres
	most      int     // 0 for any number
	at        func(*T) (latitude, longitude float64)
	near      float64     // how far off points may be that are left out of a window, as a sine
	reached   float64     // how far off a point is that was left out in the end, as a sine
	done      []vertex[T] // what is left of the windows
	open      []vertex[T] // read after them, not decided yet. Its first stays.
	keep      []bool      // which of a line stay, in a round
	offs      []float64   // what becomes of their off
	waiting   stretches   // in a round
}

// vertex is a point on the sphere of radius 1, and what the caller knows it as. Distances are sines of angles on that sphere.
// (The sum of two sines is more than the sine of the sum: to add them errs on the safe side.)
type vertex[T any] struct {
	vector
	off  float64 // how far a point may be from the stretch behind this one that was left out there
	item T
}

// How many points of a line are looked at together, and how many may be left of the windows, at least, before the tolerance
// grows. The worst that a line can do (a spiral that only grows) takes time by window for each point; others take the logarithm.
const (
	window = 1024
	room   = 1 << 16
)

// NewSimplifier makes a Simplifier. No point that is left out lies farther than the tolerance (metres) from what is drawn instead:
// the shortest ways between those that stay. If more than most points would stay, the tolerance grows as far as it must; see
// Tolerance. most is 0 for any number, or at least 2. at says where a point is.
func NewSimplifier[T any](tolerance float64, most int, at func(*T) (latitude, longitude float64)) *Simplifier[T] {
	if most != 0 {
		most = max(most, 2)
	}
	return &Simplifier[T]{tolerance: tolerance, most: most, at: at, near: sine(tolerance / 2)}
}

// largest is the greatest radius in metres that the ellipsoid is curved with anywhere, so that what is measured on its sphere is never
// shorter than it is.
const largest = equatorial * equatorial / polar

func sine(metres float64) float64 { return math.Sin(min(metres/largest, math.Pi/2)) }

func metres(sine float64) float64 { return math.Asin(min(sine, 1)) * largest }

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
	all := append(s.done, s.open...)
	s.done, s.open = nil, nil
	if len(all) == 0 {
		return nil
	}
	s.reached = s.mark(all, sine(s.tolerance), s.most)
	kept := s.reduce(all[:0], all, len(all))
	items := make([]T, len(kept))
	for i := range kept {
		items[i] = kept[i].item
	}
	return items
}

// Tolerance is the one that was asked for, or what it has grown to so far, in metres: no point that was left out lies farther
// from what is drawn instead, but for the rounding of sums (a thousandth of it where points that stay are farther apart than 500 km).
func (s *Simplifier[T]) Tolerance() float64 {
	off := s.reached
	if s.open != nil { // it is still read
		off = s.near
	}
	if off > sine(s.tolerance) {
		return metres(off)
	}
	return s.tolerance
}

// settle decides about the points of a full window. The last stretch stays open, as it may go on, unless it is so long
// that it would be looked at again and again.
func (s *Simplifier[T]) settle() {
	s.mark(s.open, s.near, 0)
	last := len(s.open) - 2
	for last > 0 && !s.keep[last] {
		last--
	}
	if last < window/2 {
		last = len(s.open) - 1
	}
	s.done = s.reduce(s.done, s.open, last)
	s.open = s.open[:copy(s.open, s.open[last:])]
	if s.most == 0 || len(s.done) < max(room, 4*s.most) {
		return
	}
	for most := max(room, 4*s.most) / 2; len(s.done) > most; { // far more than can stay
		s.near = max(2*s.near, sine(0.05))
		// The line goes on to the first that is open: the last of done is marked as an end, and so keeps what it carries.
		s.mark(s.done, s.near, 0)
		s.done = s.reduce(s.done[:0], s.done, len(s.done))
	}
}

// reduce appends to kept those of the first n points of a line that mark has marked. kept may begin where the line does.
func (s *Simplifier[T]) reduce(kept, line []vertex[T], n int) []vertex[T] {
	for i := range n {
		if s.keep[i] {
			v := line[i]
			v.off = s.offs[i]
			kept = append(kept, v)
		}
	}
	return kept
}

// stretch is a part of a line between two points that stay.
type stretch struct {
	from, to int
	far      int     // the point between them that is farthest off
	off      float64 // how far
}

// stretches is a heap of stretches: first comes that with the point farthest off.
type stretches []stretch

func (h stretches) Len() int           { return len(h) }
func (h stretches) Less(i, j int) bool { return h[i].off > h[j].off }
func (h stretches) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *stretches) Push(s any)        { *h = append(*h, s.(stretch)) }
func (h *stretches) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// mark says in keep which points of a line stay, and in offs what they carry: the ends and, again and again, the point that is
// farthest from the way between two that stay, while it is farther than the tolerance and no more than most stay (0 for any
// number). It returns how far off a point is that doesn't stay.
func (s *Simplifier[T]) mark(line []vertex[T], tolerance float64, most int) (reached float64) {
	end := len(line) - 1
	s.keep = append(s.keep[:0], make([]bool, len(line))...)
	s.offs = append(s.offs[:0], make([]float64, len(line))...)
	s.keep[0], s.keep[end], s.offs[end] = true, true, line[end].off
	settled := func(t stretch) {
		s.offs[t.from] = t.off
		reached = max(reached, t.off)
	}
	look := func(from, to int) {
		if from == to {
			return
		}
		t := stretch{from: from, to: to}
		if t.far, t.off = farthest(line[from : to+1]); t.off <= tolerance || to-from < 2 {
			settled(t)
			return
		}
		t.far += from
		if most == 0 { // all of them will be, in any order
			s.waiting = append(s.waiting, t)
		} else {
			heap.Push(&s.waiting, t)
		}
	}
	s.waiting = s.waiting[:0]
	look(0, end)
	for kept := 2; len(s.waiting) > 0 && (most == 0 || kept < most); kept++ {
		var t stretch
		if last := len(s.waiting) - 1; most == 0 {
			t, s.waiting = s.waiting[last], s.waiting[:last]
		} else {
			t = heap.Pop(&s.waiting).(stretch)
		}
		s.keep[t.far] = true
		look(t.from, t.far)
		look(t.far, t.to)
	}
	for _, t := range s.waiting {
		settled(t)
	}
	return reached
}

// farthest is the point of a line that is farthest from the great circle between the line's ends, with what was left out beside it, and
// how far off that is.
func farthest[T any](line []vertex[T]) (far int, off float64) {
	n := len(line) - 1
	a, b := line[0].vector, line[n].vector
	if n < 2 {
		return 0, line[0].off
	}
	along, across := b.minus(a), a.cross(b)
	length, size := along.dot(along), across.dot(across)
	for i := 1; i < n; i++ {
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
		beside := max(line[i-1].off, line[i].off)
		if least := off - beside; least < 0 || squared > least*least {
			far, off = i, math.Sqrt(squared)+beside
		}
	}
	return far, off
}
