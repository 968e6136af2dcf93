package docs

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
)

// api is a small description, whose tree holds itself.
const api = `{
	"info": {"title": "T", "description": "D"}, "servers": [{"url": "https://iot.example/"}],
	"tags": [{"name": "Live things", "description": "What lives."}, {"name": "Nothing"}],
	"paths": {
		"/api/{account_key}/tree/{id}": {
			"delete": {"operationId": "delete-tree", "summary": "Fell", "tags": ["Live things"], "security": [{"clientCredentials": ["write:trees"]}, {"bearer": []}],
				"parameters": [{"name": "account_key", "in": "path", "required": true, "example": "acme-logistics", "schema": {"type": "string"}},
					{"name": "id", "in": "path", "required": true, "example": 7, "schema": {"type": "integer", "format": "int64"}}], "responses": {"204": {"description": "No Content"}}},
			"put": {"operationId": "put-tree", "summary": "Plant", "tags": ["Live things"], "security": [{"bearer": []}],
				"requestBody": {"required": true, "content": {"text/csv": {"schema": {"type": "string"}, "example": "name\nOak\n"}, "application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "array", "maxItems": 10, "items": {"$ref": "#/components/schemas/Tree"}}]}}}},
				"responses": {"200": {"description": "OK", "headers": {"ETag": {"schema": {"type": "string", "description": "For If-Match."}}}, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}},
					"404": {"$ref": "#/components/responses/NotFound"}, "default": {"description": "Any other.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}}}}
	},
	"components": {
		"responses": {"NotFound": {"description": "It isn't there.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}},
		"securitySchemes": {"clientCredentials": {"flows": {"clientCredentials": {"scopes": {"write:trees": "Change trees"}}}}, "bearer": {}},
		"schemas": {
			"Problem": {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]},
			"Tree": {"type": "object", "required": ["name", "height"], "properties": {
				"branches": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Tree"}},
				"height": {"type": "number", "format": "double", "minimum": 0.5, "maximum": 120000, "description": "Metres."},
				"kind": {"type": ["string", "null"], "enum": ["oak", "elm"], "default": "oak"},
				"marks": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string", "format": "date-time"}}},
				"name": {"type": "string", "maxLength": 40, "pattern": "^[A-Z]", "examples": ["Old oak"]},
				"parent": {"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "null"}], "description": "Null for none."}}}
		}
	}
}`

// TestRefer: a reference has what the description says of an operation, and a schema that holds itself ends.
func TestRefer(t *testing.T) {
	r, err := Refer([]byte(api))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Headings) != 1 || r.Headings[0].Slug != "live-things" || len(r.Headings[0].Operations) != 2 || !reflect.DeepEqual(r.Scopes, []Scope{{"write:trees", "Change trees"}}) {
		t.Fatalf("%+v", r)
	}
	put, fell := r.Headings[0].Operations[0], r.Headings[0].Operations[1]
	if fell.Scope != "write:trees" || !fell.Token || !fell.Erases || put.Erases || put.Scope != "" || !put.Token || !put.Required {
		t.Errorf("%+v\n%+v", fell, put)
	}
	if len(put.Bodies) != 2 || put.Bodies[0].Kind != "application/json" || put.Bodies[1].Examples[0].Text != "name\nOak\n" {
		t.Fatalf("bodies %+v", put.Bodies)
	}
	tree := put.Bodies[0].Shape
	if tree.Type != "object, or a list of objects" || !reflect.DeepEqual(tree.Limits, []string{"at most 10 elements"}) {
		t.Errorf("%q %q", tree.Type, tree.Limits)
	}
	want := []Field{
		{"name", true, Shape{Type: "string", Limits: []string{"at most 40 characters", "matching ^[A-Z]"}, Example: "Old oak"}},
		{"height", true, Shape{Type: "number", Meaning: "Metres.", Limits: []string{"0.5 to 120,000"}}},
		{"branches", false, Shape{Type: "list of objects as above", Limits: []string{"at least 1 element"}}},
		{"kind", false, Shape{Type: "string or null", Choices: []string{"oak", "elm"}, Default: "oak"}},
		{"marks", false, Shape{Type: "object", Fields: []Field{{anyName, false, Shape{Type: "list of strings", Limits: []string{"date-time"}}}}}},
		{"parent", false, Shape{Type: "object as above or null", Meaning: "Null for none."}},
	}
	if !reflect.DeepEqual(tree.Fields, want) {
		t.Errorf("%+v\nwant\n%+v", tree.Fields, want)
	}
	if got := put.Bodies[0].Examples[0].Text; got != "{\n  \"height\": 0.5,\n  \"name\": \"Old oak\"\n}" {
		t.Errorf("the example of the body: %s", got)
	}
	answers := put.Answers
	if len(answers) != 3 || answers[0].Status != "200" || answers[0].Headers[0].Name != "ETag" || !answers[1].Problem || answers[1].Meaning != "It isn't there." || answers[2].Status != "other" {
		t.Errorf("%+v", answers)
	}
	var whole map[string]any
	if err := json.Unmarshal([]byte(answers[0].Bodies[0].Examples[0].Text), &whole); err != nil || len(whole) != 6 {
		t.Errorf("%v %v", whole, err)
	}
	for _, s := range fell.Samples {
		if !strings.Contains(s.Text, "https://iot.example/api/acme-logistics/tree/7") || !strings.Contains(s.Text, "YIPII_TOKEN") {
			t.Errorf("%s: %s", s.Language, s.Text)
		}
	}
}

// TestOrder: below each heading comes first what readers look for, and no lead is of a path that there is no more.
func TestOrder(t *testing.T) {
	text, err := os.ReadFile("../../clients/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Refer(text)
	if err != nil {
		t.Fatal(err)
	}
	led := map[int]bool{}
	first := map[string][]string{}
	for _, h := range r.Headings {
		for _, op := range h.Operations {
			led[lead(op.Path)] = true
			first[h.Name] = append(first[h.Name], op.ID)
		}
	}
	for i, l := range leads {
		if !led[i] {
			t.Errorf("%s leads nothing", l)
		}
	}
	for heading, want := range map[string][]string{
		"OAuth":         {"issue-token", "introspect-token", "revoke-token", "get-jwks"},
		"Assets":        {"list-assets", "create-asset", "upsert-assets", "get-asset"},
		"Positions":     {"list-last-positions", "ingest-positions", "send-osmand-query"},
		"Trips":         {"list-trips", "list-asset-trips", "get-trip-setting"},
		"Live tracking": {"follow-account", "authorize-channel", "get-live-setting"},
		"Geofences":     {"list-geofences", "create-geofence"},
		"Reports":       {"generate-report", "list-reports", "get-report", "delete-report", "download-report"},
		"Members":       {"list-members", "invite-member"},
	} {
		if got := first[heading]; len(got) < len(want) || !reflect.DeepEqual(got[:len(want)], want) {
			t.Errorf("%s begins with %v", heading, got)
		}
	}
}
