package geo

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// walk is a line of n points that wanders.
func walk(n int, from Point, step float64, turn func(i int) float64) []Point {
	line := make([]Point, n)
	for i := range line {
		line[i] = from
		direction := turn(i)
		from.Latitude = max(-89.9, min(89.9, from.Latitude+step*math.Cos(direction)))
		from.Longitude = math.Remainder(from.Longitude+step*math.Sin(direction)/math.Cos(from.Latitude*radian), 360)
	}
	return line
}

// Every point that is left out lies within the tolerance of the stretch that is drawn for it.
func TestSimplifiedWithinTolerance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		turns := rapid.SliceOfN(rapid.Float64Range(-3, 3), 1, 40).Draw(t, "turns")
		from := Point{rapid.Float64Range(-80, 80).Draw(t, "latitude"), rapid.SampledFrom([]float64{13, 179.99, -179.99}).Draw(t, "longitude")}
		n := rapid.IntRange(1, 300).Draw(t, "points")
		line := walk(n, from, 0.0005, func(i int) float64 { return turns[i*len(turns)/n] + float64(i%3)/10 })
		tolerance := rapid.Float64Range(0, 200).Draw(t, "tolerance")
		kept := Simplify(line, tolerance)
		if kept[0] != line[0] || kept[len(kept)-1] != line[n-1] {
			t.Fatal("an end is missing")
		}
		next := 0 // the kept point that ends the present stretch
		for _, p := range line {
			if p == kept[next] {
				next = min(next+1, len(kept)-1)
				continue
			}
			if off := ToSegment(p.Latitude, p.Longitude, kept[next-1], kept[next]); off > tolerance*1.001+0.01 {
				t.Fatalf("a point is %v m off", off)
			}
		}
	})
}

func TestSimplifyNothingAndLittle(t *testing.T) {
	for _, line := range [][]Point{nil, {{1, 2}}, {{1, 2}, {1, 2}}, {{1, 2}, {3, 4}}} {
		if got := Simplify(line, 10); !slices.Equal(got, line) {
			t.Errorf("%v became %v", line, got)
		}
	}
	there := Simplify([]Point{{0, 0}, {0, 1}, {0, 0}}, 10)
	if len(there) != 3 {
		t.Errorf("there and back became %v", there)
	}
}

// off is how far a left-out point lies from what is drawn for it: to be measured by brute force, on a sphere.
func off(p, a, b Point) float64 {
	v, from, to := onSphere(p.Latitude, p.Longitude), onSphere(a.Latitude, a.Longitude), onSphere(b.Latitude, b.Longitude)
	angle := func(p, q vector) float64 { return 2 * math.Asin(min(1, math.Sqrt(p.minus(q).dot(p.minus(q)))/2)) }
	way := func(t float64) float64 { // how far it is to a place on the way
		q := from.times(1 - t)
		q = vector{q.x + t*to.x, q.y + t*to.y, q.z + t*to.z}
		return angle(v, q.times(1/math.Sqrt(q.dot(q))))
	}
	const looks = 50
	best := 0.0
	for i := range looks + 1 {
		if t := float64(i) / looks; way(t) < way(best) {
			best = t
		}
	}
	best = lowest(max(0, best-1./looks), min(1, best+1./looks), 30, way)
	return min(way(best), angle(v, from), angle(v, to)) * 6371008
}

// However few points may stay, and over however many windows a line goes, no point is farther off than Tolerance says.
func TestSimplifiedToANumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 4*window).Draw(t, "points")
		most := rapid.IntRange(2, 50).Draw(t, "most")
		tolerance := rapid.SampledFrom([]float64{0, 0, 5, 100}).Draw(t, "tolerance")
		wild := rapid.Float64Range(0, 3).Draw(t, "wild")
		stop := rapid.IntRange(1, 5).Draw(t, "stop")
		line := walk(n, Point{rapid.Float64Range(-80, 80).Draw(t, "latitude"), 179.9}, 0.0003, func(i int) float64 {
			return wild*math.Sin(float64(i/stop)) + float64(i)/500
		})
		s := NewSimplifier(tolerance, most, func(i *int) (float64, float64) { return line[*i].Latitude, line[*i].Longitude })
		for i := range line {
			s.Add(i)
		}
		kept := s.Finish()
		if len(kept) > most || kept[0] != 0 || kept[len(kept)-1] != n-1 || !slices.IsSorted(kept) {
			t.Fatalf("%v of %d points", kept, n)
		}
		if s.Tolerance() < tolerance || s.Tolerance() > tolerance && len(kept) < most {
			t.Fatalf("within %v m: %d points of %d", s.Tolerance(), len(kept), most)
		}
		for next, i := 1, 0; i < n; i += 1 + n/300 {
			for kept[next] < i {
				next++
			}
			if off := off(line[i], line[kept[next-1]], line[kept[next]]); off > s.Tolerance()*1.001+0.01 {
				t.Fatalf("point %d is %v m off where %v were told", i, off, s.Tolerance())
			}
		}
	})
}

// A month at a position a second has 2.6 million points.
func TestSimplifyAMonth(t *testing.T) {
	const n, most = 2_600_000, 1000
	s := NewSimplifier(0, most, func(p *Point) (float64, float64) { return p.Latitude, p.Longitude })
	held := 0
	lat, lon, direction := 52.0, 13.0, 0.0
	for i := range n {
		if i%600 == 0 {
			direction = float64(i*7919%628) / 100
		}
		if i%86400 < 30000 { // parked for the rest of each day
			lat, lon = lat+1e-4*math.Cos(direction), lon+1e-4*math.Sin(direction)
		}
		s.Add(Point{lat, lon})
		held = max(held, len(s.open)+len(s.done))
	}
	kept := s.Finish()
	if len(kept) > most || len(kept) < most/2 {
		t.Errorf("%d points stay", len(kept))
	}
	if held > room+2*window {
		t.Errorf("%d points were held", held)
	}
	t.Logf("%d points, within %.1f m, at most %d held", len(kept), s.Tolerance(), held)
}

func BenchmarkSimplify(b *testing.B) {
	line := walk(2_600_000, Point{52, 13}, 1e-4, func(i int) float64 { return math.Sin(float64(i)/700) + math.Sin(float64(i)/13)/9 })
	b.ReportAllocs()
	for b.Loop() {
		s := NewSimplifier(5, 1000, func(p *Point) (float64, float64) { return p.Latitude, p.Longitude })
		for _, p := range line {
			s.Add(p)
		}
		s.Finish()
	}
}

func (v vector) times(f float64) vector { return vector{f * v.x, f * v.y, f * v.z} }
