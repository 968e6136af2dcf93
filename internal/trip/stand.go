package trip

import "math"

// Standing still means to stay within the radius of one spot. An excursion that is shorter than half the time that ends a trip is
// noise: receivers below roofs jump, and come back. Who has really left is still outside then, and the trip began when they did.
func (l *limits) excursion() int64 { return l.stop / 2 }

// anchor is a position on the way from which on the asset may be standing: all later ones lie within the radius, but for
// excursions. Several are kept, so that when it turns out to have stood, the beginning is told to a fifth of the time that
// ends a trip.
type anchor struct {
	spot
	In      int64   `json:"n"` // when the asset was last within the radius, Unix milliseconds
	Slow    bool    `json:"s"` // the position itself shows no movement
	Figures figures `json:"f"` // of the trip, up to here
}

// anchorParts is into how many parts anchors divide the time after which standing ends a trip.
const anchorParts = 5

// plane measures short distances around a position, in kilometres, as if the earth were flat there: within 0.1 per cent
// up to a few kilometres, below 80 degrees of latitude.
type plane struct {
	at     spot
	narrow float64 // how much shorter a degree of longitude is here than one of latitude
}

// band is a hundredth of a degree of latitude, in which narrow is taken for the same everywhere: it need not be computed at every
// position, and doesn't depend on the positions before.
type band struct {
	number int
	narrow float64
}

func (b *band) around(at spot) plane {
	if n := int((at.Lat + 90) * 100); b.narrow == 0 || n != b.number {
		b.number, b.narrow = n, math.Cos((float64(n)/100+0.005-90)*(math.Pi/180))
	}
	return plane{at, b.narrow}
}

const degree = 111.195 // kilometres of a degree of latitude

func (p *plane) to(s spot) float64 {
	dx := math.Abs(s.Lon - p.at.Lon)
	if dx > 180 {
		dx = 360 - dx
	}
	dx *= p.narrow
	dy := s.Lat - p.at.Lat
	return degree * math.Sqrt(dx*dx+dy*dy)
}

// stays takes one more position of a trip into the anchors and returns the one since which the asset has stood long enough to
// end the trip, nil for none. slow says that the position itself shows no movement.
func (m *memory) stays(p *plane, slow bool) *anchor {
	now := p.at.Time
	kept, inside := m.Anchors[:0], false
	for i := range m.Anchors {
		a := &m.Anchors[i]
		if inside = p.to(a.spot) <= m.limits.radius; inside {
			if a.In = now; now-a.Time >= m.limits.stop {
				return a
			}
		} else if now-a.In >= min(a.In-a.Time, m.limits.excursion()) {
			continue // it has been away for longer than it had stood
		}
		if kept = kept[:len(kept)+1]; len(kept) <= i {
			kept[len(kept)-1] = *a
		}
	}
	m.Anchors = kept
	last := len(kept) - 1
	// inside speaks of the newest anchor, kept or not: one that isn't kept is outside.
	if !inside || slow && (!kept[last].Slow || now-kept[last].Time >= m.limits.stop/anchorParts) {
		m.Anchors = append(kept, anchor{p.at, now, slow, m.Figures})
	}
	return nil
}
