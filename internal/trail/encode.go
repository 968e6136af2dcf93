package trail

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/twpayne/go-polyline"
)

// format is a shape that a trail is given out in. A page is built whole before any of it is sent, so that a failure on
// the way is an error and never a trail that only looks complete.
type format interface {
	// add takes the next position; it keeps nothing of p.
	add(p *Position)
	// finish returns the page.
	finish(rest) []byte
}

// rest is what is to be said of the positions that aren't on a page.
type rest struct {
	cursor    string         // continues the page; "" at the end of the trail
	tolerance Maybe[float64] // of a simplified trail: how far off they are at most, in metres
}

// append writes the members next_cursor and, of a simplified trail, tolerance.
func (r rest) append(b []byte) []byte {
	b = append(b, `"next_cursor":`...)
	if r.cursor == "" {
		b = append(b, "null"...)
	} else {
		b = append(append(append(b, '"'), r.cursor...), '"') // base64url needs no escape
	}
	if r.tolerance.Known {
		b = appendNumber(append(b, `,"tolerance":`...), r.tolerance.Value)
	}
	return b
}

// appendTime writes RFC 3339, UTC, with as many decimals as the time has.
func appendTime(b []byte, ms int64) []byte {
	return time.UnixMilli(ms).UTC().AppendFormat(b, time.RFC3339Nano)
}

// appendNumber writes the shortest text that reads back as the same number, as encoding/json does.
func appendNumber(b []byte, number float64) []byte {
	if abs := math.Abs(number); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		b = strconv.AppendFloat(b, number, 'e', -1, 64)
		if n := len(b); b[n-4] == 'e' && b[n-3] == '-' && b[n-2] == '0' { // e-07 is e-7
			b[n-2] = b[n-1]
			b = b[:n-1]
		}
		return b
	}
	return strconv.AppendFloat(b, number, 'f', -1, 64)
}

func appendMaybe(b []byte, name string, number Maybe[float64]) []byte {
	b = append(b, name...)
	if !number.Known {
		return append(b, "null"...)
	}
	return appendNumber(b, number.Value)
}

// appendIgnition writes the member ignition.
func appendIgnition(b []byte, p *Position) []byte {
	b = append(b, `,"ignition":`...)
	if !p.Ignition.Known {
		return append(b, "null"...)
	}
	return strconv.AppendBool(b, p.Ignition.Value)
}

// appendSensors writes the member sensors.
func appendSensors(b []byte, p *Position) []byte {
	b = append(b, `,"sensors":`...)
	if p.Sensors == "" {
		return append(b, "null"...)
	}
	return append(b, p.Sensors...)
}

// appendPosition writes a position as the API gives it out: the bytes that encoding/json would make of fleet.Position
// in a fraction of the time, for trails are long.
func appendPosition(b []byte, p *Position) []byte {
	b = strconv.AppendInt(append(b, `{"asset_id":`...), p.AssetID, 10)
	b = appendTime(append(b, `,"timestamp":"`...), p.Time)
	b = appendNumber(append(b, `","latitude":`...), p.Latitude)
	b = appendNumber(append(b, `,"longitude":`...), p.Longitude)
	b = appendMaybe(b, `,"speed":`, p.Speed)
	b = appendMaybe(b, `,"heading":`, p.Heading)
	b = appendMaybe(b, `,"altitude":`, p.Altitude)
	b = appendMaybe(b, `,"accuracy":`, p.Accuracy)
	b = append(b, `,"satellites":`...)
	if p.Satellites.Known {
		b = strconv.AppendInt(b, p.Satellites.Value, 10)
	} else {
		b = append(b, "null"...)
	}
	b = appendIgnition(b, p)
	b = appendMaybe(b, `,"odometer":`, p.Odometer)
	b = appendMaybe(b, `,"battery":`, p.Battery)
	return append(appendSensors(b, p), '}')
}

// jsonPage is {"data":[…],"meta":{"next_cursor":…}}.
type jsonPage struct{ b []byte }

func newJSONPage(b []byte) *jsonPage { return &jsonPage{append(b[:0], `{"data":[`...)} }

func (j *jsonPage) add(p *Position) {
	if j.b[len(j.b)-1] != '[' {
		j.b = append(j.b, ',')
	}
	j.b = appendPosition(j.b, p)
}

func (j *jsonPage) finish(r rest) []byte {
	j.b = r.append(append(j.b, `],"meta":{`...))
	return append(j.b, "}}\n"...)
}

// geoPage is a GeoJSON FeatureCollection (RFC 7946) of one LineString, or one Point, with the times of its points; of
// no feature when there is no point. A line across the antimeridian isn't cut in two, as §3.1.9 would like, for that
// would part the points from their times.
type geoPage struct {
	assetID       int64
	points        int
	lines, moment []byte // coordinates and times, separated by commas
}

func newGeoPage(assetID int64) *geoPage { return &geoPage{assetID: assetID} }

func (g *geoPage) add(p *Position) {
	if g.points > 0 {
		g.lines, g.moment = append(g.lines, ','), append(g.moment, ',')
	}
	g.points++
	g.lines = appendNumber(append(g.lines, '['), p.Longitude)
	g.lines = append(appendNumber(append(g.lines, ','), p.Latitude), ']')
	g.moment = append(appendTime(append(g.moment, '"'), p.Time), '"')
}

func (g *geoPage) finish(r rest) []byte {
	b := append(make([]byte, 0, len(g.lines)+len(g.moment)+256), `{"type":"FeatureCollection","features":[`...)
	if g.points > 0 {
		b = append(b, `{"type":"Feature","geometry":{"type":"`...)
		if g.points == 1 {
			b = append(append(b, `Point","coordinates":`...), g.lines...)
		} else {
			b = append(append(append(b, `LineString","coordinates":[`...), g.lines...), ']')
		}
		b = strconv.AppendInt(append(b, `},"properties":{"asset_id":`...), g.assetID, 10)
		b = append(append(append(b, `,"times":[`...), g.moment...), `]}}`...)
	}
	b = r.append(append(b, `],`...))
	return append(b, "}\n"...)
}

// gpxPage is a GPX 1.1 track of one segment. GPX has no place for a cursor: the Link header alone continues it.
type gpxPage struct{ b []byte }

func newGPXPage(name string) *gpxPage {
	var head bytes.Buffer
	head.WriteString(xml.Header + `<gpx version="1.1" creator="Yipii" xmlns="http://www.topografix.com/GPX/1/1"><trk><name>`)
	_ = xml.EscapeText(&head, []byte(name)) // a buffer takes all
	head.WriteString("</name><trkseg>\n")
	return &gpxPage{head.Bytes()}
}

func (g *gpxPage) add(p *Position) {
	g.b = appendNumber(append(g.b, `<trkpt lat="`...), p.Latitude)
	g.b = appendNumber(append(g.b, `" lon="`...), p.Longitude)
	g.b = append(g.b, `">`...)
	if p.Altitude.Known {
		g.b = append(appendNumber(append(g.b, `<ele>`...), p.Altitude.Value), `</ele>`...)
	}
	g.b = append(appendTime(append(g.b, `<time>`...), p.Time), "</time></trkpt>\n"...)
}

func (g *gpxPage) finish(rest) []byte { return append(g.b, "</trkseg></trk></gpx>\n"...) }

// polylinePage is the line alone, as maps take it in a text, without times: Google's encoded polyline format with five
// decimals, which moves a point by 0.8 m at most.
type polylinePage struct {
	line                []byte
	count               int
	latitude, longitude int // of the point before, in hundred thousandths of a degree: the format tells the difference
}

func (l *polylinePage) add(p *Position) {
	latitude, longitude := int(math.Round(p.Latitude*1e5)), int(math.Round(p.Longitude*1e5))
	l.line = polyline.EncodeInt(polyline.EncodeInt(l.line, latitude-l.latitude), longitude-l.longitude)
	l.latitude, l.longitude = latitude, longitude
	l.count++
}

func (l *polylinePage) finish(r rest) []byte {
	b := append(make([]byte, 0, len(l.line)+len(l.line)/32+128), `{"data":{"polyline":`...)
	b, _ = jsontext.AppendQuote(b, l.line) // it is ASCII
	b = strconv.AppendInt(append(b, `,"count":`...), int64(l.count), 10)
	return append(r.append(append(b, `},"meta":{`...)), "}}\n"...)
}
