package report

import (
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/tidwall/geodesic"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/track"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/trip"
)

// sample are the recorded tracks that lie beside the checkout: two people, 106 days, no speeds and no ignition.
const sample = "../../../shared/data/geolife_sample.txt.gz"

// people reads the tracks of the sample by the name of each, in order of time; tracks that are made up where it isn't there.
func people(t *testing.T) [][]trail.Position {
	t.Helper()
	file, err := os.Open(sample)
	if err != nil {
		t.Logf("the GeoLife sample is not there, made-up tracks are in its place: %v", err)
		return [][]trail.Position{madeUp(39.9, 1), madeUp(-33.9, 2)}
	}
	defer file.Close()
	var names []string
	tracks := map[string][]trail.Position{}
	err = track.Read(sample, file, func(p track.Point) error {
		if tracks[p.Track] == nil {
			names = append(names, p.Track)
		}
		tracks[p.Track] = append(tracks[p.Track], trail.Position{Time: p.Time.UnixMilli(), Latitude: p.Latitude, Longitude: p.Longitude})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var list [][]trail.Position
	for _, name := range names {
		way := tracks[name]
		slices.SortFunc(way, func(a, b trail.Position) int { return int(a.Time - b.Time) })
		list = append(list, slices.CompactFunc(way, func(a, b trail.Position) bool { return a.Time == b.Time }))
	}
	return list
}

// madeUp are ten days of somebody who drives for some hours around midnight in Shanghai.
func madeUp(latitude, step float64) []trail.Position {
	var list []trail.Position
	longitude := 116.3
	for day := range 10 {
		at := time.Date(2026, 3, 2+day, 14, 30, 0, 0, time.UTC) // half past ten in the evening
		for i := range 720 {
			if i%240 < 200 {
				latitude, longitude = latitude+0.0007*step*math.Sin(float64(i)/40), longitude+0.001*math.Cos(float64(i)/55)
			}
			list = append(list, trail.Position{Time: at.UnixMilli() + int64(i)*15_000, Latitude: latitude, Longitude: longitude})
		}
	}
	return list
}

// TestGeoLife holds the figures of mileage, trips and summary to the sum of geodesics of another library, which is a port of
// Karney's GeographicLib, along each trip: in all, and day by day where that is.
func TestGeoLife(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h, z := newHouse(t, db), zone(t, "Asia/Shanghai")
		ways := people(t)
		if db.Dialect == store.Postgres {
			ways = ways[:1]
		}
		var ids []int64
		from, to := time.Now(), time.Time{}
		for i, way := range ways {
			id := h.asset([]string{"Ada", "Bo"}[i%2])
			h.ingest(id, way...)
			ids = append(ids, id)
			if first := moment(way[0].Time); first.Before(from) {
				from = first
			}
			to = later(to, moment(way[len(way)-1].Time))
		}
		from, to = dayOf(from, z), nextDay(to, z)
		for from.AddDate(0, 0, 366).Before(to) {
			from = from.AddDate(0, 0, 1)
		}
		from, to = from.In(z), to.In(z)
		trips := h.report(h.request("trips", from, to, ids...))
		afterGap := map[string]bool{}
		for i, id := range ids {
			segments, err := h.trips.Segments(t.Context(), h.acme, id, from.UnixMilli(), to.UnixMilli())
			h.must(err)
			for _, g := range segments {
				if g.Kind == trip.Going && g.StartReason == trip.AfterGap {
					afterGap[[]string{"Ada", "Bo"}[i]+g.Start.Time.String()] = true
				}
			}
		}
		want, byDay := map[string]float64{}, map[string]float64{}
		all, crossing := 0.0, 0
		for _, row := range cells(t, trips, "trips") {
			name := row["asset"].(string)
			way := ways[slices.Index([]string{"Ada", "Bo"}, name)]
			start, end := row["start"].(time.Time), to
			if row["end"] != nil {
				end = row["end"].(time.Time)
			}
			if start.In(z).Day() != end.In(z).Day() {
				crossing++
			}
			measured := start
			if afterGap[name+start.String()] {
				measured = leaves(way, start)
			}
			km := along(way, measured, end, func(at time.Time, km float64) { byDay[name+at.In(z).Format(" 2006-01-02")] += km })
			near(t, "a trip of "+name+" at "+start.String(), row["distance"].(float64), km)
			want[name] += km
			all += km
		}
		if all < 100 {
			t.Fatalf("%v km in all: nothing is tested", all)
		}
		t.Logf("%.1f km on %d trips, %d of them over midnight", all, len(cells(t, trips, "trips")), crossing)
		near(t, "trips", figure(t, trips, "distance").(float64), all)
		mileage, summary := h.report(h.request("mileage", from, to, ids...)), h.report(h.request("summary", from, to, ids...))
		near(t, "mileage", figure(t, mileage, "distance").(float64), all)
		near(t, "summary", figure(t, summary, "distance").(float64), all)
		for _, row := range cells(t, mileage, "assets") {
			near(t, "mileage of "+row["asset"].(string), row["distance"].(float64), want[row["asset"].(string)])
		}
		for _, row := range cells(t, summary, "assets") {
			near(t, "summary of "+row["asset"].(string), row["distance"].(float64), want[row["asset"].(string)])
		}
		days := cells(t, mileage, "days")
		for _, row := range days {
			day := row["asset"].(string) + row["day"].(time.Time).In(z).Format(" 2006-01-02")
			near(t, "mileage of "+day, row["distance"].(float64), byDay[day])
			delete(byDay, day)
		}
		for day, km := range byDay {
			if km > 0.001 {
				t.Errorf("mileage has no day %s, of %v km", day, km)
			}
		}
	})
}

// leaves is when somebody who is first heard of after a gap, at from, leaves: a trip begins there then, but its distance is measured
// from the last position at which they stood, within 100 m of where they were.
func leaves(way []trail.Position, from time.Time) time.Time {
	first, _ := slices.BinarySearchFunc(way, from.UnixMilli(), func(p trail.Position, at int64) int { return int(p.Time - at) })
	left, inside := first, way[first].Time
	for i := first + 1; i < len(way); i++ {
		var metres, back, step float64
		geodesic.WGS84.Inverse(way[left].Latitude, way[left].Longitude, way[i].Latitude, way[i].Longitude, &back, nil, nil)
		geodesic.WGS84.Inverse(way[first].Latitude, way[first].Longitude, way[i].Latitude, way[i].Longitude, &metres, nil, nil)
		geodesic.WGS84.Inverse(way[i-1].Latitude, way[i-1].Longitude, way[i].Latitude, way[i].Longitude, &step, nil, nil)
		if metres <= 100 || back <= 100 {
			inside = way[i].Time
		} else if way[i].Time-inside >= 150_000 {
			break
		}
		if metres <= 100 && step/1000 < 2*float64(way[i].Time-way[i-1].Time)/3_600_000 {
			left = i
		}
	}
	return moment(way[left].Time)
}

// along is how far a way is from a moment to another, from position to position, but for leaps at more than 1,000 km/h.
func along(way []trail.Position, from, to time.Time, each func(time.Time, float64)) (all float64) {
	first, _ := slices.BinarySearchFunc(way, from.UnixMilli(), func(p trail.Position, at int64) int { return int(p.Time - at) })
	for i := first + 1; i < len(way) && way[i].Time <= to.UnixMilli(); i++ {
		a, b := &way[i-1], &way[i]
		var metres float64
		geodesic.WGS84.Inverse(a.Latitude, a.Longitude, b.Latitude, b.Longitude, &metres, nil, nil)
		if metres/1000 > 1000*float64(b.Time-a.Time)/3_600_000 {
			continue
		}
		all += metres / 1000
		each(moment(b.Time), metres/1000)
	}
	return all
}

// near fails unless two distances agree to 0.1 per cent, or to two metres.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > max(0.001*want, 0.002) {
		t.Errorf("%s: %v km, want %v", what, got, want)
	}
}
