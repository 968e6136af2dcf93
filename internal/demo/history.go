package demo

import (
	"iter"
	"math"
	"sort"
	"time"
)

// Fix is one report of a vehicle's tracker. Degrees are WGS 84, Speed is km/h and 0 when it stands, Heading is degrees
// clockwise from north, from 0 to below 360, Altitude metres, Odometer km, Battery the tracker's own in percent. Sensors
// is nil for a vehicle that has none; a refrigerated truck has temperature (°C) and door (1 is open).
type Fix struct {
	Time                        time.Time
	Latitude, Longitude         float64
	Speed, Heading              float64
	Altitude, Odometer, Battery float64
	Ignition                    bool
	Sensors                     map[string]float64
}

const (
	// Step is how often a tracker reports on the move, where nothing else is asked for.
	Step = 15 * time.Second
	// idleStep and parkedStep are the same for a vehicle that stands, with its engine running and with it off.
	idleStep   = time.Minute
	parkedStep = 20 * time.Minute
)

// At answers where the vehicle is at a moment. Odometers mean what they should from 2025 on; before that they run back,
// at most to nothing.
func (v Vehicle) At(t time.Time) Fix {
	var r reader
	return r.at(v, t)
}

// History yields what the vehicle's tracker reports from one moment, included, to another, excluded: every step while
// it drives, every minute while its engine runs, every 20 minutes while it is parked, and as soon as one of these
// turns into another. Reports are made at whole multiples of step since 1970, whatever from is, so that two histories
// end to end are the history of the whole. A step of nothing or less is Step; the smallest is a second.
func (v Vehicle) History(from, to time.Time, step time.Duration) iter.Seq[Fix] {
	if step <= 0 {
		step = Step
	}
	c := clock{step: max(step, time.Second)}
	return func(yield func(Fix) bool) {
		var r reader
		tick := c.first(from)
		_, last := r.seek(v, c.time(tick-1))
		for t := c.time(tick); t.Before(to); t = c.time(tick) {
			seconds, s := r.seek(v, t)
			if s.state == driving || s.state != last.state || tick%c.every(s.state) == 0 {
				if !yield(r.fix(v, t, seconds, s)) {
					return
				}
			}
			last = s
			// A little early, so that no rounding passes over the tick on which the next span begins.
			left := time.Duration((s.to-seconds)*float64(time.Second)) - time.Microsecond
			tick = c.next(tick, t.Add(left), s.state)
		}
	}
}

// clock counts ticks of a step since 1970.
type clock struct{ step time.Duration }

func (c clock) time(tick int64) time.Time {
	return time.Unix(0, 0).UTC().Add(time.Duration(tick) * c.step)
}

// first is the first tick that does not lie before t.
func (c clock) first(t time.Time) int64 {
	since := t.Sub(time.Unix(0, 0))
	tick := int64(since / c.step)
	if time.Duration(tick)*c.step < since {
		tick++
	}
	return tick
}

// every is how many ticks lie between two reports in a state.
func (c clock) every(s state) int64 {
	switch s {
	case parked:
		return max(int64((parkedStep+c.step-1)/c.step), 1)
	case idling:
		return max(int64((idleStep+c.step-1)/c.step), 1)
	default:
		return 1
	}
}

// next is the next tick that may report, after one in a state that lasts until end.
func (c clock) next(tick int64, end time.Time, s state) int64 {
	every := c.every(s)
	due := (tick/every + 1) * every
	return max(min(due, c.first(end)), tick+1)
}

// reader keeps the plan of the day that it read last.
type reader struct {
	plan  plan
	day   int64
	known bool
}

// seek answers the second of the vehicle's day at t, and the span it lies in.
func (r *reader) seek(v Vehicle, t time.Time) (float64, *span) {
	since := t.Sub(epoch()) - time.Duration(v.begins*float64(time.Hour))
	const length = 24 * time.Hour
	day := int64(since / length)
	if since%length < 0 {
		day--
	}
	if !r.known || day != r.day {
		r.plan, r.day, r.known = v.plan(int(((day%cycle)+cycle)%cycle)), day, true
	}
	seconds := (since - time.Duration(day)*length).Seconds()
	return seconds, r.plan.find(seconds)
}

func (r *reader) at(v Vehicle, t time.Time) Fix {
	seconds, s := r.seek(v, t)
	return r.fix(v, t, seconds, s)
}

// fix reads a report off a span.
func (r *reader) fix(v Vehicle, t time.Time, seconds float64, s *span) Fix {
	place, heading, speed := s.place(seconds)
	driven := s.driven + place.distance - s.path.vertices[s.vertex].distance
	f := Fix{
		Time:      t.UTC(),
		Latitude:  round(place.latitude, 6),
		Longitude: round(place.longitude, 6),
		Altitude:  round(place.altitude, 1),
		Heading:   math.Mod(round(heading, 1), 360),
		Speed:     round(speed/kmh, 1),
		Odometer:  round(max(v.reading(r.day)+driven/1000, 0), 3),
		Ignition:  s.state != parked,
		Battery:   100,
	}
	if s.state == parked {
		f.Battery = 97 + float64(roll(v.Tracker, t.Unix()/3600).below(4))
	}
	if v.cold {
		f.Sensors = v.sense(t, seconds, s)
	}
	return f
}

// reading is the odometer at the beginning of a day, in km.
func (v Vehicle) reading(day int64) float64 {
	cycles := day / cycle
	if day%cycle < 0 {
		cycles--
	}
	return v.odometer + (float64(cycles)*v.before[cycle]+v.before[day-cycles*cycle])/1000
}

// sense reads the sensors of the cold store: a set point, the swing of the cooling, and what the doors let in.
func (v Vehicle) sense(t time.Time, seconds float64, s *span) map[string]float64 {
	const setPoint, swing, period = -19.0, 0.8, 1500
	phase := float64(((t.Unix()%period)+period)%period) / period * 2 * math.Pi
	noise := roll(v.Tracker, t.Unix()/20, 2).between(-0.15, 0.15)
	door := 0.0
	if s.open {
		door = 1
	}
	return map[string]float64{
		"temperature": round(setPoint+swing*math.Sin(phase)+noise+s.heatAt(seconds), 1),
		"door":        door,
	}
}

// place answers where the vehicle is at a moment of the span, its heading, and its speed in m/s.
func (s *span) place(seconds float64) (vertex, float64, float64) {
	if s.state != driving {
		return s.path.vertices[s.vertex], s.path.heading(s.vertex), 0
	}
	times, speeds := s.stretch.times, s.stretch.speeds
	now := seconds - s.leave
	i := sort.SearchFloat64s(times, now) - 1 // the vertex passed last
	i = min(max(i, 0), len(times)-2)
	whole := times[i+1] - times[i]
	passed := min(max(now-times[i], 0), whole)
	gain := (speeds[i+1] - speeds[i]) / whole
	ahead := speeds[i]*passed + gain*passed*passed/2
	a, b := s.path.vertices[s.vertex+i], s.path.vertices[s.vertex+i+1]
	share := min(ahead/(b.distance-a.distance), 1)
	point := mix(a, b, share)
	point.distance = a.distance + share*(b.distance-a.distance)
	return point, s.path.heading(s.vertex + i), max(speeds[i]+gain*passed, 0)
}
