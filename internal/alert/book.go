package alert

import "time"

// book holds the rules of an account by which positions are judged. Nobody changes it: when a rule or a group changes, there is
// a new one.
type book struct{ rules []*watch }

// watch is a rule made ready to be held against positions.
type watch struct {
	rule   *Rule
	from   int64              // valid_from, Unix milliseconds
	assets map[int64]struct{} // ids of assets; nil for all

	kind                kind
	hold, gap, coolDown int64   // milliseconds
	limit               float64 // km/h

	geofences map[int64]struct{} // nil for any
	kinds     [3]bool            // entered, exited, dwelled
	every, at float64            // kilometres, or milliseconds of the engine's running
	engine    bool               // they are of the engine
}

// kind is a type of rule as a number, which is quicker to tell apart.
type kind uint8

const (
	kindSpeed kind = iota
	kindIdle
	kindGeofence
	kindPowerCut
	kindTemperature
	kindServiceDue
)

// Without a position for longer than this nobody knows whether what was so is still so: what has to last begins anew. What
// has to last longer may be as far apart as it has to last.
const (
	speedGap       = 5 * time.Minute
	idleGap        = 30 * time.Minute
	temperatureGap = time.Hour
)

// newBook makes a book of rules; groups are the assets of each group that they name.
func newBook(rules []*Rule, groups map[string][]int64) *book {
	b := &book{}
	for _, r := range rules {
		w := &watch{rule: r, from: r.ValidFrom.UnixMilli(), coolDown: r.CoolDown * minute}
		if to := r.AppliesTo; to != nil {
			w.assets = map[int64]struct{}{}
			for _, id := range to.Assets {
				w.assets[id] = struct{}{}
			}
			for _, group := range to.Groups {
				for _, id := range groups[group] {
					w.assets[id] = struct{}{}
				}
			}
		}
		w.prepare(r.Config)
		b.rules = append(b.rules, w)
	}
	return b
}

// minute is one in milliseconds.
const minute = 60_000

func (w *watch) prepare(c RuleConfig) {
	switch w.rule.Type {
	case Speed:
		w.kind, w.limit = kindSpeed, value(c.Limit)
		w.hold, w.gap = value(c.Seconds)*1000, speedGap.Milliseconds()
	case Idle:
		w.kind = kindIdle
		w.hold, w.gap = value(c.Minutes)*minute, idleGap.Milliseconds()
	case PowerCut:
		w.kind = kindPowerCut
	case Temperature:
		w.kind = kindTemperature
		w.hold, w.gap = value(c.Minutes)*minute, temperatureGap.Milliseconds()
		w.gap = max(w.gap, w.hold)
	case Geofence:
		w.kind = kindGeofence
		if len(c.GeofenceIDs) > 0 {
			w.geofences = map[int64]struct{}{}
			for _, id := range c.GeofenceIDs {
				w.geofences[id] = struct{}{}
			}
		}
		for _, on := range c.On {
			w.kinds[kindOf(on)] = true
		}
	case ServiceDue:
		w.kind = kindServiceDue
		const hour = 60 * minute
		w.engine = c.EveryHours != nil || c.AtHours != nil
		w.every, w.at = value(c.EveryKM)+value(c.EveryHours)*hour, value(c.AtKM)+value(c.AtHours)*hour
	}
}

func kindOf(on string) int {
	switch on {
	case enter:
		return 0
	case exit:
		return 1
	}
	return 2
}

func (w *watch) appliesTo(assetID int64) bool {
	if w.assets == nil {
		return true
	}
	_, ok := w.assets[assetID]
	return ok
}
