package report

import (
	"context"
	"math"
	"strconv"
	"strings"

	"github.com/yipii/yipii/internal/alert"
)

// bounds are what temperatures are allowed, by alert rules.
type bounds []alert.Rule

func (w *work) temperatureBounds(ctx context.Context) (bounds, error) {
	return w.alerts.RulesOf(ctx, w.AccountID, alert.Temperature)
}

// of is what the first rule that is for everybody, or names the asset, allows a sensor, and in how many intervals it was out of
// that; nil where no rule says.
func (b bounds) of(s *said, list []reading) (allowed, out any) {
	for _, rule := range b {
		c := rule.Config
		if c.Sensor != nil && *c.Sensor != s.sensor || rule.AppliesTo != nil && !names(rule.AppliesTo.Assets, s.asset) {
			continue
		}
		low, high := math.Inf(-1), math.Inf(1)
		var words []string
		if c.Below != nil {
			low = *c.Below
			words = append(words, "from "+degrees(low))
		}
		if c.Above != nil {
			high = *c.Above
			words = append(words, "up to "+degrees(high))
		}
		count := int64(0)
		for i := range list {
			if r := &list[i]; r.asset == s.asset && r.Sensor == s.sensor && (r.Least < low || r.Most > high) {
				count++
			}
		}
		return strings.Join(words, " "), count
	}
	return nil, nil
}

func names(ids []int64, id int64) bool {
	for _, one := range ids {
		if one == id {
			return true
		}
	}
	return false
}

func degrees(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) + " °C" }
