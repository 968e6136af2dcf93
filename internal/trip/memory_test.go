package trip

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestRules(t *testing.T) {
	for _, c := range []struct {
		name string
		road func(*road)
		want []string
	}{
		{"ignition and speeds", func(r *road) {
			r.speeds = true
			r.turn(false).ride(10, 0).turn(true).ride(2, 0).ride(20, 60).ride(3, 0).ride(5, 60).turn(false).ride(10, 0)
		}, []string{
			"stop 0:30-10:30 after_gap>ignition_on",
			"trip 10:30-40:30 ignition_on>ignition_off 25.0 km idle 300",
			"stop 40:30- ignition_off"}},
		{"the engine runs long before it leaves", func(r *road) {
			r.speeds = true
			r.turn(false).ride(10, 0).turn(true).ride(10, 0).ride(10, 60)
		}, []string{
			"stop 0:30-20:00 after_gap>movement idle 570",
			"trip 20:00- movement"}},
		{"standing with the ignition on", func(r *road) {
			r.speeds = true
			r.turn(true).ride(10, 0).ride(10, 60).ride(10, 0).turn(false).ride(5, 0).turn(true).ride(5, 60)
		}, []string{
			"stop 0:30-10:00 after_gap>movement idle 570",
			"trip 10:00-20:30 movement>standing 10.0 km idle 30",
			"stop 20:30-35:00 standing>ignition_on idle 600",
			"trip 35:00- ignition_on"}},
		{"speeds alone", func(r *road) {
			r.speeds = true
			r.ride(10, 0).ride(10, 60).ride(10, 0).ride(10, 30).ride(4, 0).ride(10, 30)
		}, []string{
			"stop 0:30-10:00 after_gap>movement",
			"trip 10:00-20:30 movement>standing 10.0 km idle 30",
			"stop 20:30-30:00 standing>movement",
			"trip 30:00- movement"}},
		{"positions alone", func(r *road) {
			r.every = 5000
			r.ride(10, 0).ride(10, 60).ride(10, 0).ride(10, 30).ride(4, 0).ride(10, 30)
		}, []string{
			"stop 0:05-10:00 after_gap>movement",
			"trip 10:00-20:00 movement>standing 10.0 km",
			"stop 20:00-30:00 standing>movement",
			"trip 30:00- movement"}},
		{"first seen on the way", func(r *road) { r.speeds = true; r.ride(10, 60).ride(10, 0) }, []string{
			"trip 0:30-10:30 after_gap>standing 9.5 km idle 30",
			"stop 10:30- standing"}},
		{"lost on the way, found elsewhere", func(r *road) { r.speeds = true; r.ride(10, 60).hush(30, 20).ride(10, 60) }, []string{
			"trip 0:30-10:00 after_gap>gap 9.5 km",
			"trip 40:30- after_gap"}},
		{"lost on the way, found there", func(r *road) { r.speeds = true; r.ride(10, 60).hush(300, 0).ride(1, 0).ride(10, 60) }, []string{
			"trip 0:30-10:00 after_gap>gap 9.5 km",
			"stop 10:00-311:00 gap>movement",
			"trip 311:00- movement"}},
		{"parked, a position an hour", func(r *road) {
			r.turn(true).ride(10, 60).turn(false)
			for range 10 {
				r.ride(0.5, 0).hush(60, 0)
			}
			r.turn(true).ride(10, 60)
		}, []string{
			"trip 0:30-10:30 after_gap>ignition_off 9.5 km idle 30",
			"stop 10:30-555:00 ignition_off>gap",
			"trip 615:30- after_gap"}},
		{"parked, gone without a word", func(r *road) { r.speeds = true; r.ride(10, 60).ride(10, 0).hush(100, 50).ride(10, 0) }, []string{
			"trip 0:30-10:30 after_gap>standing 9.5 km idle 30",
			"stop 10:30-20:00 standing>gap",
			"stop 120:30- after_gap"}},
		{"a jump while parked", func(r *road) {
			r.every = 10_000
			r.ride(10, 0)
			r.km += 0.5
			r.ride(0.5, 0)
			r.km -= 0.5
			r.ride(10, 0)
		}, []string{"stop 0:10- after_gap"}},
		{"a jump while it comes to stand", func(r *road) {
			r.every = 10_000
			r.ride(10, 60).ride(2, 0)
			r.km += 0.5
			r.ride(0.5, 0)
			r.km -= 0.5
			r.ride(10, 0)
		}, []string{
			"trip 0:10-10:00 after_gap>standing 9.8 km",
			"stop 10:00- standing"}},
		{"a leap for good", func(r *road) { r.ride(10, 0).hush(0, 500).ride(10, 0) }, []string{
			"stop 0:30-10:00 after_gap>gap",
			"stop 12:30- after_gap"}},
		{"drifting while locked", func(r *road) {
			r.speeds = true
			r.turn(false).ride(10, 0).ride(1, 9).ride(1, -9).ride(1, 9).ride(10, 0)
		}, []string{"stop 0:30- after_gap"}},
		{"towed", func(r *road) { r.turn(false).ride(10, 0).ride(10, 60).ride(10, 0) }, []string{
			"stop 0:30-10:00 after_gap>movement",
			"trip 10:00-20:00 movement>standing 10.0 km",
			"stop 20:00- standing"}},
		{"off and on again", func(r *road) {
			r.speeds = true
			r.turn(true).ride(10, 60).turn(false).ride(0.5, 0).turn(true).ride(0.5, 0).ride(10, 60)
		}, []string{
			"trip 0:30-10:30 after_gap>ignition_off 9.5 km idle 30",
			"stop 10:30-11:00 ignition_off>ignition_on",
			"trip 11:00- ignition_on"}},
		{"a yard", func(r *road) { r.speeds = true; r.turn(true).ride(10, 0).ride(0.5, 8).ride(10, 0) }, []string{"stop 0:30- after_gap"}},
		{"alone", func(r *road) { r.ride(0.5, 0) }, nil},
		{"elsewhere every hour", func(r *road) { r.ride(0.5, 0).hush(60, 10).ride(0.5, 0).hush(60, 10).ride(0.5, 0) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRoad()
			c.road(r)
			got := told(segments(t, Thresholds{}, r.positions))
			if diff := cmp.Diff(strings.Join(c.want, "\n"), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is saved reads back as what it was, whatever the state: the names in save.go are those of the tags.
func TestSaveReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Make[state]().Draw(t, "state")
		want.Kind, want.Reason = Going, Stood
		for _, s := range []*spot{&want.Start, &want.Last, &want.From, &want.Centre, &want.Left, &want.On} {
			if s.Time == 0 {
				*s = spot{} // no spot
			}
		}
		text, err := (&memory{state: want}).MarshalJSON()
		if err != nil || !json.Valid(text) {
			t.Fatalf("%s, %v", text, err)
		}
		var got state
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.AllowUnexported(anchor{})); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	})
}
