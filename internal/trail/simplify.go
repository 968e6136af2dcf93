package trail

import (
	"context"
	"fmt"
	"strconv"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/geo"
	"github.com/yipii/yipii/internal/store"
)

// maxTolerance is the most metres that a simplified trail may be asked to be off.
const maxTolerance = 100_000

// simplification reads how a trail is to be simplified, if it is.
func (p *parameters) simplification(q *question) {
	if text, ok := p.get("tolerance"); ok {
		var err error
		if q.tolerance, err = strconv.ParseFloat(text, 64); err != nil || !(q.tolerance >= 0 && q.tolerance <= maxTolerance) {
			p.refuse("tolerance", fmt.Sprintf("The tolerance field must be a number of metres from 0 to %d.", maxTolerance))
		}
		q.simplified = true
	}
	if text, ok := p.get("max_points"); ok {
		var err error
		if q.maxPoints, err = strconv.Atoi(text); err != nil || q.maxPoints < 2 || q.maxPoints > maxLimit {
			p.refuse("max_points", fmt.Sprintf("The max_points field must be a whole number from 2 to %d.", maxLimit))
		}
		q.simplified = true
	}
	for _, name := range [...]string{"limit", "cursor"} {
		if _, ok := p.get(name); ok && q.simplified {
			p.refuse(name, "A simplified trail is one page: leave "+name+" out.")
		}
	}
}

// place is what simplifying needs of a position.
type place struct {
	time                int64
	latitude, longitude float64
}

func (p *place) at() (latitude, longitude float64) { return p.latitude, p.longitude }

// simplify adds to out the positions of q's time that stay when the others are left out, as trailDescription says. It reads the
// places alone, one after the other, and whole positions only of those that stay: memory doesn't grow with the trail.
func (s *Service) simplify(ctx context.Context, accountID, assetID int64, q question, out format) (rest, error) {
	most := q.maxPoints
	if most == 0 {
		most = maxLimit
	}
	line := geo.NewSimplifier(q.tolerance, most, (*place).at)
	tooMany := func() error {
		if q.maxPoints == 0 && line.Tolerance() > q.tolerance {
			return fault.InvalidField("tolerance", fmt.Sprintf(
				"More than %d positions would stay with this tolerance. Give a greater one, or a shorter time, or max_points.", maxLimit))
		}
		return nil
	}
	err := s.store.reading(ctx, func(tx store.Writer) error {
		count := 0
		err := s.store.places(ctx, tx, accountID, assetID, q.from, q.to, func(p *place) error {
			line.Add(*p)
			if count++; count%10_000 == 0 { // no need to read on
				return tooMany()
			}
			return nil
		})
		if err != nil {
			return err
		}
		kept := line.Finish()
		if err := tooMany(); err != nil {
			return err
		}
		switch out.(type) {
		case *geoPage, *polylinePage: // places and times are all that they show
			for _, p := range kept {
				out.add(&Position{AssetID: assetID, Time: p.time, Latitude: p.latitude, Longitude: p.longitude})
			}
			return nil
		}
		return s.store.at(ctx, tx, accountID, assetID, kept, out.add)
	})
	return rest{tolerance: Some(line.Tolerance())}, err
}
