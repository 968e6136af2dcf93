package report

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/yipii/yipii/internal/alert"
	"github.com/yipii/yipii/internal/geofence"
)

// layout counts the changes of what reports say: those of an older layout aren't the same.
const layout = 1

// Fingerprint is a short text that is another one whenever the same request would make a report that says something else. It is made
// without a look at positions:
//
//   - How far each asset's trail reaches into the range, whether any of its past was stored afterwards, and what isn't followed yet.
//     Positions that come in order behind the end of the range change none of it.
//   - The trips and stops of the range themselves, up to its end; alerts, the passing of geofences and rules where they are in the
//     report, as they are. These are thousands where positions are millions.
//   - Names, the thresholds of trips, the zone, the units, and what else is in the request.
//
// Where it may err, it errs on the side of another fingerprint.
func (m *Maker) Fingerprint(ctx context.Context, r Request) (string, error) {
	w, err := m.begin(ctx, r)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	e := &ingredients{to: json.NewEncoder(h)}
	e.add(layout, r.AccountID, r.AccountKey, r.AccountName, r.Zone.String(), r.Units, r.Type, r.Title, r.Assets, r.AllOf, r.BeaconID, r.DriverID,
		r.From.UnixNano(), r.To.UnixNano(), m.now().Before(r.To), w.names, w.thresholds)
	to := millis(r.To)
	for _, id := range r.Assets {
		x := w.extents[id]
		e.add(min(x.Time, to), x.Rewritten)
		if x.Pending.Known && x.Pending.Value < to {
			e.add(x.Pending.Value, x.Revision)
		}
	}
	if err := w.retention(ctx, e); err != nil {
		return "", err
	}
	for _, s := range w.kind.of {
		if err := w.hash(ctx, s, e); err != nil {
			return "", err
		}
	}
	if e.err != nil {
		return "", e.err
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18]), nil
}

// ingredients are what a fingerprint is made of.
type ingredients struct {
	to      *json.Encoder
	drivers []int64 // of trips
	err     error
}

func (e *ingredients) add(values ...any) {
	for _, v := range values {
		if err := e.to.Encode(v); err != nil && e.err == nil {
			e.err = err
		}
	}
}

// retention adds what an account that doesn't keep its positions has lost of the range, or is about to: that is another part of it
// at each moment.
func (w *work) retention(ctx context.Context, e *ingredients) error {
	settings, err := w.trail.Settings(ctx, w.AccountID)
	if err != nil || settings.RetentionDays == nil {
		return err
	}
	if cut := w.now().AddDate(0, 0, -int(*settings.RetentionDays)); cut.After(w.From) {
		e.add(cut.UnixNano())
	}
	return nil
}

// hash adds a part of the data.
func (w *work) hash(ctx context.Context, s subject, e *ingredients) error {
	switch s {
	case ofTrips:
		for _, id := range w.Assets {
			if err := w.hashTrips(ctx, id, e); err != nil {
				return err
			}
		}
	case ofDrivers:
		names, err := w.fleet.DriverNames(ctx, w.AccountID, e.drivers)
		e.add(names)
		return err
	case ofDriver:
		name, err := w.driverName(ctx)
		e.add(name)
		return err
	case ofBeacon:
		beacon, err := w.fleet.FindBeacon(ctx, w.AccountID, w.BeaconID)
		e.add(beacon.Identity, beacon.Name)
		return err
	case ofAlerts:
		return w.eachAlert(ctx, func(a *alert.Alert) error {
			e.add(a)
			return e.err
		})
	case ofGeofences:
		return w.hashGeofences(ctx, e)
	case ofSpeedRules, ofTemperatureRules:
		kind := alert.Speed
		if s == ofTemperatureRules {
			kind = alert.Temperature
			beacons, err := w.fleet.BeaconNames(ctx, w.AccountID)
			if err != nil {
				return err
			}
			e.add(beacons)
		}
		rules, err := w.rules(ctx, kind)
		for _, id := range w.Assets {
			for i := range rules[id] {
				e.add(id, rules[id][i].Config)
			}
		}
		return err
	}
	return nil
}

// hashGeofences adds what assets did at geofences, and the geofences where that was.
func (w *work) hashGeofences(ctx context.Context, e *ingredients) error {
	fences, err := w.geofences.All(ctx, w.AccountID)
	if err != nil {
		return err
	}
	seen := map[int64]int64{}
	for _, id := range w.Assets {
		before, err := w.geofences.InsideAt(ctx, w.AccountID, id, w.From)
		if err != nil {
			return err
		}
		note := func(h geofence.Happened) error {
			e.add(h)
			if f := fences[h.GeofenceID]; f != nil {
				seen[f.ID] = f.Version
			}
			return e.err
		}
		for _, h := range before {
			if err := note(h); err != nil {
				return err
			}
		}
		if err := w.geofences.History(ctx, w.AccountID, id, w.From, w.To, note); err != nil {
			return err
		}
	}
	e.add(seen)
	return nil
}

// hashTrips adds an asset's trips and stops. What they come to after the end of the range isn't in the report; what those that are
// cut come to before it follows from the positions.
func (w *work) hashTrips(ctx context.Context, assetID int64, e *ingredients) error {
	segments, err := w.trips.Segments(ctx, w.AccountID, assetID, millis(w.From), millis(w.To))
	if err != nil {
		return err
	}
	for i := range segments {
		t := &segments[i]
		e.add(t.Kind, t.Start, t.StartReason, t.DriverID)
		if t.DriverID != nil && !slices.Contains(e.drivers, *t.DriverID) {
			e.drivers = append(e.drivers, *t.DriverID)
		}
		if t.End != nil && !t.End.Time.After(w.To) {
			e.add(t.End, t.EndReason, t.Distance, t.IdleTime, t.TopSpeed)
		}
	}
	return nil
}
