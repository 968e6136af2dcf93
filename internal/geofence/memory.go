package geofence

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/yipii/yipii/internal/trail"
)

// Key implements trail.Follower.
func (s *Service) Key() string { return "geofence" }

// Memory implements trail.Follower.
func (s *Service) Memory(accountID, assetID int64, saved json.RawMessage) (trail.Memory, error) {
	m := &memory{service: s, accountID: accountID, assetID: assetID}
	m.look = m.consider
	if len(saved) == 0 {
		return m, nil
	}
	var k knowledge
	if err := json.Unmarshal(saved, &k); err != nil {
		return nil, err
	}
	m.time, m.latitude, m.longitude, m.known = k.Time, k.Latitude, k.Longitude, k.Known
	for _, i := range k.Inside {
		m.inside = append(m.inside, visit{id: i.Geofence, version: i.Version, since: i.Since, dwelled: i.Dwelled})
	}
	return m, nil
}

// knowledge is a memory as it is saved.
type knowledge struct {
	Time      int64   `json:"t"` // of the newest position
	Latitude  float64 `json:"a"`
	Longitude float64 `json:"o"`
	Known     int64   `json:"k"` // since of the newest geofence that was known
	Inside    []struct {
		Geofence int64 `json:"g"`
		Version  int64 `json:"v"`
		Since    int64 `json:"s"`
		Dwelled  bool  `json:"d"`
	} `json:"i"`
}

// memory is what is known of one asset: where it was last, and inside of what.
type memory struct {
	service            *Service
	accountID, assetID int64

	time                int64 // 0 before the first position
	latitude, longitude float64
	known               int64
	inside              []visit // by geofence

	fences  *fences // from Begin to Write
	found   []*fence
	look    func(min, max [2]float64, f *fence) bool // m.consider, made once
	events  []event                                  // since the last Write
	changed bool                                     // inside is not as it is stored
}

// visit is one stay inside.
type visit struct {
	id      int64
	version int64 // since of the geofence when it was entered: of another one nothing is known
	since   int64 // Unix milliseconds
	dwelled bool
	fence   *fence
}

// event is what a memory concluded.
type event struct {
	kind                string
	geofence            int64
	name                string
	time, settled       int64 // Unix milliseconds
	latitude, longitude float64
	stored              bool // already, by an earlier conclusion that was the same
}

// Kinds of event, as they are stored.
const (
	entered = "entered"
	exited  = "exited"
	dwelled = "dwelled"
)

// Begin implements trail.Memory.
func (m *memory) Begin(ctx context.Context) error {
	fences, err := m.service.fences.Get(ctx, m.accountID)
	if err != nil {
		return err
	}
	m.attach(fences)
	return nil
}

// attach holds the memory against the account's geofences as they are now. What is gone, or isn't any more what was entered, is
// forgotten; what is new and should have been known at the last position is judged by that.
func (m *memory) attach(fences *fences) {
	m.fences = fences
	before := len(m.inside)
	m.inside = slices.DeleteFunc(m.inside, func(v visit) bool {
		f := fences.byID[v.id]
		return f == nil || f.since != v.version || !f.appliesTo(m.assetID)
	})
	for i := range m.inside {
		m.inside[i].fence = fences.byID[m.inside[i].id]
	}
	m.changed = m.changed || len(m.inside) != before
	if fences.newest > m.known {
		m.adopt(m.known, m.time)
		m.known = fences.newest
	}
}

// adopt puts the asset inside of those geofences that came to be in a stretch of time around where it was.
func (m *memory) adopt(after, through int64) {
	if m.time == 0 {
		return
	}
	for _, f := range m.fences.born(after, through) {
		if m.find(f.id) < 0 && f.appliesTo(m.assetID) && f.area.Contains(m.latitude, m.longitude) {
			m.add(f, f.since)
		}
	}
}

func (m *memory) find(id int64) int {
	return slices.IndexFunc(m.inside, func(v visit) bool { return v.id == id })
}

func (m *memory) add(f *fence, since int64) {
	m.inside = append(m.inside, visit{id: f.id, version: f.since, since: since, fence: f})
	slices.SortFunc(m.inside, func(a, b visit) int { return cmp.Compare(a.id, b.id) })
	m.changed = true
}

// margin and worstMargin bound how far outside a position must be to be outside: metres.
const (
	margin      = 20
	worstMargin = 1000
)

// Step implements trail.Memory. Where the asset is near nothing it costs one search of the index.
func (m *memory) Step(s *trail.Step) {
	p := s.Position
	if m.fences.newest > m.time {
		m.adopt(m.time, p.Time)
	}
	m.time, m.latitude, m.longitude = p.Time, p.Latitude, p.Longitude
	if len(m.inside) > 0 {
		m.stay(s)
	}
	place := [2]float64{p.Longitude, p.Latitude}
	if place[0] >= 180 {
		place[0] -= 360
	}
	m.found = m.found[:0]
	m.fences.tree.Search(place, place, m.look)
	if len(m.found) > 0 {
		m.enter(s)
	}
	for i := range m.inside {
		s.Home = s.Home || m.inside[i].fence.home
	}
}

// stay concludes from a position which of the stays are long, and which are over.
func (m *memory) stay(s *trail.Step) {
	p := s.Position
	for i := range m.inside {
		v := &m.inside[i]
		if over := v.since + v.fence.dwell; v.fence.dwell > 0 && !v.dwelled && p.Time >= over {
			v.dwelled = true
			m.conclude(s, dwelled, v.fence, over)
		}
	}
	least := float64(margin)
	if p.Accuracy.Known {
		least = min(max(least, p.Accuracy.Value), worstMargin)
	}
	kept := m.inside[:0]
	for _, v := range m.inside {
		if v.fence.area.Within(p.Latitude, p.Longitude, least) {
			kept = append(kept, v)
			continue
		}
		m.changed = true
		m.conclude(s, exited, v.fence, p.Time)
	}
	m.inside = kept
}

// consider takes a geofence whose box holds the position.
func (m *memory) consider(_, _ [2]float64, f *fence) bool {
	if f.since <= m.time && f.appliesTo(m.assetID) && m.find(f.id) < 0 && f.area.Contains(m.latitude, m.longitude) {
		m.found = append(m.found, f)
	}
	return true
}

// enter concludes what the position entered, in the order of the geofences' ids.
func (m *memory) enter(s *trail.Step) {
	slices.SortFunc(m.found, func(a, b *fence) int { return cmp.Compare(a.id, b.id) })
	for _, f := range slices.Compact(m.found) {
		m.add(f, s.Position.Time)
		m.conclude(s, entered, f, s.Position.Time)
	}
}

func (m *memory) conclude(s *trail.Step, kind string, f *fence, time int64) {
	p := s.Position
	m.events = append(m.events, event{kind: kind, geofence: f.id, name: f.name, time: time, settled: p.Time, latitude: p.Latitude, longitude: p.Longitude})
	s.Events = append(s.Events, trail.Event{Kind: "geofence." + kind, Time: time, Latitude: p.Latitude, Longitude: p.Longitude, SubjectID: f.id, SubjectName: f.name})
}

// MarshalJSON implements json.Marshaler, by hand: it is asked for with every batch of every asset.
func (m *memory) MarshalJSON() ([]byte, error) {
	b := strconv.AppendInt(append(make([]byte, 0, 96+64*len(m.inside)), `{"t":`...), m.time, 10)
	b = strconv.AppendFloat(append(b, `,"a":`...), m.latitude, 'f', -1, 64)
	b = strconv.AppendFloat(append(b, `,"o":`...), m.longitude, 'f', -1, 64)
	b = strconv.AppendInt(append(b, `,"k":`...), m.known, 10)
	for i, v := range m.inside {
		if i == 0 {
			b = append(b, `,"i":[`...)
		} else {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"g":`...), v.id, 10)
		b = strconv.AppendInt(append(b, `,"v":`...), v.version, 10)
		b = strconv.AppendInt(append(b, `,"s":`...), v.since, 10)
		if v.dwelled {
			b = append(b, `,"d":true`...)
		}
		b = append(b, '}')
	}
	if len(m.inside) > 0 {
		b = append(b, ']')
	}
	return append(b, '}'), nil
}
