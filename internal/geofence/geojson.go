package geofence

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/geo"
)

// Types of geometry that a geofence may have (RFC 7946 §3.1).
const (
	typePoint        = "Point"
	typeLineString   = "LineString"
	typePolygon      = "Polygon"
	typeMultiPolygon = "MultiPolygon"
)

// Geometry is a GeoJSON geometry (RFC 7946): a Point, LineString, Polygon or MultiPolygon. A point is one part of one ring of one point, a
// line one part of one ring.
type Geometry struct {
	Type  string
	parts [][][]geo.Point
	wrong string // what is wrong with what was read, a sentence; "" for nothing
}

func (g Geometry) point() geo.Point  { return g.parts[0][0][0] }
func (g Geometry) line() []geo.Point { return g.parts[0][0] }

// geometryError says what is wrong with a geometry, in a sentence.
type geometryError string

func (e geometryError) Error() string { return string(e) }

// ParseGeometry reads a geometry. Members that RFC 7946 doesn't know are passed over, heights too. The error is a sentence
// about the geometry field. Whether the geometry makes sense is for Shape to say.
func ParseGeometry(data []byte) (Geometry, error) {
	var raw struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return Geometry{}, geometryError("The geometry field must be a GeoJSON geometry.")
	}
	g := Geometry{Type: raw.Type}
	var err error
	switch raw.Type {
	case typePoint:
		var p position
		err = json.Unmarshal(raw.Coordinates, &p)
		g.parts = [][][]geo.Point{{{geo.Point(p)}}}
	case typeLineString:
		var line []position
		err = json.Unmarshal(raw.Coordinates, &line)
		g.parts = [][][]geo.Point{{points(line)}}
	case typePolygon:
		var rings [][]position
		err = json.Unmarshal(raw.Coordinates, &rings)
		g.parts = [][][]geo.Point{ringsOf(rings)}
	case typeMultiPolygon:
		var parts [][][]position
		err = json.Unmarshal(raw.Coordinates, &parts)
		for _, rings := range parts {
			g.parts = append(g.parts, ringsOf(rings))
		}
	default:
		return Geometry{}, geometryError("The geometry field must be a Point, LineString, Polygon or MultiPolygon.")
	}
	if err != nil {
		return Geometry{}, geometryError("The coordinates of the geometry must be those of a " + raw.Type + ": longitude from -180 to 180, latitude from -90 to 90.")
	}
	return g, nil
}

func points(line []position) []geo.Point {
	out := make([]geo.Point, len(line))
	for i, p := range line {
		out[i] = geo.Point(p)
	}
	return out
}

// ringsOf turns the outer ring counter-clockwise and holes clockwise, as RFC 7946 §3.1.6 wants them written.
func ringsOf(rings [][]position) [][]geo.Point {
	out := make([][]geo.Point, len(rings))
	for i, ring := range rings {
		out[i] = points(ring)
		if area := doubleArea(flatten(out[i])); area != 0 && (area > 0) != (i == 0) {
			slices.Reverse(out[i])
		}
	}
	return out
}

// position is a GeoJSON position: longitude, latitude, and a height that is passed over.
type position geo.Point

// UnmarshalJSON reads [longitude, latitude, …].
func (p *position) UnmarshalJSON(data []byte) error {
	var numbers []*float64 // null is no number
	if err := json.Unmarshal(data, &numbers); err != nil {
		return err
	}
	if len(numbers) < 2 || len(numbers) > 4 || numbers[0] == nil || numbers[1] == nil ||
		!(math.Abs(*numbers[0]) <= 180) || !(math.Abs(*numbers[1]) <= 90) {
		return geometryError("not a position")
	}
	p.Longitude, p.Latitude = *numbers[0]+0, *numbers[1]+0 // no negative zeros
	return nil
}

// UnmarshalJSON reads a geometry. It takes any JSON: Shape says what is wrong with it, by the name of the field.
func (g *Geometry) UnmarshalJSON(data []byte) error {
	var err error
	if *g, err = ParseGeometry(data); err != nil {
		g.wrong = err.Error()
	}
	return nil
}

// MarshalJSON writes the geometry.
func (g Geometry) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, 60+24*g.count()), `{"type":"`...)
	b = append(append(b, g.Type...), `","coordinates":`...)
	switch g.Type {
	case typePoint:
		b = appendPosition(b, g.point())
	case typeLineString:
		b = appendList(b, g.line(), appendPosition)
	case typePolygon:
		b = appendList(b, g.parts[0], appendLine)
	default:
		b = appendList(b, g.parts, func(b []byte, rings [][]geo.Point) []byte { return appendList(b, rings, appendLine) })
	}
	return append(b, '}'), nil
}

func appendList[T any](b []byte, list []T, one func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, item := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, item)
	}
	return append(b, ']')
}

func appendLine(b []byte, line []geo.Point) []byte { return appendList(b, line, appendPosition) }

func appendPosition(b []byte, p geo.Point) []byte {
	b = strconv.AppendFloat(append(b, '['), p.Longitude, 'f', -1, 64)
	b = strconv.AppendFloat(append(b, ','), p.Latitude, 'f', -1, 64)
	return append(b, ']')
}

// Schema describes a geometry.
func (Geometry) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, Description: "A GeoJSON geometry (RFC 7946): Point for a circle, LineString for a corridor, Polygon or MultiPolygon.",
		Properties: map[string]*huma.Schema{
			"type":        {Type: huma.TypeString, Enum: []any{typePoint, typeLineString, typePolygon, typeMultiPolygon}},
			"coordinates": {Type: huma.TypeArray, Items: &huma.Schema{}, Description: "Longitude before latitude, in degrees."},
		}, Required: []string{"type", "coordinates"}, AdditionalProperties: true}
}
