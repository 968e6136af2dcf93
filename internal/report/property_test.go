package report

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/trail"
)

// anyDays draws what an asset does for a day or two: it drives, stands, is parked, lost, or far away at once; with and without
// ignition and speeds.
func anyDays(t *rapid.T, began time.Time) []trail.Position {
	var list []trail.Position
	at, latitude, longitude := began, 35.9, 14.4
	speeds, wired := rapid.Bool().Draw(t, "speeds"), rapid.Bool().Draw(t, "ignition")
	every := rapid.SampledFrom([]time.Duration{30 * time.Second, time.Minute, 4 * time.Minute}).Draw(t, "every")
	pass := func(length time.Duration, speed float64, on bool) {
		for end := at.Add(length); at.Before(end); at = at.Add(every) {
			p := trail.Position{Time: at.UnixMilli(), Latitude: latitude, Longitude: longitude}
			if speeds {
				p.Speed = trail.Some(speed)
			}
			if wired {
				p.Ignition = trail.Some(on)
			}
			list = append(list, p)
			longitude += speed * every.Hours() / 90
		}
	}
	for range rapid.IntRange(1, 14).Draw(t, "parts") {
		minutes := time.Duration(rapid.IntRange(2, 150).Draw(t, "minutes")) * time.Minute
		switch rapid.SampledFrom([]string{"ride", "ride", "stand", "idle", "park", "lost"}).Draw(t, "part") {
		case "ride":
			pass(minutes, rapid.Float64Range(20, 110).Draw(t, "speed"), true)
		case "stand":
			pass(min(minutes, 4*time.Minute), 0, true)
		case "idle":
			pass(minutes, 0, true)
		case "park":
			pass(minutes, 0, false)
		case "lost":
			at = at.Add(minutes)
			longitude += rapid.SampledFrom([]float64{0, 0.001, 0.3}).Draw(t, "degrees")
		}
	}
	return list
}

// TestSums: whatever an asset did, whatever the order in which that came, and wherever a range is cut: mileage, trips and summary say
// the same distance and time; days add up to the range; halves add up to the whole; no day is longer than it is; and a report whose
// data has changed has another fingerprint.
func TestSums(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h, rounds := newHouse(t, db), 0
		rapid.Check(t, func(rt *rapid.T) {
			if rounds++; rounds > 40 || db.Dialect == store.Postgres && rounds > 8 {
				return
			}
			z := zone(t, rapid.SampledFrom([]string{"Europe/Malta", "Australia/Lord_Howe", "America/New_York", "UTC"}).Draw(rt, "zone"))
			began := time.Date(2026, 3, 27, 20, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 14*24*60).Draw(rt, "began")) * time.Minute)
			list := anyDays(rt, began)
			if len(list) == 0 {
				return
			}
			id := h.asset(fmt.Sprint("Van ", rounds))
			length := moment(list[len(list)-1].Time).Sub(began)
			from := began.Add(time.Duration(rapid.Float64Range(-0.1, 0.5).Draw(rt, "from") * float64(length))).Truncate(time.Second).In(z)
			to := from.Add(time.Second + time.Duration(rapid.Float64Range(0.1, 0.8).Draw(rt, "to")*float64(length))).Truncate(time.Second).In(z)

			// In three goes, whose order is any.
			a, b := rapid.IntRange(0, len(list)).Draw(rt, "a"), rapid.IntRange(0, len(list)).Draw(rt, "b")
			goes := [][]trail.Position{list[:min(a, b)], list[min(a, b):max(a, b)], list[max(a, b):]}
			goes = rapid.Permutation(goes).Draw(rt, "order")
			prints, says := map[string]string{}, map[string]string{}
			for _, positions := range goes {
				if len(positions) == 0 {
					continue
				}
				h.ingest(id, positions...)
				for _, kind := range []string{"trips", "stops", "utilization", "speeding", "trail"} {
					r := h.request(kind, from, to, id)
					print, saying := h.fingerprint(r), string(dump(t, h.report(r)))
					if print == prints[kind] && saying != says[kind] {
						rt.Errorf("%s says something else with the same fingerprint:\n%s\n%s", kind, says[kind], saying)
					}
					prints[kind], says[kind] = print, saying
				}
			}
			h.addsUp(rt, id, from, to)
		})
	})
}

// addsUp holds reports of a range to each other.
func (h *house) addsUp(t *rapid.T, id int64, from, to time.Time) {
	same := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-6*max(1, math.Abs(want)) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	trips, mileage, summary := h.report(h.request("trips", from, to, id)), h.report(h.request("mileage", from, to, id)), h.report(h.request("summary", from, to, id))
	use, stops := h.report(h.request("utilization", from, to, id)), h.report(h.request("stops", from, to, id))
	tb := h.tb
	for _, column := range []string{"distance", "duration"} {
		want := sum(tb, trips, "trips", column)
		same("figure of trips, "+column, figure(tb, trips, column).(float64), want)
		same("summary, "+column, sum(tb, summary, "assets", column), want)
		same("mileage, "+column, sum(tb, mileage, "assets", column), want)
		same("days of mileage, "+column, sum(tb, mileage, "days", column), want)
	}
	for _, report := range []*document.Document{mileage, summary} {
		if got, want := figure(tb, report, "trips"), figure(tb, trips, "trips"); got != want {
			t.Errorf("%s has %v trips, want %v", report.Type, got, want)
		}
	}
	same("trips by day", sum(tb, mileage, "days", "trips"), float64(figure(tb, trips, "trips").(int64)))
	same("stops", sum(tb, summary, "assets", "stops"), float64(figure(tb, stops, "stops").(int64)))
	for _, column := range []string{"engine_time", "driving_time", "idle_time", "parked_time", "distance"} {
		same("days of utilization, "+column, sum(tb, use, "days", column), sum(tb, use, "assets", column))
	}
	same("parked", sum(tb, use, "assets", "parked_time")+sum(tb, stops, "stops", "idle_time"), sum(tb, stops, "stops", "duration"))
	all := 0.0
	for _, column := range []string{"driving_time", "idle_time", "parked_time", "unknown_time"} {
		all += sum(tb, use, "assets", column)
	}
	same("all time", all, to.Sub(from).Seconds())
	for _, row := range cells(tb, use, "days") {
		known := row["driving_time"].(float64) + row["idle_time"].(float64) + row["parked_time"].(float64)
		day := row["day"].(time.Time)
		if length := nextDay(day, from.Location()).Sub(day).Seconds(); known > length+1e-6 {
			t.Errorf("%v s are known of a day of %v s", known, length)
		}
	}
	// Halves.
	middle := from.Add(to.Sub(from) / 3).Truncate(time.Second).In(from.Location())
	if !middle.After(from) {
		return
	}
	for _, kind := range []string{"trips", "stops"} {
		for _, column := range []string{"distance", "duration"} {
			if kind == "stops" && column == "distance" {
				continue
			}
			first, second := h.report(h.request(kind, from, middle, id)), h.report(h.request(kind, middle, to, id))
			whole := map[string]*document.Document{"trips": trips, "stops": stops}[kind]
			same("halves of "+kind+", "+column, sum(tb, first, kind, column)+sum(tb, second, kind, column), sum(tb, whole, kind, column))
		}
	}
}

// TestManyAssets: a line for each asset, whatever order their data came in, and sums that don't depend on it.
func TestManyAssets(t *testing.T) {
	s := newScene(t, testkit.SQLite(t))
	other := &scene{house: s.house, latitude: 36, longit: 14}
	other.drive(s.from.Add(10*time.Hour), time.Hour, 45)
	s.ingest(s.car, other.positions...)
	both := s.report(s.request("mileage", s.from, s.to, s.van, s.car))
	van, car := s.report(s.request("mileage", s.from, s.to, s.van)), s.report(s.request("mileage", s.from, s.to, s.car))
	got, want := figure(t, both, "distance").(float64), figure(t, van, "distance").(float64)+figure(t, car, "distance").(float64)
	if math.Abs(got-want) > 1e-9 || got < 130 {
		t.Errorf("%v km, want %v", got, want)
	}
	names := []string{}
	for _, row := range cells(t, both, "assets") {
		names = append(names, row["asset"].(string))
	}
	if !slices.Equal(names, []string{"Van 12", "Car 3"}) {
		t.Error(names)
	}
}
