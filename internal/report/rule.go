package report

import (
	"context"
	"math"
	"strconv"
	"strings"

	"github.com/yipii/yipii/internal/alert"
)

// usualLimit is the speed limit in km/h of an asset that no alert rule has one for.
const usualLimit = 90

// rules are the account's active alert rules of a type that are for each asset, as they are now.
func (w *work) rules(ctx context.Context, kind string) (map[int64][]alert.Rule, error) {
	return w.alerts.RulesFor(ctx, w.AccountID, kind, w.Assets)
}

// limitOf is the lowest speed limit in km/h that rules have, and whether there is any.
func limitOf(rules []alert.Rule) (limit float64, own bool) {
	for i := range rules {
		if l := rules[i].Config.Limit; l != nil && (!own || *l < limit) {
			limit, own = *l, true
		}
	}
	if !own {
		limit = usualLimit
	}
	return limit, own
}

// allowed is what the first rule that is about a sensor allows it, and in how many intervals it was out of that; nil where no rule
// says.
func allowed(rules []alert.Rule, s *said, list []reading) (words, out any) {
	for i := range rules {
		c := &rules[i].Config
		if c.Sensor != nil && *c.Sensor != s.sensor {
			continue
		}
		low, high := math.Inf(-1), math.Inf(1)
		var bounds []string
		if c.Below != nil {
			low = *c.Below
			bounds = append(bounds, "from "+degrees(low))
		}
		if c.Above != nil {
			high = *c.Above
			bounds = append(bounds, "up to "+degrees(high))
		}
		count := int64(0)
		for i := range list {
			if r := &list[i]; r.asset == s.asset && r.Sensor == s.sensor && (r.Least < low || r.Most > high) {
				count++
			}
		}
		return strings.Join(bounds, " "), count
	}
	return nil, nil
}

func degrees(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) + " °C" }
