package trip

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/trail"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// apart is the distance of two positions in kilometres, on a sphere.
func apart(a, b *trail.Position) float64 {
	const radian = math.Pi / 180
	sin := func(x float64) float64 { return math.Sin(x*radian/2) * math.Sin(x*radian/2) }
	h := sin(b.Latitude-a.Latitude) + math.Cos(a.Latitude*radian)*math.Cos(b.Latitude*radian)*sin(b.Longitude-a.Longitude)
	return 2 * 6371.0088 * math.Asin(math.Sqrt(min(1, h)))
}

// stepOf makes the step from one position to the next. before is nil at the first.
func stepOf(before, p *trail.Position) *trail.Step {
	s := &trail.Step{Position: p, Motion: &trail.Motion{Time: p.Time}}
	if before == nil {
		return s
	}
	s.Elapsed = p.Time - before.Time
	if s.Moved = apart(before, p); s.Moved*3_600_000 > 300*float64(s.Elapsed) {
		s.Moved = 0
	}
	if before.Ignition.Known && before.Ignition.Value {
		s.Engine = s.Elapsed
	}
	if p.Satellites.Known { // stands for a driver in these tests
		s.Driver = p.Satellites.Value
	}
	return s
}

// driver does to the room's memory of one asset what the engine does.
type driver struct {
	tb                 testing.TB
	room               *Service
	accountID, assetID int64
	stored             []trail.Position // in the order of time
	memory             *memory
	newest             int64 // the last step's time
	saved              []save
	events             []trail.Event // of the steps since the last batch began
}

// save is a memory as it was after the position at a time.
type save struct {
	time   int64
	memory []byte
}

func newDriver(tb testing.TB, room *Service, accountID, assetID int64) *driver {
	d := &driver{tb: tb, room: room, accountID: accountID, assetID: assetID}
	d.memory = d.recall(nil)
	return d
}

func (d *driver) recall(saved []byte) *memory {
	m, err := d.room.Memory(d.accountID, d.assetID, json.RawMessage(saved))
	if err != nil {
		d.tb.Fatal(err)
	}
	return m.(*memory)
}

// take takes a batch: what is new is stored, the steps from the earliest new one on are taken, and the outcome is returned. keep
// says whether to save the memory after a position.
func (d *driver) take(batch []trail.Position, keep func() bool) *trail.Outcome {
	earliest := int64(math.MaxInt64)
	for _, p := range batch {
		at, found := slices.BinarySearchFunc(d.stored, p.Time, func(q trail.Position, t int64) int { return int(q.Time - t) })
		if !found {
			d.stored = slices.Insert(d.stored, at, p)
			earliest = min(earliest, p.Time)
		}
	}
	if earliest == math.MaxInt64 {
		return nil
	}
	o := &trail.Outcome{AccountID: d.accountID, AssetID: d.assetID}
	if earliest < d.newest {
		o.Redone, o.Through = true, d.newest
		d.saved = slices.DeleteFunc(d.saved, func(s save) bool { return s.time >= earliest })
		var last save
		if n := len(d.saved); n > 0 {
			last = d.saved[n-1]
		}
		d.memory, d.newest = d.recall(last.memory), last.time
		o.After = last.time
	}
	d.walk(keep)
	o.Memory = d.memory
	return o
}

// walk takes the steps that haven't been taken yet.
func (d *driver) walk(keep func() bool) {
	if err := d.memory.Begin(d.tb.Context()); err != nil {
		d.tb.Fatal(err)
	}
	d.events = d.events[:0]
	for i := range d.stored {
		p := &d.stored[i]
		if p.Time <= d.newest {
			continue
		}
		var before *trail.Position
		if i > 0 {
			before = &d.stored[i-1]
		}
		s := stepOf(before, p)
		d.memory.Step(s)
		d.events = append(d.events, s.Events...)
		d.newest = p.Time
		if keep() {
			text, err := json.Marshal(d.memory)
			if err != nil {
				d.tb.Fatal(err)
			}
			d.saved = append(d.saved, save{p.Time, text})
		}
	}
}

// write hands outcomes to the room.
func (d *driver) write(db *store.DB, outcomes ...*trail.Outcome) {
	d.tb.Helper()
	var list []trail.Outcome
	for _, o := range outcomes {
		if o != nil {
			list = append(list, *o)
		}
	}
	err := db.Tx(d.tb.Context(), func(tx *store.Tx) error { return d.room.Write(d.tb.Context(), tx, list) })
	if err != nil {
		d.tb.Fatal(err)
	}
}

func never() bool { return false }

// segments takes positions, in their order, in a memory of these thresholds, and returns what came of them, with the open
// segment as it is in the end.
func segments(tb testing.TB, t Thresholds, positions []trail.Position) (list []segment, open *Trip) {
	m := &memory{limits: t.limits()}
	var before *trail.Position
	for i := range positions {
		m.Step(stepOf(before, &positions[i]))
		before = &positions[i]
	}
	return m.came, m.Open()
}
