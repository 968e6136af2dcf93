package alert

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/trail"
)

// script drives a memory of one rule over positions written in short: each line a position, and what was concluded at it.
type script struct {
	t      *testing.T
	memory *memory
	motion trail.Motion
	prior  int64
	asset  int64
}

func newScript(t *testing.T, kind, config string, coolDown int64) *script {
	t.Helper()
	r := &Rule{ID: 1, Type: kind, CoolDown: coolDown, ValidFrom: moment(epoch)}
	if err := json.Unmarshal([]byte(config), &r.Config); err != nil {
		t.Fatal(err)
	}
	if wrong := r.Config.check(kind); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	s := &script{t: t, memory: &memory{}, asset: 7}
	s.memory.attach(newBook([]*Rule{r}, nil))
	return s
}

// step takes a position at a second after epoch and returns what was concluded: "raised at S", "ended S at S".
func (s *script) step(seconds int, set func(*trail.Position, *trail.Motion, *trail.Step)) []string {
	s.t.Helper()
	p := at(s.asset, seconds)
	step := trail.Step{Position: &p, Motion: &s.motion}
	if s.prior != 0 {
		step.Elapsed = p.Time - s.prior
	}
	s.prior, s.motion.Time = p.Time, p.Time
	set(&p, &s.motion, &step)
	s.memory.Step(&step)
	var out []string
	for _, c := range s.memory.raised {
		out = append(out, fmt.Sprintf("raised %d %s%s", (c.at-epoch)/1000, c.message, c.occasion))
	}
	for _, e := range s.memory.ended {
		out = append(out, fmt.Sprintf("ended %d at %d", (e.at-epoch)/1000, (e.endedAt-epoch)/1000))
	}
	s.memory.raised, s.memory.ended = nil, nil
	// What is saved is all that is known.
	text, err := s.memory.MarshalJSON()
	if err != nil {
		s.t.Fatal(err)
	}
	restored := &memory{}
	if err := json.Unmarshal(text, &restored.states); err != nil {
		s.t.Fatal(err)
	}
	restored.attach(s.memory.book)
	s.memory = restored
	return out
}

// point is a position of a table, and what is to be concluded at it.
type point struct {
	second  int
	speed   float64
	on      bool
	sensors map[string]float64
	odo     float64 // 0 for none
	motion  float64 // kilometres that add up
	engine  int64   // seconds
	events  []trail.Event
	want    []string
}

func TestTypes(t *testing.T) {
	enters := func(id int64, kind string, second int64) trail.Event {
		return trail.Event{Kind: "geofence." + kind, Time: epoch + second*1000, SubjectID: id, SubjectName: fmt.Sprint("F", id)}
	}
	temp := func(v float64) map[string]float64 { return map[string]float64{"cargo.temperature": v} }
	for _, c := range []struct {
		name, kind, config string
		coolDown           int64
		points             []point
	}{
		{"speed", Speed, `{"limit":90,"seconds":30}`, 0, []point{
			{second: -10, speed: 200}, // before the rule
			{second: 0, speed: 90}, {second: 10, speed: 91}, {second: 20, speed: 95}, {second: 39, speed: 99},
			{second: 50, speed: 100, want: []string{"raised 40 100 km/h where 90 are allowed for 30 seconds."}},
			{second: 60, speed: 120}, {second: 70, speed: 80, want: []string{"ended 40 at 70"}}, {second: 80, speed: 80}}},
		{"speed at once", Speed, `{"limit":90}`, 0, []point{{second: 0, speed: 97.5, want: []string{"raised 0 97.5 km/h where 90 are allowed."}},
			{second: 1, speed: 90, want: []string{"ended 0 at 1"}}}},
		{"speed after silence begins anew", Speed, `{"limit":90,"seconds":30}`, 0, []point{{second: 0, speed: 95}, {second: 600, speed: 95},
			{second: 630, speed: 95, want: []string{"raised 630 95 km/h where 90 are allowed for 30 seconds."}}}},
		{"cool-down", Speed, `{"limit":90}`, 1, []point{
			{second: 0, speed: 95, want: []string{"raised 0 95 km/h where 90 are allowed."}}, {second: 10, speed: 10, want: []string{"ended 0 at 10"}},
			{second: 20, speed: 95}, {second: 30, speed: 10}, {second: 40, speed: 95},
			{second: 70, speed: 96, want: []string{"raised 60 96 km/h where 90 are allowed."}}}},
		{"idle", Idle, `{"minutes":5}`, 0, []point{{second: 0, on: true}, {second: 200, on: true, speed: 1.9},
			{second: 400, on: true, want: []string{"raised 300 Standing with the ignition on for 5 minutes."}}, {second: 500, want: []string{"ended 300 at 500"}},
			{second: 600, on: true}, {second: 700, on: true, speed: 2}, {second: 901, on: true}, {second: 1000, on: true},
			{second: 3000, on: true}, {second: 3300, on: true, want: []string{"raised 3300 Standing with the ignition on for 5 minutes."}}}},
		{"geofence", Geofence, `{"geofence_ids":[3],"on":["enter","exit"]}`, 0, []point{
			{second: 1, events: []trail.Event{enters(3, "entered", 1), enters(4, "entered", 1)}, want: []string{"raised 1 Entered F3.entered:3"}},
			{second: 9, events: []trail.Event{enters(3, "dwelled", 5), enters(3, "exited", 9)}, want: []string{"raised 9 Left F3.exited:3"}}}},
		{"any geofence", Geofence, `{}`, 0, []point{
			{second: 1, events: []trail.Event{enters(3, "entered", 1), enters(4, "entered", 1), {Kind: "trip.started", Time: epoch}},
				want: []string{"raised 1 Entered F3.entered:3", "raised 1 Entered F4.entered:4"}},
			{second: 9, events: []trail.Event{enters(3, "dwelled", 5), enters(4, "dwelled", -5)}, want: []string{"raised 5 Stayed in F3.dwelled:3"}}}},
		{"geofence cool-down", Geofence, `{"on":["enter"]}`, 1, []point{
			{second: 1, events: []trail.Event{enters(3, "entered", 1)}, want: []string{"raised 1 Entered F3.entered:3"}},
			{second: 60, events: []trail.Event{enters(3, "entered", 60)}},
			{second: 61, events: []trail.Event{enters(3, "entered", 61)}, want: []string{"raised 61 Entered F3.entered:3"}}}},
		{"power", PowerCut, `{}`, 0, []point{{second: 0}, {second: 1, sensors: map[string]float64{"power_cut": 0, "external_voltage": 1}},
			{second: 2, sensors: map[string]float64{"power_cut": 1}, want: []string{"raised 2 The power is cut."}},
			{second: 3}, {second: 4, sensors: map[string]float64{"power_cut": 0}, want: []string{"ended 2 at 4"}}}},
		{"voltage", PowerCut, `{"below_volts":9}`, 0, []point{{second: 1, sensors: map[string]float64{"external_voltage": 9}},
			{second: 2, sensors: map[string]float64{"external_voltage": 8.5}, want: []string{"raised 2 The power is cut: 8.5 V."}},
			{second: 3, sensors: map[string]float64{"power_cut": 1}}, {second: 4, sensors: map[string]float64{"external_voltage": 12}, want: []string{"ended 2 at 4"}}}},
		{"temperature", Temperature, `{"above":8,"minutes":1}`, 0, []point{{second: 0, sensors: temp(8)}, {second: 10, sensors: temp(8.1)},
			{second: 60}, {second: 75, want: []string{"raised 70 cargo.temperature is at 8.1 °C, above the bound of 8 °C for a minute."}},
			{second: 80, sensors: temp(5), want: []string{"ended 70 at 80"}}}},
		{"a band", Temperature, `{"below":2,"above":8}`, 0, []point{{second: 0, sensors: temp(1), want: []string{"raised 0 cargo.temperature is at 1 °C, below the bound of 2 °C."}},
			{second: 1, sensors: temp(9)}, {second: 2, sensors: temp(2), want: []string{"ended 0 at 2"}},
			{second: 3, sensors: temp(9), want: []string{"raised 3 cargo.temperature is at 9 °C, above the bound of 8 °C."}}}},
		{"each sensor by itself", Temperature, `{"above":8,"minutes":1}`, 0, []point{{second: 0, sensors: map[string]float64{"a.temperature": 9, "humidity": 50}},
			{second: 30, sensors: map[string]float64{"temperature": 9}}, {second: 50, sensors: map[string]float64{"a.temperature": 1}}, {second: 70},
			{second: 90, want: []string{"raised 90 temperature is at 9 °C, above the bound of 8 °C for a minute."}}}},
		{"one sensor", Temperature, `{"sensor":"probe","above":8}`, 0, []point{{second: 0, sensors: map[string]float64{"temperature": 99}},
			{second: 1, sensors: map[string]float64{"probe": 9}, want: []string{"raised 1 probe is at 9 °C, above the bound of 8 °C."}}}},
		{"every km", ServiceDue, `{"every_km":100}`, 0, []point{{second: 0, motion: 350}, {second: 1, motion: 399},
			{second: 2, motion: 401, want: []string{"raised 2 A service is due at 401 km."}}, {second: 3, motion: 499},
			{second: 4, odo: 90_000}, {second: 5, motion: 700}, {second: 6, odo: 90_100.5, want: []string{"raised 6 A service is due at 90100.5 km."}},
			{second: 7, odo: 90_099}, {second: 8, odo: 90_101}, {second: 9, odo: 5}, {second: 10, odo: 101, want: []string{"raised 10 A service is due at 101 km."}}}},
		{"at km", ServiceDue, `{"at_km":100}`, 0, []point{{second: 0, odo: 99}, {second: 1, odo: 100, want: []string{"raised 1 A service is due at 100 km."}}, {second: 2, odo: 150}}},
		{"past it already", ServiceDue, `{"at_km":100}`, 0, []point{{second: 0, odo: 120, want: []string{"raised 0 A service is due at 120 km."}}, {second: 2, odo: 150}}},
		{"every hours", ServiceDue, `{"every_hours":10}`, 0, []point{{second: 0, engine: 35_000}, {second: 1, engine: 36_000, want: []string{"raised 1 A service is due at 10 engine hours."}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScript(t, c.kind, c.config, c.coolDown)
			for _, p := range c.points {
				got := s.step(p.second, func(position *trail.Position, m *trail.Motion, step *trail.Step) {
					m.Speed, m.Ignition, m.Distance, m.Engine = p.speed, p.on, p.motion, p.engine*1000
					if p.odo != 0 {
						position.Odometer = trail.Some(p.odo)
					}
					position.Sensors, _ = trail.MakeSensors(p.sensors)
					step.Events = p.events
				})
				if diff := cmp.Diff(p.want, got); diff != "" {
					t.Errorf("second %d: %s", p.second, diff)
				}
			}
		})
	}
}

func TestReadings(t *testing.T) {
	for _, c := range []struct {
		sensors trail.Sensors
		want    []reading
	}{
		{"", nil}, {"{}", nil}, {`{"a":1}`, []reading{{"a", 1}}}, {`{"a.b":-1.5e3,"c d":0}`, []reading{{"a.b", -1500}, {"c d", 0}}},
		{`{"b\"":1,"a":2}`, []reading{{"a", 2}, {`b"`, 1}}}, {`{"a": 1}`, []reading{{"a", 1}}}, {`nonsense`, nil},
	} {
		if diff := cmp.Diff(c.want, appendReadings(nil, c.sensors), cmp.AllowUnexported(reading{})); diff != "" {
			t.Errorf("%s: %s", c.sensors, diff)
		}
	}
}

// What is read without memory is what the decoder of the language reads, of whatever trail can have made and of more.
func TestReadingsOfAnyNames(t *testing.T) {
	pieces := []string{`{"`, `":`, `"`, `,`, `}`, `\`, `a`, `1`, `-2.5e-3`, `0x1p4`, `+1`, `01`, `1_0`, `inf`, ` `, "\xac", `ä`}
	rapid.Check(t, func(t *rapid.T) {
		readings := rapid.MapOfN(rapid.StringN(1, 10, -1), rapid.Float64Range(-1e9, 1e9), 0, 5).Draw(t, "readings")
		text := ""
		if sensors, err := trail.MakeSensors(readings); err == nil {
			text = string(sensors)
		}
		if rapid.Bool().Draw(t, "odd") {
			text = strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12).Draw(t, "pieces"), "")
		}
		got := appendReadings(nil, trail.Sensors(text))
		var pairs map[string]float64
		if json.Unmarshal([]byte(text), &pairs) != nil {
			return // trail stores no such thing; it must only not break
		}
		for name, value := range pairs {
			if !slices.Contains(got, reading{name, value}) {
				t.Fatalf("%q: %v, want %v", text, got, pairs)
			}
		}
	})
}

// BenchmarkStep is the cost of a position in an account with ten rules that don't hold.
func BenchmarkStep(b *testing.B) {
	var rules []*Rule
	add := func(kind, config string) {
		r := &Rule{ID: int64(len(rules) + 1), Type: kind, ValidFrom: moment(1)}
		if err := json.Unmarshal([]byte(config), &r.Config); err != nil || len(r.Config.check(kind)) > 0 {
			b.Fatal(err, config)
		}
		rules = append(rules, r)
	}
	for range 2 {
		add(Speed, `{"limit":130,"seconds":30}`)
		add(Idle, `{"minutes":5}`)
		add(Geofence, `{}`)
		add(ServiceDue, `{"every_km":15000}`)
	}
	add(ServiceDue, `{"every_hours":500}`)
	add(Speed, `{"limit":90}`)
	run := func(b *testing.B, sensors trail.Sensors) {
		m := &memory{}
		m.attach(newBook(rules, nil))
		p := fast(1, 0, 50)
		p.Sensors = sensors
		motion := trail.Motion{Speed: 50, Ignition: true}
		step := trail.Step{Position: &p, Motion: &motion}
		b.ReportAllocs()
		for b.Loop() {
			p.Time += 1000
			m.Step(&step)
		}
		if len(m.raised) > 0 {
			b.Fatal("something was raised")
		}
	}
	b.Run("without readings", func(b *testing.B) { run(b, "") })
	add(Temperature, `{"above":8}`)
	add(PowerCut, `{}`)
	b.Run("with readings", func(b *testing.B) {
		run(b, `{"cargo.temperature":4.5,"external_voltage":13.8,"humidity":50,"power_cut":0}`)
	})
}

func TestStepAllocatesNothing(t *testing.T) {
	r := &Rule{ID: 1, Type: Temperature, ValidFrom: moment(1), Config: RuleConfig{Above: new(float64)}}
	m := &memory{}
	m.attach(newBook([]*Rule{r}, nil))
	p := sensed(1, 0, map[string]float64{"a.temperature": -1, "b": 5})
	step := trail.Step{Position: &p, Motion: &trail.Motion{}}
	m.Step(&step)
	if n := testing.AllocsPerRun(100, func() { m.Step(&step) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
