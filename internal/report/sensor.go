package report

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/alert"
	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/trail"
)

// mostIntervals is how many intervals of time a chart of readings has at most.
const mostIntervals = 300

// reading is what one sensor of an asset said in an interval.
type reading struct {
	asset int64
	trail.Readings
}

// said is what one sensor of an asset said in all.
type said struct {
	asset       int64
	sensor      string
	count       int64
	least, most float64
	sum         float64
	last        int64
}

// readings reads what sensors said, asset by asset, by intervals of a round length.
func (w *work) readings(ctx context.Context, prefix, suffix string) (list []reading, every time.Duration, err error) {
	every = trail.RoundInterval(w.To.Sub(w.From), mostIntervals)
	for i, id := range w.Assets {
		found, err := w.trail.Readings(ctx, w.AccountID, id, millis(w.From), millis(w.To), every.Milliseconds(), prefix, suffix)
		if err != nil {
			return nil, 0, err
		}
		for _, r := range found {
			list = append(list, reading{id, r})
		}
		w.progress(i+1, len(w.Assets))
	}
	return list, every, nil
}

// sums adds readings up by asset and sensor, in their order.
func sums(list []reading) []said {
	var all []said
	for i := range list {
		r := &list[i]
		if n := len(all) - 1; n < 0 || all[n].asset != r.asset || all[n].sensor != r.Sensor {
			all = append(all, said{asset: r.asset, sensor: r.Sensor, least: r.Least, most: r.Most})
		}
		s := &all[len(all)-1]
		s.count, s.sum, s.least, s.most = s.count+r.Count, s.sum+r.Sum, min(s.least, r.Least), max(s.most, r.Most)
		s.last = max(s.last, r.Last)
	}
	return all
}

// mostLines is how many lines a chart of readings has.
const mostLines = 6

// readingChart draws the mean of each interval, a line for each sensor that keep picks, at most six.
func (w *work) readingChart(key, title string, kind document.Kind, list []reading, every time.Duration, keep func(*said) bool) *document.Chart {
	n := int((w.To.Sub(w.From) + every - 1) / every)
	chart := &document.Chart{Key: key, Title: title, Kind: kind, Lines: true, Labels: make([]string, n)}
	layout := "2 Jan 15:04"
	if every >= 24*time.Hour {
		layout = "2 Jan"
	}
	for i := range n {
		chart.Labels[i] = w.From.Add(time.Duration(i) * every).In(w.Zone).Format(layout)
	}
	for _, s := range sums(list) {
		if !keep(&s) || len(chart.Series) == mostLines {
			continue
		}
		values := slices.Repeat([]float64{math.NaN()}, n)
		for i := range list {
			if r := &list[i]; r.asset == s.asset && r.Sensor == s.sensor {
				values[r.Interval] = r.Sum / float64(r.Count)
			}
		}
		chart.Series = append(chart.Series, document.Series{Label: w.sensorLabel(&s), Values: values})
	}
	return chart
}

func (w *work) sensorLabel(s *said) string {
	if len(w.Assets) == 1 {
		return w.sensorName(s.sensor)
	}
	return w.assetName(s.asset) + ", " + w.sensorName(s.sensor)
}

// sensorName is what a sensor is called: by the name of its beacon, where that has a record.
func (w *work) sensorName(sensor string) string {
	identity, ok := strings.CutPrefix(sensor, "beacon.")
	if dot := strings.LastIndexByte(identity, '.'); ok && dot > 0 && w.beacons[identity[:dot]] != "" {
		return w.beacons[identity[:dot]] + ", " + identity[dot+1:]
	}
	return sensor
}

// temperatureReport is what thermometers said: every reading whose name is temperature, or ends in .temperature.
func (w *work) temperatureReport(ctx context.Context) error {
	list, every, err := w.readings(ctx, "", "temperature")
	if err != nil {
		return err
	}
	rules, err := w.rules(ctx, alert.Temperature)
	if err != nil {
		return err
	}
	if w.beacons, err = w.fleet.BeaconNames(ctx, w.AccountID); err != nil {
		return err
	}
	all := sums(list)
	count, least, most, added := int64(0), math.Inf(1), math.Inf(-1), 0.0
	for i := range all {
		count, least, most, added = count+all[i].count, min(least, all[i].least), max(most, all[i].most), added+all[i].sum
	}
	if count == 0 {
		w.nothing("No temperatures were reported in this time.")
	}
	w.figure("least", "Lowest", document.Temperature, known(least, count > 0))
	w.figure("most", "Highest", document.Temperature, known(most, count > 0))
	w.figure("mean", "Mean", document.Temperature, known(added/float64(count), count > 0))
	w.figure("readings", "Readings", document.Count, count)
	if count > 0 {
		w.section(w.readingChart("temperatures", "Temperatures", document.Temperature, list, every, func(*said) bool { return true }))
	}
	w.section(&document.Table{Key: "sensors", Title: "Sensors", Nothing: "No temperatures were reported in this time.", Columns: []document.Column{
		column("asset", "Asset", document.Text), column("sensor", "Sensor", document.Text), column("least", "Lowest", document.Temperature),
		column("mean", "Mean", document.Temperature), column("most", "Highest", document.Temperature), column("allowed", "Allowed", document.Text),
		total("out_of_bounds", "Intervals out of bounds", document.Count), total("readings", "Readings", document.Count), column("last", "Last reading", document.Moment)},
		Rows: rows(all, func(s *said) []any {
			words, out := allowed(rules[s.asset], s, list)
			return []any{w.assetName(s.asset), w.sensorName(s.sensor), s.least, s.sum / float64(s.count), s.most, words, out, s.count, moment(s.last)}
		})})
	w.section(w.intervalTable(list, every, document.Temperature))
	w.note(fmt.Sprintf("Intervals are of %s, counted from the beginning of the range. Each has the lowest and the highest of all its readings.", spoken(every)))
	if len(rules) > 0 {
		w.note("What is allowed is said by the account's active alert rules of type temperature, as they are now.")
	}
	return nil
}

// intervalTable has a row for each interval of each sensor.
func (w *work) intervalTable(list []reading, every time.Duration, kind document.Kind) *document.Table {
	return &document.Table{Key: "intervals", Title: "Intervals", Nothing: "Nothing was reported in this time.", Columns: []document.Column{
		column("asset", "Asset", document.Text), column("sensor", "Sensor", document.Text), column("start", "From", document.Moment),
		column("least", "Lowest", kind), column("mean", "Mean", kind), column("most", "Highest", kind), total("readings", "Readings", document.Count)},
		Rows: rows(list, func(r *reading) []any {
			return []any{w.assetName(r.asset), w.sensorName(r.Sensor), w.From.Add(time.Duration(r.Interval) * every), r.Least, r.Sum / float64(r.Count), r.Most, r.Count}
		})}
}

// beaconReport is what a beacon said, and who heard it when.
func (w *work) beaconReport(ctx context.Context) error {
	beacon, err := w.fleet.FindBeacon(ctx, w.AccountID, w.BeaconID)
	if err != nil {
		return err
	}
	w.doc.Subjects = []string{beacon.Name}
	prefix := "beacon." + beacon.Identity + "."
	list, every, err := w.readings(ctx, prefix, "")
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Sensor = strings.TrimPrefix(list[i].Sensor, prefix)
	}
	all := sums(list)
	heard := heardBy(list)
	if len(list) == 0 {
		w.nothing("Nobody heard the beacon in this time.")
	}
	w.figure("assets", "Heard by assets", document.Count, int64(len(heard)))
	var first, last int64
	for i := range heard {
		if first == 0 || heard[i].First < first {
			first = heard[i].First
		}
		last = max(last, heard[i].Last)
	}
	w.figure("first", "First heard", document.Moment, known(moment(first), first > 0))
	w.figure("last", "Last heard", document.Moment, known(moment(last), last > 0))
	for _, word := range []struct {
		sensor, title string
		kind          document.Kind
	}{{"temperature", "Temperature", document.Temperature}, {"humidity", "Humidity", document.Percent}, {"battery", "Battery", document.Percent}} {
		if chart := w.readingChart(word.sensor, word.title, word.kind, list, every, func(s *said) bool { return s.sensor == word.sensor }); len(chart.Series) > 0 {
			w.section(chart)
		}
	}
	w.section(&document.Table{Key: "heard", Title: "Who heard it", Nothing: "Nobody heard the beacon in this time.", Columns: []document.Column{
		column("asset", "Asset", document.Text), column("first", "First heard", document.Moment), column("last", "Last heard", document.Moment),
		total("readings", "Readings", document.Count)},
		Rows: rows(heard, func(r *reading) []any { return []any{w.assetName(r.asset), moment(r.First), moment(r.Last), r.Count} })})
	w.section(&document.Table{Key: "sensors", Title: "Sensors", Nothing: "Nobody heard the beacon in this time.", Columns: []document.Column{
		column("asset", "Asset", document.Text), column("sensor", "Sensor", document.Text), column("least", "Lowest", document.Number),
		column("mean", "Mean", document.Number), column("most", "Highest", document.Number), total("readings", "Readings", document.Count)},
		Rows: rows(all, func(s *said) []any {
			return []any{w.assetName(s.asset), s.sensor, s.least, s.sum / float64(s.count), s.most, s.count}
		})})
	w.section(w.intervalTable(list, every, document.Number))
	w.note(fmt.Sprintf("Intervals are of %s, counted from the beginning of the range. Temperatures are in °C, humidity and battery in per cent, rssi in dBm.", spoken(every)))
	return nil
}

// heardBy is when each asset heard the beacon: of whichever of its readings.
func heardBy(list []reading) []reading {
	var heard []reading
	for i := range list {
		r := &list[i]
		if n := len(heard) - 1; n < 0 || heard[n].asset != r.asset {
			heard = append(heard, *r)
			heard[n+1].Count = 0
		}
		h := &heard[len(heard)-1]
		h.First, h.Last = min(h.First, r.First), max(h.Last, r.Last)
		h.Count += r.Count
	}
	slices.SortStableFunc(heard, func(a, b reading) int { return cmp.Compare(a.First, b.First) })
	return heard
}
