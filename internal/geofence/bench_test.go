package geofence

import (
	"fmt"
	"math"
	"testing"

	"github.com/yipii/yipii/internal/geo"
	"github.com/yipii/yipii/internal/trail"
)

// town makes n geofences of all shapes on a grid of 2 km.
func town(n int) *fences {
	list := make([]*fence, n)
	side := int(math.Ceil(math.Sqrt(float64(n))))
	for i := range list {
		at := geo.Point{Latitude: 52 + float64(i/side)*0.018, Longitude: 13 + float64(i%side)*0.03}
		f := &fence{id: int64(i + 1), name: fmt.Sprint(i), since: 1, dwell: 10 * minute}
		switch i % 3 {
		case 0:
			f.area = geo.Circle{Center: at, Radius: 300}
		case 1:
			ring := make([]geo.Point, 100)
			for j := range ring {
				sin, cos := math.Sincos(2 * math.Pi * float64(j) / 100)
				ring[j] = geo.Point{Latitude: at.Latitude + 0.003*sin, Longitude: at.Longitude + 0.005*cos}
			}
			f.area = geo.Polygons{{Outer: geo.MakeRing(ring)}}
		default:
			f.area = geo.Corridor{Line: geo.MakeLine([]geo.Point{at, {Latitude: at.Latitude + 0.005, Longitude: at.Longitude + 0.005}}), Width: 50}
		}
		list[i] = f
	}
	return newFences(list)
}

// BenchmarkStep is the cost of one position: of an asset far from every geofence, of one that drives through a town of them, and of
// one that stands inside of a polygon of 100 points.
func BenchmarkStep(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		set := town(n)
		for name, route := range map[string]func(i int) (lat, lon float64){
			"far":    func(i int) (float64, float64) { return 48 + float64(i%1000)*1e-4, 2 },
			"town":   func(i int) (float64, float64) { return 52 + float64(i%1800)*1e-4, 13 + float64(i%3000)*1e-4 },
			"inside": func(i int) (float64, float64) { return 52 + float64(i%10)*1e-5, 13.03 },
		} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				m := &memory{assetID: 1}
				m.look = m.consider
				m.attach(set)
				p := trail.Position{Time: 2}
				step := trail.Step{Position: &p}
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					p.Latitude, p.Longitude = route(i)
					p.Time += 1000
					i++
					step.Events = step.Events[:0]
					m.Step(&step)
					m.events = m.events[:0]
				}
			})
		}
	}
}

// TestStepAllocatesNothing where nothing happens.
func TestStepAllocatesNothing(t *testing.T) {
	m := &memory{assetID: 1}
	m.look = m.consider
	m.attach(town(100))
	p := trail.Position{Time: 2, Latitude: 52, Longitude: 13.03} // inside of one
	step := trail.Step{Position: &p}
	m.Step(&step)
	if len(m.inside) != 1 {
		t.Fatalf("inside of %d", len(m.inside))
	}
	if n := testing.AllocsPerRun(100, func() { p.Time += 1000; m.Step(&step) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
