package demo

import "math"

// dice is a small source of chance (splitmix64) that always falls the same for the same seed, on every platform and
// with every release of the language.
type dice struct{ state uint64 }

// roll starts a dice from a name and numbers.
func roll(name string, numbers ...int64) *dice {
	d := &dice{state: 0x51ed270b6a2f3c95}
	for i := range len(name) {
		d.state = (d.state ^ uint64(name[i])) * 0x100000001b3
	}
	for _, n := range numbers {
		d.state ^= uint64(n)
		d.state = d.next()
	}
	return d
}

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// between answers a number from low up to high.
func (d *dice) between(low, high float64) float64 {
	return low + (high-low)*float64(d.next()>>11)/(1<<53)
}

// below answers an integer from 0 up to n, without n.
func (d *dice) below(n int) int { return int(d.between(0, float64(n))) }

// chance says yes with probability p.
func (d *dice) chance(p float64) bool { return d.between(0, 1) < p }

// round keeps a number of decimal places, as a tracker does.
func round(value float64, places int) float64 {
	scale := math.Pow10(places)
	return math.Round(value*scale) / scale
}
