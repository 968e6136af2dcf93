package tracker

import (
	"errors"
	"maps"
	"math"
	"strings"
	"testing"
)

func TestOsmAndForm(t *testing.T) {
	const query = "id=358&timestamp=1700000000&lat=52.5&lon=-13.25&speed=10&bearing=90&altitude=34.5&accuracy=4.5&hdop=0.9&batt=88.5&charge=true&ignition=false&temp=21.5&name=van&driverUniqueId=01234567"
	for name, c := range map[string][2]string{"query": {query, ""}, "body": {"", query}, "both": {"id=358&timestamp=1700000000", query}} {
		reports, err := ReadOsmAnd(c[0], []byte(c[1]))
		if err != nil || len(reports) != 1 {
			t.Fatalf("%s: %v", name, err)
		}
		r := reports[0]
		if r.Identity != "358" || r.Time != 1_700_000_000_000 || !r.Fixed || r.Latitude != 52.5 || r.Longitude != -13.25 || math.Abs(*r.Speed-18.52) > 1e-9 ||
			*r.Heading != 90 || *r.Altitude != 34.5 || *r.Accuracy != 4.5 || *r.Battery != 88.5 || *r.Ignition ||
			!maps.Equal(r.Sensors, map[string]float64{"hdop": 0.9, "charging": 1, "temp": 21.5, "ibutton": 1234567}) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestOsmAndTimes(t *testing.T) {
	for text, want := range map[string]int64{
		"1700000000": 1_700_000_000_000, "1700000000123": 1_700_000_000_123, "1700000000.5": 1_700_000_000_500,
		"2023-11-14T22:13:20Z": 1_700_000_000_000, "2023-11-14T23:13:20.250%2B01:00": 1_700_000_000_250,
		"2023-11-14T22:13:20.000%2B0000": 1_700_000_000_000, "2023-11-14+22:13:20": 1_700_000_000_000, "": 0, "0": 0, "1970-01-01T00:00:00Z": 0,
	} {
		reports, err := ReadOsmAnd("id=1&lat=1&lon=2&timestamp="+text, nil)
		if err != nil || reports[0].Time != want || reports[0].Undated != (text == "") {
			t.Errorf("%q: %+v %v", text, reports, err)
		}
	}
}

// TestOsmAndWithoutPlace: what has no position is understood, and is none.
func TestOsmAndWithoutPlace(t *testing.T) {
	for query, fixed := range map[string]bool{"id=1": false, "id=1&lat=5": false, "id=1&lat=5&lon=6&valid=false": false, "id=1&lat=5&lon=6&valid=1": true,
		"deviceid=1&location=5,6": true, "id=1&lat=5&lon=6&speed=-1&bearing=-1&accuracy=-1&batt=-1": true} {
		reports, err := ReadOsmAnd(query, nil)
		if err != nil || reports[0].Fixed != fixed || reports[0].Speed != nil || reports[0].Heading != nil || reports[0].Accuracy != nil || reports[0].Battery != nil {
			t.Errorf("%s: %+v %v", query, reports, err)
		}
	}
}

func TestOsmAndJSON(t *testing.T) {
	const location = `{"timestamp":"2023-11-14T22:13:20.123Z","coords":{"latitude":52.5,"longitude":-13.25,"accuracy":4.5,"speed":10,"heading":90,"altitude":34.5},
		"is_moving":true,"odometer":1234.5,"event":"motionchange","battery":{"level":0.5,"is_charging":false},"activity":{"type":"still"},"extras":{}}`
	for name, body := range map[string]string{"one": `{"location":` + location + `,"device_id":"358"}`, "a number": `{"location":` + location + `,"device_id":358}`,
		"several": `{"device_id":"358","location":[` + location + `]}`} {
		reports, err := ReadOsmAnd("", []byte(body))
		if err != nil || len(reports) != 1 {
			t.Fatalf("%s: %v", name, err)
		}
		r := reports[0]
		if r.Identity != "358" || r.Time != 1_700_000_000_123 || !r.Fixed || r.Latitude != 52.5 || r.Longitude != -13.25 || *r.Speed != 36 || *r.Heading != 90 ||
			*r.Altitude != 34.5 || *r.Accuracy != 4.5 || *r.Battery != 50 || *r.Odometer != 1.2345 || !maps.Equal(r.Sensors, map[string]float64{"movement": 1, "charging": 0}) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	reports, err := ReadOsmAnd("id=7", []byte(`{"location":{"coords":{"latitude":1,"longitude":2,"speed":-1,"heading":-1},"battery":{"level":-1}}}`))
	if err != nil || reports[0].Identity != "7" || reports[0].Speed != nil || reports[0].Heading != nil || reports[0].Battery != nil || !reports[0].Undated {
		t.Errorf("%+v %v", reports, err)
	}
}

func TestOsmAndUnreadable(t *testing.T) {
	for query, body := range map[string]string{
		"": "", "lat=1&lon=2": "", "id=1&lat=x&lon=2": "", "id=1&timestamp=yesterday": "", "id=1&location=5": "", "id=%zz": "", "id=1&timestamp=1e300": "",
		"id=1": `{"location":`, "id=2": `{"location":5}`, "id=3": `{"location":[]}`, "id=4": `{}`, "id=5": `{"location":{"timestamp":"soon"}}`, "x=6": `{"location":{}}`,
		"id=7": `{"location":[` + strings.Repeat("{},", maxLocations) + `{}]}`,
	} {
		if reports, err := ReadOsmAnd(query, []byte(body)); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%q %.40q: %+v %v", query, body, reports, err)
		}
	}
}

func FuzzOsmAnd(f *testing.F) {
	f.Add("id=1&timestamp=1700000000&lat=1&lon=2&speed=3&batt=4&ignition=true", []byte(nil))
	f.Add("", []byte("deviceid=1&location=1,2&driverUniqueId=E30000183A8B1501"))
	f.Add("", []byte(`{"location":{"timestamp":"2023-11-14T22:13:20Z","coords":{"latitude":1,"longitude":2}},"device_id":"1"}`))
	f.Add("id=1", []byte(`{"location":[{"battery":{"level":0.5}}]}`))
	f.Fuzz(func(t *testing.T, query string, body []byte) {
		reports, err := ReadOsmAnd(query, body)
		if err != nil && !errors.Is(err, ErrUnreadable) || err == nil && len(reports) == 0 {
			t.Fatalf("%+v, %v", reports, err)
		}
		for i := range reports {
			if checkReport(t, &reports[i]); err == nil && reports[i].Identity == "" {
				t.Fatal("a report of nobody")
			}
		}
	})
}
