package document

import "math"

// sheetCanvas is a canvas on the page, whose origin is at x, y.
type sheetCanvas struct {
	p    *paper
	x, y float64
}

func (c *sheetCanvas) path(points []point) {
	for i, at := range points {
		if i == 0 {
			c.p.f.MoveTo(c.x+at.x, c.y+at.y)
		} else {
			c.p.f.LineTo(c.x+at.x, c.y+at.y)
		}
	}
}

func (c *sheetCanvas) line(points []point, color ink, width float64, dashed bool) {
	c.p.stroke(color, width)
	if dashed {
		c.p.f.SetDashPattern([]float64{5, 3}, 0)
	}
	c.path(points)
	c.p.f.DrawPath("D")
	if dashed {
		c.p.f.SetDashPattern(nil, 0)
	}
}

func (c *sheetCanvas) area(rings [][]point, color ink) {
	c.p.fill(color)
	c.p.stroke(color, 1)
	c.p.f.SetAlpha(0.14, "Normal")
	for _, ring := range rings {
		c.path(ring)
		c.p.f.ClosePath()
	}
	c.p.f.DrawPath("F*")
	c.p.f.SetAlpha(1, "Normal")
	for _, ring := range rings {
		c.path(ring)
		c.p.f.ClosePath()
	}
	c.p.f.DrawPath("D")
}

func (c *sheetCanvas) box(x, y, w, h float64, color ink) {
	c.p.fill(color)
	c.p.f.Rect(c.x+x, c.y+y, w, h, "F")
}

func (c *sheetCanvas) shape(points []point, color ink) {
	c.p.fill(color)
	c.p.stroke(inkPaper, 1)
	c.path(points)
	c.p.f.ClosePath()
	c.p.f.DrawPath("FD")
}

func (c *sheetCanvas) dot(x, y, r float64, color ink) {
	c.p.fill(color)
	c.p.stroke(inkPaper, 1)
	c.p.f.Circle(c.x+x, c.y+y, r, "FD")
}

func (c *sheetCanvas) text(x, y float64, s string, style textStyle) {
	if style.halo { // a ground below it, through which lines can be seen a little
		width, left := c.p.width(s, style), x
		switch style.align {
		case toRight:
			left -= width
		case toCentre:
			left -= width / 2
		}
		c.p.f.SetAlpha(0.8, "Normal")
		c.box(left-1, y-style.size*0.85, width+2, style.size*1.15, inkPanel)
		c.p.f.SetAlpha(1, "Normal")
	}
	c.p.write(c.x+x, c.y+y, s, style)
}

func (c *sheetCanvas) width(s string, style textStyle) float64 { return c.p.width(s, style) }

func (c *sheetCanvas) clip(x, y, w, h float64) { c.p.f.ClipRect(c.x+x, c.y+y, w, h, false) }

func (c *sheetCanvas) unclip() {
	c.p.f.ClipEnd()
	c.p.size, c.p.filled = math.NaN(), unset // both are as they were before the clipping
}
