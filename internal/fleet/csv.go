package fleet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/yipii/yipii/internal/fault"
)

// ReadCSV reads assets from CSV (RFC 4180), at most as many as most says: more are TooLarge. The first line names the
// columns, each one of name, type, group, registration, vin and tracker, whatever their case and order; tracker must be among
// them. They are parted by commas or semicolons, whichever the first line has more of; a byte order mark is passed over.
// A column that is there tells the field of every row: an empty one is cleared.
//
// What is no CSV is Malformed with its line, a header that isn't as above Invalid. A row with another number of fields than
// the header is told in the row.
func ReadCSV(r io.Reader, most int) ([]Row, error) {
	buffered := bufio.NewReaderSize(r, maxHeader)
	if mark, _ := buffered.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = buffered.Discard(3)
	}
	start, _ := buffered.Peek(maxHeader)
	reader := csv.NewReader(buffered)
	reader.Comma = delimiterOf(start)
	reader.ReuseRecord = true
	columns, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Malformed, "The CSV is empty: its first line must name the columns.")
	}
	if err != nil {
		return nil, csvFault(err)
	}
	columns, err = checkHeader(columns)
	if err != nil {
		return nil, err
	}
	rows := []Row{}
	for {
		record, err := reader.Read()
		switch {
		case errors.Is(err, io.EOF):
			return rows, nil
		case len(rows) == most:
			return nil, fault.Newf(fault.TooLarge, "The CSV has more than %d rows.", most)
		case errors.Is(err, csv.ErrFieldCount):
			rows = append(rows, Row{Wrong: []fault.Field{{Name: "asset",
				Message: fault.Newf(fault.Invalid, "The row has %d fields, the header %d.", len(record), len(columns)).Message}}})
		case err != nil:
			return nil, csvFault(err)
		default:
			var row Row
			for i, name := range columns {
				row.set(name, record[i])
			}
			rows = append(rows, row)
		}
	}
}

// maxHeader bounds the first line, as far as it is looked at for its delimiter.
const maxHeader = 4096

func delimiterOf(start []byte) rune {
	line, _, _ := bytes.Cut(start, []byte{'\n'})
	if bytes.Count(line, []byte{';'}) > bytes.Count(line, []byte{','}) {
		return ';'
	}
	return ','
}

// csvFault passes on a fault of the reader below, and names what is no CSV.
func csvFault(err error) error {
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		return fault.Newf(fault.Malformed, "The CSV can't be read: line %d, column %d: %v.", wrong.Line, wrong.Column, wrong.Err)
	}
	return err
}

// checkHeader returns the names of the columns as fields are called.
func checkHeader(columns []string) ([]string, error) {
	names := make([]string, len(columns))
	var known Change
	seen := map[string]bool{}
	for i, column := range columns {
		name := strings.ToLower(strings.TrimSpace(column))
		switch {
		case !known.set(name, ""):
			return nil, fault.InvalidField("header", "The header names the column "+quoteShort(column)+". Columns are name, type, group, registration, vin and tracker.")
		case seen[name]:
			return nil, fault.InvalidField("header", "The header names the column "+name+" twice.")
		}
		names[i], seen[name] = name, true
	}
	if !seen["tracker"] {
		return nil, fault.InvalidField("header", "The header must name the column tracker, by which assets are known.")
	}
	return names, nil
}

// quoteShort is a text of the caller's, cut so that it can stand in a message.
func quoteShort(text string) string {
	runes := []rune(strings.ToValidUTF8(text, "�"))
	if len(runes) > 40 {
		runes = append(runes[:40], '…')
	}
	return `"` + string(runes) + `"`
}
