package demo

import (
	"math"
	"slices"
	"sort"
)

// state is what a vehicle is doing.
type state int

const (
	parked  state = iota // the engine is off
	idling               // still, the engine runs
	driving              // on its way, between two rests
)

// span is a time in which a vehicle does one thing.
type span struct {
	from, to float64 // seconds since the day began
	state    state
	path     *path   // where it is: on this path,
	vertex   int     // at this vertex, from which it drives if it does
	stretch  stretch // how it drives; its times count from leave
	leave    float64 // when the leg began, seconds since the day began
	driven   float64 // metres driven on this day before the span
	open     bool    // the doors of the cold store stand open
	heat     float64 // degrees that the cold store is too warm when the span begins
}

// plan is a vehicle's day: spans without a gap, from its beginning to daySeconds.
type plan struct{ spans []span }

const daySeconds = 86_400.0

// find answers the span that a moment of the day lies in.
func (p plan) find(seconds float64) *span {
	i := sort.Search(len(p.spans), func(i int) bool { return p.spans[i].to > seconds })
	return &p.spans[min(i, len(p.spans)-1)]
}

// ride is a leg that has been driven in thought, and how long the vehicle then stands.
type ride struct {
	path      *path
	stretches []stretch
	seconds   float64
	stay      float64 // seconds of work at the stop; none at home
	linger    float64 // seconds of rest after that
}

// plan makes a day of the cycle.
func (v Vehicle) plan(day int) plan {
	b := builder{vehicle: v, dice: roll(v.Tracker, int64(day), 1)}
	b.at = v.arrival(day)
	b.vertex = len(b.at.vertices) - 1
	shifts := v.shifts(day)
	for i, rounds := range v.itinerary(day) {
		if len(rounds) > 0 {
			b.shift(shifts[i], rounds)
		}
	}
	b.add(parked, max(daySeconds-b.now, 0))
	return plan{b.spans}
}

// arrival is the path that the vehicle came home by before a day of the cycle.
func (v Vehicle) arrival(day int) *path {
	for back := 1; back <= cycle; back++ {
		for _, rounds := range slices.Backward(v.itinerary((day - back + cycle) % cycle)) {
			if len(rounds) > 0 {
				stops := rounds[len(rounds)-1]
				return v.paths[leg{stops[len(stops)-1], v.Home}]
			}
		}
	}
	panic("demo: " + v.Name + " never works")
}

// builder lays spans one after another.
type builder struct {
	vehicle Vehicle
	dice    *dice
	spans   []span
	now     float64 // seconds since the day began
	driven  float64 // metres since then
	heat    float64 // of the cold store
	open    bool    // its doors
	at      *path   // where the vehicle is: on this path,
	vertex  int     // at this vertex
}

// shift lays the rounds of one shift. The time that they leave over is spread over the stops and the rests at home,
// by chance, with more for the rests: so the vehicle is never long without moving.
func (b *builder) shift(s shift, rounds [][]string) {
	var rides []ride
	left, weights := (s.to-s.from)*3600, 0.0
	for i, stops := range rounds {
		rides = append(rides, b.ride(stops, s.from+(s.to-s.from)*float64(i)/float64(len(rounds)))...)
	}
	for i := range rides {
		rides[i].linger = b.dice.between(0.8, 1.2)
		if rides[i].stay == 0 {
			rides[i].linger *= 1.25
		}
		weights += rides[i].linger
		left -= rides[i].seconds + rides[i].stay
	}
	b.rest((s.from-b.vehicle.begins)*3600 - b.now)
	for _, r := range rides {
		r.linger *= max(left, 0) / weights
		b.drive(r)
		if r.stay > 0 {
			b.stay(r.stay, r.linger)
		} else {
			b.rest(r.linger)
		}
	}
}

// ride drives a round in thought. hour is about when it will be.
func (b *builder) ride(stops []string, hour float64) []ride {
	hour = math.Mod(hour, 24)
	rush := hour >= 6.75 && hour < 9 || hour >= 15.5 && hour < 18.5
	legs := b.vehicle.legs(stops)
	rides := make([]ride, len(legs))
	for i, l := range legs {
		r := ride{path: b.vehicle.paths[l]}
		r.stretches, r.seconds = drive(r.path, b.vehicle.how, rush, b.dice)
		if i < len(legs)-1 {
			r.stay = b.dice.between(b.vehicle.stay[0], b.vehicle.stay[1])
		}
		rides[i] = r
	}
	return rides
}

// drive lays the stretches of one leg and the waits between them.
func (b *builder) drive(r ride) {
	leave := b.now
	b.at = r.path
	for _, s := range r.stretches {
		b.vertex = s.first
		last := len(s.times) - 1
		b.put(span{to: leave + s.times[last], state: driving, stretch: s, leave: leave})
		b.vertex = s.first + last
		b.driven += r.path.vertices[b.vertex].distance - r.path.vertices[s.first].distance
		b.add(idling, s.wait)
	}
}

// stay lays a stop on a round: the work, with the engine and the doors as the vehicle has them, then some waiting.
func (b *builder) stay(work, linger float64) {
	if !b.vehicle.running {
		b.rest(work + linger)
		return
	}
	b.open = b.vehicle.cold
	b.add(idling, work)
	b.open = false
	b.rest(linger)
}

// rest lays a time without work. A short one is not worth turning the engine off.
func (b *builder) rest(seconds float64) {
	if seconds < 200 {
		b.add(idling, max(seconds, 0))
		return
	}
	b.pause(seconds)
}

// pause lays a stop with the engine off for most of it. On a day's first one the engine was off already.
func (b *builder) pause(seconds float64) {
	stop, start := b.dice.between(20, 80), b.dice.between(20, 60)
	if b.now == 0 {
		stop = 0
	}
	b.add(idling, stop)
	b.add(parked, seconds-stop-start)
	b.add(idling, start)
}

// add lays a span of standing still.
func (b *builder) add(s state, seconds float64) {
	if seconds > 0 {
		b.put(span{to: b.now + seconds, state: s})
	}
}

// put lays a span that ends at its to, where the vehicle is now.
func (b *builder) put(s span) {
	s.from, s.path, s.vertex, s.driven = b.now, b.at, b.vertex, b.driven
	s.open, s.heat = b.open, b.heat
	b.spans = append(b.spans, s)
	b.now = s.to
	b.heat = s.heatAt(s.to)
}

// heatAt is how much too warm the cold store is at a moment of the span: open doors let the day in, closed ones let
// the cooling win.
func (s *span) heatAt(seconds float64) float64 {
	const (
		outside = 14.0   // degrees above the set point that an open store tends to, its curtain drawn
		opened  = 1500.0 // seconds, how fast
		closed  = 600.0
	)
	if s.open {
		return outside - (outside-s.heat)*math.Exp(-(seconds-s.from)/opened)
	}
	return s.heat * math.Exp(-(seconds-s.from)/closed)
}
