package document

import (
	"context"
	"fmt"
	"math"
	"strings"
)

// The look of tables, in points at letters of 8; they shrink with the letters.
const (
	tableLetters = 8.0
	cellPadding  = 3.5
	linesPerCell = 3 // longer text is cut
)

// paperTable lays out a table: the widths of its columns follow from its first rows.
type paperTable struct {
	*paper
	t       *Table
	size    float64
	widths  []float64
	heads   [][]string // the lines of the headings
	units   []string
	shaded  bool  // the next row is
	element int   // in the tree; -1 for none
	left    int64 // rows that have no room on the pages that there may be
	scratch []byte
}

// table draws a table as its rows come. The first rows are kept until the widths of columns are chosen.
func (p *paper) table(ctx context.Context, t *Table) error {
	var kept [][]value
	var pt *paperTable
	sums, rows, err := p.d.each(ctx, t, func(row []value) error {
		if pt == nil && len(kept) < sampledRows {
			kept = append(kept, append([]value(nil), row...))
			return nil
		}
		if pt == nil {
			pt = p.open(t, kept)
			if err := pt.rows(kept); err != nil {
				return err
			}
		}
		return pt.row(row)
	})
	if err != nil {
		return err
	}
	if rows == 0 {
		p.heading(t.Title, p.wide(), 40)
		p.sentences([]string{t.nothing()}, textStyle{size: 9, color: inkMuted})
		return nil
	}
	if pt == nil {
		pt = p.open(t, kept)
		if err := pt.rows(kept); err != nil {
			return err
		}
	}
	if t.totalled() {
		pt.totals(sums)
	}
	if pt.left > 0 {
		rows := "rows"
		if pt.left == 1 {
			rows = "row"
		}
		p.sentences([]string{fmt.Sprintf("The table has %s more %s, for which a PDF has no room here. Ask for excel, html or json to have all of them.",
			appendThousands(nil, pt.left), rows)}, textStyle{size: 9, color: inkText})
	}
	p.y += 4
	return nil
}

// open chooses the widths, begins the section and draws the headings. A table that is too wide for a page that stands is drawn on
// pages that lie, then in smaller letters, and then with text wrapped.
func (p *paper) open(t *Table, sample [][]value) *paperTable {
	pt := &paperTable{paper: p, t: t}
	wide := false
	for _, try := range []struct {
		wide bool
		size float64
	}{{false, 8}, {false, 7.5}, {true, 8}, {true, 7}, {true, 6}, {true, 5}, {true, 4}} {
		pt.size, wide = try.size, try.wide
		if pt.choose(sample, pageWidth(wide)-2*marginSide) {
			break
		}
	}
	p.heading(t.Title, wide, 80)
	pt.element = p.tree.add("Table", 0)
	pt.headings()
	return pt
}

func pageWidth(wide bool) float64 {
	if wide {
		return pageLong
	}
	return pageShort
}

func (pt *paperTable) style(k Kind) textStyle {
	style := textStyle{size: pt.size, color: inkText}
	if k.numeric() {
		style.align = toRight
	}
	return style
}

// choose sets the widths for a width of the page, and reports whether the table fits well.
func (pt *paperTable) choose(sample [][]value, room float64) bool {
	columns := len(pt.t.Columns)
	least, wish := make([]float64, columns), make([]float64, columns)
	pt.units = make([]string, columns)
	padding := 2 * cellPadding * pt.size / tableLetters
	sumLeast, sumWish := 0.0, 0.0
	for i, column := range pt.t.Columns {
		head := textStyle{size: pt.size, bold: true}
		for _, word := range strings.Fields(plain(column.Label)) {
			least[i] = math.Max(least[i], math.Min(pt.width(word, head), 90))
		}
		pt.units[i] = pt.d.shownUnit(column.Kind)
		least[i] = math.Max(least[i], pt.width(pt.units[i], head))
		wish[i] = least[i]
		for _, row := range sample {
			wish[i] = math.Max(wish[i], pt.width(pt.shown(column.Kind, &row[i]), pt.style(column.Kind)))
		}
		if column.Total && column.Kind.numeric() { // room for a sum of more rows than are seen here
			sum := 0.0
			for _, row := range sample {
				sum += row[i].number
			}
			v := pt.d.sum(column.Kind, sum*100)
			wish[i] = math.Max(wish[i], math.Min(pt.width(pt.shown(column.Kind, &v), head), 90))
		}
		if column.Kind == Text {
			wish[i] = math.Min(wish[i], 190)
			least[i] = math.Max(least[i], math.Min(wish[i], 70))
		} else {
			wish[i] = math.Min(wish[i], 140)
			least[i] = wish[i]
		}
		least[i], wish[i] = least[i]+padding, wish[i]+padding
		sumLeast, sumWish = sumLeast+least[i], sumWish+wish[i]
	}
	pt.widths = wish
	fits := sumLeast <= room
	switch {
	case sumWish <= room: // what is left goes to all alike, but keeps narrow tables narrow
		more := math.Min((room-sumWish)/float64(columns), 34)
		for i := range pt.widths {
			pt.widths[i] += more
		}
	case fits: // what is there beyond the least is shared out by what is wished
		part := (room - sumLeast) / (sumWish - sumLeast)
		for i := range pt.widths {
			pt.widths[i] = least[i] + (wish[i]-least[i])*part
		}
	default:
		for i := range pt.widths {
			pt.widths[i] = wish[i] / sumWish * room
		}
	}
	return fits
}

// shown is a value as text without control characters.
func (pt *paperTable) shown(k Kind, v *value) string {
	if k == Text && v.known {
		return plain(v.text)
	}
	pt.scratch = appendShown(pt.scratch[:0], k, v)
	return string(pt.scratch)
}

// headings draws the headings, with the units below them.
func (pt *paperTable) headings() {
	style := textStyle{size: pt.size, bold: true, color: inkText}
	unit := textStyle{size: pt.size * 0.88, color: inkMuted}
	padding, line := cellPadding*pt.size/tableLetters, pt.size*1.25
	repeated := pt.heads != nil
	if !repeated {
		pt.heads = make([][]string, len(pt.t.Columns))
		for i, column := range pt.t.Columns {
			pt.heads[i] = pt.wrap(plain(column.Label), style, pt.widths[i]-2*padding, 3)
		}
	}
	most := 0
	for i, lines := range pt.heads {
		n := len(lines)
		if pt.units[i] != "" {
			n++
		}
		most = max(most, n)
	}
	bottom := pt.y + 4 + float64(most)*line
	x := marginSide
	top := -1
	if !repeated {
		top = pt.tree.add("TR", pt.element)
	}
	for i, column := range pt.t.Columns {
		style, unit, at := style, unit, x+padding
		if column.Kind.numeric() {
			style.align, unit.align, at = toRight, toRight, x+pt.widths[i]-padding
		}
		if i == 0 && !column.Kind.numeric() {
			at = x
		}
		draw := func() {
			y := bottom - 4 - line*float64(len(pt.heads[i])-1)
			if pt.units[i] != "" {
				y -= line
			}
			for _, text := range pt.heads[i] {
				pt.write(at, y, text, style)
				y += line
			}
			pt.write(at, y, pt.units[i], unit)
		}
		if repeated {
			pt.mark(-1, draw)
		} else {
			pt.tagged(pt.tree.add("TH", top), draw)
		}
		x += pt.widths[i]
	}
	pt.y = bottom
	pt.stroke(inkMuted, 1)
	pt.f.Line(marginSide, pt.y, x, pt.y)
	pt.y += 1
	pt.shaded = false
}

func (pt *paperTable) rows(rows [][]value) error {
	for _, row := range rows {
		if err := pt.row(row); err != nil {
			return err
		}
	}
	return nil
}

// row draws a row, on the next page if it has no room on this. From the first on that has none on the last page, rows are only counted.
func (pt *paperTable) row(row []value) error {
	if pt.left > 0 {
		pt.left++
		return nil
	}
	padding, line := cellPadding*pt.size/tableLetters, pt.size*1.25
	var wrapped [][]string // the lines of cells that have more than one
	most := 1
	for i, column := range pt.t.Columns {
		if column.Kind != Text || !row[i].known {
			continue
		}
		text := plain(row[i].text)
		if float64(len(text))*pt.size*0.35 <= pt.widths[i]-2*padding && len(text) < 12 {
			continue // surely short enough
		}
		lines := pt.wrap(text, pt.style(Text), pt.widths[i]-2*padding, linesPerCell)
		if wrapped == nil {
			wrapped = make([][]string, len(row))
		}
		wrapped[i] = lines
		most = max(most, len(lines))
	}
	height := float64(most)*line + padding*1.4
	if pt.room() < height {
		if pt.f.PageCount() >= pt.most {
			pt.left++
			return nil
		}
		pt.page(pt.wide())
		pt.headings()
	}
	if pt.shaded {
		total := 0.0
		for _, width := range pt.widths {
			total += width
		}
		pt.fill(inkPanel)
		pt.f.Rect(marginSide, pt.y, total, height, "F")
	}
	pt.shaded = !pt.shaded
	base := pt.y + padding*0.7 + pt.size*0.98
	x := marginSide
	element := pt.tree.add("TR", pt.element)
	for i, column := range pt.t.Columns {
		pt.tagged(pt.tree.add("TD", element), func() { pt.cell(x, base, i, column.Kind, &row[i], wrapped, false) })
		x += pt.widths[i]
	}
	pt.y += height
	return nil
}

func (pt *paperTable) cell(x, base float64, i int, k Kind, v *value, wrapped [][]string, bold bool) {
	padding, line := cellPadding*pt.size/tableLetters, pt.size*1.25
	style := pt.style(k)
	style.bold = bold
	if !v.known {
		style.color = inkMuted
	}
	if k.numeric() {
		text := pt.shown(k, v)
		width := pt.width(text, style)
		if width > pt.widths[i]-padding {
			text = fit(pt, text, style, pt.widths[i]-padding)
			width = pt.width(text, style)
		}
		style.align = toLeft
		pt.write(x+pt.widths[i]-padding-width, base, text, style)
		return
	}
	at := x + padding
	if i == 0 {
		at = x
	}
	if k == Text && wrapped != nil && wrapped[i] != nil {
		for j, text := range wrapped[i] {
			pt.write(at, base+float64(j)*line, text, style)
		}
		return
	}
	pt.write(at, base, pt.shown(k, v), style)
}

// totals draws the line of sums.
func (pt *paperTable) totals(sums []value) {
	padding, line := cellPadding*pt.size/tableLetters, pt.size*1.25
	height := line + padding*2
	if pt.room() < height {
		pt.page(pt.wide())
		pt.headings()
	}
	total := 0.0
	for _, width := range pt.widths {
		total += width
	}
	pt.stroke(inkMuted, 1)
	pt.f.Line(marginSide, pt.y, marginSide+total, pt.y)
	base := pt.y + padding + pt.size*0.98
	x := marginSide
	element := pt.tree.add("TR", pt.element)
	for i, column := range pt.t.Columns {
		pt.tagged(pt.tree.add("TD", element), func() {
			if column.Total && column.Kind.numeric() {
				pt.cell(x, base, i, column.Kind, &sums[i], nil, true)
			} else if i == 0 {
				pt.write(x, base, "Total", textStyle{size: pt.size, bold: true, color: inkText})
			}
		})
		x += pt.widths[i]
	}
	pt.y += height
}
