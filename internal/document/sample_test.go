package document

import (
	"fmt"
	"iter"
	"math"
	"testing"
	"time"
)

func zone(t failer, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// rowsOf yields rows that stand in memory.
func rowsOf(rows ...[]any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// sample is a document that has all there is: each kind of value and of section, values that aren't known, several scripts, a table
// of some pages, an empty one, names that try to be something else, miles.
func sample(t testing.TB) *Document {
	malta := zone(t, "Europe/Malta")
	start := time.Date(2026, 3, 29, 0, 40, 0, 0, malta) // the clock goes forward at two that night
	names := []string{
		"Van 1", "Ħal Għaxaq – Ġebel & Żebbuġ", "Φορτηγό Αθήνα", "Грузовик «Север»", "شاحنة السلام", "Truck شاحنة 7 (Valletta)",
		`=HYPERLINK("http://x","y")`, "<script>alert(1)</script>", "A name that goes on for much longer than any column of a table on paper is wide",
		"Łódź Çeşme Ñandú Ōtsu Ệ",
	}
	trips := func(yield func([]any, error) bool) {
		for i := range 140 {
			from := start.Add(time.Duration(i) * 37 * time.Minute)
			took := float64(600 + i*61)
			km := 3.25 + float64(i%17)*7.123456
			row := []any{
				names[i%len(names)], from, from.Add(time.Duration(took) * time.Second), km, took, km / took * 3600, 4 + float64(i%9)*11.5, int64(i % 4),
			}
			if i%7 == 3 {
				row[2], row[6] = nil, nil
			}
			if !yield(row, nil) {
				return
			}
		}
	}
	kinds := rowsOf(
		[]any{"+1 all", int64(1234567), 1234.5678, 1234.5678, 87.25, 93909.0, start, time.Date(2026, 3, 29, 0, 0, 0, 0, malta), 35.8989123, 270.4, -12.34, 56.789},
		[]any{nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil},
		[]any{"@ zero\nand a line", int64(0), 0.0, 0.0, 0.0, 0.0, time.Date(2026, 10, 25, 2, 30, 0, 0, malta), time.Date(2026, 10, 25, 0, 0, 0, 0, malta), -35.5, 0.0, 0.0, 0.0},
		[]any{"-2 odd", int64(-5), math.NaN(), math.Inf(1), math.Inf(-1), 59.6, start.Add(3 * time.Hour), nil, 0.0000001, 359.6, 41.05, 100.0},
	)
	var route []Place
	for i := range 600 {
		a := float64(i) / 600 * 2 * math.Pi
		route = append(route, Place{35.9 + 0.06*math.Sin(a) + 0.012*math.Sin(9*a), 14.45 + 0.11*math.Cos(a) + 0.02*math.Cos(7*a)})
	}
	var days []string
	var distance, other, temperature []float64
	for i := range 31 {
		days = append(days, fmt.Sprintf("%d Mar", i+1))
		distance = append(distance, 60+40*math.Sin(float64(i)))
		other = append(other, 30+25*math.Cos(float64(i)/2))
		temperature = append(temperature, 4+8*math.Sin(float64(i)/3))
	}
	temperature[10] = math.NaN()
	return &Document{
		Type: "trips", Title: "Trips of March – Vjaġġi ta’ Marzu", Account: "Acme Logistics & Ko. Ltd",
		Subjects: names[:6],
		From:     time.Date(2026, 3, 1, 0, 0, 0, 0, malta), To: time.Date(2026, 4, 1, 0, 0, 0, 0, malta),
		Zone: malta, Units: Miles, MadeAt: time.Date(2026, 4, 1, 6, 30, 0, 0, time.UTC),
		Figures: []Figure{
			{"distance", "Distance", Distance, 8421.337}, {"trips", "Trips", Count, int64(140)},
			{"driving_time", "Driving time", Duration, 677270.0}, {"top_speed", "Top speed", Speed, 96.0},
			{"first_trip", "First trip", Moment, start}, {"busiest_day", "Busiest day", Day, time.Date(2026, 3, 30, 0, 0, 0, 0, malta)},
			{"coldest", "Coldest", Temperature, -4.25}, {"in_use", "In use", Percent, 43.21}, {"idle_share", "Idle share", Percent, nil},
			{"busiest_asset", "Busiest asset", Text, "Ħal Għaxaq – Ġebel & Żebbuġ"},
		},
		Sections: []Section{
			&Chart{Key: "by_day", Title: "Distance by day", Kind: Distance, Labels: days, Series: []Series{{"Van 1", distance}, {"شاحنة السلام", other}}},
			&Map{Key: "route", Title: "The way of Van 1", Lines: []Line{{"Van 1", route}},
				Shapes: []Shape{{"Depot", [][]Place{{{35.93, 14.40}, {35.93, 14.46}, {35.90, 14.46}, {35.90, 14.40}, {35.93, 14.40}}}}},
				Marks:  []Mark{{"00:40", Start, route[0]}, {"23:10 Ħal Għaxaq", End, route[450]}, {"Stop of 2 h", Stop, route[150]}, {"Top speed", Event, route[320]}}},
			&Table{Key: "trips", Title: "Trips", Rows: trips, Columns: []Column{
				{"asset", "Asset", Text, false}, {"start", "Start", Moment, false}, {"end", "End", Moment, false}, {"distance", "Distance", Distance, true},
				{"duration", "Duration", Duration, true}, {"mean_speed", "Mean speed", Speed, false}, {"top_speed", "Top speed", Speed, false}, {"stops", "Stops", Count, true},
			}},
			&Chart{Key: "temperature", Title: "Temperature in the hold", Kind: Temperature, Lines: true, Labels: days, Series: []Series{{"Sensor 1", temperature}}},
			&Table{Key: "kinds", Title: "Every kind: of value/[cell]", Rows: kinds, Columns: []Column{
				{"text", "Text", Text, false}, {"count", "Count", Count, true}, {"number", "Number", Number, true}, {"distance", "Distance", Distance, true},
				{"speed", "Speed", Speed, false}, {"duration", "Duration", Duration, true}, {"moment", "Moment", Moment, false}, {"day", "Day", Day, false},
				{"latitude", "Latitude", Degrees, false}, {"heading", "Heading", Heading, false}, {"temperature", "Temperature", Temperature, false}, {"percent", "Percent", Percent, false},
			}},
			&Table{Key: "alerts", Title: "Alerts", Rows: rowsOf(), Nothing: "No alerts in this range.", Columns: []Column{{"type", "Type", Text, false}}},
		},
		Notes: []string{"One position each 5 minutes of 2,592,000.", "Distances are measured along the way: <b>not</b> by odometer."},
	}
}

// empty is a document of a range without data.
func empty(t testing.TB) *Document {
	return &Document{
		Type: "mileage", Title: "Mileage", Account: "Acme", From: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC),
		Zone: time.UTC, Units: Kilometres, MadeAt: time.Date(2026, 4, 1, 6, 30, 0, 0, time.UTC), Nothing: "There is no data in this range.",
	}
}
