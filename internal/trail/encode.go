package trail

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
	"time"
)

// format is a shape that a trail is given out in. A page is built whole before any of it is sent, so that a failure on
// the way is an error and never a trail that only looks complete.
type format interface {
	// add takes the next position; it keeps nothing of p.
	add(p *Position)
	// finish returns the page. cursor continues it, "" at the end of the trail.
	finish(cursor string) []byte
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
	b = append(b, `,"ignition":`...)
	if p.Ignition.Known {
		b = strconv.AppendBool(b, p.Ignition.Value)
	} else {
		b = append(b, "null"...)
	}
	b = appendMaybe(b, `,"odometer":`, p.Odometer)
	b = appendMaybe(b, `,"battery":`, p.Battery)
	b = append(b, `,"sensors":`...)
	if p.Sensors != "" {
		b = append(b, p.Sensors...)
	} else {
		b = append(b, "null"...)
	}
	return append(b, '}')
}

func appendCursor(b []byte, cursor string) []byte {
	if cursor == "" {
		return append(b, "null"...)
	}
	return append(append(append(b, '"'), cursor...), '"') // base64url needs no escape
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

func (j *jsonPage) finish(cursor string) []byte {
	j.b = appendCursor(append(j.b, `],"meta":{"next_cursor":`...), cursor)
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

func (g *geoPage) finish(cursor string) []byte {
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
	b = appendCursor(append(b, `],"next_cursor":`...), cursor)
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

func (g *gpxPage) finish(string) []byte { return append(g.b, "</trkseg></trk></gpx>\n"...) }
