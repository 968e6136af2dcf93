package dashboard

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/trail"
)

func TestDistance(t *testing.T) {
	berlin, munich := place{52.5200, 13.4050}, place{48.1374, 11.5755}
	if d := berlin.distance(munich); math.Abs(d-504) > 1 {
		t.Errorf("%f km from Berlin to Munich", d)
	}
	if d := (place{0, 179.5}).distance(place{0, -179.5}); math.Abs(d-111.2) > 0.1 {
		t.Errorf("%f km over the 180th meridian", d)
	}
}

// TestMapHoldsTheTrail: whatever the places, the drawing is finite, its dots are within the picture, its scale is of a
// round length and not longer than it should be.
func TestMapHoldsTheTrail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) place {
			return place{rapid.Float64Range(-90, 90).Draw(t, "latitude"), rapid.Float64Range(-180, 180).Draw(t, "longitude")}
		}), 1, 40).Draw(t, "points")
		if rapid.Bool().Draw(t, "together") {
			for i := range points {
				points[i] = place{points[0].latitude, points[0].longitude + points[i].longitude*1e-6}
			}
		}
		m := drawMap(points, trail.Some(12.0))
		for text := range strings.FieldsSeq(m.Line) {
			x, y, _ := strings.Cut(text, ",")
			if !within(x, 0, mapWidth) || !within(y, 0, mapHeight) {
				t.Fatalf("%s is outside the picture", text)
			}
		}
		if len(m.Grid) > 60 {
			t.Fatalf("%d lines of the graticule", len(m.Grid))
		}
		for _, g := range m.Grid {
			if strings.Contains(g.X1+g.Y1+g.X2+g.Y2+g.Label, "NaN") || strings.Contains(g.X1+g.Y1, "Inf") {
				t.Fatalf("%+v", g)
			}
		}
		if first := strings.TrimLeft(m.Scale.Label, "125")[0:1]; first != "0" && first != " " {
			t.Fatalf("the scale is %s", m.Scale.Label)
		}
	})
}

func within(text string, low, high float64) bool {
	v := number(text)
	return v >= low && v <= high
}

func number(text string) float64 {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	v := 0.0
	for _, c := range whole + fraction {
		if c < '0' || c > '9' {
			return math.NaN()
		}
		v = v*10 + float64(c-'0')
	}
	v /= math.Pow(10, float64(len(fraction)))
	if strings.HasPrefix(text, "-") {
		return -v
	}
	return v
}

// TestMapOverTheDateLine: a trail over the 180th meridian is drawn as the short way that it is.
func TestMapOverTheDateLine(t *testing.T) {
	m := drawMap([]place{{-17, 179.9}, {-17, -179.9}}, trail.Maybe[float64]{})
	labels := ""
	for _, g := range m.Grid {
		labels += g.Label + " "
	}
	if !strings.Contains(labels, "° W") || !strings.Contains(labels, "° E") || m.Heading != "" || !strings.Contains(m.Scale.Label, "km") {
		t.Errorf("%s %+v", labels, m.Scale)
	}
}

func TestSimplified(t *testing.T) {
	line := []dot{{0, 0}, {10, 0.1}, {20, 0}, {20, 20}}
	if kept := douglasPeucker(line, 0.4); len(kept) != 3 || kept[1] != (dot{20, 0}) {
		t.Errorf("%v", kept)
	}
	circle := make([]dot, 5000)
	for i := range circle {
		circle[i] = dot{400 + 300*math.Cos(float64(i)), 240 + 200*math.Sin(float64(i)*1.1)}
	}
	kept := simplified(circle, 300)
	if len(kept) > 300 || kept[0] != circle[0] || kept[len(kept)-1] != circle[len(circle)-1] {
		t.Errorf("%d dots, ends %v %v", len(kept), kept[0], kept[len(kept)-1])
	}
}
