package geofence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// maxFeatures is the most geofences that one call makes.
const maxFeatures = 1000

// readNew reads the geofences of a body: one as its fields, one as a GeoJSON feature, or a feature collection. prefix is what names of
// fields begin with where there are several, "" for one.
func readNew(body []byte) (list []Fields, prefix string, err error) {
	if !json.Valid(body) {
		return nil, "", fault.New(fault.Malformed, "The request body is not valid JSON.")
	}
	var head struct {
		Type any `json:"type"`
	}
	_ = json.Unmarshal(body, &head) // another body is told below
	switch head.Type {
	case "FeatureCollection":
		var c struct {
			Features []feature `json:"features"`
		}
		if err := json.Unmarshal(body, &c); err != nil {
			return nil, "", wrongType(err)
		}
		if n := len(c.Features); n == 0 || n > maxFeatures {
			return nil, "", fault.InvalidField("features", fmt.Sprintf("The features field must have 1 to %d features.", maxFeatures))
		}
		for _, f := range c.Features {
			list = append(list, f.fields())
		}
		return list, "features.%d.", nil
	case "Feature":
		var f feature
		if err := json.Unmarshal(body, &f); err != nil {
			return nil, "", wrongType(err)
		}
		return []Fields{f.fields()}, "", nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	var f Fields
	if err := decoder.Decode(&f); err != nil {
		return nil, "", wrongType(err)
	}
	return []Fields{f}, "", nil
}

// wrongType is the fault of JSON that is not what it should be.
func wrongType(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return fault.InvalidField(wrong.Field, "The "+wrong.Field+" field must not be a "+wrong.Value+".")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name = strings.Trim(name, `"`)
		return fault.InvalidField(name[:min(len(name), 100)], "The field is unknown.")
	}
	return fault.InvalidField("body", "The body must be a geofence, a GeoJSON Feature or a FeatureCollection.")
}

// feature is a GeoJSON feature that comes in. What it says beside these is passed over, as RFC 7946 §6.1 allows; so are
// properties that a geofence doesn't have.
type feature struct {
	Geometry   web.Maybe[Geometry] `json:"geometry"`
	Properties Fields              `json:"properties"`
}

// fields are those of the geofence that the feature describes.
func (f feature) fields() Fields {
	f.Properties.Geometry = f.Geometry
	return f.Properties
}

// featureOut is a geofence as a GeoJSON feature.
type featureOut struct {
	Type       string         `json:"type"`
	ID         int64          `json:"id"`
	Geometry   Geometry       `json:"geometry"`
	Properties map[string]any `json:"properties"`
}

// collectionOut is a GeoJSON feature collection.
type collectionOut struct {
	Type     string       `json:"type"`
	Features []featureOut `json:"features"`
}

func collectionOf(list []Geofence) collectionOut {
	out := collectionOut{Type: "FeatureCollection", Features: make([]featureOut, 0, len(list))}
	for _, g := range list {
		out.Features = append(out.Features, featureOut{Type: "Feature", ID: g.ID, Geometry: g.Geometry, Properties: map[string]any{
			"name": g.Name, "description": g.Description, "category": g.Category, "shape": g.Shape, "radius": g.Radius, "width": g.Width,
			"dwell": g.Dwell, "applies_to": g.AppliesTo, "active": g.Active, "valid_from": g.ValidFrom}})
	}
	return out
}

// GeoJSON is geofences as a feature collection, to be written as JSON.
func GeoJSON(list []Geofence) any { return collectionOf(list) }

const createDescription = `Makes a geofence and answers with it. A Point with ` + "`radius`" + ` is a circle, a LineString with ` + "`width`" + ` a corridor,
a Polygon or MultiPolygon what it encloses.

The body may be a GeoJSON Feature as well, whose properties are the other fields; properties that a geofence doesn't have are
passed over. A FeatureCollection of up to 1,000 makes all of them or none, and ` + "`data`" + ` is a list then.`

func documentCreate(op *huma.Operation, schemas huma.Registry) {
	one := schemas.Schema(reflect.TypeFor[Fields](), true, "GeofenceFields")
	geometry := map[string]any{"type": "Point", "coordinates": []float64{13.405, 52.52}}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {
		Schema: &huma.Schema{AnyOf: []*huma.Schema{one, {Type: huma.TypeObject, AdditionalProperties: true, Required: []string{"type"},
			Description: "A GeoJSON Feature or FeatureCollection (RFC 7946).",
			Properties:  map[string]*huma.Schema{"type": {Type: huma.TypeString, Enum: []any{"Feature", "FeatureCollection"}}}}}},
		Examples: map[string]*huma.Example{
			"circle": {Summary: "A circle", Value: map[string]any{"name": "North depot", "category": "home", "geometry": geometry, "radius": 150}},
			"feature": {Summary: "A GeoJSON feature", Value: map[string]any{"type": "Feature", "geometry": geometry,
				"properties": map[string]any{"name": "North depot", "radius": 150}}},
		}}}}
	made := schemas.Schema(reflect.TypeFor[web.Record[Geofence]](), true, "RecordGeofence")
	several := schemas.Schema(reflect.TypeFor[Imported](), true, "ImportedGeofences")
	op.Responses["201"] = &huma.Response{Description: "The geofence, or the list of them.",
		Headers: map[string]*huma.Param{
			"Location": {Description: "URL of the new geofence, where it is one.", Schema: &huma.Schema{Type: huma.TypeString}},
			"ETag":     {Description: "For If-Match and If-None-Match, where it is one.", Schema: &huma.Schema{Type: huma.TypeString}}},
		Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{AnyOf: []*huma.Schema{made, several}}}}}
	for status, text := range map[string]string{"400": "The body is not JSON.", "409": "The account would have more than 10,000.", "413": "The body is over 8 MiB.",
		"422": "A field is wrong; of a collection it is named as features.0.name."} {
		op.Responses[status] = &huma.Response{Description: text, Content: op.Responses["default"].Content}
	}
}

func documentList(op *huma.Operation, schemas huma.Registry) {
	op.Responses["200"] = &huma.Response{Description: "A page of the list.",
		Headers: map[string]*huma.Param{"Link": {Description: `URL of the next page of features, rel="next"; absent on the last.`, Schema: &huma.Schema{Type: huma.TypeString}}},
		Content: map[string]*huma.MediaType{
			"application/json":     {Schema: schemas.Schema(reflect.TypeFor[web.Page[Geofence]](), true, "PageGeofence")},
			"application/geo+json": {Schema: &huma.Schema{Type: huma.TypeObject, Description: "A FeatureCollection (RFC 7946).", AdditionalProperties: true}},
		}}
}
