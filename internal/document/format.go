package document

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/yipii/yipii/internal/fault"
)

// Format is a form of file.
type Format string

// The formats, as the API names them.
const (
	JSON  Format = "json"
	PDF   Format = "pdf"
	Excel Format = "excel"
	HTML  Format = "html"
)

// Formats lists them all, as they are offered.
func Formats() []Format { return []Format{JSON, PDF, Excel, HTML} }

// ParseFormat reads a format as the API names it, and nothing else. The fault is Invalid, of the field "format".
func ParseFormat(name string) (Format, error) {
	for _, f := range Formats() {
		if name == string(f) {
			return f, nil
		}
	}
	names := make([]string, 0, len(Formats()))
	for _, f := range Formats() {
		names = append(names, string(f))
	}
	return "", fault.InvalidField("format", "The format must be one of "+strings.Join(names, ", ")+".")
}

// ContentType is the media type of a file of the format.
func (f Format) ContentType() string {
	switch f {
	case JSON:
		return "application/json"
	case PDF:
		return "application/pdf"
	case Excel:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case HTML:
		return "text/html; charset=utf-8"
	default:
		return "application/octet-stream"
	}
}

// Extension is how the name of a file of the format ends, without a dot.
func (f Format) Extension() string {
	if f == Excel {
		return "xlsx"
	}
	return string(f)
}

// The bounds.
const (
	// MaxPages is how many pages of a PDF tables go on for: some 18,000 rows of a line each. A table that is longer ends there, with
	// its totals and how many rows it has beyond. The pages are held until the last is laid out, so that it bounds the memory too.
	MaxPages = 500
	// MaxSheetRows is how many rows a table in a workbook may have: a sheet ends at 1,048,576, and holds the headings and the
	// totals too. A longer one is refused with fault.TooLarge, which says what to ask for instead.
	MaxSheetRows = 1_048_000
)

// Write writes d to w as a file of the format. The same Document makes the same bytes, at any time and on any machine.
//
// JSON, HTML and the workbook are written as the rows come, in memory that does not grow with them; a PDF is laid out whole and
// then written. So what w got before an error is a piece of a file, which the caller throws away.
//
// An error of the Document's rows, of w or of ctx comes back as it is (wrapped). A document that is too long is fault.TooLarge. A
// value that isn't of its column's kind, or a row of another length than the columns, is fault.Internal: whoever made the Document is
// wrong. Values that no file can hold are no error: NaN and the infinities are written as not known, and bytes that aren't UTF-8,
// and control characters, as U+FFFD.
func Write(ctx context.Context, w io.Writer, d *Document, f Format) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	checked, err := check(d)
	if err != nil {
		return err
	}
	switch f {
	case JSON:
		return writeJSON(ctx, w, checked)
	case HTML:
		return writePage(ctx, w, checked)
	case Excel:
		return writeWorkbook(ctx, w, checked, MaxSheetRows)
	case PDF:
		return writePaper(ctx, w, checked, MaxPages)
	default:
		return fault.Wrap(fault.Internal, "Server Error", fmt.Errorf("document: no format %q", f))
	}
}

// check refuses a Document that its maker got wrong, and gives back one whose defaults are filled in. It leaves d alone.
func check(d *Document) (*Document, error) {
	c := *d
	if c.Zone == nil {
		c.Zone = defaultZone()
	}
	if c.Units == "" {
		c.Units = Kilometres
	}
	if c.Units != Kilometres && c.Units != Miles {
		return nil, wrong("units %q", c.Units)
	}
	for _, figure := range c.Figures {
		if !figure.Kind.known() {
			return nil, wrong("figure %s has the kind %q", figure.Key, figure.Kind)
		}
		if _, err := c.read(figure.Kind, figure.Value); err != nil {
			return nil, wrong("figure %s: %w", figure.Key, err)
		}
	}
	for _, section := range c.Sections {
		switch s := section.(type) {
		case *Table:
			if len(s.Columns) == 0 {
				return nil, wrong("table %s has no columns", s.Key)
			}
			for _, column := range s.Columns {
				if !column.Kind.known() {
					return nil, wrong("column %s of table %s has the kind %q", column.Key, s.Key, column.Kind)
				}
			}
		case *Chart:
			if !s.Kind.numeric() {
				return nil, wrong("chart %s is of the kind %q, which has no axis", s.Key, s.Kind)
			}
			for _, series := range s.Series {
				if len(series.Values) != len(s.Labels) {
					return nil, wrong("chart %s has %d labels and a series of %d values", s.Key, len(s.Labels), len(series.Values))
				}
			}
		case *Map:
		default:
			return nil, wrong("a section of type %T", section)
		}
	}
	return &c, nil
}

// wrong is the fault of a Document that isn't as this package wants it: the caller of the API can do nothing about it.
func wrong(format string, args ...any) error {
	return fault.Wrap(fault.Internal, "Server Error", fmt.Errorf("document: "+format, args...))
}
