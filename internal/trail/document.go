package trail

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/fleet"
)

// What the API description says of the routes that aren't typed operations.

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

const ingestDescription = `Stores up to 10,000 positions and answers once they are stored for good.

Send one object, an array of objects, or one object a line (NDJSON). The body may be packed with gzip; it may have 8 MiB
as it comes and 32 MiB unpacked.

A position is known by its asset and its time: the first one stored stays, and sending it again is counted in
` + "`duplicates`" + ` and changes nothing. So it is safe to send a whole call again after an error. Late positions take
their place in the trail.

A wrong position, or one of an unknown asset, is told in ` + "`rejected`" + ` with its index, and the others are stored.
One of a known asset that can't be true (from the future or from before the year 2000, outside the globe, faster than
2,000 km/h, or out of another bound) is kept apart with its reason; see the list of quarantined positions. One that is older
than the account keeps positions is not kept at all.
Only where the body is one object, and it is wrong, is the answer 422. A body that isn't JSON is 400, and nothing of it
is stored; more than 10,000 positions are 413.`

const trailDescription = `The asset's positions from ` + "`from`" + ` until before ` + "`to`" + `, in order of time.

A page holds up to ` + "`limit`" + ` positions. Where more follow, ` + "`next_cursor`" + ` is not null, and the Link header has the URL
of the next page (rel="next") in every format; GPX has nothing but the header. When you go on by ` + "`cursor`" + `, send the same
` + "`from`" + ` and ` + "`to`" + ` again.

GeoJSON is a FeatureCollection with one LineString, or one Point, and the times of its points; without positions it has
no feature. A polyline is the line alone, in the encoded polyline format with five decimals.

For drawing, ask for a simplified trail: it is the whole time in one answer, without ` + "`limit` and `cursor`" + `. With
` + "`tolerance`" + `, positions are left out that lie no farther than so many metres from the line that is drawn instead (the
shortest ways between those that stay); if more than 10,000 would stay, the answer is 422. With ` + "`max_points`" + `, the
tolerance grows until no more than that stay; ` + "`tolerance`" + ` beside next_cursor says what holds.`

// SentPosition is a position as it is sent, for the API description alone: decode.go reads it, position.go checks it.
type SentPosition struct {
	AssetID    int64              `json:"asset_id,omitempty" minimum:"1" doc:"The asset. Give this or tracker." example:"7"`
	Tracker    string             `json:"tracker,omitempty" doc:"The identity of the asset's tracker. Give this or asset_id."`
	Timestamp  string             `json:"timestamp" format:"date-time" doc:"RFC 3339 with any zone; from the year 2000 to 1 hour in the future. Kept to the millisecond." example:"2026-03-01T08:30:00Z"`
	Latitude   float64            `json:"latitude" minimum:"-90" maximum:"90" doc:"Degrees, WGS 84." example:"52.5200"`
	Longitude  float64            `json:"longitude" minimum:"-180" maximum:"180" doc:"Degrees, WGS 84." example:"13.4050"`
	Speed      *float64           `json:"speed,omitempty" nullable:"true" minimum:"0" maximum:"2000" doc:"km/h." example:"48.5"`
	Heading    *float64           `json:"heading,omitempty" nullable:"true" minimum:"0" maximum:"360" doc:"Degrees clockwise from north." example:"270"`
	Altitude   *float64           `json:"altitude,omitempty" nullable:"true" minimum:"-20000" maximum:"100000" doc:"Metres."`
	Accuracy   *float64           `json:"accuracy,omitempty" nullable:"true" minimum:"0" maximum:"1000000" doc:"Metres."`
	Satellites *int64             `json:"satellites,omitempty" nullable:"true" minimum:"0" maximum:"1000"`
	Ignition   *bool              `json:"ignition,omitempty" nullable:"true" example:"true"`
	Odometer   *float64           `json:"odometer,omitempty" nullable:"true" minimum:"0" maximum:"100000000" doc:"Kilometres."`
	Battery    *float64           `json:"battery,omitempty" nullable:"true" minimum:"0" maximum:"100" doc:"Per cent."`
	Sensors    map[string]float64 `json:"sensors,omitempty" nullable:"true" doc:"Up to 64 readings by name, of up to 64 characters."`
}

// TrailPage is a page of a trail in JSON, for the API description alone: encode.go writes it.
type TrailPage struct {
	Data []fleet.Position `json:"data"`
	Meta TrailMeta        `json:"meta"`
}

// TrailMeta says where a trail goes on.
type TrailMeta struct {
	NextCursor *string  `json:"next_cursor" doc:"Send it as cursor for the next page; null at the end."`
	Tolerance  *float64 `json:"tolerance,omitempty" doc:"Of a simplified trail: metres that a position that was left out lies off the line at most."`
}

// PolylinePage is a page of a trail as an encoded polyline, for the API description alone.
type PolylinePage struct {
	Data Polyline  `json:"data"`
	Meta TrailMeta `json:"meta"`
}

// Polyline is a line as maps take it.
type Polyline struct {
	Polyline string `json:"polyline" doc:"Encoded polyline format, five decimals." example:"_p~iF~ps|U_ulLnnqC"`
	Count    int    `json:"count" doc:"Points of the line."`
}

func documentIngest(op *huma.Operation, schemas huma.Registry) {
	one := schemas.Schema(reflect.TypeFor[SentPosition](), true, "SentPosition")
	example := map[string]any{"asset_id": 7, "timestamp": "2026-03-01T08:30:00Z", "latitude": 52.52, "longitude": 13.405, "speed": 48.5, "ignition": true}
	most := MaxPositions
	op.Parameters = append(op.Parameters, &huma.Param{Name: "Content-Encoding", In: "header", Description: "How the body is packed.",
		Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"gzip", "identity"}}})
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {
			Schema: &huma.Schema{OneOf: []*huma.Schema{one, {Type: huma.TypeArray, Items: one, MaxItems: &most}}},
			Examples: map[string]*huma.Example{
				"one":     {Summary: "One position", Value: example},
				"several": {Summary: "Several positions", Value: []any{example, map[string]any{"tracker": "356307042441013", "timestamp": "2026-03-01T09:30:30+01:00", "latitude": 52.521, "longitude": 13.41}}},
			},
		},
		"application/x-ndjson": {Schema: &huma.Schema{Type: huma.TypeString, Description: "One position a line."},
			Example: `{"asset_id":7,"timestamp":"2026-03-01T08:30:00Z","latitude":52.52,"longitude":13.405}` + "\n"},
	}}
	op.Responses["200"] = &huma.Response{Description: "Stored for good, but for what was rejected.", Content: map[string]*huma.MediaType{
		"application/json": {Schema: schemas.Schema(reflect.TypeFor[Result](), true, "IngestResult")}}}
	for status, text := range map[string]string{"400": "The body is not JSON, or not gzip.", "413": "The body is too large, or has more than 10,000 positions.",
		"422": "The body is one object, and it is wrong.", "429": "More is waiting to be stored than there is room or time for, or too many requests in a minute. Nothing was acknowledged; see Retry-After.",
		"503": "The database can't be reached. Nothing was acknowledged; see Retry-After."} {
		op.Responses[status] = &huma.Response{Description: text, Content: op.Responses["default"].Content}
	}
}

func documentTrail(op *huma.Operation, schemas huma.Registry) {
	fleet.DocumentID(op, schemas)
	none, least, two, most, farthest := 0.0, 1.0, 2.0, float64(maxLimit), float64(maxTolerance)
	text := func(format string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Format: format} }
	op.Parameters = append(op.Parameters,
		&huma.Param{Name: "from", In: "query", Description: "The first moment, RFC 3339; 24 hours before to if left out.", Schema: text("date-time"), Example: "2026-03-01T00:00:00Z"},
		&huma.Param{Name: "to", In: "query", Description: "The moment after the last, RFC 3339; now if left out.", Schema: text("date-time"), Example: "2026-03-02T00:00:00Z"},
		&huma.Param{Name: "limit", In: "query", Description: "Positions on a page.",
			Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: &least, Maximum: &most, Default: defaultLimit}},
		&huma.Param{Name: "cursor", In: "query", Description: "next_cursor of the page before.", Schema: text("")},
		&huma.Param{Name: "format", In: "query", Description: "The shape of the answer.",
			Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"json", "geojson", "gpx", "polyline"}, Default: "json"}},
		&huma.Param{Name: "tolerance", In: "query", Description: "Simplify: metres that a position that is left out may lie off the line.",
			Schema: &huma.Schema{Type: huma.TypeNumber, Minimum: &none, Maximum: &farthest}, Example: 10},
		&huma.Param{Name: "max_points", In: "query", Description: "Simplify to at most so many points.",
			Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: &two, Maximum: &most}, Example: 1000},
	)
	op.Responses["200"] = &huma.Response{
		Description: "A page of the trail.",
		Headers:     map[string]*huma.Param{"Link": {Description: `URL of the next page, rel="next"; absent on the last.`, Schema: text("")}},
		Content: map[string]*huma.MediaType{
			"application/json": {Schema: &huma.Schema{AnyOf: []*huma.Schema{schemas.Schema(reflect.TypeFor[TrailPage](), true, "TrailPage"),
				schemas.Schema(reflect.TypeFor[PolylinePage](), true, "PolylinePage")}}},
			"application/geo+json": {Schema: &huma.Schema{Type: huma.TypeObject, Description: "A FeatureCollection (RFC 7946) with one more member, next_cursor.", AdditionalProperties: true}},
			"application/gpx+xml":  {Schema: &huma.Schema{Type: huma.TypeString, Description: "GPX 1.1."}},
		},
	}
	op.Responses["422"] = &huma.Response{Description: "A parameter is wrong, unknown or repeated.", Content: op.Responses["default"].Content}
}
