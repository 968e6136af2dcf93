package dashboard

// maxDrawn is how many points of a trail are drawn: more can't be told apart, and make pages heavy.
const maxDrawn = 2000

// simplified leaves out dots of a line that the eye doesn't miss, and more of them until at most most are left.
func simplified(line []dot, most int) []dot {
	for tolerance := 0.4; ; tolerance *= 1.6 {
		kept := douglasPeucker(line, tolerance)
		if len(kept) <= most {
			return kept
		}
		line = kept
	}
}

// douglasPeucker keeps the ends of a line and, again and again, the dot that is farthest from the line between two kept
// ones, as long as that is farther than the tolerance (Douglas and Peucker, 1973).
func douglasPeucker(line []dot, tolerance float64) []dot {
	if len(line) < 3 {
		return line
	}
	keep := make([]bool, len(line))
	keep[0], keep[len(line)-1] = true, true
	type stretch struct{ from, to int }
	for open := []stretch{{0, len(line) - 1}}; len(open) > 0; {
		s := open[len(open)-1]
		open = open[:len(open)-1]
		far, farthest := 0, tolerance*tolerance
		for i := s.from + 1; i < s.to; i++ {
			if d := fromSegment(line[i], line[s.from], line[s.to]); d > farthest {
				far, farthest = i, d
			}
		}
		if far > 0 {
			keep[far] = true
			open = append(open, stretch{s.from, far}, stretch{far, s.to})
		}
	}
	kept := line[:0:0]
	for i, d := range line {
		if keep[i] {
			kept = append(kept, d)
		}
	}
	return kept
}

// fromSegment is the square of a dot's distance from the segment between a and b.
func fromSegment(d, a, b dot) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	if length := dx*dx + dy*dy; length > 0 {
		t := max(0, min(1, ((d.x-a.x)*dx+(d.y-a.y)*dy)/length))
		a = dot{a.x + t*dx, a.y + t*dy}
	}
	return (d.x-a.x)*(d.x-a.x) + (d.y-a.y)*(d.y-a.y)
}
