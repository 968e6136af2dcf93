package document

import "strings"

// canvas is what charts and maps are drawn on, once in HTML and once in a PDF. Lengths are points (1/72 inch), y grows downwards, text
// stands on its y.
type canvas interface {
	// line draws a line through points; a dashed one where a colour alone would not tell it from others.
	line(points []point, color ink, width float64, dashed bool)
	// area fills rings by the even-odd rule, thinly, and draws their outlines.
	area(rings [][]point, color ink)
	// box fills a rectangle.
	box(x, y, w, h float64, color ink)
	// shape fills a closed shape and draws its outline in the colour of the paper.
	shape(points []point, color ink)
	// dot fills a circle and draws its outline in the colour of the paper.
	dot(x, y, r float64, color ink)
	// text writes s, which was made plain.
	text(x, y float64, s string, style textStyle)
	measure
	// clip keeps what is drawn until unclip inside a rectangle.
	clip(x, y, w, h float64)
	unclip()
}

// measure tells how long text of a style is, about.
type measure interface {
	width(s string, style textStyle) float64
}

type point struct{ x, y float64 }

// textStyle is how text on a canvas looks.
type textStyle struct {
	size  float64
	bold  bool
	align align
	color ink
	halo  bool // with an edge in the colour of the paper, to be read on lines
}

type align int

const (
	toLeft align = iota
	toCentre
	toRight
)

// ink is a colour by what it is for. The colours that tell things apart are of Okabe and Ito's palette, which most people who see
// fewer colours can tell apart too.
type ink int

const (
	inkPaper ink = iota
	inkText
	inkMuted
	inkRule  // lines between
	inkPanel // the ground of figures and maps
	inkArea  // geofences
	inkStart
	inkEnd
	inkStop
	inkEvent
	inkSeries // the first of seriesInks
)

// seriesInks is how many series have a colour of their own.
const seriesInks = 6

// seriesInk is the colour of the i-th series, and whether its lines are dashed: the seventh looks like the first again.
func seriesInk(i int) (color ink, dashed bool) {
	return inkSeries + ink(i%seriesInks), i/seriesInks%2 == 1
}

// inkName is what a colour is called in a stylesheet.
func inkName(i ink) string {
	switch i {
	case inkPaper:
		return "paper"
	case inkText:
		return "text"
	case inkMuted:
		return "muted"
	case inkRule:
		return "rule"
	case inkPanel:
		return "panel"
	case inkArea:
		return "area"
	case inkStart:
		return "start"
	case inkEnd:
		return "end"
	case inkStop:
		return "stop"
	case inkEvent:
		return "event"
	default:
		return "s" + string(rune('1'+(i-inkSeries)%seriesInks))
	}
}

// inkRGB is a colour on white paper. The stylesheet of pages has the same for a light page; a test compares them.
func inkRGB(i ink) (r, g, b int) {
	switch i {
	case inkPaper:
		return 0xff, 0xff, 0xff
	case inkText:
		return 0x1b, 0x25, 0x30
	case inkMuted:
		return 0x5b, 0x67, 0x75
	case inkRule:
		return 0xd9, 0xde, 0xe4
	case inkPanel:
		return 0xf5, 0xf7, 0xf9
	case inkArea:
		return 0x7a, 0x4f, 0x9a
	case inkStart:
		return 0x00, 0x7a, 0x5a
	case inkEnd:
		return 0xb8, 0x3a, 0x00
	case inkStop:
		return 0x1b, 0x25, 0x30
	case inkEvent:
		return 0xc9, 0x83, 0x00
	}
	switch (i - inkSeries) % seriesInks {
	case 0:
		return 0x00, 0x72, 0xb2
	case 1:
		return 0xd5, 0x5e, 0x00
	case 2:
		return 0x00, 0x9e, 0x73
	case 3:
		return 0xb0, 0x5a, 0x8c
	case 4:
		return 0x56, 0xb4, 0xe9
	default:
		return 0xc9, 0x83, 0x00
	}
}

// fit cuts text that is longer than width, with an ellipsis.
func fit(c measure, s string, style textStyle, width float64) string {
	if c.width(s, style) <= width {
		return s
	}
	runes := []rune(s)
	low, high := 0, len(runes) // low of them fit
	for low < high {
		middle := (low + high + 1) / 2
		if c.width(string(runes[:middle])+"…", style) <= width {
			low = middle
		} else {
			high = middle - 1
		}
	}
	if low == 0 {
		return "…"
	}
	return strings.TrimRight(string(runes[:low]), " ") + "…"
}
