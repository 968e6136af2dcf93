package trail

import "testing"

func TestStatus(t *testing.T) {
	const now = int64(1_800_000_000_000)
	for _, test := range []struct {
		want string
		last *lastKnown
	}{
		{"unavailable", nil},
		{"disconnected", &lastKnown{Position: Position{Time: now - 86_400_000, Speed: Some(50.0)}, home: true}},
		{"offline", &lastKnown{Position: Position{Time: now - 86_399_999}, stopAndGo: true}},
		{"in_traffic", &lastKnown{Position: Position{Time: now, Speed: Some(12.0), Ignition: Some(true)}, stopAndGo: true}},
		{"in_traffic", &lastKnown{Position: Position{Time: now, Speed: Some(0.0), Ignition: Some(true)}, stopAndGo: true}},
		{"garage", &lastKnown{Position: Position{Time: now}, home: true}},
		{"idle", &lastKnown{Position: Position{Time: now, Ignition: Some(true)}, home: true}},
		{"slow_moving", &lastKnown{Position: Position{Time: now, Speed: Some(3.0)}, home: true}},
		{"offline", &lastKnown{Position: Position{Time: now - 1_800_000, Speed: Some(50.0)}}},
		{"moving", &lastKnown{Position: Position{Time: now - 1_799_999, Speed: Some(50.0)}}},
		{"moving", &lastKnown{Position: Position{Time: now + 60_000, Speed: Some(10.1), Ignition: Some(false)}}},
		{"slow_moving", &lastKnown{Position: Position{Time: now, Speed: Some(10.0)}}},
		{"slow_moving", &lastKnown{Position: Position{Time: now, Speed: Some(2.0), Ignition: Some(true)}}},
		{"idle", &lastKnown{Position: Position{Time: now, Speed: Some(1.9), Ignition: Some(true)}}},
		{"idle", &lastKnown{Position: Position{Time: now, Ignition: Some(true)}}},
		{"parked", &lastKnown{Position: Position{Time: now, Speed: Some(0.0), Ignition: Some(false)}}},
		{"parked", &lastKnown{Position: Position{Time: now}}},
	} {
		if got := statusOf(test.last, DefaultSettings(), now); got != test.want {
			t.Errorf("%+v: %s, want %s", test.last, got, test.want)
		}
	}
}

// A vehicle that stands and goes at a junction is in traffic, until it drives off.
func TestStopAndGo(t *testing.T) {
	var m Motion
	second := int64(0)
	take := func(seconds int64, speed float64, ignition bool) bool {
		second += seconds
		m.step(&Step{Position: &Position{Time: second * 1000, Latitude: 52 + float64(second)*1e-5, Longitude: 13, Speed: Some(speed), Ignition: Some(ignition)}})
		return m.StopAndGo()
	}
	for _, step := range []struct {
		seconds int64
		speed   float64
		want    bool
	}{
		{100_000, 40, false}, {60, 0, false}, {30, 15, false}, {30, 0, false}, // 40 km/h is 2 minutes ago
		{30, 12, false}, {40, 0, true}, {30, 20, true}, {30, 0, true},
		{400, 0, false}, // it has stood for long
		{30, 20, false}, {30, 0, false}, {30, 20, true}, {30, 28, false}, {30, 20, false},
	} {
		if got := take(step.seconds, step.speed, true); got != step.want {
			t.Errorf("at %d s, %v km/h: %v", second, step.speed, got)
		}
	}
	take(200, 0, true)
	take(30, 20, true)
	if !take(30, 0, true) || take(1, 0, false) {
		t.Error("it is in traffic with the ignition on, and not with it off")
	}
}

func TestMotion(t *testing.T) {
	var m Motion
	for _, step := range []struct {
		p       Position
		moved   float64 // km, to 1 per cent
		engine  int64
		comment string
	}{
		{Position{Time: 1000_000, Latitude: 52, Longitude: 13, Ignition: Some(true)}, 0, 0, "the first"},
		{Position{Time: 1060_000, Latitude: 52.01, Longitude: 13}, 1.112, 60_000, "a way, the ignition as it was"},
		{Position{Time: 1061_000, Latitude: 53, Longitude: 13}, 0, 1_000, "a jump"},
		{Position{Time: 1121_000, Latitude: 53.01, Longitude: 13, Speed: Some(0.0), Ignition: Some(false)}, 1.112, 60_000, "a way to where it stands"},
		{Position{Time: 1181_000, Latitude: 53.0101, Longitude: 13, Speed: Some(0.0)}, 0, 0, "it wanders by 11 metres"},
		{Position{Time: 1241_000, Latitude: 53.0201, Longitude: 13, Speed: Some(60.0), Ignition: Some(true)}, 1.112, 0, "it goes on"},
		{Position{Time: 9_000_000, Latitude: 53.0201, Longitude: 13, Speed: Some(60.0)}, 0, 0, "nothing for two hours"},
	} {
		s := Step{Position: &step.p}
		m.step(&s)
		if s.Moved < step.moved*0.99 || s.Moved > step.moved*1.01 || s.Engine != step.engine {
			t.Errorf("%s: moved %v km, the engine ran %d ms", step.comment, s.Moved, s.Engine)
		}
	}
	if m.Distance < 3.3 || m.Distance > 3.4 || m.Engine != 121_000 {
		t.Errorf("%+v", m)
	}
}
