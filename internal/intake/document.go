package intake

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/trail"
)

// What the API description says of the guarded routes.

const osmAndDescription = `Takes the OsmAnd protocol: fields in the query, in a form, or the JSON that newer phone apps send
(` + "`location`" + ` with ` + "`coords`" + `, and ` + "`device_id`" + `).

The tracker is one of this account's, named by ` + "`id`" + `, ` + "`deviceid`" + ` or ` + "`device_id`" + `. In the query and the form speed is in knots, in the
JSON in metres a second. Every other field that is a number, or true or false, is kept as a sensor of its name.

A position that is out of bounds is told in ` + "`rejected`" + ` and answered 200, so that no phone sends it for ever. A request without
a position is answered 200 with nothing accepted.`

const traccarDescription = `Takes a position as a Traccar server forwards it with ` + "`forward.type`" + ` set to ` + "`json`" + `: ` + "`position`" + ` and ` + "`device`" + `. The
tracker is the asset of this account whose tracker is ` + "`device.uniqueId`" + `.

Attributes become fields and sensors. A position that Traccar calls outdated or not valid is answered 200 and not kept, and
one that is out of bounds is told in ` + "`rejected`" + `.`

// responses describes the answers that all the routes have.
func responses(op *huma.Operation, schemas huma.Registry) {
	op.Responses["200"] = &huma.Response{Description: "Stored for good, but for what was rejected.", Content: map[string]*huma.MediaType{
		"application/json": {Schema: schemas.Schema(reflect.TypeFor[trail.Result](), true, "IngestResult")}}}
	for status, text := range map[string]string{"400": "The request can't be read; the message says why.", "404": "The account, or the tracker, is unknown, or not the caller's.",
		"413": "The body is too large.", "429": "More is waiting to be stored than there is room or time for, or too many requests in a minute. Nothing was acknowledged; see Retry-After.",
		"503": "The database can't be reached. Nothing was acknowledged; see Retry-After."} {
		op.Responses[status] = &huma.Response{Description: text, Content: op.Responses["default"].Content}
	}
}

// object is a JSON object of any content.
func object(description string) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, Description: description, AdditionalProperties: true}
}

func documentOsmAnd(op *huma.Operation, schemas huma.Registry) {
	text := func(format string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Format: format} }
	number := &huma.Schema{Type: huma.TypeNumber}
	fields := []struct {
		name, description string
		schema            *huma.Schema
	}{
		{"id", "The tracker's identity; deviceid is the same.", text("")},
		{"timestamp", "Seconds or milliseconds since 1970, or ISO 8601; now if left out.", text("")},
		{"lat", "Degrees, WGS 84.", number}, {"lon", "Degrees, WGS 84.", number},
		{"speed", "Knots.", number}, {"bearing", "Degrees clockwise from north; heading is the same.", number},
		{"altitude", "Metres.", number}, {"accuracy", "Metres.", number}, {"batt", "Per cent.", number},
		{"ignition", "true or false, or 1 or 0.", text("")}, {"charge", "true or false, or 1 or 0.", text("")}, {"valid", "false for no position.", text("")},
	}
	examples := map[string]any{"id": "356307042441013", "lat": 52.52, "lon": 13.405}
	form := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}, AdditionalProperties: true}
	for _, f := range fields {
		if op.Method == http.MethodGet {
			op.Parameters = append(op.Parameters, &huma.Param{Name: f.name, In: "query", Description: f.description, Schema: f.schema, Example: examples[f.name]})
		}
		described := *f.schema
		described.Description = f.description
		form.Properties[f.name] = &described
	}
	if op.Method == http.MethodPost {
		op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{
			"application/x-www-form-urlencoded": {Schema: form},
			"application/json": {Schema: object("location and device_id"), Example: map[string]any{"device_id": "356307042441013", "location": map[string]any{
				"timestamp": "2026-03-01T08:30:00Z", "coords": map[string]any{"latitude": 52.52, "longitude": 13.405, "speed": 12.5}}}},
		}}
	}
	responses(op, schemas)
}

func documentTraccar(op *huma.Operation, schemas huma.Registry) {
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: object("position and device"), Example: map[string]any{
			"position": map[string]any{"fixTime": "2026-03-01T08:30:00.000+00:00", "valid": true, "latitude": 52.52, "longitude": 13.405, "speed": 25.5, "course": 90,
				"attributes": map[string]any{"ignition": true, "totalDistance": 12500.5, "batteryLevel": 85}},
			"device": map[string]any{"uniqueId": "356307042441013"}}}}}
	responses(op, schemas)
}
