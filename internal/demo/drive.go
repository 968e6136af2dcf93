package demo

import "math"

// temper is how a vehicle is driven.
type temper struct {
	pace       float64 // share of the limit that it goes at
	accelerate float64 // m/s²
	brake      float64 // m/s²
}

// stretch is a part of a path driven without standing still, from rest to rest.
type stretch struct {
	first  int       // the path's vertex it begins at
	times  []float64 // seconds from the beginning of the leg to each of its vertices
	speeds []float64 // m/s at each of them
	wait   float64   // seconds of standing still in the traffic afterwards
}

// drive answers how one leg goes: its stretches, and the seconds it takes with its waits. In the rush there are more
// waits, and often a jam.
func drive(p *path, how temper, rush bool, d *dice) ([]stretch, float64) {
	speeds := wish(p, how, d)
	stops := traffic(p, speeds, rush, d)
	comply(p, speeds, how)
	var stretches []stretch
	now, first := 0.0, 0
	for i := 1; i < len(speeds); i++ {
		if speeds[i] > 0 {
			continue
		}
		s := timed(p, speeds, first, i, now)
		s.wait = stops[i]
		stretches = append(stretches, s)
		now = s.times[len(s.times)-1] + s.wait
		first = i
	}
	return stretches, now
}

// wish is the speed that the driver would go at, by vertex: at rest at both ends, and never quite even between.
func wish(p *path, how temper, d *dice) []float64 {
	pace := how.pace * d.between(0.9, 1.06)
	slow, quick := d.between(0, 2*math.Pi), d.between(0, 2*math.Pi)
	speeds := make([]float64, len(p.vertices))
	for i, v := range p.vertices {
		sway := 1 + 0.06*math.Sin(v.distance/230+slow) + 0.04*math.Sin(v.distance/67+quick)
		speeds[i] = max(v.limit*pace*sway, 8*kmh)
	}
	speeds[0], speeds[len(speeds)-1] = 0, 0
	return speeds
}

// traffic puts lights and jams in the way: it lowers speeds, to nothing where the vehicle must wait, and answers the
// seconds of each wait by vertex.
func traffic(p *path, speeds []float64, rush bool, d *dice) map[int]float64 {
	const gap = 6 // vertices between two waits: room to move off and to stop again
	waits := map[int]float64{}
	hold := func(i int, low, high float64) {
		if i < gap || i > len(speeds)-1-gap {
			return
		}
		for j := range waits {
			if max(i-j, j-i) < gap {
				return
			}
		}
		speeds[i], waits[i] = 0, d.between(low, high)
	}
	perLight, jam := 3500.0, 0.15
	if rush {
		perLight, jam = 2000, 0.65
	}
	for range 1 + int(p.length()/perLight) {
		hold(d.below(len(speeds)), 6, 45)
	}
	if d.chance(jam) {
		first := d.below(len(speeds))
		last := min(first+8+d.below(16), len(speeds)-1)
		for i := first; i < last; i++ {
			speeds[i] = min(speeds[i], d.between(9, 20)*kmh)
		}
		for i := first + gap; i < last; i += gap + d.below(4) {
			hold(i, 10, 60)
		}
	}
	return waits
}

// comply lowers speeds until the vehicle can speed up and brake from each to the next.
func comply(p *path, speeds []float64, how temper) {
	for i := 1; i < len(speeds); i++ {
		step := p.vertices[i].distance - p.vertices[i-1].distance
		speeds[i] = min(speeds[i], math.Sqrt(speeds[i-1]*speeds[i-1]+2*how.accelerate*step))
	}
	for i := len(speeds) - 2; i >= 0; i-- {
		step := p.vertices[i+1].distance - p.vertices[i].distance
		speeds[i] = min(speeds[i], math.Sqrt(speeds[i+1]*speeds[i+1]+2*how.brake*step))
	}
}

// timed makes the stretch from vertex first to last, both at rest, beginning at the second now. Between two vertices
// the acceleration is even, so the time is the distance over the mean of both speeds.
func timed(p *path, speeds []float64, first, last int, now float64) stretch {
	s := stretch{first: first, times: make([]float64, 0, last-first+1), speeds: speeds[first : last+1]}
	s.times = append(s.times, now)
	for i := first + 1; i <= last; i++ {
		now += 2 * (p.vertices[i].distance - p.vertices[i-1].distance) / (speeds[i-1] + speeds[i])
		s.times = append(s.times, now)
	}
	return s
}
