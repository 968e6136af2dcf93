package trail

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/yipii/yipii/internal/background"
)

// Readings are what one sensor of an asset said in one interval of time.
type Readings struct {
	Sensor           string // its name, as positions carry it
	Interval         int64  // which of the intervals, from 0 on
	Count            int64
	Least, Most, Sum float64
	First, Last      int64 // times of positions, Unix milliseconds
}

// Readings sums up what an asset's sensors said from from until before to, by intervals that are counted from from on (all Unix
// milliseconds). suffix picks the sensors of that name, and those whose name ends in it behind a dot; prefix those whose name begins
// with it. One of the two is "". They come in order of sensor and interval.
//
// All positions of the range are read, in two halves at once, and their sensors taken apart here: the functions for JSON of SQLite take
// five times as long.
func (s *Service) Readings(ctx context.Context, accountID, assetID, from, to, every int64, prefix, suffix string) ([]Readings, error) {
	pick := func(name string) bool { return strings.HasPrefix(name, prefix) }
	if prefix == "" {
		pick = func(name string) bool {
			before, ends := strings.CutSuffix(name, suffix)
			return ends && (before == "" || strings.HasSuffix(before, "."))
		}
	}
	middle := from + (to-from)/every/2*every // no interval lies in both
	halves := [2]summing{{from: from, every: every, pick: pick}, {from: from, every: every, pick: pick}}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var both sync.WaitGroup
	var errs [2]error
	for i, span := range [2][2]int64{{from, middle}, {middle, to}} {
		if span[0] < span[1] {
			both.Go(func() {
				if errs[i] = background.Share(ctx, func(ctx context.Context) error {
					return s.store.sensors(ctx, accountID, assetID, span[0], span[1], halves[i].add)
				}); errs[i] != nil {
					cancel()
				}
			})
		}
	}
	both.Wait()
	if err := errors.Join(errs[0], errs[1]); err != nil {
		return nil, err
	}
	list := append(halves[0].end(), halves[1].end()...)
	slices.SortFunc(list, func(a, b Readings) int {
		return cmp.Or(strings.Compare(a.Sensor, b.Sensor), cmp.Compare(a.Interval, b.Interval))
	})
	return list, nil
}

// summing sums readings up that come in order of time.
type summing struct {
	from, every int64
	pick        func(name string) bool
	now         map[string]*Readings // those of the interval that each picked sensor is in; nil for one that isn't picked
	done        []Readings
}

// add takes what the sensors said at a time.
func (s *summing) add(at int64, sensors Sensors) {
	interval := (at - s.from) / s.every
	for name, value := range sensors.all() {
		r, known := s.now[name]
		if !known {
			if s.now == nil {
				s.now = map[string]*Readings{}
			}
			name = strings.Clone(name)
			if s.pick(name) {
				r = &Readings{Sensor: name}
			}
			s.now[name] = r
		}
		if r == nil {
			continue
		}
		if r.Count > 0 && r.Interval != interval {
			s.done = append(s.done, *r)
			r.Count = 0
		}
		if r.Count == 0 {
			*r = Readings{Sensor: r.Sensor, Interval: interval, Least: value, Most: value, First: at}
		}
		r.Count++
		r.Sum += value
		r.Least, r.Most, r.Last = min(r.Least, value), max(r.Most, value), at
	}
}

// end returns all that was summed up.
func (s *summing) end() []Readings {
	for _, r := range s.now {
		if r != nil && r.Count > 0 {
			s.done = append(s.done, *r)
		}
	}
	return s.done
}

// all goes through the readings by name, without making a map of them. Names are good for as long as s is. Should the database have been
// meddled with, it goes as far as it can read.
func (s Sensors) all() iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		text := string(s)
		if strings.IndexByte(text, '\\') >= 0 { // rare, in a name
			for name, value := range s.Readings() {
				if !yield(name, value) {
					return
				}
			}
			return
		}
		for sign := byte('{'); len(text) > 1 && text[0] == sign && text[1] == '"'; sign = ',' {
			name, rest, closed := strings.Cut(text[2:], `":`)
			end := strings.IndexAny(rest, ",}")
			if !closed || end < 0 {
				return
			}
			value, err := strconv.ParseFloat(rest[:end], 64)
			if err != nil || !yield(name, value) {
				return
			}
			text = rest[end:]
		}
	}
}
