package document

import (
	"context"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"codeberg.org/go-pdf/fpdf"
)

// The page of a PDF, in points: A4 and its margins.
const (
	pageShort, pageLong = 595.28, 841.89
	marginSide          = 46.0
	marginTop           = 50.0
	marginBottom        = 54.0
)

// paper is a PDF that is being laid out. y is where the next thing goes, from the top of the page.
type paper struct {
	f    *fpdf.Fpdf
	d    *Document
	w, h float64 // of the page
	y    float64
	most int // pages; the tables end there
	tree *tree

	written []string // since the last mark, as it is read
	turned  bool     // some of it goes from right to left

	bold, arabic bool // the font that is set
	size         float64
	filled       ink // the colour that is set; unset where it isn't known
}

// writePaper lays out a Document as a PDF, and writes it. A table ends on page most, and says how many rows it has beyond.
func writePaper(ctx context.Context, w io.Writer, d *Document, most int) error {
	p, err := newPaper(d, most)
	if err != nil {
		return err
	}
	if err := p.cover(); err != nil {
		return err
	}
	for _, section := range d.Sections {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch s := section.(type) {
		case *Table:
			err = p.table(ctx, s)
		case *Chart:
			p.chart(s)
		case *Map:
			p.geography(s)
		}
		if err != nil {
			return err
		}
	}
	p.footers()
	if err := p.f.Error(); err != nil {
		return wrong("the PDF: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.finish(w)
}

func newPaper(d *Document, most int) (*paper, error) {
	f := fpdf.New("P", "pt", "A4", "")
	f.SetCatalogSort(true)
	f.SetCreationDate(d.MadeAt.UTC())
	f.SetModificationDate(d.MadeAt.UTC())
	f.SetTitle(short(d.Title), true)
	f.SetAuthor(short(d.Account), true)
	f.SetSubject(short(d.subjectText()+", "+d.rangeText()), true)
	f.SetCreator("Yipii", false)
	f.SetLang("en")
	f.SetAutoPageBreak(false, 0)
	f.SetMargins(marginSide, marginTop, marginSide)
	f.SetCellMargin(0)
	f.SetLineCapStyle("round")
	f.SetLineJoinStyle("round")
	for _, face := range []struct {
		family, style string
		packed        []byte
	}{{"latin", "", fontRegular}, {"latin", "B", fontBold}, {"arabic", "", fontArabic}, {"arabic", "B", fontArabicBold}} {
		data, err := unpack(face.packed)
		if err != nil {
			return nil, wrong("the font %s: %w", face.family, err)
		}
		f.AddUTF8FontFromBytes(face.family, face.style, data)
	}
	p := &paper{f: f, d: d, most: most, tree: newTree()}
	p.page(false)
	return p, f.Error()
}

// page begins a page, upright or lying.
func (p *paper) page(wide bool) {
	if wide {
		p.f.AddPageFormat("L", fpdf.SizeType{Wd: pageShort, Ht: pageLong})
		p.w, p.h = pageLong, pageShort
	} else {
		p.f.AddPageFormat("P", fpdf.SizeType{Wd: pageShort, Ht: pageLong})
		p.w, p.h = pageShort, pageLong
	}
	p.size, p.filled = 0, unset // each page begins without a font
	p.y = marginTop
}

// wide reports whether the page lies.
func (p *paper) wide() bool { return p.w > p.h }

// room is how much of the page is free.
func (p *paper) room() float64 { return p.h - marginBottom - p.y }

// inner is the width between the margins.
func (p *paper) inner() float64 { return p.w - 2*marginSide }

// font sets the font, if it isn't set.
func (p *paper) font(size float64, bold, arabic bool) {
	if p.size == size && p.bold == bold && p.arabic == arabic {
		return
	}
	p.size, p.bold, p.arabic = size, bold, arabic
	family, style := "latin", ""
	if arabic {
		family = "arabic"
	}
	if bold {
		style = "B"
	}
	p.f.SetFont(family, style, size)
}

// width is how wide plain text is.
func (p *paper) width(s string, style textStyle) float64 {
	if simple(s) {
		p.font(style.size, style.bold, false)
		return p.f.GetStringWidth(s)
	}
	width := 0.0
	for _, piece := range pieces(s) {
		p.font(style.size, style.bold, piece.arabic)
		width += p.f.GetStringWidth(piece.drawn)
	}
	return width
}

// write writes plain text on a line: x is where it begins, ends or has its middle, as the style says.
func (p *paper) write(x, y float64, s string, style textStyle) {
	if s == "" {
		return
	}
	switch style.align {
	case toRight:
		x -= p.width(s, style)
	case toCentre:
		x -= p.width(s, style) / 2
	}
	p.fill(style.color)
	if simple(s) {
		if len(p.written) < 64 { // of a drawing's many nothing is asked
			p.written = append(p.written, s)
		}
		p.font(style.size, style.bold, false)
		p.f.Text(x, y, s)
		return
	}
	p.written = append(p.written, s)
	for _, piece := range pieces(s) {
		p.turned = p.turned || piece.arabic || piece.turned
		p.font(style.size, style.bold, piece.arabic)
		if piece.meant != "" {
			p.f.RawWriteStr("/Span <</ActualText " + hexText(piece.meant) + ">> BDC")
		}
		p.f.Text(x, y, piece.drawn)
		if piece.meant != "" {
			p.f.RawWriteStr("EMC")
		}
		x += p.f.GetStringWidth(piece.drawn)
	}
}

// hexText is a PDF text string in UTF-16.
func hexText(s string) string {
	var out strings.Builder
	out.WriteString("<FEFF")
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&out, "%04X", unit)
	}
	out.WriteByte('>')
	return out.String()
}

// short is text for a title or a bookmark: the PDF library has no letters beyond the first 65,536 there.
func short(s string) string {
	return cutUnits(strings.Map(func(r rune) rune {
		if r > 0xFFFF {
			return 0xFFFD
		}
		return r
	}, plain(s)), 500)
}

// wrap parts text into lines of a width at spaces, and within words that are longer; of more lines than most the last is cut.
func (p *paper) wrap(s string, style textStyle, width float64, most int) []string {
	if p.width(s, style) <= width {
		return []string{s}
	}
	var lines []string
	rest := s
	for rest != "" {
		if len(lines) == most-1 {
			return append(lines, fit(p, rest, style, width))
		}
		runes := []rune(rest)
		n := p.prefix(runes, style, width)
		if n == len(runes) {
			return append(lines, rest)
		}
		if space := lastSpace(runes[:n+1]); space > 0 {
			n = space
		}
		lines = append(lines, strings.TrimRight(string(runes[:n]), " "))
		rest = strings.TrimLeft(string(runes[n:]), " ")
	}
	return lines
}

// prefix is how many letters fit into a width: one at least.
func (p *paper) prefix(runes []rune, style textStyle, width float64) int {
	low, high := 1, len(runes)
	for low < high {
		middle := (low + high + 1) / 2
		if p.width(string(runes[:middle]), style) <= width {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

func lastSpace(runes []rune) int {
	for i := len(runes) - 1; i > 0; i-- {
		if runes[i] == ' ' {
			return i
		}
	}
	return 0
}

// cover fills the top of the first page: whose document it is, what about, and the key figures.
func (p *paper) cover() error {
	d := p.d
	p.fill(inkSeries)
	p.f.Rect(0, 0, p.w, 7, "F")
	p.y = 86
	p.tagged(p.tree.add("P", 0), func() {
		p.write(marginSide, p.y, fit(p, plain(d.Account), textStyle{size: 11, bold: true}, p.inner()), textStyle{size: 11, bold: true, color: inkMuted})
	})
	title := textStyle{size: 25, bold: true, color: inkText}
	p.y += 33
	p.tagged(p.tree.add("H1", 0), func() {
		for _, line := range p.wrap(plain(d.Title), title, p.inner(), 3) {
			p.write(marginSide, p.y, line, title)
			p.y += 31
		}
	})
	p.y += 4
	text, muted := textStyle{size: 10, color: inkText}, textStyle{size: 10, color: inkMuted}
	for _, about := range d.about() {
		p.tagged(p.tree.add("P", 0), func() {
			p.write(marginSide, p.y, about[0]+" ", muted)
			for _, line := range p.wrap(plain(about[1]), text, p.inner()-76, 8) {
				p.write(marginSide+76, p.y, line, text)
				p.y += 15
			}
		})
	}
	p.y += 10
	p.rule(inkSeries, 1.2)
	p.y += 20
	if err := p.figures(); err != nil {
		return err
	}
	if d.Nothing != "" {
		p.sentences([]string{d.Nothing}, text)
	}
	p.sentences(d.Notes, textStyle{size: 8.5, color: inkMuted})
	return nil
}

// figures draws the key figures as panels, three in a row.
func (p *paper) figures() error {
	const columns, gap, height = 3, 10.0, 54.0
	width := (p.inner() - (columns-1)*gap) / columns
	for i, figure := range p.d.Figures {
		column := i % columns
		if column == 0 && i > 0 {
			p.y += height + gap
		}
		if column == 0 && p.room() < height {
			p.page(false)
		}
		v, err := p.d.read(figure.Kind, figure.Value)
		if err != nil {
			return err
		}
		x := marginSide + float64(column)*(width+gap)
		p.fill(inkPanel)
		p.f.RoundedRect(x, p.y, width, height, 4, "1234", "F")
		p.tagged(p.tree.add("P", 0), func() { p.figure(x, width, figure, v) })
	}
	if len(p.d.Figures) > 0 {
		p.y += height + 20
	}
	return nil
}

// figure writes a key figure on its panel.
func (p *paper) figure(x, width float64, figure Figure, v value) {
	label, unit := textStyle{size: 8.5, color: inkMuted}, textStyle{size: 9, color: inkMuted}
	p.write(x+11, p.y+18, fit(p, plain(figure.Label), label, width-22)+" ", label)
	style := textStyle{size: 16, bold: true, color: inkText}
	shown := plain(show(figure.Kind, v))
	for style.size > 9 && p.width(shown, style) > width-22 {
		style.size--
	}
	shown = fit(p, shown, style, width-22)
	p.write(x+11, p.y+40, shown, style)
	if name := p.d.unit(figure.Kind); v.known && name != "" && figure.Kind != Duration {
		p.write(x+11+p.width(shown, style)+1.6, p.y+40, " "+name, unit)
	}
}

// sentences writes paragraphs.
func (p *paper) sentences(all []string, style textStyle) {
	for _, sentence := range all {
		element := p.tree.add("P", 0)
		for _, line := range p.wrap(plain(sentence), style, p.inner(), 12) {
			if p.room() < style.size*1.5 {
				p.page(p.wide())
			}
			p.y += style.size * 1.5
			p.tagged(element, func() { p.write(marginSide, p.y, line, style) })
		}
		p.y += 3
	}
}

// heading begins a section: on this page where as much as needed is free below it, else on the next.
func (p *paper) heading(title string, wide bool, needed float64) {
	style := textStyle{size: 14, bold: true, color: inkText}
	lines := p.wrap(plain(title), style, p.inner(), 2)
	above := 30.0
	if wide != p.wide() || p.room() < above+float64(len(lines))*18+needed {
		p.page(wide)
		above = 12
	}
	p.y += above
	p.font(style.size, true, false)
	p.f.Bookmark(short(title), 0, p.y-14)
	p.tagged(p.tree.add("H2", 0), func() {
		for _, line := range lines {
			p.write(marginSide, p.y, line, style)
			p.y += 18
		}
	})
	p.y -= 6
}

func (p *paper) chart(c *Chart) {
	h := chartHeight(p.inner())
	p.heading(c.Title, false, h+22)
	h = chartHeight(p.inner()) // heading may have turned the page
	p.drawing(chartLabel(p.d, c), func() {
		if unit := p.d.shownUnit(c.Kind); unit != "" {
			p.write(marginSide, p.y+6, unit, textStyle{size: smallLetters, color: inkMuted})
		}
		drawChart(&sheetCanvas{p, marginSide, p.y + 14}, p.d, c, p.inner(), h)
	})
	p.y += 14 + h
}

func (p *paper) geography(m *Map) {
	v, ok := newView(m, pageShort-2*marginSide)
	if !ok {
		p.heading(m.Title, false, 30)
		p.sentences([]string{"No places."}, textStyle{size: 9, color: inkMuted})
		return
	}
	legend := mapLegend(&sheetCanvas{p, 0, 0}, m, v.w, 0, false)
	p.heading(m.Title, false, v.h+legend+6)
	p.y += 4
	c := &sheetCanvas{p, marginSide, p.y}
	p.drawing(mapLabel(m), func() {
		drawMap(c, p.d, m, &v)
		mapLegend(c, m, v.w, v.h, true)
	})
	p.y += v.h + legend
}

// drawing draws a figure, with words in its place for those who don't see it.
func (p *paper) drawing(alt string, draw func()) {
	element := p.tree.add("Figure", 0)
	if element > 0 {
		p.tree.tags[element].alt = plain(alt)
	}
	p.tagged(element, draw)
}

// footers writes the last line of each page, when it is known how many there are.
func (p *paper) footers() {
	pages := p.f.PageCount()
	y := p.h - 26 // the library goes on counting from the foot of the last page
	for n := 1; n <= pages; n++ {
		p.f.SetPage(n)
		w, _, _ := p.f.PageSize(n)
		p.size, p.filled = 0, unset
		p.mark(-1, func() { p.footer(w, y, fmt.Sprintf("%d / %d", n, pages)) })
	}
}

func (p *paper) footer(w, y float64, number string) {
	style := textStyle{size: 8, color: inkMuted}
	p.stroke(inkRule, 0.5)
	p.f.Line(marginSide, y-13, w-marginSide, y-13)
	p.write(w-marginSide, y, number, textStyle{size: 8, color: inkMuted, align: toRight})
	left := plain(p.d.Title)
	if account := plain(p.d.Account); account != "" {
		left += " · " + account
	}
	p.write(marginSide, y, fit(p, left, style, w-2*marginSide-70), style)
}

// unset is no colour.
const unset ink = -1

// fill sets the colour of what is filled, and of text: where the two are the same, the library doesn't write one for each text.
func (p *paper) fill(color ink) {
	if p.filled == color {
		return
	}
	p.filled = color
	r, g, b := inkRGB(color)
	p.f.SetFillColor(r, g, b)
	p.f.SetTextColor(r, g, b)
}

func (p *paper) stroke(color ink, width float64) {
	r, g, b := inkRGB(color)
	p.f.SetDrawColor(r, g, b)
	p.f.SetLineWidth(width)
}

func (p *paper) rule(color ink, width float64) {
	p.stroke(color, width)
	p.f.Line(marginSide, p.y, p.w-marginSide, p.y)
}
