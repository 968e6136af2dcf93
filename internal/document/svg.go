package document

import (
	"math"
	"strconv"
	"unicode"
)

// svg is a canvas that writes SVG into a page. Colours are classes, which the page's stylesheet rules, by day and by night.
type svg struct {
	b     []byte
	id    string // of the clip path; each drawing of a page has another
	clips int
}

// begin opens a drawing of the given size, with words that tell what it shows to those who don't see it.
func (s *svg) begin(w, h float64, label string) {
	s.b = append(s.b, `<svg viewBox="0 0 `...)
	s.number(w)
	s.b = append(s.b, ' ')
	s.number(h)
	s.b = append(s.b, `" role="img" aria-label="`...)
	s.b = appendEscaped(s.b, plain(label))
	s.b = append(s.b, "\">\n"...)
}

func (s *svg) end() { s.b = append(s.b, "</svg>\n"...) }

// number writes a length, to a hundredth.
func (s *svg) number(x float64) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		x = 0
	}
	s.b = appendDecimal(s.b, round(x, 2), 2)
}

func (s *svg) attribute(name string, x float64) {
	s.b = append(append(append(s.b, ' '), name...), `="`...)
	s.number(x)
	s.b = append(s.b, '"')
}

func (s *svg) path(points []point) {
	for i, p := range points {
		switch i {
		case 0:
			s.b = append(s.b, 'M')
		case 1:
			s.b = append(s.b, 'L')
		default:
			s.b = append(s.b, ' ')
		}
		s.number(p.x)
		s.b = append(s.b, ' ')
		s.number(p.y)
	}
}

func (s *svg) line(points []point, color ink, width float64, dashed bool) {
	s.b = append(append(s.b, `<path class="line `...), inkName(color)...)
	s.b = append(s.b, '"')
	s.attribute("stroke-width", width)
	if dashed {
		s.b = append(s.b, ` stroke-dasharray="5 3"`...)
	}
	s.b = append(s.b, ` d="`...)
	s.path(points)
	s.b = append(s.b, "\"/>\n"...)
}

func (s *svg) area(rings [][]point, color ink) {
	s.b = append(append(s.b, `<path class="zone `...), inkName(color)...)
	s.b = append(s.b, `" d="`...)
	for _, ring := range rings {
		s.path(ring)
		s.b = append(s.b, 'Z')
	}
	s.b = append(s.b, "\"/>\n"...)
}

func (s *svg) box(x, y, w, h float64, color ink) {
	s.b = append(append(s.b, `<rect class="fill `...), inkName(color)...)
	s.b = append(s.b, '"')
	s.attribute("x", x)
	s.attribute("y", y)
	s.attribute("width", math.Max(w, 0))
	s.attribute("height", math.Max(h, 0))
	s.b = append(s.b, "/>\n"...)
}

func (s *svg) shape(points []point, color ink) {
	s.b = append(append(s.b, `<path class="mark `...), inkName(color)...)
	s.b = append(s.b, `" d="`...)
	s.path(points)
	s.b = append(s.b, "Z\"/>\n"...)
}

func (s *svg) dot(x, y, r float64, color ink) {
	s.b = append(append(s.b, `<circle class="mark `...), inkName(color)...)
	s.b = append(s.b, '"')
	s.attribute("cx", x)
	s.attribute("cy", y)
	s.attribute("r", r)
	s.b = append(s.b, "/>\n"...)
}

func (s *svg) text(x, y float64, text string, style textStyle) {
	s.b = append(append(s.b, `<text class="`...), inkName(style.color)...)
	if style.bold {
		s.b = append(s.b, " bold"...)
	}
	if style.halo {
		s.b = append(s.b, " halo"...)
	}
	switch style.align {
	case toCentre:
		s.b = append(s.b, " centre"...)
	case toRight:
		s.b = append(s.b, " right"...)
	}
	s.b = append(s.b, '"')
	s.attribute("x", x)
	s.attribute("y", y)
	s.attribute("font-size", style.size)
	s.b = append(appendEscaped(append(s.b, '>'), text), "</text>\n"...)
}

// width guesses: the page is shown in a face that isn't known here. Most are narrower.
func (s *svg) width(text string, style textStyle) float64 {
	width := 0.0
	for _, r := range text {
		switch {
		case r == ' ' || r == '.' || r == ',' || r == ':' || r == 'i' || r == 'l' || r == '-':
			width += 0.3
		case unicode.IsUpper(r) || r == 'm' || r == 'w' || r >= 0x2E80:
			width += 0.72
		default:
			width += 0.56
		}
	}
	return width * style.size
}

func (s *svg) clip(x, y, w, h float64) {
	s.clips++
	id := s.id + "-" + strconv.Itoa(s.clips)
	s.b = append(append(append(s.b, `<clipPath id="`...), id...), `"><rect`...)
	s.attribute("x", x)
	s.attribute("y", y)
	s.attribute("width", w)
	s.attribute("height", h)
	s.b = append(append(append(s.b, `/></clipPath><g clip-path="url(#`...), id...), ")\">\n"...)
}

func (s *svg) unclip() { s.b = append(s.b, "</g>\n"...) }
