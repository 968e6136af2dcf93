package document

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// table writes the sheet of a table: headings that stay, filters, rows, and a line of totals as formulas. index is its place among
// the sheets, from zero.
func (b *workbook) table(ctx context.Context, index int, s sheet) error {
	t := s.table
	columns := make([][]byte, len(t.Columns)) // their letters
	widths := make([]int, len(t.Columns))
	for i, column := range t.Columns {
		columns[i] = columnName(i)
		widths[i] = min(max(wordWidth(heading(b.d, column))+3, kindWidth(column.Kind)), broadest)
	}
	b.xml(xmlHead + `<worksheet xmlns="` + spaceMain + `" xmlns:r="` + spaceRelations + `"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>` +
		`<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>` +
		`<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>`)
	// The widths stand before the rows: those of the first rows are kept back until they are known.
	start := b.b
	b.b = nil
	opened := false
	open := func() {
		if opened {
			return
		}
		opened = true
		rows := b.b
		b.b = start
		b.xml(`<cols>`)
		for i, width := range widths {
			b.xml(`<col min="`)
			b.int(i + 1)
			b.xml(`" max="`)
			b.int(i + 1)
			b.xml(`" width="`)
			b.int(width + 2)
			b.xml(`" customWidth="1"/>`)
		}
		b.xml(`</cols><sheetData><row r="1" ht="32" customHeight="1">`)
		for i, column := range t.Columns {
			style := styleHeading
			if column.Kind.numeric() {
				style = styleHeadingRight
			}
			b.textCell(columns[i], 1, style, heading(b.d, column))
		}
		b.xml(`</row>`)
		b.b = append(b.b, rows...)
	}
	n := 1
	sums, rows, err := b.d.each(ctx, t, func(row []value) error {
		if n++; n-1 > b.most {
			return b.tooManyRows(t)
		}
		if n-1 > sampledRows {
			open()
		}
		b.xml(`<row r="`)
		b.int(n)
		b.xml(`">`)
		for i := range row {
			kind := t.Columns[i].Kind
			b.cell(columns[i], n, cellStyle(kind), kind, &row[i])
			if !opened && kind == Text {
				widths[i] = min(max(widths[i], utf8.RuneCountInString(row[i].text)), broadest)
			}
		}
		b.xml(`</row>`)
		if !opened {
			return nil
		}
		return b.rest()
	})
	if err != nil {
		return err
	}
	open()
	if rows == 0 {
		b.xml(`<row r="2">`)
		b.textCell(columns[0], 2, styleMuted, t.nothing())
		b.xml(`</row>`)
	} else if t.totalled() {
		b.totals(t, columns, n, sums)
	}
	b.xml(`</sheetData>`)
	if rows > 0 {
		b.xml(`<autoFilter ref="A1:`)
		b.b = append(b.b, columns[len(columns)-1]...)
		b.int(n)
		b.xml(`"/>`)
		last := string(columns[len(columns)-1])
		b.name("_xlnm._FilterDatabase", index, s.name, "$A$1:$"+last+"$"+strconv.Itoa(n), true)
	}
	b.name("_xlnm.Print_Titles", index, s.name, "$1:$1", false)
	b.xml(`<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>` +
		`<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/><headerFooter><oddFooter>&amp;R&amp;P / &amp;N</oddFooter></headerFooter>`)
	if s.chart != nil {
		b.xml(`<drawing r:id="rId1"/>`)
	}
	b.xml(`</worksheet>`)
	return nil
}

// totals writes the line of sums: formulas that follow the filters, with the sums of all rows as what they last gave.
func (b *workbook) totals(t *Table, columns [][]byte, last int, sums []value) {
	line := last + 1
	b.xml(`<row r="`)
	b.int(line)
	b.xml(`">`)
	for i, column := range t.Columns {
		style := totalStyle(column.Kind)
		switch {
		case column.Total && column.Kind.numeric() && sums[i].known:
			b.open(columns[i], line, style)
			b.xml(`><f>SUBTOTAL(109,`)
			b.b = append(b.b, columns[i]...)
			b.xml(`2:`)
			b.b = append(b.b, columns[i]...)
			b.int(last)
			b.xml(`)</f><v>`)
			b.number(column.Kind, &sums[i])
			b.xml(`</v></c>`)
		case i == 0:
			b.textCell(columns[i], line, totalStyle(Text), "Total")
		default:
			b.open(columns[i], line, style)
			b.xml(`/>`)
		}
	}
	b.xml(`</row>`)
}

// name defines a name that belongs to a sheet. reference is our own.
func (b *workbook) name(name string, index int, sheet, reference string, hidden bool) {
	quoted := "'" + strings.ReplaceAll(plain(sheet), "'", "''") + "'!" + reference
	element := `<definedName name="` + name + `" localSheetId="` + strconv.Itoa(index) + `"`
	if hidden {
		element += ` hidden="1"`
	}
	b.names = append(b.names, element+`>`+string(appendEscaped(nil, quoted))+`</definedName>`)
}

// summary writes the first sheet: what the document is about, its key figures and notes, and where to find the rest.
func (b *workbook) summary() error {
	d := b.d
	b.xml(xmlHead + `<worksheet xmlns="` + spaceMain + `" xmlns:r="` + spaceRelations + `"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>` +
		`<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0"/></sheetViews><sheetFormatPr defaultRowHeight="15"/>` +
		`<cols><col min="1" max="1" width="26" customWidth="1"/><col min="2" max="2" width="52" customWidth="1"/><col min="3" max="3" width="12" customWidth="1"/></cols><sheetData>`)
	a, second, third := []byte("A"), []byte("B"), []byte("C")
	n := 0
	row := func(height markup, write func()) {
		n++
		b.xml(`<row r="`)
		b.int(n)
		b.xml(`"` + height + `>`)
		write()
		b.xml(`</row>`)
	}
	row(` ht="28" customHeight="1"`, func() { b.textCell(a, n, styleTitle, d.Title) })
	row("", func() { b.textCell(a, n, styleMuted, d.Account) })
	n++
	line := func(label string, write func()) {
		row("", func() {
			b.textCell(a, n, styleMuted, label)
			write()
		})
	}
	line("About", func() { b.textCell(second, n, styleWrapped, d.subjectText()) })
	for _, at := range []struct {
		label string
		at    time.Time
	}{{"From", d.From}, {"To (not included)", d.To}, {"Made", d.MadeAt}} {
		v := d.moment(at.at)
		line(at.label, func() { b.cell(second, n, figureStyle(Moment), Moment, &v) })
	}
	line("Time zone", func() { b.textCell(second, n, styleWrapped, d.Zone.String()) })
	if d.Nothing != "" {
		n++
		row("", func() { b.textCell(a, n, styleBold, d.Nothing) })
	}
	if len(d.Figures) > 0 {
		n++
		row("", func() { b.textCell(a, n, styleBold, "Key figures") })
	}
	for _, figure := range d.Figures {
		v, err := d.read(figure.Kind, figure.Value)
		if err != nil {
			return err
		}
		line(figure.Label, func() {
			b.cell(second, n, figureStyle(figure.Kind), figure.Kind, &v)
			if unit := d.shownUnit(figure.Kind); unit != "" {
				b.textCell(third, n, styleMuted, unit)
			}
		})
	}
	if len(d.Notes) > 0 {
		n++
		row("", func() { b.textCell(a, n, styleBold, "Notes") })
	}
	for _, note := range d.Notes {
		row("", func() { b.textCell(a, n, 0, note) })
	}
	type link struct {
		row  int
		name string
	}
	var links []link
	if len(b.sheets) > 0 {
		n++
		row("", func() { b.textCell(a, n, styleBold, "Sheets") })
	}
	for _, s := range b.sheets {
		row("", func() { b.textCell(a, n, styleLink, s.name) })
		links = append(links, link{n, s.name})
	}
	b.xml(`</sheetData>`)
	if len(links) > 0 {
		b.xml(`<hyperlinks>`)
		for _, l := range links {
			b.xml(`<hyperlink ref="A`)
			b.int(l.row)
			b.xml(`" location="`)
			b.text("'" + strings.ReplaceAll(plain(l.name), "'", "''") + "'!A1")
			b.xml(`"/>`)
		}
		b.xml(`</hyperlinks>`)
	}
	b.xml(`<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/><pageSetup paperSize="9" orientation="portrait" fitToHeight="0"/></worksheet>`)
	return nil
}

// open begins a cell's element, without its closing bracket.
func (b *workbook) open(column []byte, row int, style int) {
	b.xml(`<c r="`)
	b.b = append(b.b, column...)
	b.int(row)
	b.xml(`" s="`)
	b.int(style)
	b.xml(`"`)
}

// cell writes a value in a cell of its type.
func (b *workbook) cell(column []byte, row int, style int, k Kind, v *value) {
	switch {
	case !v.known:
		b.open(column, row, style)
		b.xml(`/>`)
	case k == Text:
		b.textCell(column, row, style, v.text)
	case (k == Moment || k == Day) && v.at.Year() < 1901: // before the first day that Excel has
		b.textCell(column, row, style, show(k, *v))
	default:
		b.open(column, row, style)
		b.xml(`><v>`)
		b.number(k, v)
		b.xml(`</v></c>`)
	}
}

// number writes a value as a workbook counts: times in days, by the clock on the wall; Excel knows no zones.
func (b *workbook) number(k Kind, v *value) {
	switch k {
	case Moment, Day:
		_, offset := v.at.Zone()
		wall := v.at.UnixMilli() + int64(offset)*1000
		b.b = strconv.AppendFloat(b.b, float64(wall)/86400e3+25569, 'f', -1, 64)
	case Duration:
		b.b = strconv.AppendFloat(b.b, v.number/86400, 'g', -1, 64)
	default:
		b.b = appendDecimal(b.b, v.number, k.decimals())
	}
}

// textCell writes text, which is never a formula.
func (b *workbook) textCell(column []byte, row int, style int, s string) {
	b.open(column, row, style)
	b.xml(` t="inlineStr"><is><t xml:space="preserve">`)
	b.b = appendEscaped(b.b, cutUnits(escapeUnits(plain(s)), longestCell))
	b.xml(`</t></is></c>`)
}

// escapeUnits escapes what looks like an escape: ECMA-376 (22.9.2.19) reads _x0041_ as A.
func escapeUnits(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var out strings.Builder
	for i := range len(s) {
		if s[i] == '_' && i+6 < len(s) && s[i+1] == 'x' && s[i+6] == '_' && hexadecimal(s[i+2:i+6]) {
			out.WriteString("_x005F")
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

func hexadecimal(s string) bool {
	_, err := strconv.ParseUint(s, 16, 16)
	return err == nil
}

// columnName is the letters of a column, from zero.
func columnName(i int) []byte {
	if i < 26 {
		return []byte{byte('A' + i)}
	}
	return append(columnName(i/26-1), byte('A'+i%26))
}

// heading is a column's label with its unit.
func heading(d *Document, c Column) string {
	if unit := d.shownUnit(c.Kind); unit != "" && c.Kind != Degrees && c.Kind != Heading {
		return plain(c.Label) + " (" + unit + ")"
	}
	return plain(c.Label)
}

// wordWidth is how wide a heading is that may be broken between words, in digits.
func wordWidth(s string) int {
	most := 0
	for _, word := range strings.Fields(s) {
		most = max(most, utf8.RuneCountInString(word))
	}
	return int(math.Ceil(float64(most) * 1.15))
}

// kindWidth is how wide values of a kind are at most, as a rule, in digits.
func kindWidth(k Kind) int {
	switch k {
	case Moment:
		return 18
	case Day:
		return 10
	case Text:
		return narrowest
	default:
		return 10
	}
}
