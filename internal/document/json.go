package document

import (
	"context"
	_ "embed"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

//go:embed schema.json
var schema []byte // the JSON Schema that schema.json is

// Schema is the JSON Schema (draft 2020-12) of the documents that Write makes as JSON.
func Schema() []byte { return append([]byte(nil), schema...) }

// chunk is how much is gathered before it is written.
const chunk = 32 << 10

// pen writes JSON, or any other text, by appending to b and handing it on when it is long.
type pen struct {
	w   io.Writer
	b   []byte
	err error // the first of w's
}

func newPen(w io.Writer) *pen { return &pen{w: w, b: make([]byte, 0, chunk+4096)} }

// rest hands on what is gathered, if it is much.
func (p *pen) rest() error {
	if len(p.b) < chunk {
		return nil
	}
	return p.flush()
}

// flush hands on what is gathered.
func (p *pen) flush() error {
	if p.err == nil && len(p.b) > 0 {
		_, p.err = p.w.Write(p.b)
	}
	p.b = p.b[:0]
	return p.err
}

// writeJSON writes a Document as schema.json says. Tables stream.
func writeJSON(ctx context.Context, w io.Writer, d *Document) error {
	p := newPen(w)
	p.b = append(p.b, `{"type":`...)
	p.b = appendQuoted(p.b, d.Type)
	p.b = appendQuoted(append(p.b, `,"title":`...), d.Title)
	p.b = appendQuoted(append(p.b, `,"account":`...), d.Account)
	p.b = append(p.b, `,"subjects":`...)
	p.b = appendStrings(p.b, d.Subjects)
	p.b = appendTime(append(p.b, `,"from":`...), d, d.From)
	p.b = appendTime(append(p.b, `,"to":`...), d, d.To)
	p.b = appendQuoted(append(p.b, `,"time_zone":`...), d.Zone.String())
	p.b = append(p.b, `,"units":{`...)
	for i, k := range []Kind{Distance, Speed, Duration, Temperature, Degrees, Percent} {
		p.comma(i)
		p.b = append(append(append(p.b, '"'), k...), `":`...)
		p.b = appendQuoted(p.b, d.unit(k))
	}
	p.b = appendTime(append(p.b, `},"made_at":`...), d, d.MadeAt)
	p.b = append(p.b, `,"figures":{`...)
	for i, figure := range d.Figures {
		v, err := d.read(figure.Kind, figure.Value)
		if err != nil {
			return err
		}
		p.comma(i)
		p.b = append(appendQuoted(p.b, figure.Key), ':')
		p.b = appendValue(p.b, figure.Kind, &v)
	}
	p.b = append(p.b, `},"tables":[`...)
	n := 0
	for _, section := range d.Sections {
		if table, ok := section.(*Table); ok {
			p.comma(n)
			if err := p.table(ctx, d, table); err != nil {
				return err
			}
			n++
		}
	}
	p.b, n = append(p.b, `],"charts":[`...), 0
	for _, section := range d.Sections {
		if chart, ok := section.(*Chart); ok {
			p.comma(n)
			p.chart(d, chart)
			n++
		}
	}
	p.b, n = append(p.b, `],"maps":[`...), 0
	for _, section := range d.Sections {
		if m, ok := section.(*Map); ok {
			p.comma(n)
			if err := p.geography(ctx, m); err != nil {
				return err
			}
			n++
		}
	}
	p.b = appendStrings(append(p.b, `],"notes":`...), d.Notes)
	p.b = append(p.b, `,"nothing":`...)
	p.b = appendTextOrNull(p.b, d.Nothing)
	p.b = append(p.b, "}\n"...)
	return p.flush()
}

// comma writes one before all but the first.
func (p *pen) comma(i int) {
	if i > 0 {
		p.b = append(p.b, ',')
	}
}

func (p *pen) table(ctx context.Context, d *Document, t *Table) error {
	p.b = appendQuoted(append(p.b, `{"key":`...), t.Key)
	p.b = appendQuoted(append(p.b, `,"title":`...), t.Title)
	p.b = append(p.b, `,"columns":[`...)
	names := make([][]byte, len(t.Columns)) // what stands before each value of a row
	for i, column := range t.Columns {
		p.comma(i)
		p.b = appendQuoted(append(p.b, `{"key":`...), column.Key)
		p.b = appendQuoted(append(p.b, `,"label":`...), column.Label)
		p.b = appendQuoted(append(p.b, `,"kind":`...), string(column.Kind))
		p.b = append(p.b, `,"unit":`...)
		p.b = append(appendTextOrNull(p.b, d.unit(column.Kind)), '}')
		if i > 0 {
			names[i] = append(names[i], ',')
		}
		names[i] = append(appendQuoted(names[i], column.Key), ':')
	}
	p.b = append(p.b, `],"rows":[`...)
	n := 0
	sums, _, err := d.each(ctx, t, func(row []value) error {
		if n > 0 {
			p.b = append(p.b, ',')
		}
		n++
		p.b = append(p.b, '{')
		for i := range row {
			p.b = appendValue(append(p.b, names[i]...), t.Columns[i].Kind, &row[i])
		}
		p.b = append(p.b, '}')
		return p.rest()
	})
	if err != nil {
		return err
	}
	p.b, n = append(p.b, `],"totals":{`...), 0
	for i, column := range t.Columns {
		if !column.Total || !column.Kind.numeric() {
			continue
		}
		p.comma(n)
		p.b = append(appendQuoted(p.b, column.Key), ':')
		p.b = appendValue(p.b, column.Kind, &sums[i])
		n++
	}
	p.b = appendTextOrNull(append(p.b, `},"nothing":`...), t.Nothing)
	p.b = append(p.b, '}')
	return p.rest()
}

func (p *pen) chart(d *Document, c *Chart) {
	p.b = appendQuoted(append(p.b, `{"key":`...), c.Key)
	p.b = appendQuoted(append(p.b, `,"title":`...), c.Title)
	p.b = appendQuoted(append(p.b, `,"kind":`...), string(c.Kind))
	p.b = appendTextOrNull(append(p.b, `,"unit":`...), d.unit(c.Kind))
	p.b = strconv.AppendBool(append(p.b, `,"lines":`...), c.Lines)
	p.b = appendStrings(append(p.b, `,"labels":`...), c.Labels)
	p.b = append(p.b, `,"series":[`...)
	for i, series := range c.Series {
		p.comma(i)
		p.b = appendQuoted(append(p.b, `{"label":`...), series.Label)
		p.b = append(p.b, `,"values":[`...)
		for j, number := range series.Values {
			p.comma(j)
			v := d.number(c.Kind, number)
			p.b = appendValue(p.b, c.Kind, &v)
		}
		p.b = append(p.b, "]}"...)
	}
	p.b = append(p.b, "]}"...)
}

// geography writes a map as a GeoJSON FeatureCollection (RFC 7946) with two members of its own, key and title. Places that are none
// are left out, and so is what has no place then.
func (p *pen) geography(ctx context.Context, m *Map) error {
	p.b = append(p.b, `{"type":"FeatureCollection","key":`...)
	p.b = appendQuoted(p.b, m.Key)
	p.b = appendQuoted(append(p.b, `,"title":`...), m.Title)
	p.b = append(p.b, `,"features":[`...)
	n := 0
	feature := func(kind, label string) {
		p.comma(n)
		n++
		p.b = appendQuoted(append(p.b, `{"type":"Feature","properties":{"kind":`...), kind)
		p.b = appendQuoted(append(p.b, `,"label":`...), label)
		p.b = append(p.b, `},"geometry":{"type":"`...)
	}
	for _, shape := range m.Shapes {
		rings := make([][]Place, 0, len(shape.Rings))
		for _, ring := range shape.Rings {
			if ring = placesOf(ring); len(ring) > 2 {
				if ring[0] != ring[len(ring)-1] {
					ring = append(ring[:len(ring):len(ring)], ring[0])
				}
				rings = append(rings, ring)
			}
		}
		if len(rings) == 0 {
			continue
		}
		feature("area", shape.Label)
		p.b = append(p.b, `Polygon","coordinates":[`...)
		for i, ring := range rings {
			p.comma(i)
			if err := p.places(ctx, ring); err != nil {
				return err
			}
		}
		p.b = append(p.b, "]}}"...)
	}
	for _, line := range m.Lines {
		points := placesOf(line.Points)
		if len(points) < 2 {
			continue // a LineString has two or more
		}
		feature("line", line.Label)
		p.b = append(p.b, `LineString","coordinates":`...)
		if err := p.places(ctx, points); err != nil {
			return err
		}
		p.b = append(p.b, "}}"...)
	}
	for _, mark := range m.Marks {
		if !mark.Place.real() {
			continue
		}
		feature(string(mark.Kind), mark.Label)
		p.b = appendPlace(append(p.b, `Point","coordinates":`...), mark.Place)
		p.b = append(p.b, "}}"...)
	}
	p.b = append(p.b, "]}"...)
	return p.rest()
}

func (p *pen) places(ctx context.Context, places []Place) error {
	p.b = append(p.b, '[')
	for i, place := range places {
		p.comma(i)
		p.b = appendPlace(p.b, place)
		if i%512 == 511 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := p.rest(); err != nil {
				return err
			}
		}
	}
	p.b = append(p.b, ']')
	return nil
}

func appendPlace(b []byte, place Place) []byte {
	b = appendDecimal(append(b, '['), round(place.Longitude, 7), 7)
	b = appendDecimal(append(b, ','), round(place.Latitude, 7), 7)
	return append(b, ']')
}

// appendValue writes a value as schema.json says: null where it isn't known.
func appendValue(b []byte, k Kind, v *value) []byte {
	switch {
	case !v.known:
		return append(b, "null"...)
	case k == Text:
		return appendQuoted(b, v.text)
	case k == Moment:
		return append(v.at.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
	case k == Day:
		return append(v.at.AppendFormat(append(b, '"'), time.DateOnly), '"')
	default:
		return appendDecimal(b, v.number, k.decimals())
	}
}

// appendDecimal writes a number that was rounded to decimals, without zeros at its end.
func appendDecimal(b []byte, number float64, decimals int) []byte {
	scaled := number * powers[decimals]
	if math.Abs(scaled) >= 1<<53 {
		return strconv.AppendFloat(b, number, 'g', -1, 64)
	}
	whole := int64(math.Round(scaled))
	if whole < 0 {
		b, whole = append(b, '-'), -whole
	}
	scale := int64(powers[decimals])
	b = strconv.AppendInt(b, whole/scale, 10)
	part := whole % scale
	if part == 0 {
		return b
	}
	b = append(b, '.')
	for digit := scale / 10; part > 0; digit /= 10 {
		b = append(b, byte('0'+part/digit))
		part %= digit
	}
	return b
}

// appendQuoted writes a JSON text. Bytes that aren't UTF-8 become U+FFFD.
func appendQuoted(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x80 {
			b, _ = jsontext.AppendQuote(b, s) // the error is that of the bytes which it replaced
			return b
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func appendTextOrNull(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return appendQuoted(b, s)
}

func appendStrings(b []byte, texts []string) []byte {
	b = append(b, '[')
	for i, text := range texts {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, text)
	}
	return append(b, ']')
}

// appendTime writes one of the Document's own moments.
func appendTime(b []byte, d *Document, at time.Time) []byte {
	v := d.moment(at)
	return appendValue(b, Moment, &v)
}

// real reports whether a place is on the globe.
func (p Place) real() bool {
	return p.Latitude >= -90 && p.Latitude <= 90 && p.Longitude >= -180 && p.Longitude <= 180
}

// placesOf leaves out what is no place. It gives back the same places where all are good.
func placesOf(places []Place) []Place {
	for i, place := range places {
		if !place.real() {
			kept := append([]Place(nil), places[:i]...)
			for _, place := range places[i:] {
				if place.real() {
					kept = append(kept, place)
				}
			}
			return kept
		}
	}
	return places
}
