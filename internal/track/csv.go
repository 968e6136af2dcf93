package track

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// column is what a field of a row is for.
type column int

const (
	columnIgnored column = iota
	columnLatitude
	columnLongitude
	columnTime
	columnTrack
	columnAltitude
	columnSpeed
	columnHeading
	columnCount
)

// columnNames are the names of the columns in a header, the required ones before columnAltitude.
func columnNames() [columnCount]string {
	return [columnCount]string{"", "lat", "lng", "datetime", "uid", "altitude", "speed", "heading"}
}

// csvReader reads rows of one header. fields and track are kept from row to row, to spare their allocation.
type csvReader struct {
	columns []column
	fields  [][]byte
	track   string
}

// readCSV yields the rows of r, the first of which is line number line and the header. A line without any character
// is passed over; every other is a row.
func readCSV(r *bufio.Reader, line int, yield func(Point) error) error {
	var reader csvReader
	for ; ; line++ {
		text, last, err := readLine(r)
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		if len(text) > 0 {
			point, err := reader.row(text)
			if err != nil {
				return fmt.Errorf("line %d: %w", line, err)
			}
			if point != nil {
				if err := yield(*point); err != nil {
					return err
				}
			}
		}
		if last {
			return nil
		}
	}
}

// readLine answers the next line without its end, valid until the next call, and whether it is the last.
func readLine(r *bufio.Reader) (text []byte, last bool, err error) {
	text, err = r.ReadSlice('\n')
	switch {
	case err == nil:
		text = text[:len(text)-1]
	case errors.Is(err, io.EOF):
		last = true
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, false, fmt.Errorf("the line is longer than %d bytes", bufferSize)
	default:
		return nil, false, err
	}
	return bytes.TrimSuffix(text, []byte{'\r'}), last, nil
}

// row takes one line: the header, for which it answers no point, or a point.
func (c *csvReader) row(line []byte) (*Point, error) {
	var err error
	if c.fields, err = splitRow(c.fields[:0], line); err != nil {
		return nil, err
	}
	if c.columns == nil {
		return nil, c.header()
	}
	if len(c.fields) != len(c.columns) {
		return nil, fmt.Errorf("the row has %d fields, the header %d", len(c.fields), len(c.columns))
	}
	var p Point
	for i, field := range c.fields {
		if err := c.field(&p, c.columns[i], bytes.TrimSpace(field)); err != nil {
			return nil, err
		}
	}
	return &p, nil
}

// header learns the columns. A required one that is missing and a known one that comes twice are errors.
func (c *csvReader) header() error {
	c.columns = make([]column, len(c.fields))
	var seen [columnCount]bool
	names := columnNames()
	for i, field := range c.fields {
		name := string(bytes.TrimSpace(field))
		for col := columnLatitude; col < columnCount; col++ {
			if !strings.EqualFold(name, names[col]) {
				continue
			}
			if seen[col] {
				return fmt.Errorf("the header names the column %q twice", names[col])
			}
			seen[col] = true
			c.columns[i] = col
		}
	}
	for col := columnLatitude; col < columnAltitude; col++ {
		if !seen[col] {
			return fmt.Errorf("the header has no column %q; it must name lat, lng, datetime and uid", names[col])
		}
	}
	return nil
}

// field sets what one field of a row says about the point.
func (c *csvReader) field(p *Point, col column, text []byte) (err error) {
	switch col {
	case columnLatitude:
		p.Latitude, err = latitudeBound().parse(string(text))
	case columnLongitude:
		p.Longitude, err = longitudeBound().parse(string(text))
	case columnTime:
		p.Time, err = parseTime(string(text), false)
	case columnTrack:
		p.Track, err = c.name(text)
	case columnAltitude:
		p.Altitude, err = altitudeBound().optional(string(text))
	case columnSpeed:
		p.Speed, err = speedBound().optional(string(text))
	case columnHeading:
		p.Heading, err = headingBound().optional(string(text))
	}
	return err
}

// name answers a row's uid, the same string as the row before where it is the same.
func (c *csvReader) name(text []byte) (string, error) {
	if len(text) == 0 {
		return "", errors.New("uid is missing")
	}
	if string(text) == c.track {
		return c.track, nil
	}
	name := string(text)
	if err := checkName(name); err != nil {
		return "", err
	}
	c.track = name
	return name, nil
}

// splitRow appends the fields of a line to fields. A field may stand in double quotes, with a quote inside written
// twice (RFC 4180); it may not go over the end of the line. The fields share the line's memory.
func splitRow(fields [][]byte, line []byte) ([][]byte, error) {
	for {
		if len(line) > 0 && line[0] == '"' {
			field, rest, err := quotedField(line[1:])
			if err != nil {
				return nil, err
			}
			fields = append(fields, field)
			if len(rest) == 0 {
				return fields, nil
			}
			line = rest[1:]
			continue
		}
		end := bytes.IndexByte(line, ',')
		if end < 0 {
			return append(fields, line), nil
		}
		fields = append(fields, line[:end])
		line = line[end+1:]
	}
}

// quotedField answers the field whose opening quote stood before text, and what follows its closing quote: nothing,
// or a comma and more.
func quotedField(text []byte) (field, rest []byte, err error) {
	kept := 0 // the field so far is text[:kept]: a doubled quote shortens it in place
	for i := 0; i < len(text); i++ {
		if text[i] == '"' {
			if i+1 == len(text) || text[i+1] == ',' {
				return text[:kept], text[i+1:], nil
			}
			if text[i+1] != '"' {
				return nil, nil, errors.New(`a quote inside a quoted field is not doubled`)
			}
			i++
		}
		text[kept] = text[i]
		kept++
	}
	return nil, nil, errors.New("a quoted field is not closed on its line")
}
