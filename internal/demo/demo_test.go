package demo

import (
	"maps"
	"math"
	"slices"
	"testing"
	"time"
)

// monday is a week's beginning well inside a cycle, and some years on.
func monday() time.Time { return time.Date(2026, time.March, 8, 23, 0, 0, 0, time.UTC) }

func history(v Vehicle, from, to time.Time, step time.Duration) []Fix {
	var fixes []Fix
	for f := range v.History(from, to, step) {
		fixes = append(fixes, f)
	}
	return fixes
}

// same says whether two fixes say the same.
func same(a, b Fix) bool {
	return a.Time.Equal(b.Time) && a.Latitude == b.Latitude && a.Longitude == b.Longitude && a.Speed == b.Speed &&
		a.Heading == b.Heading && a.Altitude == b.Altitude && a.Odometer == b.Odometer && a.Battery == b.Battery &&
		a.Ignition == b.Ignition && maps.Equal(a.Sensors, b.Sensors)
}

func TestFleet(t *testing.T) {
	fleet := Fleet()
	if len(fleet) != 6 {
		t.Fatalf("%d vehicles", len(fleet))
	}
	trackers := map[string]bool{}
	for i, v := range fleet {
		trackers[v.Tracker] = true
		sum := 0
		for j, c := range v.Tracker {
			digit := int(c - '0')
			if j%2 == 1 {
				digit = digit*2/10 + digit*2%10
			}
			sum += digit
		}
		if len(v.Tracker) != 15 || sum%10 != 0 {
			t.Errorf("%s: %s is no IMEI", v.Name, v.Tracker)
		}
		again := Fleet()[i]
		if again.Name != v.Name || again.Tracker != v.Tracker || !same(again.At(monday()), v.At(monday())) {
			t.Errorf("%s: another fleet has another vehicle", v.Name)
		}
	}
	if len(trackers) != 6 {
		t.Errorf("trackers %v", trackers)
	}
}

func TestHistoriesEndToEndAreTheWhole(t *testing.T) {
	from := monday().Add(22*time.Hour + 17*time.Second)
	to := from.Add(12 * time.Hour)
	for _, v := range Fleet() {
		for _, step := range []time.Duration{0, time.Second, 7 * time.Second, 7 * time.Minute} {
			whole := history(v, from, to, step)
			var parts []Fix
			for at, i := from, 1; at.Before(to); i++ {
				next := at.Add(time.Duration(i) * 13 * time.Minute / 2)
				if next.After(to) {
					next = to
				}
				parts = append(parts, history(v, at, next, step)...)
				at = next
			}
			if !slices.EqualFunc(whole, parts, same) {
				t.Errorf("%s by %v: %d fixes as a whole, %d in parts", v.Name, step, len(whole), len(parts))
			}
			for i := 0; i < len(whole); i += 1 + len(whole)/12 {
				if f := v.At(whole[i].Time); !same(f, whole[i]) {
					t.Fatalf("%s: at %v\n%+v, in its history\n%+v", v.Name, f.Time, f, whole[i])
				}
			}
		}
	}
}

func TestHistoryHoldsItsBounds(t *testing.T) {
	v := Fleet()[5]
	at := history(v, monday(), monday().Add(time.Hour), 0)[0].Time
	if got := history(v, at, at, 0); len(got) != 0 {
		t.Errorf("an empty range has %d fixes", len(got))
	}
	if got := history(v, at, at.Add(-time.Hour), 0); len(got) != 0 {
		t.Errorf("a range that runs back has %d fixes", len(got))
	}
	if got := history(v, at, at.Add(1), 0); len(got) != 1 || !got[0].Time.Equal(at) {
		t.Errorf("the range of one moment has %d fixes", len(got))
	}
	for range v.History(at, at.Add(time.Hour), 0) {
		break // the iterator must bear it
	}
}

// TestReportsComeAsOften holds the times of reports to what History promises.
func TestReportsComeAsOften(t *testing.T) {
	for _, v := range Fleet() {
		fixes := history(v, monday(), monday().Add(48*time.Hour), 0)
		for i := 1; i < len(fixes); i++ {
			a, b := fixes[i-1], fixes[i]
			gap, most := b.Time.Sub(a.Time), parkedStep
			if a.Ignition {
				most = idleStep
			}
			if a.Speed > 0 {
				most = Step
			}
			if gap <= 0 || gap > most {
				t.Fatalf("%s: %v after %v, ignition %v, speed %v", v.Name, gap, a.Time, a.Ignition, a.Speed)
			}
		}
	}
}

// TestMotionIsPossible follows each vehicle second by second through a working day and a day of the weekend.
func TestMotionIsPossible(t *testing.T) {
	for _, v := range Fleet() {
		for _, day := range []int{1, 6} {
			from := monday().AddDate(0, 0, day)
			last := v.At(from.Add(-time.Second))
			for f := range v.History(from, from.AddDate(0, 0, 1), time.Second) {
				checkStep(t, v, last, f)
				last = f
			}
			if t.Failed() {
				return
			}
		}
	}
}

// checkStep compares two fixes, one second apart if the vehicle moves.
func checkStep(t *testing.T, v Vehicle, a, b Fix) {
	t.Helper()
	seconds := b.Time.Sub(a.Time).Seconds()
	from, to := vertex{latitude: a.Latitude, longitude: a.Longitude}, vertex{latitude: b.Latitude, longitude: b.Longitude}
	north, east := offset(from, to)
	line, driven := math.Hypot(north, east), (b.Odometer-a.Odometer)*1000
	switch {
	case b.Latitude < 35.79 || b.Latitude > 36.0 || b.Longitude < 14.31 || b.Longitude > 14.59:
		t.Errorf("%s is not on Malta: %+v", v.Name, b)
	case b.Altitude < 0 || b.Altitude > 260 || b.Heading < 0 || b.Heading >= 360 || b.Battery < 90 || b.Battery > 100:
		t.Errorf("%s: %+v", v.Name, b)
	case b.Speed < 0 || b.Speed > 100:
		t.Errorf("%s goes at %v km/h", v.Name, b.Speed)
	case !b.Ignition && b.Speed != 0:
		t.Errorf("%s rolls without its engine: %+v", v.Name, b)
	case driven < 0 || line > driven+2:
		t.Errorf("%s: the odometer says %.1f m for a way of %.1f m, %v", v.Name, driven, line, b.Time)
	case seconds == 1 && math.Abs(driven-(a.Speed+b.Speed)/2*kmh) > 1.6:
		t.Errorf("%s: %.1f m in a second, from %v to %v km/h, %v", v.Name, driven, a.Speed, b.Speed, b.Time)
	case seconds > 1 && driven > 15:
		t.Errorf("%s: %.1f m within a rest of %v s, %v", v.Name, driven, seconds, b.Time)
	case line > 4 && math.Abs(math.Remainder(math.Atan2(east, north)*180/math.Pi-b.Heading, 360)) > 75:
		t.Errorf("%s heads for %v and goes %.1f m north, %.1f m east, %v", v.Name, b.Heading, north, east, b.Time)
	}
}

// TestEveryDayOfTheCycle looks at all the days that there are.
func TestEveryDayOfTheCycle(t *testing.T) {
	for _, v := range Fleet() {
		for day := range cycle {
			spans := v.plan(day).spans
			first, last := &spans[0], &spans[len(spans)-1]
			if first.from != 0 || math.Abs(last.to-daySeconds) > 1e-6 {
				t.Fatalf("%s, day %d: from %v to %v", v.Name, day, first.from, last.to)
			}
			if first.state == driving || last.state == driving || last.heatAt(last.to) > 0.3 {
				t.Errorf("%s, day %d: it does not end as the next one begins", v.Name, day)
			}
			home := vertex{latitude: v.HomeLatitude, longitude: v.HomeLongitude}
			for i := range spans {
				if i > 0 && spans[i].from != spans[i-1].to {
					t.Fatalf("%s, day %d: a gap before span %d", v.Name, day, i)
				}
				begin, _, _ := spans[i].place(spans[i].from)
				if i > 0 {
					home, _, _ = spans[i-1].place(spans[i-1].to)
				}
				if apart(begin, home) > 0.1 {
					t.Fatalf("%s, day %d: span %d begins %.1f m off", v.Name, day, i, apart(begin, home))
				}
			}
			if driven := last.driven; math.Abs(driven-(v.before[day+1]-v.before[day])) > 0.01 {
				t.Errorf("%s, day %d: %.3f m driven, %.3f counted", v.Name, day, driven, v.before[day+1]-v.before[day])
			}
		}
	}
}

func TestTheCycleComesAgainAndTheOdometerGoesOn(t *testing.T) {
	for _, v := range Fleet() {
		previous := v.At(epoch()).Odometer
		if math.Abs(previous-v.odometer) > v.before[cycle]/1000/cycle*3 {
			t.Errorf("%s starts with %v km", v.Name, previous)
		}
		for day := range cycle + 3 {
			begins := epoch().Add(time.Duration(v.begins*float64(time.Hour))).AddDate(0, 0, day)
			before, after := v.At(begins.Add(-time.Millisecond)), v.At(begins)
			if math.Abs(after.Odometer-before.Odometer) > 0.002 || after.Odometer < previous {
				t.Fatalf("%s, day %d: the odometer goes from %v to %v", v.Name, day, before.Odometer, after.Odometer)
			}
			if before.Latitude != after.Latitude || before.Longitude != after.Longitude || before.Heading != after.Heading {
				t.Fatalf("%s, day %d: it turns or jumps in its garage", v.Name, day)
			}
			previous = after.Odometer
			now := begins.Add(11 * time.Hour)
			once, again := v.At(now), v.At(now.AddDate(0, 0, cycle))
			if once.Latitude != again.Latitude || math.Abs(again.Odometer-once.Odometer-v.before[cycle]/1000) > 0.002 {
				t.Fatalf("%s, day %d: %+v and a cycle on %+v", v.Name, day, once, again)
			}
		}
	}
}

func TestAnyMomentIsAnswered(t *testing.T) {
	for _, v := range Fleet() {
		for _, at := range []time.Time{{}, time.Unix(0, 0), epoch().Add(-1), time.Date(1999, 1, 1, 12, 0, 0, 0, time.UTC), time.Date(2090, 6, 1, 12, 0, 0, 0, time.UTC)} {
			f := v.At(at)
			if !f.Time.Equal(at) || f.Odometer < 0 || f.Latitude < 35 || math.IsNaN(f.Speed) {
				t.Errorf("%s at %v: %+v", v.Name, at, f)
			}
		}
	}
}

// TestTwoAreAlwaysOnTheMove looks at every half hour of the cycle, so that a demonstration shows movement whenever it
// is started.
func TestTwoAreAlwaysOnTheMove(t *testing.T) {
	const minutes, window = cycle * 24 * 60, 30
	moving := make([]int, minutes) // how many vehicles move within the window that begins here
	for _, v := range Fleet() {
		stirs := make([]bool, minutes)
		for day := range cycle {
			for _, s := range v.plan(day).spans {
				if begins := (float64(day*24) + v.begins) * 60; s.state == driving {
					for m := int(begins + s.from/60); m <= int(begins+s.to/60); m++ {
						stirs[m%minutes] = true
					}
				}
			}
		}
		for m := range minutes {
			for w := range window {
				if stirs[(m+w)%minutes] {
					moving[m]++
					break
				}
			}
		}
	}
	for m, count := range moving {
		if count < 2 {
			t.Fatalf("%d vehicles move in the half hour from day %d, minute %d", count, m/1440, m%1440)
		}
	}
}

func TestAMonthHasTheSizeOfOne(t *testing.T) {
	total := 0
	for _, v := range Fleet() {
		fixes := len(history(v, monday(), monday().AddDate(0, 0, 30), 0))
		if perDay := fixes / 30; perDay < 400 || perDay > 3000 {
			t.Errorf("%s: %d fixes a day", v.Name, perDay)
		}
		total += fixes
	}
	if total < 150_000 || total > 250_000 {
		t.Errorf("%d fixes a month", total)
	}
}

func TestTheColdStore(t *testing.T) {
	for _, v := range Fleet() {
		warmest, coldest, opened := -99.0, 99.0, false
		for f := range v.History(monday(), monday().AddDate(0, 0, 7), 0) {
			if (f.Sensors != nil) != v.cold {
				t.Fatalf("%s: sensors %v", v.Name, f.Sensors)
			}
			warmest, coldest = max(warmest, f.Sensors["temperature"]), min(coldest, f.Sensors["temperature"])
			opened = opened || f.Sensors["door"] == 1
		}
		if v.cold && (warmest > -5 || warmest < -16 || coldest > -19 || coldest < -21 || !opened) {
			t.Errorf("%s: from %v to %v °C, door opened: %v", v.Name, coldest, warmest, opened)
		}
	}
}

func TestTheNetOfRoads(t *testing.T) {
	n := newNetwork()
	if len(n.ids) != len(n.places) {
		t.Error("two junctions have one name")
	}
	for _, r := range roads() {
		line := n.trace(r, n.place(r.from), n.place(r.to))
		for i := 1; i < len(line); i++ {
			if step := line[i].distance - line[i-1].distance; step < 20 || step > 1600 {
				t.Errorf("from %s to %s: %.0f m from point %d to the next", r.from, r.to, step, i-1)
			}
		}
	}
	for _, j := range junctions() {
		if j.id == "valletta" {
			continue
		}
		p := n.path("valletta", j.id)
		straight := apart(p.vertices[0], n.place(j.id))
		if apart(p.vertices[len(p.vertices)-1], n.place(j.id)) > 1e-6 || p.length() > 3*straight+500 {
			t.Errorf("%s: %.0f m by road, %.0f m straight", j.id, p.length(), straight)
		}
	}
}

func BenchmarkFleet(b *testing.B) {
	for b.Loop() {
		Fleet()
	}
}

// BenchmarkMonth makes the month of all six vehicles.
func BenchmarkMonth(b *testing.B) {
	fleet := Fleet()
	fixes := 0
	for b.Loop() {
		for _, v := range fleet {
			for range v.History(monday(), monday().AddDate(0, 0, 30), 0) {
				fixes++
			}
		}
	}
	b.ReportMetric(float64(fixes)/float64(b.N), "fixes/op")
}

func BenchmarkAt(b *testing.B) {
	v := Fleet()[0]
	at := monday().Add(9 * time.Hour)
	for b.Loop() {
		v.At(at)
	}
}
