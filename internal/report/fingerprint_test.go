package report

import (
	"slices"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/alert"
	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/geofence"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/web"
)

// mutation is a change of the scene's data. It must change what the reports of these types say, and with it their fingerprints; of
// any other type either both change or the report stays as it is. Where unrelated is set, no fingerprint may change.
type mutation struct {
	name      string
	changes   []string
	unrelated bool
	do        func(s *scene)
}

func mutations() []mutation {
	late := func(at time.Time, change func(*trail.Position)) func(*scene) {
		return func(s *scene) {
			i, _ := slices.BinarySearchFunc(s.positions, at.UnixMilli(), func(p trail.Position, at int64) int { return int(p.Time - at) })
			p := s.positions[i]
			p.Time = at.UnixMilli()
			change(&p)
			s.ingest(s.van, p)
		}
	}
	morning := time.Date(2026, 3, 29, 7, 30, 10, 0, time.UTC)
	night := time.Date(2026, 3, 29, 3, 3, 0, 0, time.UTC)
	changeRule := func(s *scene, id int64, f alert.RuleFields) {
		_, err := s.alerts.UpdateRule(s.tb.Context(), s.acme, id, f, web.Precondition{})
		s.must(err)
		s.valid()
	}
	return []mutation{
		{"a late position beside the way", []string{"trail", "trips", "mileage", "summary", "utilization", "driver"}, false,
			late(morning, func(p *trail.Position) { p.Latitude += 0.01 })},
		{"a late position that is quicker than all", []string{"speeding", "trips"}, false,
			late(morning.Add(time.Minute), func(p *trail.Position) { p.Speed = trail.Some(99.0) })},
		{"a late reading while it stands", []string{"trail", "temperature", "beacon", "alerts"}, false,
			late(night, func(p *trail.Position) { p.Sensors = `{"beacon.7cd9f407f95c.temperature":33}` })},
		{"a late position that changes nothing but is there", []string{"trail"}, false, late(night.Add(time.Minute), func(p *trail.Position) {
			p.Sensors, p.Altitude = "", trail.Some(77.0)
		})},
		{"an asset is renamed", Types(), false, func(s *scene) {
			_, err := s.fleet.Update(s.tb.Context(), s.acme, s.van, fleet.Change{Name: new("Van 13")})
			s.must(err)
		}},
		{"a driver is renamed", []string{"trips", "speeding", "driver"}, false, func(s *scene) {
			_, err := s.fleet.UpdateDriver(s.tb.Context(), s.acme, s.driver, fleet.DriverChange{Name: new("Ada O.")})
			s.must(err)
		}},
		{"a driver's assignment ended before", []string{"trips", "speeding", "driver"}, false, func(s *scene) {
			list, _, err := s.fleet.Assignments(s.tb.Context(), s.acme, s.driver, web.PageInput{Page: 1, PerPage: 10})
			s.must(err)
			_, err = s.fleet.EndAssignment(s.tb.Context(), s.acme, s.driver, list[0].ID, new(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)), web.Precondition{})
			s.must(err)
		}},
		{"a beacon is renamed", []string{"beacon", "temperature"}, false, func(s *scene) {
			_, err := s.fleet.UpdateBeacon(s.tb.Context(), s.acme, s.beacon, fleet.BeaconChange{Name: new("Box")})
			s.must(err)
		}},
		{"a geofence is renamed", []string{"geofence"}, false, func(s *scene) {
			_, err := s.geofences.Update(s.tb.Context(), s.acme, s.depot, geofence.Fields{Name: some("Yard")}, web.Precondition{})
			s.must(err)
		}},
		{"a geofence is deleted", []string{"geofence"}, false, func(s *scene) {
			s.must(s.geofences.Delete(s.tb.Context(), s.acme, s.depot, web.Precondition{}))
		}},
		{"a speed limit is raised", []string{"speeding"}, false, func(s *scene) {
			changeRule(s, s.tooFast, alert.RuleFields{Config: some(alert.RuleConfig{Limit: new(65.0)})})
		}},
		{"a speed limit is for a group alone", []string{"speeding"}, false, func(s *scene) {
			changeRule(s, s.tooFast, alert.RuleFields{AppliesTo: some(fleet.Targets{Groups: []string{"North"}})})
		}},
		{"the asset comes into the group", []string{"speeding"}, false, func(s *scene) {
			_, err := s.fleet.Update(s.tb.Context(), s.acme, s.van, fleet.Change{Group: new("North")})
			s.must(err)
		}},
		{"a bound of temperatures is lowered", []string{"temperature"}, false, func(s *scene) {
			changeRule(s, s.tooFast+1, alert.RuleFields{Config: some(alert.RuleConfig{Above: new(3.5)})})
		}},
		{"an alert is acknowledged", []string{"alerts"}, false, func(s *scene) {
			var ids []int64
			s.must(s.alerts.History(s.tb.Context(), s.acme, s.from, s.to, func(a *alert.Alert) error { ids = append(ids, a.ID); return nil }))
			_, err := s.alerts.Acknowledge(s.tb.Context(), s.acme, ids[:1], "seen")
			s.must(err)
		}},
		{"the other asset reports for the first time", []string{"summary", "utilization", "mileage", "trips"}, false, func(s *scene) {
			other := &scene{house: s.house, latitude: 36, longit: 14}
			other.drive(other.stand(s.from.Add(10*time.Hour), time.Hour, time.Minute, false), 30*time.Minute, 30)
			s.ingest(s.car, other.positions...)
		}},
		{"more positions, in order, behind the range", nil, true, func(s *scene) {
			s.positions = nil
			at := s.drive(time.Date(2026, 3, 30, 6, 0, 0, 0, time.UTC), time.Hour, 80)
			s.stand(at, 2*time.Hour, time.Minute, false)
			s.ingest(s.van, s.positions...)
		}},
		{"another asset", nil, true, func(s *scene) {
			other := &scene{house: s.house, latitude: 36, longit: 14}
			other.drive(s.from.Add(10*time.Hour), time.Hour, 80)
			s.ingest(s.asset("Lorry"), other.positions...)
		}},
		{"another driver, another geofence and another rule", nil, true, func(s *scene) {
			_, err := s.fleet.CreateDriver(s.tb.Context(), s.acme, fleet.DriverChange{Name: new("Bo")})
			s.must(err)
			geometry, err := geofence.ParseGeometry([]byte(`{"type":"Point","coordinates":[50,5]}`))
			s.must(err)
			_, err = s.geofences.Create(s.tb.Context(), s.acme, "", []geofence.Fields{{Name: some("Far"), Geometry: some(geometry), Radius: some(300.0)}})
			s.must(err)
			_, err = s.alerts.CreateRule(s.tb.Context(), s.acme, alert.Idle, alert.RuleFields{Name: some("Idle"), Config: some(alert.RuleConfig{Minutes: new(int64(600))})})
			s.must(err)
		}},
		{"time passes", nil, true, func(s *scene) { s.clock = s.clock.Add(time.Hour) }},
		{"positions are kept for a time that ends in the range", nil, false, func(s *scene) {
			settings, err := s.trail.Settings(s.tb.Context(), s.acme)
			s.must(err)
			settings.RetentionDays = new(int64(s.clock.Sub(s.from)/(24*time.Hour)) - 1 + 1)
			before := s.fingerprint(s.ask("trail"))
			s.must(s.trail.UpdateSettings(s.tb.Context(), s.acme, settings))
			if s.fingerprint(s.ask("trail")) == before {
				s.tb.Error("a trail that is about to be deleted has the fingerprint that it had")
			}
		}},
	}
}

// TestFingerprint changes the data in every way, one after the other.
func TestFingerprint(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		s := newScene(t, db)
		look := func() (prints, says map[string]string) {
			prints, says = map[string]string{}, map[string]string{}
			for _, kind := range Types() {
				prints[kind], says[kind] = s.fingerprint(s.ask(kind)), string(dump(t, s.report(s.ask(kind))))
			}
			return prints, says
		}
		prints, says := look()
		for _, m := range mutations() {
			m.do(s)
			newPrints, newSays := look()
			for _, kind := range Types() {
				samePrint, sameSaying := newPrints[kind] == prints[kind], newSays[kind] == says[kind]
				switch {
				case samePrint && !sameSaying:
					t.Errorf("%s: the report %s says something else, with the same fingerprint", m.name, kind)
				case sameSaying && slices.Contains(m.changes, kind):
					t.Errorf("%s: the report %s says the same", m.name, kind)
				case m.unrelated && !samePrint:
					t.Errorf("%s: the fingerprint of %s has changed", m.name, kind)
				}
			}
			prints, says = newPrints, newSays
		}
	})
}

// Requests that differ have fingerprints that differ.
func TestFingerprintOfRequests(t *testing.T) {
	s := newScene(t, testkit.SQLite(t))
	seen := map[string]string{}
	base := s.ask("summary")
	for name, change := range map[string]func(*Request){
		"as it is":  func(*Request) {},
		"type":      func(r *Request) { r.Type = "mileage" },
		"title":     func(r *Request) { r.Title = "March" },
		"one asset": func(r *Request) { r.Assets = r.Assets[:1] },
		"all of":    func(r *Request) { r.AllOf = true },
		"units":     func(r *Request) { r.Units = document.Miles },
		"zone":      func(r *Request) { r.Zone = time.UTC },
		"from":      func(r *Request) { r.From = r.From.Add(time.Minute) },
		"to":        func(r *Request) { r.To = r.To.Add(-time.Minute) },
		"to later":  func(r *Request) { r.To = r.To.AddDate(0, 4, 0) },
		"account":   func(r *Request) { r.AccountName = "Acme Ltd" },
		"driver":    func(r *Request) { r.DriverID = 1 },
	} {
		r := base
		r.Assets = slices.Clone(base.Assets)
		change(&r)
		print := s.fingerprint(r)
		if other, ok := seen[print]; ok {
			t.Errorf("%s has the fingerprint of %s", name, other)
		}
		seen[print] = name
		if again := s.fingerprint(r); again != print {
			t.Errorf("%s has two fingerprints", name)
		}
	}
}
