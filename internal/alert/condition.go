package alert

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/trail"
)

// standing is the speed in km/h below which an asset stands: that of the documented statuses.
const standing = 2.0

// maxBad is how many readings one rule can know to be out of bounds: as many as a position can have.
const maxBad = 64

// hold concludes from whether it is so at the step's position: when it has been so for long enough, and the rule is not to be
// quiet any more, an alert is raised, and it ends when it is not so any more.
func (m *memory) hold(s *state, step *trail.Step, so bool) {
	if !so {
		if s.Since != 0 {
			m.end(s, step)
			s.Since = 0
		}
		return
	}
	if s.Since == 0 || s.Open == 0 && s.watch.gap > 0 && step.Elapsed > s.watch.gap {
		s.Since = step.Position.Time
	}
	if s.Open != 0 {
		return
	}
	if at := s.next(s.Since + s.watch.hold); step.Position.Time >= at {
		m.raise(s, step, at)
		s.Open = at
	}
}

// next is when an alert can be raised of what was so from at on.
func (s *state) next(at int64) int64 {
	if s.Last == 0 {
		return at
	}
	return max(at, s.Last+s.watch.coolDown)
}

// end ends the alert that goes on, if one does.
func (m *memory) end(s *state, step *trail.Step) {
	if s.Open != 0 {
		m.ended = append(m.ended, ending{s.watch, s.Open, step.Position.Time})
		s.Open = 0
	}
}

// raise adds a conclusion and returns it, its message and data still those of the type.
func (m *memory) raise(s *state, step *trail.Step, at int64) *conclusion {
	s.Last = max(s.Last, at)
	p := step.Position
	m.raised = append(m.raised, conclusion{watch: s.watch, at: at, settled: p.Time, latitude: p.Latitude, longitude: p.Longitude})
	c := &m.raised[len(m.raised)-1]
	switch config := s.watch.rule.Config; s.watch.rule.Type {
	case Speed:
		c.say(map[string]any{"speed": step.Motion.Speed, "limit": *config.Limit, "seconds": value(config.Seconds)},
			"%s km/h where %s are allowed%s.", plain(step.Motion.Speed), plain(*config.Limit), lasting(s.watch.hold))
	case Idle:
		c.say(map[string]any{"minutes": *config.Minutes}, "Standing with the ignition on%s.", lasting(s.watch.hold))
	}
	return c
}

// say sets what the alert says, in words and as data.
func (c *conclusion) say(data map[string]any, format string, args ...any) {
	c.message, c.data = fmt.Sprintf(format, args...), text(data)
}

// plain is a number for people: at most two decimals, and no more than it has.
func plain(number float64) string {
	return strconv.FormatFloat(math.Round(number*100)/100, 'f', -1, 64)
}

func lasting(ms int64) string {
	switch {
	case ms == 0:
		return ""
	case ms == minute:
		return " for a minute"
	case ms%minute == 0:
		return fmt.Sprintf(" for %d minutes", ms/minute)
	}
	return fmt.Sprintf(" for %s seconds", plain(time.Duration(ms*int64(time.Millisecond)).Seconds()))
}

// geofence takes what was concluded of geofences at this step.
func (m *memory) geofence(s *state, step *trail.Step) {
	for i := range step.Events {
		e := &step.Events[i]
		kind, verb := 0, ""
		switch e.Kind {
		case "geofence.entered":
			verb = "entered"
		case "geofence.exited":
			kind, verb = 1, "exited"
		case "geofence.dwelled":
			kind, verb = 2, "dwelled"
		default:
			continue
		}
		if !s.watch.kinds[kind] || e.Time < s.watch.from {
			continue
		}
		if _, named := s.watch.geofences[e.SubjectID]; !named && s.watch.geofences != nil {
			continue
		}
		if s.watch.coolDown > 0 && s.Last != 0 && e.Time < s.Last+s.watch.coolDown {
			continue
		}
		c := m.raise(s, step, e.Time)
		c.occasion = verb + ":" + strconv.FormatInt(e.SubjectID, 10)
		c.latitude, c.longitude = e.Latitude, e.Longitude
		words := [...]string{"Entered %s.", "Left %s.", "Stayed in %s."}
		c.say(map[string]any{"event": [...]string{enter, exit, dwell}[kind], "geofence_id": e.SubjectID, "geofence_name": e.SubjectName}, words[kind], e.SubjectName)
	}
}

// Readings that tell of the power.
const (
	powerCutReading = "power_cut"
	voltageReading  = "external_voltage"
)

// powerCut knows by the readings power_cut (1 for cut) and, where the rule has a bound, external_voltage. A position with neither
// tells nothing.
func (m *memory) powerCut(s *state, step *trail.Step) {
	told, cut, measured, volts := false, false, false, 0.0
	for _, r := range m.sensors(step) {
		switch bound := s.watch.rule.Config.BelowVolts; {
		case r.name == powerCutReading:
			told, cut = true, cut || r.value != 0
		case r.name == voltageReading && bound != nil:
			told, cut = true, cut || r.value < *bound
			measured, volts = true, r.value
		}
	}
	if !told {
		return
	}
	before := len(m.raised)
	if m.hold(s, step, cut); len(m.raised) > before {
		c := &m.raised[before]
		if measured {
			c.say(map[string]any{"external_voltage": volts}, "The power is cut: %s V.", plain(volts))
		} else {
			c.say(map[string]any{}, "The power is cut.")
		}
	}
}

// sensors are the readings of the step's position.
func (m *memory) sensors(step *trail.Step) []reading {
	if !m.read {
		m.read = true
		if m.readings = m.readings[:0]; step.Position.Sensors != "" {
			m.readings = appendReadings(m.readings, step.Position.Sensors)
		}
	}
	return m.readings
}

// temperature knows of each reading by itself since when it is out of bounds. A reading that a position hasn't stays as it was.
func (m *memory) temperature(s *state, step *trail.Step) {
	config := &s.watch.rule.Config
	if s.Open == 0 && len(s.Bad) > 0 && step.Elapsed > s.watch.gap {
		for i := range s.Bad {
			s.Bad[i].Since = step.Position.Time
		}
	}
	for _, r := range m.sensors(step) {
		if config.Sensor != nil && r.name != *config.Sensor ||
			config.Sensor == nil && r.name != "temperature" && !strings.HasSuffix(r.name, ".temperature") {
			continue
		}
		s.take(r, step.Position.Time, config.Below != nil && r.value < *config.Below || config.Above != nil && r.value > *config.Above)
	}
	if len(s.Bad) == 0 {
		m.end(s, step)
		return
	}
	if s.Open != 0 {
		return
	}
	worst := s.Bad[0] // the one that has been so for longest
	for _, b := range s.Bad[1:] {
		if b.Since < worst.Since {
			worst = b
		}
	}
	if at := s.next(worst.Since + s.watch.hold); step.Position.Time >= at {
		c := m.raise(s, step, at)
		s.Open = at
		data := map[string]any{"sensor": worst.Name, "temperature": worst.Value}
		if config.Below != nil {
			data["below"] = *config.Below
		}
		words := "%s is at %s °C, below the bound of %s °C%s."
		bound := config.Below
		if config.Above != nil {
			data["above"] = *config.Above
			if bound == nil || worst.Value > *config.Above {
				words, bound = "%s is at %s °C, above the bound of %s °C%s.", config.Above
			}
		}
		c.say(data, words, worst.Name, plain(worst.Value), plain(*bound), lasting(s.watch.hold))
	}
}

// take takes a reading that is out of bounds, or isn't.
func (s *state) take(r reading, at int64, out bool) {
	i := slices.IndexFunc(s.Bad, func(b bad) bool { return b.Name == r.name })
	switch {
	case !out && i >= 0:
		s.Bad = slices.Delete(s.Bad, i, i+1)
	case out && i >= 0:
		s.Bad[i].Value = r.value
	case out && len(s.Bad) < maxBad:
		s.Bad = append(s.Bad, bad{strings.Clone(r.name), at, r.value})
	}
}

// Where the mark of a service comes from.
const (
	unknown  = 0
	reckoned = 1 // from the way and the engine's time that positions add up to
	reported = 2 // from the odometer of the tracker
)

// due counts how often a service has been due. The odometer is the tracker's where it has ever told one, else the way that the
// positions add up to; where the one takes over from the other, nothing is due by that alone.
func (m *memory) due(s *state, step *trail.Step) {
	now, from := step.Motion.Distance, reckoned
	switch odometer := step.Position.Odometer; {
	case s.watch.engine:
		now = float64(step.Motion.Engine)
	case odometer.Known:
		now, from = odometer.Value, reported
	case s.Known == reported:
		return
	}
	count := 0.0
	if every := s.watch.every; every > 0 {
		count = math.Floor(now / every)
		if s.Known != from || count < s.Mark-1 { // its first word, or another odometer was put in
			s.Known, s.Mark = from, count
			return
		}
	} else {
		if s.Known == unknown || s.Known == from {
			count = float64(bit(now >= s.watch.at))
		}
		s.Known = from
	}
	if count <= s.Mark {
		return
	}
	s.Mark = count
	at := step.Position.Time
	if s.watch.coolDown > 0 && s.Last != 0 && at < s.Last+s.watch.coolDown {
		return
	}
	c := m.raise(s, step, at)
	name, unit := "odometer", "km"
	if s.watch.engine {
		name, unit, now = "engine_hours", "engine hours", now/(60*minute)
	}
	c.say(map[string]any{name: now}, "A service is due at %s %s.", plain(now), unit)
}
