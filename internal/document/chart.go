package document

import (
	"math"
	"strconv"
	"time"
)

// The size of letters in drawings, in points.
const (
	smallLetters = 8.0
	tinyLetters  = 7.0
)

// chartHeight is how high a chart of a width is drawn.
func chartHeight(width float64) float64 { return math.Round(width * 0.36) }

// drawChart draws a chart into a rectangle at the canvas's origin: axis to the left, labels below, the names of series above.
func drawChart(c canvas, d *Document, chart *Chart, w, h float64) {
	text := textStyle{size: smallLetters, color: inkMuted}
	top := 6.0
	if len(chart.Series) > 1 {
		top = drawLegend(c, chart, w) + 10
	}
	low, high, any := chartRange(d, chart)
	if !any {
		c.text(w/2, h/2, "No values", textStyle{size: smallLetters + 1, color: inkMuted, align: toCentre})
		return
	}
	step := tickStep(chart.Kind, high-low, 5)
	low, high = math.Floor(low/step)*step, math.Ceil(high/step)*step
	if high <= low {
		high = low + step
	}
	left, ticks := 0.0, []float64{}
	for i := 0; i < 12; i++ {
		at := low + float64(i)*step
		if at > high+step/2 {
			break
		}
		ticks = append(ticks, at)
		left = math.Max(left, c.width(tickText(chart.Kind, at, step), text))
	}
	left += 8
	bottom, right := h-18, w-4
	y := func(v float64) float64 { return bottom - (v-low)/(high-low)*(bottom-top) }
	for _, at := range ticks {
		color := inkRule
		if at == 0 {
			color = inkMuted
		}
		c.line([]point{{left, y(at)}, {right, y(at)}}, color, 0.5, false)
		c.text(left-5, y(at)+smallLetters*0.35, tickText(chart.Kind, at, step), textStyle{size: smallLetters, color: inkMuted, align: toRight})
	}
	slot := (right - left) / float64(max(len(chart.Labels), 1))
	drawLabels(c, chart, left, bottom+12, slot)
	if chart.Lines {
		drawLines(c, d, chart, left, slot, y)
	} else {
		drawBars(c, d, chart, left, slot, y)
	}
}

// drawLegend writes the names of the series, in lines as wide as the chart, and returns where they end.
func drawLegend(c canvas, chart *Chart, w float64) float64 {
	style := textStyle{size: smallLetters, color: inkText}
	x, y := 0.0, 8.0
	for i, series := range chart.Series {
		color, dashed := seriesInk(i)
		label := fit(c, plain(series.Label), style, w*0.4)
		width := c.width(label, style) + 30
		if x > 0 && x+width > w {
			x, y = 0, y+12
		}
		if chart.Lines {
			c.line([]point{{x, y - 2.5}, {x + 12, y - 2.5}}, color, 2, dashed)
		} else {
			c.box(x+2, y-6, 8, 8, color)
		}
		c.text(x+16, y, label, style)
		x += width
	}
	return y
}

// chartRange is from the least to the greatest value; bars, and lines of what can't be less than nothing, begin at zero.
func chartRange(d *Document, chart *Chart) (low, high float64, any bool) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, series := range chart.Series {
		for _, raw := range series.Values {
			if v := d.number(chart.Kind, raw); v.known && math.Abs(v.number) < 1e15 {
				low, high, any = math.Min(low, v.number), math.Max(high, v.number), true
			}
		}
	}
	if !any {
		return 0, 1, false
	}
	if !chart.Lines || chart.Kind != Temperature && chart.Kind != Degrees && low > 0 {
		low, high = math.Min(low, 0), math.Max(high, 0)
	}
	if high == low {
		high = low + 1
	}
	return low, high, true
}

// tickStep is a round step that divides a span into about as many parts as are wanted.
func tickStep(k Kind, span float64, parts float64) float64 {
	if k == Duration {
		for _, step := range []float64{1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 4 * 3600, 6 * 3600, 12 * 3600, 24 * 3600} {
			if span/step <= parts {
				return step
			}
		}
		return tickStep(Number, span/86400, parts) * 86400
	}
	raw := span / parts
	unit := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, times := range []float64{1, 2, 5, 10} {
		if times*unit >= raw*0.999 && (k != Count || times*unit >= 1) {
			return times * unit
		}
	}
	return math.Max(10*unit, 1)
}

// tickText is the number at a tick: with no more decimals than the step has.
func tickText(k Kind, at, step float64) string {
	if k == Duration {
		if step < 60 {
			return string(appendClock(nil, at))
		}
		minutes := time.Duration(math.Abs(at)+0.5) * time.Second / time.Minute
		sign := ""
		if at < 0 {
			sign = "-"
		}
		rest := strconv.Itoa(int(minutes % 60))
		if minutes%60 < 10 {
			rest = "0" + rest
		}
		return sign + string(appendThousands(nil, int64(minutes/60))) + ":" + rest
	}
	decimals := 0
	if step < 1 {
		decimals = min(int(math.Ceil(-math.Log10(step)-1e-9)), 6)
	}
	return string(appendGrouped(nil, at, decimals))
}

// drawLabels writes as many of the labels below the axis as fit.
func drawLabels(c canvas, chart *Chart, left, y, slot float64) {
	style := textStyle{size: tinyLetters, color: inkMuted, align: toCentre}
	widest := 0.0
	for _, label := range chart.Labels {
		widest = math.Max(widest, c.width(plain(label), style))
	}
	widest = math.Min(widest, math.Max(slot-4, 64)) // longer ones are cut
	every := 1
	if slot < widest+6 {
		every = int(math.Ceil((widest + 6) / slot))
	}
	for i, label := range chart.Labels {
		if i%every == 0 {
			c.text(left+(float64(i)+0.5)*slot, y, fit(c, plain(label), style, widest+0.5), style)
		}
	}
}

func drawBars(c canvas, d *Document, chart *Chart, left, slot float64, y func(float64) float64) {
	group := math.Min(slot*0.76, 48*float64(len(chart.Series)))
	width := group / float64(max(len(chart.Series), 1))
	for j, series := range chart.Series {
		color, _ := seriesInk(j)
		for i, raw := range series.Values {
			v := d.number(chart.Kind, raw)
			if !v.known || v.number == 0 || math.Abs(v.number) >= 1e15 {
				continue
			}
			x := left + (float64(i)+0.5)*slot - group/2 + float64(j)*width
			up, down := y(math.Max(v.number, 0)), y(math.Min(v.number, 0))
			c.box(x, up, width-math.Min(0.6, width*0.1), down-up, color)
		}
	}
}

func drawLines(c canvas, d *Document, chart *Chart, left, slot float64, y func(float64) float64) {
	for j, series := range chart.Series {
		color, dashed := seriesInk(j)
		var run []point
		end := func() {
			switch {
			case len(run) == 1:
				c.dot(run[0].x, run[0].y, 2, color)
			case len(run) > 1:
				c.line(run, color, 1.4, dashed)
			}
			run = nil
		}
		for i, raw := range series.Values {
			v := d.number(chart.Kind, raw)
			if !v.known || math.Abs(v.number) >= 1e15 {
				end() // a gap
				continue
			}
			run = append(run, point{left + (float64(i)+0.5)*slot, y(v.number)})
		}
		end()
	}
}

// chartLabel tells what a chart shows to those who don't see it.
func chartLabel(d *Document, chart *Chart) string {
	form := "Bar chart"
	if chart.Lines {
		form = "Line chart"
	}
	text := form + ": " + chart.Title
	if unit := d.shownUnit(chart.Kind); unit != "" {
		text += ", in " + unit
	}
	return text + ", " + strconv.Itoa(len(chart.Labels)) + " points."
}
