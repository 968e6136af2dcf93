package tracker

import (
	"errors"
	"maps"
	"math"
	"testing"
)

const forwarded = `{"position":{"id":1,"deviceId":2,"protocol":"teltonika","serverTime":"2023-11-14T22:13:25.000+00:00","deviceTime":"2023-11-14T22:13:21.000+00:00",
	"fixTime":"2023-11-14T22:13:20.000+00:00","outdated":false,"valid":true,"latitude":52.5,"longitude":-13.25,"altitude":34.5,"speed":10,"course":90,"address":null,
	"accuracy":0,"network":null,"attributes":{"ignition":true,"motion":false,"totalDistance":12500.5,"odometer":99000,"batteryLevel":85,"battery":3.9,"power":12.5,
	"sat":9,"temp1":-4.5,"hours":5400000,"alarm":"powerCut","driverUniqueId":"E30000183A8B1501","io77":5,"event":240}},
	"device":{"id":2,"name":"Van","uniqueId":"358","status":"online"}}`

func TestTraccar(t *testing.T) {
	r, err := ReadTraccar([]byte(forwarded))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"movement": 0, "can_odometer": 99, "battery_voltage": 3.9, "external_voltage": 12.5, "wire1.temperature": -4.5, "engine_hours": 1.5,
		"power_cut": 1, "ibutton": 0x183A8B15, "io77": 5, "event": 240}
	if r.Identity != "358" || r.Time != 1_700_000_000_000 || !r.Fixed || r.Latitude != 52.5 || r.Longitude != -13.25 || math.Abs(*r.Speed-18.52) > 1e-9 || *r.Heading != 90 ||
		*r.Altitude != 34.5 || r.Accuracy != nil || *r.Odometer != 12.5005 || *r.Battery != 85 || *r.Satellites != 9 || !*r.Ignition || !maps.Equal(r.Sensors, want) {
		t.Errorf("%+v", r)
	}
}

func TestTraccarShapes(t *testing.T) {
	for body, want := range map[string]Report{
		`{"position":{"fixTime":1700000000000,"latitude":1,"longitude":2},"device":{"uniqueId":"a"}}`:                 {Time: 1_700_000_000_000, Fixed: true},
		`{"position":{"deviceTime":"2023-11-14T22:13:20Z","latitude":1,"longitude":2},"device":{"uniqueId":"a"}}`:     {Time: 1_700_000_000_000, Fixed: true},
		`{"position":{"fixTime":1700000000000,"valid":false,"latitude":1,"longitude":2},"device":{"uniqueId":"a"}}`:   {Time: 1_700_000_000_000},
		`{"position":{"fixTime":1700000000000,"outdated":true,"latitude":1,"longitude":2},"device":{"uniqueId":"a"}}`: {Time: 1_700_000_000_000},
		`{"position":{"fixTime":1700000000000,"attributes":{"driverUniqueId":"nobody"}},"device":{"uniqueId":"a"}}`:   {Time: 1_700_000_000_000},
		`{"position":{"fixTime":1700000000000,"latitude":1,"longitude":2,"attributes":{}},"device":{"uniqueId":"a"}}`: {Time: 1_700_000_000_000, Fixed: true},
	} {
		if r, err := ReadTraccar([]byte(body)); err != nil || r.Time != want.Time || r.Fixed != want.Fixed || r.Identity != "a" || r.Sensors != nil {
			t.Errorf("%s: %+v %v", body, r, err)
		}
	}
	for _, body := range []string{"", "{}", "[]", `{"position":{}}`, `{"position":{},"device":{}}`, `{"position":{"fixTime":"x"},"device":{"uniqueId":"a"}}`, `{"position":{"latitude":"1"},"device":{"uniqueId":"a"}}`} {
		if r, err := ReadTraccar([]byte(body)); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: %+v %v", body, r, err)
		}
	}
}

func FuzzTraccar(f *testing.F) {
	f.Add([]byte(forwarded))
	f.Add([]byte(`{"position":{"fixTime":1700000000000,"attributes":{"temp1":1e300}},"device":{"uniqueId":"a"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := ReadTraccar(body)
		if err != nil && !errors.Is(err, ErrUnreadable) || err == nil && r.Identity == "" {
			t.Fatalf("%+v, %v", r, err)
		}
		checkReport(t, &r)
	})
}
