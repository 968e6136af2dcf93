package trip

import (
	"fmt"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/trail"
)

// road makes the positions of an asset that drives to and fro on a meridian.
type road struct {
	now       int64   // Unix milliseconds
	km        float64 // north of where it began
	every     int64   // milliseconds between positions
	ignition  trail.Maybe[bool]
	speeds    bool // they are reported
	driver    int64
	positions []trail.Position
}

// began is when a road begins: midnight, so that times of day read as the time since.
const began = 1_767_225_600_000

func newRoad() *road { return &road{now: began, every: 30_000} }

// report adds a position where the asset is.
func (r *road) report(kmh float64) {
	p := trail.Position{Time: r.now, Latitude: 52 + r.km/degree, Longitude: 13, Ignition: r.ignition}
	if r.speeds {
		p.Speed = trail.Some(kmh)
	}
	if r.driver != 0 {
		p.Satellites = trail.Some(r.driver)
	}
	r.positions = append(r.positions, p)
}

// ride drives for some minutes, the first position being one interval from now. 0 km/h is to stand.
func (r *road) ride(minutes, kmh float64) *road {
	for end := r.now + int64(minutes*60_000); r.now+r.every <= end; {
		r.now += r.every
		r.km += kmh * float64(r.every) / 3_600_000
		r.report(kmh)
	}
	return r
}

// hush lets time pass without a position, in which the asset may move.
func (r *road) hush(minutes, km float64) *road {
	r.now += int64(minutes * 60_000)
	r.km += km
	return r
}

func (r *road) turn(on bool) *road {
	r.ignition = trail.Some(on)
	return r
}

// told is a list of segments in short: "trip 10:00-30:00 movement>standing 20.0 km", in minutes and seconds.
func told(list []segment, open *Trip) string {
	clock := func(ms int64) string {
		d := time.Duration(ms-began) * time.Millisecond
		return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
	}
	var lines []string
	for i := range list {
		g := &list[i]
		line := fmt.Sprintf("%s %s-%s %s>%s", g.Kind, clock(g.Start.Time), clock(g.End.Time), g.StartReason, g.EndReason)
		if g.Kind == Going {
			line += fmt.Sprintf(" %.1f km", g.Figures.Distance)
		}
		if g.Figures.Idle > 0 {
			line += fmt.Sprintf(" idle %d", g.Figures.Idle/1000)
		}
		lines = append(lines, line)
	}
	if open != nil {
		lines = append(lines, fmt.Sprintf("%s %s- %s", open.Kind, clock(open.Start.Time.UnixMilli()), open.StartReason))
	}
	return strings.Join(lines, "\n")
}
