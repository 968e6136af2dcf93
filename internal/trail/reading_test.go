package trail

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

func TestReadings(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		id := n.asset(n.acme, "")
		from := goodTime() - 3_600_000
		var all []Position
		for i := range 60 {
			p := Position{AssetID: id, Time: from + int64(i)*60_000, Latitude: 52, Longitude: 13}
			readings := map[string]float64{"temperature": float64(i), "box.temperature": -0.5, "temperature.box": 99, "xtemperature": 98, "a_b.x": 1, "aXb.x": 2, "Temperature": 97}
			if i%2 == 0 {
				readings["beacon.7c_1.temperature"] = 100 - float64(i)
			}
			p.Sensors, _ = MakeSensors(readings)
			if i == 7 {
				p.Sensors = ""
			}
			all = append(all, p)
		}
		n.ingest(all...)
		list, err := n.service.Readings(t.Context(), n.acme, id, from, from+3_600_000, 1_800_000, "", "temperature")
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, r := range list {
			got = append(got, fmt.Sprintf("%s %d: %d, %g to %g, %g, %d to %d", r.Sensor, r.Interval, r.Count, r.Least, r.Most, r.Sum, (r.First-from)/60_000, (r.Last-from)/60_000))
		}
		want := []string{
			"beacon.7c_1.temperature 0: 15, 72 to 100, 1290, 0 to 28", "beacon.7c_1.temperature 1: 15, 42 to 70, 840, 30 to 58",
			"box.temperature 0: 29, -0.5 to -0.5, -14.5, 0 to 29", "box.temperature 1: 30, -0.5 to -0.5, -15, 30 to 59",
			"temperature 0: 29, 0 to 29, 428, 0 to 29", "temperature 1: 30, 30 to 59, 1335, 30 to 59",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%q, want\n%q", got, want)
		}
		// A prefix, in which _ stands for itself.
		list, err = n.service.Readings(t.Context(), n.acme, id, from, from+3_600_000, math.MaxInt64/4, "a_b.", "")
		if err != nil || len(list) != 1 || list[0].Sensor != "a_b.x" || list[0].Count != 59 {
			t.Error(list, err)
		}
		if list, err = n.service.Readings(t.Context(), n.other, id, from, from+3_600_000, 60_000, "", "temperature"); err != nil || len(list) > 0 {
			t.Error("another account's", list, err)
		}
	})
}

// TestReadingsOfAny holds the sums to those of all readings, one by one, wherever the range is cut.
func TestReadingsOfAny(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		rounds := 0
		rapid.Check(t, func(rt *rapid.T) {
			if rounds++; rounds > 40 || db.Dialect == store.Postgres && rounds > 10 {
				return
			}
			names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"temperature", "box.temperature", `"\\.temperature`, "<é,}:>.temperature", "a:b.temperature",
				"fuel", "temperature.box", ".temperature"}), 1, 5, rapid.ID).Draw(rt, "names")
			id := n.asset(n.acme, "")
			from := goodTime() - 3*86_400_000
			var all []Position
			at := from - 50_000
			for range rapid.IntRange(1, 120).Draw(rt, "positions") {
				at += rapid.SampledFrom([]int64{1, 999, 60_000, 3_600_000}).Draw(rt, "step")
				readings := map[string]float64{}
				for _, name := range names {
					if rapid.Bool().Draw(rt, "has") {
						readings[name] = rapid.OneOf(rapid.Float64Range(-40, 40), rapid.SampledFrom([]float64{0, -1e-7, 1e21, 4.5})).Draw(rt, "value")
					}
				}
				p := Position{AssetID: id, Time: at, Latitude: 52, Longitude: 13}
				p.Sensors, _ = MakeSensors(readings)
				all = append(all, p)
			}
			n.ingest(slices.Clone(all)...)
			length := rapid.Int64Range(1, at-from+100_000+60_000).Draw(rt, "length")
			every := rapid.Int64Range(max(1, length/300), length+1).Draw(rt, "every")
			got, err := n.service.Readings(t.Context(), n.acme, id, from, from+length, every, "", "temperature")
			if err != nil {
				rt.Fatal(err)
			}
			picked := []string{`"\\.temperature`, ".temperature", "<é,}:>.temperature", "a:b.temperature", "box.temperature", "temperature"}
			slices.Sort(picked)
			want := []Readings{}
			for _, name := range picked {
				sums := map[int64]*Readings{}
				for _, p := range all {
					value, said := p.Sensors.Readings()[name]
					if !said || p.Time < from || p.Time >= from+length {
						continue
					}
					i := (p.Time - from) / every
					if sums[i] == nil {
						sums[i] = &Readings{Sensor: name, Interval: i, Least: value, Most: value, First: p.Time}
					}
					r := sums[i]
					r.Count, r.Sum, r.Least, r.Most, r.Last = r.Count+1, r.Sum+value, min(r.Least, value), max(r.Most, value), p.Time
				}
				for _, i := range slices.Sorted(maps.Keys(sums)) {
					want = append(want, *sums[i])
				}
			}
			if !slices.Equal(got, want) {
				rt.Errorf("got\n%+v, want\n%+v", got, want)
			}
		})
	})
}
