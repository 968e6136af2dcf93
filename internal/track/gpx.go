package track

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxDepth is how deep the elements of a GPX file may nest.
const maxDepth = 64

// maxToken is the longest tag, text or comment of a GPX file, in bytes: what is held in memory at a time.
const maxToken = 1 << 20

// metresPerSecond is one metre per second in km/h.
const metresPerSecond = 3.6

// element is what an XML element means in the place where it stands.
type element int

const (
	elementOther     element = iota // nothing to us, and nothing inside it is
	elementDocument                 // the place above the root
	elementGPX                      // <gpx>
	elementTrack                    // <trk>
	elementName                     // <trk><name>
	elementSegment                  // <trkseg>
	elementPoint                    // <trkpt>
	elementExtension                // <trkpt><extensions>, and what it holds
	elementAltitude                 // <ele>
	elementTime                     // <time>
	elementSpeed                    // <speed>, of GPX 1.0 or of an extension
	elementCourse                   // <course>, the same
)

// leaf says whether the element holds a value that is read, and no elements.
func (e element) leaf() bool { return e == elementName || e >= elementAltitude }

// inside answers what an element called name means within its parent. Namespaces are not looked at: GPX files in the
// wild have the right one, another or none.
func inside(parent element, name string) element {
	switch parent {
	case elementDocument:
		return pick(name, "gpx", elementGPX)
	case elementGPX:
		return pick(name, "trk", elementTrack)
	case elementTrack:
		if name == "name" {
			return elementName
		}
		return pick(name, "trkseg", elementSegment)
	case elementSegment:
		return pick(name, "trkpt", elementPoint)
	case elementPoint, elementExtension:
		return insidePoint(parent, name)
	default:
		return elementOther
	}
}

func pick(name, want string, is element) element {
	if name == want {
		return is
	}
	return elementOther
}

// insidePoint is inside for the parts of a point and of its extensions.
func insidePoint(parent element, name string) element {
	switch name {
	case "speed":
		return elementSpeed
	case "course":
		return elementCourse
	}
	if parent == elementExtension {
		return elementExtension
	}
	switch name {
	case "ele":
		return elementAltitude
	case "time":
		return elementTime
	case "extensions":
		return elementExtension
	}
	return elementOther
}

// gpxReader walks the elements of one file.
type gpxReader struct {
	base  string // the name of a track without one
	yield func(Point) error

	stack   []element // from the document down to where the walk is
	began   []int64   // the offset at which each of them began
	rooted  bool      // a root element has been seen
	text    []byte    // what the element on top of the stack has said so far, if it is a leaf
	unnamed int       // tracks without a name so far

	track string // the name of the track the walk is in, once it is settled
	point Point  // the point the walk is in
}

// readGPX yields the track points of r, whose first byte stands at offset.
func readGPX(base string, r *bufio.Reader, offset int64, yield func(Point) error) error {
	source := &tokenReader{from: r}
	decoder := xml.NewDecoder(source)
	decoder.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("the encoding %s is not UTF-8", quote(charset))
	}
	reader := gpxReader{base: base, yield: yield, stack: []element{elementDocument}, began: []int64{offset}}
	for {
		at := offset + decoder.InputOffset()
		source.left = maxToken
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return reader.end()
		}
		if err != nil {
			return errorAt(offset+decoder.InputOffset(), xmlReason(err))
		}
		if err := reader.take(at, token); err != nil {
			return err
		}
	}
}

// end is the end of the file.
func (g *gpxReader) end() error {
	if !g.rooted {
		return ErrNoPoints
	}
	return nil
}

// take is one step of the walk: token begins at offset at.
func (g *gpxReader) take(at int64, token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return g.open(at, t)
	case xml.EndElement:
		return g.close()
	case xml.CharData:
		return g.chars(at, t)
	}
	return nil
}

// open enters an element.
func (g *gpxReader) open(at int64, t xml.StartElement) error {
	if len(g.stack) > maxDepth {
		return errorAt(at, fmt.Errorf("elements are nested deeper than %d", maxDepth))
	}
	if len(g.stack) == 1 {
		if g.rooted {
			return errorAt(at, errors.New("a second root element"))
		}
		if t.Name.Local != "gpx" {
			return errorAt(at, fmt.Errorf("the root element is %s, not gpx", quote(t.Name.Local)))
		}
		g.rooted = true
	}
	parent := g.stack[len(g.stack)-1]
	if parent.leaf() {
		return errorAt(at, fmt.Errorf("the element %s stands inside a value", quote(t.Name.Local)))
	}
	is := inside(parent, t.Name.Local)
	g.stack = append(g.stack, is)
	g.began = append(g.began, at)
	g.text = g.text[:0]
	switch is {
	case elementTrack:
		g.track = ""
	case elementName:
		if g.track != "" {
			return errorAt(at, errors.New("the track is named a second time, or after its points"))
		}
	case elementPoint:
		if err := g.openPoint(t.Attr); err != nil {
			return errorAt(at, err)
		}
	}
	return nil
}

// openPoint begins a point with its coordinates.
func (g *gpxReader) openPoint(attributes []xml.Attr) error {
	if g.track == "" {
		g.unnamed++
		g.track = g.base
		if g.unnamed > 1 {
			g.track = fmt.Sprintf("%s %d", g.base, g.unnamed)
		}
		if err := checkName(g.track); err != nil {
			return err
		}
	}
	g.point = Point{Track: g.track}
	var latitude, longitude string
	for _, a := range attributes {
		switch a.Name.Local {
		case "lat":
			latitude = strings.TrimSpace(a.Value)
		case "lon":
			longitude = strings.TrimSpace(a.Value)
		}
	}
	var err error
	if g.point.Latitude, err = latitudeBound().parse(latitude); err != nil {
		return err
	}
	g.point.Longitude, err = longitudeBound().parse(longitude)
	return err
}

// chars keeps the text of a leaf that matters.
func (g *gpxReader) chars(at int64, text xml.CharData) error {
	if !g.stack[len(g.stack)-1].leaf() {
		return nil
	}
	// The spare room is for white space around a value; a value itself is measured where it is read.
	const most = 4 << 10
	if len(g.text)+len(text) > most {
		return errorAt(at, fmt.Errorf("a value is longer than %d bytes", most))
	}
	g.text = append(g.text, text...)
	return nil
}

// close leaves the element on top of the stack.
func (g *gpxReader) close() error {
	top := len(g.stack) - 1
	is, at := g.stack[top], g.began[top]
	g.stack, g.began = g.stack[:top], g.began[:top]
	if is == elementPoint {
		if g.point.Time.IsZero() {
			return errorAt(at, errors.New("the point has no time"))
		}
		return g.yield(g.point)
	}
	if !is.leaf() {
		return nil
	}
	if err := g.value(is, string(bytes.TrimSpace(g.text))); err != nil {
		return errorAt(at, err)
	}
	return nil
}

// value sets what the leaf is says. An optional one that is empty says nothing.
func (g *gpxReader) value(is element, text string) (err error) {
	switch is {
	case elementName:
		g.track = strings.Join(strings.Fields(text), " ")
		err = checkName(g.track)
	case elementTime:
		g.point.Time, err = parseTime(text, true)
	case elementAltitude:
		g.point.Altitude, err = altitudeBound().optional(text)
	case elementCourse:
		g.point.Heading, err = headingBound().optional(text)
	case elementSpeed:
		g.point.Speed, err = metricSpeed(text)
	}
	return err
}

// metricSpeed turns metres per second into km/h.
func metricSpeed(text string) (*float64, error) {
	if text == "" {
		return nil, nil
	}
	value, err := bound{"speed in m/s", 0, 555}.parse(text) // what speedBound is in m/s, rounded down
	if err != nil {
		return nil, err
	}
	value *= metresPerSecond
	return &value, nil
}

// errorAt is an error at an offset of the file.
func errorAt(at int64, err error) error { return fmt.Errorf("byte %d: %w", at, err) }

// xmlReason is the reason of a syntax error without its line, which the offset stands for.
func xmlReason(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return errors.New("the XML is broken: " + syntax.Msg)
	}
	return err
}

// tokenReader gives an XML decoder its bytes, and no more than left of them: the decoder holds a token in memory, and
// would hold one of any length.
type tokenReader struct {
	from *bufio.Reader
	left int
}

// ReadByte is io.ByteReader, which the decoder reads by where there is one.
func (r *tokenReader) ReadByte() (byte, error) {
	if r.left == 0 {
		return 0, fmt.Errorf("a tag or a text is longer than %d bytes", maxToken)
	}
	r.left--
	return r.from.ReadByte()
}

// Read is for io.Reader alone; the decoder does not call it.
func (r *tokenReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c, err := r.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	return 1, nil
}
