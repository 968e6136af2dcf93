package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yipii/yipii/internal/alert"
	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/geofence"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/web"
)

// scene is the 29th of March 2026 on Malta, a day of 23 hours, and what is about it.
type scene struct {
	*house
	van, car         int64
	driver, beacon   int64
	depot, tooFast   int64
	from, to         time.Time
	latitude, longit float64
	positions        []trail.Position
}

func some[T any](v T) web.Maybe[T] { return web.Maybe[T]{Given: true, Value: &v} }

// newScene makes the records, and drives the van: it stands, drives to the depot for an hour over midnight at 40 km/h, stands there for
// the night, runs its engine for ten minutes, drives for an hour at 70 km/h, and stands until after the next midnight.
func newScene(t *testing.T, db *store.DB) *scene {
	s := &scene{house: newHouse(t, db), latitude: 35.9, longit: 14.4}
	ctx, z := t.Context(), zone(t, "Europe/Malta")
	s.van, s.car = s.asset("Van 12"), s.asset("Car 3")
	driver, err := s.fleet.CreateDriver(ctx, s.acme, fleet.DriverChange{Name: new("Ada Okafor")})
	s.must(err)
	_, err = s.fleet.Assign(ctx, s.acme, fleet.NewAssignment{DriverID: driver.ID, AssetID: s.van, From: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)})
	s.must(err)
	beacon, err := s.fleet.CreateBeacon(ctx, s.acme, fleet.BeaconChange{Identity: new("7cd9f407f95c"), Name: new("Cold box"), Kind: new("temperature")})
	s.must(err)
	geometry, err := geofence.ParseGeometry([]byte(`{"type":"Point","coordinates":[14.8431,35.9]}`))
	s.must(err)
	fences, err := s.geofences.Create(ctx, s.acme, "", []geofence.Fields{{Name: some("Depot"), Geometry: some(geometry), Radius: some(300.0)}})
	s.must(err)
	rule, err := s.alerts.CreateRule(ctx, s.acme, alert.Speed, alert.RuleFields{Name: some("Too fast"), Config: some(alert.RuleConfig{Limit: new(60.0)})})
	s.must(err)
	_, err = s.alerts.CreateRule(ctx, s.acme, alert.Temperature, alert.RuleFields{Name: some("Too warm"), Config: some(alert.RuleConfig{Above: new(8.0)})})
	s.must(err)
	s.driver, s.beacon, s.depot, s.tooFast = driver.ID, beacon.ID, fences[0].ID, rule.ID
	s.valid()
	s.from, s.to = time.Date(2026, 3, 29, 0, 0, 0, 0, z), time.Date(2026, 3, 30, 0, 0, 0, 0, z)

	at := time.Date(2026, 3, 28, 20, 0, 0, 0, time.UTC)
	at = s.stand(at, 150*time.Minute, 5*time.Minute, false)
	at = s.drive(at, time.Hour, 40)
	at = s.stand(at, 450*time.Minute, 10*time.Minute, false)
	at = s.stand(at, 10*time.Minute, time.Minute, true)
	at = s.drive(at, time.Hour, 70)
	s.stand(at, 870*time.Minute, 15*time.Minute, false)
	s.ingest(s.van, s.positions...)
	return s
}

// valid makes geofences and rules as old as need be: they conclude nothing of positions from before they were made.
func (s *scene) valid() {
	s.must(s.db.Tx(s.tb.Context(), func(tx *store.Tx) error {
		for _, statement := range []string{`UPDATE geofences SET valid_from = 0`, `UPDATE alert_rules SET valid_from = id`} {
			if _, err := tx.ExecContext(s.tb.Context(), statement); err != nil {
				return err
			}
		}
		if err := tx.Announce(s.tb.Context(), "geofence", fmt.Sprint(s.acme)); err != nil {
			return err
		}
		return tx.Announce(s.tb.Context(), "alert_rule", fmt.Sprint(s.acme))
	}))
}

func (s *scene) add(at time.Time, speed float64, ignition bool) {
	p := trail.Position{Time: at.UnixMilli(), Latitude: s.latitude, Longitude: s.longit, Speed: trail.Some(speed), Ignition: trail.Some(ignition)}
	warmth := 4.0
	if speed > 50 {
		warmth = 9.5
	}
	p.Sensors, _ = trail.MakeSensors(map[string]float64{"beacon.7cd9f407f95c.temperature": warmth, "beacon.7cd9f407f95c.rssi": -60, "external_voltage": 13})
	s.positions = append(s.positions, p)
}

// stand adds positions up to, but without, the end.
func (s *scene) stand(at time.Time, length, every time.Duration, ignition bool) time.Time {
	for end := at.Add(length); at.Before(end); at = at.Add(every) {
		s.add(at, 0, ignition)
	}
	return at
}

// drive goes east, a position each half minute.
func (s *scene) drive(at time.Time, length time.Duration, speed float64) time.Time {
	const kilometre = 1 / 90.269 // degrees of longitude, at this latitude
	for end := at.Add(length); at.Before(end); at = at.Add(30 * time.Second) {
		s.add(at, speed, true)
		s.longit += speed / 120 * kilometre
	}
	return at
}

// ask is a request of the scene.
func (s *scene) ask(kind string) Request {
	r := s.request(kind, s.from, s.to, s.van, s.car)
	if kind == "trail" {
		r.Assets = r.Assets[:1]
	}
	if kind == "beacon" {
		r.BeaconID = s.beacon
	}
	if kind == "driver" {
		r.DriverID = s.driver
	}
	return r
}

// TestDay compares each type of report of the scene with what was looked at once: on both databases the same. With -args update it
// writes them anew: look at them again then.
func TestDay(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		s := newScene(t, db)
		for _, kind := range Types() {
			got := dump(t, s.report(s.ask(kind)))
			golden := "testdata/" + kind + ".golden"
			if flag.Arg(0) == "update" && db.Dialect == store.SQLite {
				s.must(os.MkdirAll("testdata", 0o755))
				s.must(os.WriteFile(golden, got, 0o644))
			}
			want, err := os.ReadFile(golden)
			s.must(err)
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s: %s", kind, diff)
			}
		}
	})
}

// dump writes a document as text: a line for each thing. Long tables and lines are shortened to what shows that they are right.
func dump(tb testing.TB, doc *document.Document) []byte {
	var b bytes.Buffer
	value := func(v any) string {
		switch v := v.(type) {
		case time.Time:
			return v.In(doc.Zone).Format("2006-01-02 15:04:05")
		case float64:
			return fmt.Sprintf("%.4g", math.Round(v*1000)/1000)
		}
		text, err := json.Marshal(v)
		if err != nil {
			tb.Fatal(err)
		}
		return string(text)
	}
	fmt.Fprintf(&b, "%s: %s, %s, %v, %s to %s\n", doc.Type, doc.Title, doc.Account, doc.Subjects, value(doc.From), value(doc.To))
	if doc.Nothing != "" {
		fmt.Fprintln(&b, "nothing:", doc.Nothing)
	}
	for _, f := range doc.Figures {
		fmt.Fprintf(&b, "figure %s (%s, %s): %s\n", f.Key, f.Label, f.Kind, value(f.Value))
	}
	for _, section := range doc.Sections {
		switch s := section.(type) {
		case *document.Chart:
			fmt.Fprintf(&b, "chart %s (%s, %s): %d labels\n", s.Key, s.Title, s.Kind, len(s.Labels))
			for _, line := range s.Series {
				fmt.Fprintf(&b, "  %s: %.4g\n", line.Label, line.Values[:min(len(line.Values), 30)])
			}
		case *document.Map:
			fmt.Fprintf(&b, "map %s (%s): %d lines, %d shapes\n", s.Key, s.Title, len(s.Lines), len(s.Shapes))
			for _, m := range s.Marks {
				fmt.Fprintf(&b, "  %s %q at %.4f %.4f\n", m.Kind, m.Label, m.Place.Latitude, m.Place.Longitude)
			}
		case *document.Table:
			fmt.Fprintf(&b, "table %s (%s)\n ", s.Key, s.Title)
			for _, c := range s.Columns {
				fmt.Fprintf(&b, " %s:%s:%v", c.Key, c.Kind, c.Total)
			}
			fmt.Fprintln(&b)
			n := 0
			for row, err := range s.Rows {
				if err != nil {
					tb.Fatal(err)
				}
				if n++; n <= 8 {
					b.WriteString("  ")
					for _, v := range row {
						b.WriteString(" " + value(v))
					}
					b.WriteByte('\n')
				}
			}
			fmt.Fprintf(&b, "  %d rows\n", n)
		}
	}
	for _, note := range doc.Notes {
		fmt.Fprintln(&b, "note:", note)
	}
	return b.Bytes()
}
