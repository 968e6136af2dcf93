package trip

import "strconv"

// MarshalJSON implements trail.Memory. It is written by hand, because a memory is saved with every batch in which its asset has
// positions, and encoding/json takes more than twice as long. That reads what is saved, which is rare; a test holds the two to
// each other.
func (m *memory) MarshalJSON() ([]byte, error) {
	s := &m.state
	w := saver(make([]byte, 0, 512))
	w.text(`{"k":"`, s.Kind)
	if s.Assumed {
		w = append(w, `,"u":true`...)
	}
	w.spot(`,"b":`, s.Start)
	w.text(`,"r":"`, s.Reason)
	w.whole(`,"x":`, s.Settled)
	w.whole(`,"w":`, s.Driver)
	w.figures(`,"f":`, &s.Figures)
	w.spot(`,"l":`, s.Last)
	w.whole(`,"g":`, int64(s.Switch))
	w.spot(`,"v":`, s.From)
	w.number(`,"c":`, s.Covered)
	w.number(`,"z":`, s.Pace)
	if s.Lit {
		w = append(w, `,"y":true`...)
	}
	w.anchors(s.Anchors)
	w.spot(`,"m":`, s.Centre)
	w.spot(`,"p":`, s.Left)
	w.whole(`,"n":`, s.In)
	w.whole(`,"e":`, s.Engine)
	w.spot(`,"s":`, s.On)
	w.whole(`,"q":`, s.OnEngine)
	return append(w, '}'), nil
}

// saver writes JSON. name is what stands before a value; a value that is zero is left out, name and all.
type saver []byte

// text writes one of the room's own words, in which nothing needs escaping. name ends with the opening quote.
func (w *saver) text(name, word string) { *w = append(append(append(*w, name...), word...), '"') }

func (w *saver) whole(name string, n int64) {
	if n != 0 {
		*w = strconv.AppendInt(append(*w, name...), n, 10)
	}
}

func (w *saver) number(name string, f float64) {
	if f != 0 {
		*w = strconv.AppendFloat(append(*w, name...), f, 'g', -1, 64)
	}
}

func (w *saver) spot(name string, s spot) {
	if s.Time != 0 {
		*w = strconv.AppendInt(append(append(*w, name...), `{"t":`...), s.Time, 10)
		w.number(`,"a":`, s.Lat)
		w.number(`,"o":`, s.Lon)
		*w = append(*w, '}')
	}
}

func (w *saver) figures(name string, f *figures) {
	if *f == (figures{}) {
		return
	}
	*w = strconv.AppendInt(append(append(*w, name...), `{"i":`...), f.Idle, 10)
	w.number(`,"d":`, f.Distance)
	w.whole(`,"e":`, f.Engine)
	w.number(`,"s":`, f.Top)
	*w = append(*w, '}')
}

func (w *saver) anchors(list []anchor) {
	for i := range list {
		a := &list[i]
		if i == 0 {
			*w = append(*w, `,"h":[`...)
		} else {
			*w = append(*w, ',')
		}
		*w = strconv.AppendInt(append(*w, `{"n":`...), a.In, 10)
		w.whole(`,"t":`, a.Time)
		w.number(`,"a":`, a.Lat)
		w.number(`,"o":`, a.Lon)
		if a.Slow {
			*w = append(*w, `,"s":true`...)
		}
		w.figures(`,"f":`, &a.Figures)
		*w = append(*w, '}')
	}
	if len(list) > 0 {
		*w = append(*w, ']')
	}
}
