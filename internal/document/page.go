package document

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"io"
	"strconv"
)

//go:embed page.css
var pageStyle string

// markup is HTML. It is made of constants alone: a string variable doesn't become one, so that what isn't ours can't get past text.
type markup string

// PagePolicy is the Content-Security-Policy that HTML files can be shown under: their own stylesheet and nothing else.
func PagePolicy() string {
	sum := sha256.Sum256([]byte("\n" + pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}

// page writes an HTML page. It has no script and fetches nothing, so that it can be kept as one file, and shown under a policy
// that forbids everything but its own stylesheet.
type page struct {
	*pen
	d *Document
}

// html writes markup of ours.
func (p *page) html(m markup) { p.b = append(p.b, m...) }

// text writes anything, escaped.
func (p *page) text(s string) { p.b = appendEscaped(p.b, plain(s)) }

// writePage writes a Document as one HTML file. Rows stream.
func writePage(ctx context.Context, w io.Writer, d *Document) error {
	p := &page{newPen(w), d}
	p.html("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>")
	p.text(d.Title)
	p.html("</title>\n<style>\n")
	p.b = append(p.b, pageStyle...)
	p.html("</style>\n</head>\n<body>\n<main>\n")
	if err := p.head(); err != nil {
		return err
	}
	for i, section := range d.Sections {
		var err error
		switch s := section.(type) {
		case *Table:
			err = p.table(ctx, s)
		case *Chart:
			p.chart(i, s)
		case *Map:
			p.geography(i, s)
		}
		if err != nil {
			return err
		}
		if err := p.rest(); err != nil {
			return err
		}
	}
	p.html("<footer>")
	p.text(d.Title)
	p.html(" · made ")
	p.text(d.madeText())
	p.html("</footer>\n</main>\n</body>\n</html>\n")
	return p.flush()
}

func (p *page) head() error {
	d := p.d
	p.html("<header>\n<p class=\"account\" dir=\"auto\">")
	p.text(d.Account)
	p.html("</p>\n<h1 dir=\"auto\">")
	p.text(d.Title)
	p.html("</h1>\n<dl class=\"about\">\n")
	for _, line := range d.about() {
		p.html("<div><dt>")
		p.text(line[0])
		p.html("</dt><dd dir=\"auto\">")
		p.text(line[1])
		p.html("</dd></div>\n")
	}
	p.html("</dl>\n</header>\n")
	if len(d.Figures) > 0 {
		p.html("<dl class=\"figures\">\n")
		for _, figure := range d.Figures {
			v, err := d.read(figure.Kind, figure.Value)
			if err != nil {
				return err
			}
			p.html("<div><dt>")
			p.text(figure.Label)
			p.html("</dt><dd data-key=\"")
			p.text(figure.Key)
			p.html("\"><span class=\"value\" dir=\"auto\">")
			p.text(show(figure.Kind, v))
			p.html("</span>")
			if unit := d.unit(figure.Kind); v.known && unit != "" && figure.Kind != Duration {
				p.html(" <span class=\"unit\">")
				p.text(unit)
				p.html("</span>")
			}
			p.html("</dd></div>\n")
		}
		p.html("</dl>\n")
	}
	if d.Nothing != "" {
		p.html("<p class=\"nothing\" dir=\"auto\">")
		p.text(d.Nothing)
		p.html("</p>\n")
	}
	if len(d.Notes) > 0 {
		p.html("<ul class=\"notes\">\n")
		for _, note := range d.Notes {
			p.html("<li dir=\"auto\">")
			p.text(note)
			p.html("</li>\n")
		}
		p.html("</ul>\n")
	}
	return nil
}

func (p *page) title(id string, title string) {
	p.html("<section id=\"")
	p.text(id)
	p.html("\">\n<h2 dir=\"auto\">")
	p.text(title)
	p.html("</h2>\n")
}

func (p *page) table(ctx context.Context, t *Table) error {
	p.title("table-"+t.Key, t.Title)
	cells := make([]markup, len(t.Columns)) // how a cell of each column begins
	heads := func() {
		p.html("<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"")
		p.text(t.Title)
		p.html("\">\n<table>\n<thead><tr>")
		for i, column := range t.Columns {
			if cells[i] = "<td dir=auto>"; column.Kind.numeric() {
				cells[i] = "<td class=n>"
			} else if column.Kind != Text {
				cells[i] = "<td class=t>"
			}
			if column.Kind.numeric() {
				p.html("<th scope=\"col\" class=\"n\">")
			} else {
				p.html("<th scope=\"col\" dir=\"auto\">")
			}
			p.text(column.Label)
			if unit := p.d.shownUnit(column.Kind); unit != "" {
				p.html(" <span class=\"unit\">")
				p.text(unit)
				p.html("</span>")
			}
			p.html("</th>")
		}
		p.html("</tr></thead>\n<tbody>\n")
	}
	opened := false
	sums, rows, err := p.d.each(ctx, t, func(row []value) error {
		if !opened {
			opened = true
			heads()
		}
		p.html("<tr>")
		for i := range row {
			v := &row[i]
			switch {
			case v.known && t.Columns[i].Kind == Text:
				p.html("<td dir=auto>")
				p.text(v.text)
			case v.known:
				p.html(cells[i])
				p.b = appendShown(p.b, t.Columns[i].Kind, v) // digits and signs: nothing to escape
			default:
				p.html(cells[i])
				p.b = append(p.b, unknown...)
			}
			p.html("</td>")
		}
		p.html("</tr>\n")
		return p.rest()
	})
	if err != nil {
		return err
	}
	if rows == 0 {
		p.html("<p class=\"nothing\" dir=\"auto\">")
		p.text(t.nothing())
		p.html("</p>\n</section>\n")
		return nil
	}
	p.html("</tbody>\n")
	if t.totalled() {
		p.html("<tfoot><tr>")
		for i, column := range t.Columns {
			switch {
			case column.Total && column.Kind.numeric():
				p.html("<td class=\"n\">")
				p.text(show(column.Kind, sums[i]))
				p.html("</td>")
			case i == 0:
				p.html("<th scope=\"row\">Total</th>")
			default:
				p.html("<td></td>")
			}
		}
		p.html("</tr></tfoot>\n")
	}
	p.html("</table>\n</div>\n</section>\n")
	return nil
}

// The width that drawings of a page are made for; they grow and shrink with the page.
const drawingWidth = 560

func (p *page) chart(i int, c *Chart) {
	p.title("chart-"+c.Key, c.Title)
	if unit := p.d.shownUnit(c.Kind); unit != "" {
		p.html("<p class=\"axis\">")
		p.text(unit)
		p.html("</p>\n")
	}
	p.html("<div class=\"drawing\">\n")
	s := &svg{b: p.b, id: "c" + strconv.Itoa(i)}
	h := chartHeight(drawingWidth)
	s.begin(drawingWidth, h, chartLabel(p.d, c))
	drawChart(s, p.d, c, drawingWidth, h)
	s.end()
	p.b = s.b
	p.html("</div>\n</section>\n")
}

func (p *page) geography(i int, m *Map) {
	p.title("map-"+m.Key, m.Title)
	v, ok := newView(m, drawingWidth)
	if !ok {
		p.html("<p class=\"nothing\">No places.</p>\n</section>\n")
		return
	}
	p.html("<div class=\"drawing\">\n")
	s := &svg{b: p.b, id: "m" + strconv.Itoa(i)}
	s.begin(v.w, v.h+mapLegend(s, m, v.w, v.h, false), mapLabel(m))
	drawMap(s, p.d, m, &v)
	mapLegend(s, m, v.w, v.h, true)
	s.end()
	p.b = s.b
	p.html("</div>\n</section>\n")
}

// appendEscaped writes text as HTML and XML take it, in elements and in attributes.
func appendEscaped(b []byte, s string) []byte {
	from := 0
	for i := range len(s) {
		var escape string
		switch s[i] {
		case '<':
			escape = "&lt;"
		case '>':
			escape = "&gt;"
		case '&':
			escape = "&amp;"
		case '"':
			escape = "&#34;"
		case '\'':
			escape = "&#39;"
		default:
			continue
		}
		b = append(append(b, s[from:i]...), escape...)
		from = i + 1
	}
	return append(b, s[from:]...)
}

// nothing is the sentence in place of a table without rows.
func (t *Table) nothing() string {
	if t.Nothing == "" {
		return "No rows."
	}
	return t.Nothing
}

// about is what stands below a title: names and their values.
func (d *Document) about() [][2]string {
	lines := [][2]string{{"About", d.subjectText()}}
	if text := d.rangeText(); text != "" {
		lines = append(lines, [2]string{"Range", text})
	}
	return append(lines, [2]string{"Time zone", d.Zone.String()}, [2]string{"Made", d.madeText()})
}
