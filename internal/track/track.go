package track

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Point is one recorded fix. Coordinates are WGS 84 degrees, Altitude is in metres, Speed in km/h, Heading in degrees
// clockwise from north; what the file does not say is nil. Time is in UTC. Every value is finite and within the bounds
// that Read promises.
type Point struct {
	Track     string
	Time      time.Time
	Latitude  float64
	Longitude float64
	Altitude  *float64
	Speed     *float64
	Heading   *float64
}

// ErrNoPoints is what Read answers for a file that is well formed, or empty, and has no point.
var ErrNoPoints = errors.New("no points")

// bufferSize is the longest CSV line taken, its line end included, and the size of the read buffer.
const bufferSize = 64 << 10

// Read calls yield for every point of r, in the order of the file. The bytes decide what the file is: gzip is
// unpacked, a first character '<' makes it GPX, anything else CSV; a UTF-8 byte order mark is passed over. The file's
// name serves as the name of GPX tracks that have none, and may be a path.
//
// A CSV header must name the columns lat, lng, datetime and uid, in any order, and may name altitude, speed and
// heading; other columns are ignored. A datetime is "2006-01-02 15:04:05", taken as UTC, or RFC 3339 with its zone; an
// uid is the name of the track. GPX is read by trk, trkseg and trkpt; routes and waypoints are ignored. Its speeds are
// metres per second, as GPX 1.0 and the usual 1.1 extensions have them, and are turned into km/h.
//
// Values must lie within: latitude -90 to 90, longitude -180 to 180, altitude -20,000 to 100,000 m, speed 0 to 2,000
// km/h, heading 0 to 360, the years 1970 to 9999, a track's name 1 to 200 bytes.
//
// The first fault ends the reading, after the points before it have been yielded: a caller that wants all or nothing
// must take back what it took. The error carries the line of a CSV file ("line 17: …") or the offset into the unpacked
// bytes of a GPX file ("byte 1042: …"). A file without a point is ErrNoPoints. An error of yield is returned as it is.
func Read(name string, r io.Reader, yield func(Point) error) error {
	plain, err := unpack(r)
	if err != nil {
		return err
	}
	start, err := skipBlank(plain)
	if errors.Is(err, io.EOF) {
		return ErrNoPoints
	}
	if err != nil {
		return fmt.Errorf("line %d: %w", start.line, err)
	}
	counted := 0
	count := func(p Point) error {
		counted++
		return yield(p)
	}
	if start.first == '<' {
		err = readGPX(trackName(name), plain, start.offset, count)
	} else {
		err = readCSV(plain, start.line, count)
	}
	if err == nil && counted == 0 {
		err = ErrNoPoints
	}
	return err
}

// unpack answers a buffered reader of r's plain bytes, without the byte order mark.
func unpack(r io.Reader) (*bufio.Reader, error) {
	buffered := bufio.NewReaderSize(r, bufferSize)
	if magic, _ := buffered.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		packed, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("byte 0: %w", err)
		}
		buffered = bufio.NewReaderSize(packed, bufferSize)
	}
	return buffered, nil
}

// position is where the first byte that is not blank stands.
type position struct {
	line   int
	offset int64
	first  byte
}

// skipBlank passes over a byte order mark and leading white space, and leaves the first other byte unread.
func skipBlank(r *bufio.Reader) (position, error) {
	at := position{line: 1}
	if mark, _ := r.Peek(3); string(mark) == "\xef\xbb\xbf" {
		n, _ := r.Discard(3)
		at.offset = int64(n)
	}
	for {
		c, err := r.ReadByte()
		if err != nil {
			return at, err
		}
		switch c {
		case '\n':
			at.line++
		case ' ', '\t', '\r':
		default:
			at.first = c
			return at, r.UnreadByte()
		}
		at.offset++
	}
}

// trackName answers the name of a file without its folder and its endings, for tracks that have no name of their own.
func trackName(file string) string {
	base := file[strings.LastIndexAny(file, `/\`)+1:]
	for _, ending := range []string{".gz", ".gpx", ".xml"} {
		if n := len(base) - len(ending); n >= 0 && strings.EqualFold(base[n:], ending) {
			base = base[:n]
		}
	}
	if base = strings.TrimSpace(base); base == "" {
		return "track"
	}
	return base
}
