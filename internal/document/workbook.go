package document

import (
	"archive/zip"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/yipii/yipii/internal/fault"
)

// A workbook is written by hand (docs/decisions/0027-files-of-reports.md): a zip of XML parts, as ECMA-376 (Office Open XML, part 1)
// has them. Its sheets are a summary, and one for each table, chart and map; all but the summary are tables. Text is written as
// inline strings, which no program takes for a formula.

const (
	spaceMain           = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	spaceRelations      = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	spacePackage        = "http://schemas.openxmlformats.org/package/2006/relationships"
	xmlHead             = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	longestCell         = 32767 // UTF-16 units, as Excel counts
	sampledRows         = 200   // are looked at for the widths of columns
	narrowest, broadest = 9, 60
)

// workbook is a workbook that is being written.
type workbook struct {
	*pen
	zip    *zip.Writer
	d      *Document
	sheets []sheet
	names  []string // defined names, as elements
	charts int
	most   int // rows of a table
}

// sheet is one that is to be written: its name, and its table; a chart beside it where it shows one.
type sheet struct {
	name  string
	table *Table
	chart *Chart
}

// writeWorkbook writes a Document as a workbook whose tables have most rows at most.
func writeWorkbook(ctx context.Context, w io.Writer, d *Document, most int) error {
	b := &workbook{pen: newPen(nil), zip: zip.NewWriter(w), d: d, most: most}
	b.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	b.plan()
	if err := b.part("[Content_Types].xml", b.contentTypes); err != nil {
		return err
	}
	if err := b.part("_rels/.rels", b.relations); err != nil {
		return err
	}
	if err := b.part("docProps/core.xml", b.properties); err != nil {
		return err
	}
	if err := b.part("xl/styles.xml", b.styles); err != nil {
		return err
	}
	if err := b.part("xl/worksheets/sheet1.xml", b.summary); err != nil {
		return err
	}
	for i, s := range b.sheets {
		number := i + 2
		if err := b.part("xl/worksheets/sheet"+strconv.Itoa(number)+".xml", func() error { return b.table(ctx, i+1, s) }); err != nil {
			return err
		}
		if s.chart == nil {
			continue
		}
		if err := b.drawing(number, s); err != nil {
			return err
		}
	}
	if err := b.part("xl/workbook.xml", b.contents); err != nil {
		return err
	}
	if err := b.part("xl/_rels/workbook.xml.rels", b.contentRelations); err != nil {
		return err
	}
	return b.zip.Close()
}

// part writes one file of the zip. Its time is when the Document was made, so that the same Document makes the same bytes.
func (b *workbook) part(name string, write func() error) error {
	head := &zip.FileHeader{Name: name, Method: zip.Deflate}
	if made := b.d.MadeAt.UTC(); made.Year() >= 1980 && made.Year() < 2108 {
		head.Modified = made
	}
	w, err := b.zip.CreateHeader(head)
	if err != nil {
		return err
	}
	b.w = w
	if err := write(); err != nil {
		return err
	}
	return b.flush()
}

// xml appends XML of ours.
func (b *workbook) xml(m markup) { b.b = append(b.b, m...) }

// text appends anything, escaped.
func (b *workbook) text(s string) { b.b = appendEscaped(b.b, plain(s)) }

func (b *workbook) int(n int) { b.b = strconv.AppendInt(b.b, int64(n), 10) }

// plan makes the list of sheets, with names that Excel takes: of 31 letters at most, without []:*?/\, each only once.
func (b *workbook) plan() {
	taken := map[string]bool{"summary": true, "history": true} // Excel keeps the second for itself
	add := func(title, key string, table *Table, chart *Chart) {
		b.sheets = append(b.sheets, sheet{sheetName(taken, title, key), table, chart})
	}
	for _, section := range b.d.Sections {
		switch s := section.(type) {
		case *Table:
			add(s.Title, s.Key, s, nil)
		case *Chart:
			shown := s
			if len(s.Series) == 0 || len(s.Labels) == 0 {
				shown = nil // a chart of nothing is none
			}
			add(s.Title, s.Key, chartTable(s), shown)
		case *Map:
			if len(s.Marks) > 0 {
				add(s.Title, s.Key, mapTable(s), nil)
			}
		}
	}
}

func sheetName(taken map[string]bool, title, key string) string {
	clean := func(s string) string {
		s = strings.Map(func(r rune) rune {
			if strings.ContainsRune(`[]:*?/\`, r) {
				return ' '
			}
			return r
		}, plain(s))
		return strings.Trim(strings.Join(strings.Fields(s), " "), "' ")
	}
	name := clean(title)
	if name == "" {
		name = clean(key)
	}
	if name == "" {
		name = "Sheet"
	}
	for i := 1; ; i++ {
		end := ""
		if i > 1 {
			end = " (" + strconv.Itoa(i) + ")"
		}
		try := strings.TrimRight(cutUnits(name, 31-len(end)), "' ") + end
		if folded := strings.ToLower(try); !taken[folded] {
			taken[folded] = true
			return try
		}
	}
}

// cutUnits cuts text to a number of UTF-16 units.
func cutUnits(s string, most int) string {
	if len(s) <= most {
		return s
	}
	units := 0
	for i, r := range s {
		if units += utf16.RuneLen(r); units > most {
			return s[:i]
		}
	}
	return s
}

// chartTable is what a chart shows, as a table.
func chartTable(c *Chart) *Table {
	t := &Table{Key: c.Key, Title: c.Title, Nothing: "No values.", Columns: []Column{{Key: "label", Kind: Text}}}
	for i, series := range c.Series {
		t.Columns = append(t.Columns, Column{Key: "series_" + strconv.Itoa(i+1), Label: series.Label, Kind: c.Kind})
	}
	t.Rows = func(yield func([]any, error) bool) {
		for i, label := range c.Labels {
			row := []any{label}
			for _, series := range c.Series {
				row = append(row, series.Values[i])
			}
			if !yield(row, nil) {
				return
			}
		}
	}
	return t
}

// mapTable is the marks of a map, as a table: a workbook has no drawing of its own for a map.
func mapTable(m *Map) *Table {
	return &Table{Key: m.Key, Title: m.Title, Columns: []Column{
		{Key: "kind", Label: "Kind", Kind: Text}, {Key: "label", Label: "Name", Kind: Text},
		{Key: "latitude", Label: "Latitude", Kind: Degrees}, {Key: "longitude", Label: "Longitude", Kind: Degrees},
	}, Rows: func(yield func([]any, error) bool) {
		for _, mark := range m.Marks {
			if mark.Place.real() && !yield([]any{string(mark.Kind), mark.Label, mark.Place.Latitude, mark.Place.Longitude}, nil) {
				return
			}
		}
	}}
}

func (b *workbook) contentTypes() error {
	b.xml(xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` +
		`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>`)
	override := func(name markup, number int, kind markup) {
		b.xml(`<Override PartName="/xl/` + name)
		b.int(number)
		b.xml(`.xml" ContentType="application/vnd.openxmlformats-officedocument.` + kind + `+xml"/>`)
	}
	override("worksheets/sheet", 1, "spreadsheetml.worksheet")
	charts := 0
	for i, s := range b.sheets {
		override("worksheets/sheet", i+2, "spreadsheetml.worksheet")
		if s.chart != nil {
			charts++
			override("drawings/drawing", charts, "drawing")
			override("charts/chart", charts, "drawingml.chart")
		}
	}
	b.xml(`</Types>`)
	return nil
}

func (b *workbook) relations() error {
	b.xml(xmlHead + `<Relationships xmlns="` + spacePackage + `">` +
		`<Relationship Id="rId1" Type="` + spaceRelations + `/officeDocument" Target="xl/workbook.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/>` +
		`</Relationships>`)
	return nil
}

func (b *workbook) properties() error {
	b.xml(xmlHead + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" ` +
		`xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
		`<dc:title>`)
	b.text(b.d.Title)
	b.xml(`</dc:title><dc:creator>`)
	b.text(b.d.Account)
	b.xml(`</dc:creator>`)
	if made := b.d.moment(b.d.MadeAt); made.known {
		b.xml(`<dcterms:created xsi:type="dcterms:W3CDTF">`)
		b.b = made.at.UTC().AppendFormat(b.b, time.RFC3339)
		b.xml(`</dcterms:created>`)
	}
	b.xml(`</cp:coreProperties>`)
	return nil
}

func (b *workbook) contents() error {
	b.xml(xmlHead + `<workbook xmlns="` + spaceMain + `" xmlns:r="` + spaceRelations + `"><bookViews><workbookView activeTab="0"/></bookViews><sheets>` +
		`<sheet name="Summary" sheetId="1" r:id="rId1"/>`)
	for i, s := range b.sheets {
		b.xml(`<sheet name="`)
		b.text(s.name)
		b.xml(`" sheetId="`)
		b.int(i + 2)
		b.xml(`" r:id="rId`)
		b.int(i + 2)
		b.xml(`"/>`)
	}
	b.xml(`</sheets>`)
	if len(b.names) > 0 {
		b.xml(`<definedNames>`)
		for _, name := range b.names {
			b.b = append(b.b, name...) // made by table
		}
		b.xml(`</definedNames>`)
	}
	b.xml(`</workbook>`)
	return nil
}

func (b *workbook) contentRelations() error {
	b.xml(xmlHead + `<Relationships xmlns="` + spacePackage + `">`)
	for i := range len(b.sheets) + 1 {
		b.xml(`<Relationship Id="rId`)
		b.int(i + 1)
		b.xml(`" Type="` + spaceRelations + `/worksheet" Target="worksheets/sheet`)
		b.int(i + 1)
		b.xml(`.xml"/>`)
	}
	b.xml(`<Relationship Id="rId`)
	b.int(len(b.sheets) + 2)
	b.xml(`" Type="` + spaceRelations + `/styles" Target="styles.xml"/></Relationships>`)
	return nil
}

// tooManyRows is the fault of a table that no sheet can hold.
func (b *workbook) tooManyRows(t *Table) error {
	return fault.New(fault.TooLarge, fmt.Sprintf("The table %q has more than %s rows, which is more than a workbook can hold. Ask for a shorter range, for fewer assets, or for json.",
		plain(t.Title), appendThousands(nil, int64(b.most))))
}
