package trail

import "testing"

func TestStatus(t *testing.T) {
	const now = int64(1_800_000_000_000)
	for _, test := range []struct {
		want string
		last *Position
	}{
		{"unavailable", nil},
		{"offline", &Position{Time: now - 1_800_000, Speed: Some(50.0)}},
		{"moving", &Position{Time: now - 1_799_999, Speed: Some(50.0)}},
		{"moving", &Position{Time: now + 60_000, Speed: Some(10.1), Ignition: Some(false)}},
		{"slow_moving", &Position{Time: now, Speed: Some(10.0)}},
		{"slow_moving", &Position{Time: now, Speed: Some(2.0), Ignition: Some(true)}},
		{"idle", &Position{Time: now, Speed: Some(1.9), Ignition: Some(true)}},
		{"idle", &Position{Time: now, Ignition: Some(true)}},
		{"parked", &Position{Time: now, Speed: Some(0.0), Ignition: Some(false)}},
		{"parked", &Position{Time: now}},
	} {
		if got := statusOf(test.last, now); got != test.want {
			t.Errorf("%+v: %s, want %s", test.last, got, test.want)
		}
	}
}
