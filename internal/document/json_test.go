package document

import (
	"encoding/json"
	"math"
	"testing"
)

func TestJSON(t *testing.T) {
	r := read(t, write(t, sample(t), JSON))
	trips := r.Tables[0]
	if len(trips.Rows) != 140 || len(r.Tables) != 3 || len(r.Charts) != 2 || len(r.Maps) != 1 {
		t.Fatalf("%d rows, %d tables, %d charts, %d maps", len(trips.Rows), len(r.Tables), len(r.Charts), len(r.Maps))
	}
	first := trips.Rows[0]
	// 3.25 km in miles of 1.609344 km; before two in the night of the change the clock is an hour from UTC, later two.
	if first["start"] != "2026-03-29T00:40:00+01:00" || first["distance"] != 2.019 || first["duration"] != 600.0 || first["asset"] != "Van 1" {
		t.Errorf("the first row: %v", first)
	}
	if third := trips.Rows[3]; third["start"] != "2026-03-29T03:31:00+02:00" || third["end"] != nil {
		t.Errorf("a row after the clock went forward: %v", third)
	}
	sum := 0.0
	for _, row := range trips.Rows {
		sum += row["distance"].(float64)
	}
	if total := trips.Totals["distance"].(float64); math.Abs(total-sum) > 1e-6 {
		t.Errorf("the total is %v, the sum of the rows %v", total, sum)
	}
	kinds := r.Tables[1].Rows
	want := map[string]any{
		"text": "+1 all", "count": 1234567.0, "number": 1234.5678, "distance": 767.125, "speed": 54.21, "duration": 93909.0, "moment": "2026-03-29T00:40:00+01:00",
		"day": "2026-03-29", "latitude": 35.8989123, "heading": 270.4, "temperature": -12.34, "percent": 56.79,
	}
	for key, value := range want {
		if kinds[0][key] != value {
			t.Errorf("%s: %v, not %v", key, kinds[0][key], value)
		}
		if kinds[1][key] != nil {
			t.Errorf("%s that isn't known: %v", key, kinds[1][key])
		}
	}
	if kinds[3]["number"] != nil || kinds[3]["distance"] != nil || kinds[3]["speed"] != nil {
		t.Errorf("numbers that are none: %v", kinds[3])
	}
	if r.Charts[1].Series[0].Values[10] != nil || r.Charts[1].Series[0].Values[0] != 4.0 {
		t.Errorf("the line of temperatures: %v", r.Charts[1].Series[0].Values)
	}
	var line [][2]float64
	if err := json.Unmarshal(r.Maps[0].Features[1].Geometry.Coordinates, &line); err != nil || len(line) != 600 || line[0] != [2]float64{14.58, 35.9} {
		t.Errorf("the way: %v, %d points", err, len(line))
	}
	km := read(t, write(t, kilometres(t), JSON))
	if km.Figures["distance"] != 8421.337 || km.Figures["top_speed"] != 96.0 || km.Figures["idle_share"] != nil {
		t.Errorf("figures in kilometres: %v", km.Figures)
	}
	valid(t, write(t, empty(t), JSON))
}
