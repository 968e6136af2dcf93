package docs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

type object = map[string]any

// accountName is the field in which calls that stand outside an account name one.
const accountName = "account_name"

// Kinds of bodies.
const (
	formType   = "application/x-www-form-urlencoded"
	jsonType   = "application/json"
	streamType = "text/event-stream"
)

// description is /openapi.json, as far as a collection and a reference are made of it.
type description struct {
	Info       struct{ Title, Description string }
	Servers    []struct{ URL string }
	Tags       []struct{ Name, Description string }
	Paths      map[string]map[string]operation
	Components struct {
		Schemas         map[string]object
		Responses       map[string]response
		SecuritySchemes map[string]struct {
			Flows map[string]struct{ Scopes map[string]string }
		}
	}
}

type operation struct {
	OperationID, Summary, Description string
	Tags                              []string
	Security                          []map[string][]string
	Parameters                        []parameter
	RequestBody                       struct {
		Required bool
		Content  map[string]media
	}
	Responses map[string]response
}

type parameter struct {
	Name, In, Description string
	Required              bool
	Example               any
	Schema                object
}

type media struct {
	Schema   object
	Example  any
	Examples map[string]struct {
		Summary string
		Value   any
	}
}

type response struct {
	Ref         string `json:"$ref"`
	Description string
	Headers     map[string]struct {
		Description string
		Schema      object
	}
	Content map[string]media
}

// methods are those that operations have, in the order in which they are read.
func methods() []string { return []string{"get", "post", "put", "patch", "delete"} }

// each calls of with every operation of a heading, those that readers look for first, then by path and by method.
func (d *description) each(heading string, of func(path, method string, op operation)) {
	for _, path := range slices.SortedFunc(maps.Keys(d.Paths), func(a, b string) int {
		return cmp.Or(cmp.Compare(lead(a), lead(b)), strings.Compare(a, b))
	}) {
		for _, method := range methods() {
			if op, ok := d.Paths[path][method]; ok && slices.Contains(op.Tags, heading) {
				of(path, method, op)
			}
		}
	}
}

// server is the address that the description names, "" for none.
func (d *description) server() string {
	if len(d.Servers) == 0 {
		return ""
	}
	return strings.TrimRight(d.Servers[0].URL, "/")
}

// kindOf is the kind of body that an example of a call is in: OAuth's are forms, which every server takes; all others are JSON
// where there is that.
func (op operation) kindOf() string {
	content := op.RequestBody.Content
	kind := slices.Sorted(maps.Keys(content))[0]
	for _, better := range []string{jsonType, formType} {
		if _, ok := content[better]; ok && (better == jsonType || slices.Contains(op.Tags, "OAuth") || kind == formType) {
			kind = better
		}
	}
	return kind
}

// example is a value of the kind of body: the one that is described, else one that the schema takes.
func (d *description) exampleOf(m media) any {
	if m.Example != nil {
		return m.Example
	}
	for _, name := range slices.Sorted(maps.Keys(m.Examples)) {
		return m.Examples[name].Value
	}
	return d.example(m.Schema, 0)
}

// resolve is the schema that a reference leads to, and its name; any other schema is itself.
func (d *description) resolve(schema object) (resolved object, name string) {
	for {
		ref, ok := schema["$ref"].(string)
		if !ok {
			return schema, name
		}
		name = ref[strings.LastIndex(ref, "/")+1:]
		schema = d.Components.Schemas[name]
	}
}

// plain is an example as it stands in an address or a form.
func plain(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// kindsOf are the types of a schema but null, and whether it may be null.
func kindsOf(schema object) (kinds []string, null bool) {
	switch of := schema["type"].(type) {
	case string:
		kinds = []string{of}
	case []any:
		for _, one := range of {
			if name, _ := one.(string); name == "null" {
				null = true
			} else {
				kinds = append(kinds, name)
			}
		}
	}
	return kinds, null
}

// given is the value that a schema itself names, nil for none.
func given(schema object) any {
	for _, list := range []string{"examples", "enum"} {
		if of, ok := schema[list].([]any); ok && len(of) > 0 {
			return of[0]
		}
	}
	for _, name := range []string{"const", "default", "minimum"} {
		if value, ok := schema[name]; ok {
			return value
		}
	}
	return nil
}

// simple is a value of a kind that has no parts, nil for the others.
func simple(kind string, schema object) any {
	switch kind {
	case "string":
		texts := map[any]string{"date-time": "2026-03-01T08:30:00Z", "uuid": "0e0aa4f0-58a5-4a68-9b2a-54be5a53bd4f", "email": "ada@example.com", "uri": "https://example.com/hook"}
		if text, ok := texts[schema["format"]]; ok {
			return text
		}
		return "text"
	case "integer", "number":
		return 1
	case "boolean":
		return true
	}
	return nil
}

// example is a value that a schema takes: its own example, else the least that it asks for.
func (d *description) example(schema object, depth int) any {
	schema, _ = d.resolve(schema)
	for _, list := range []string{"oneOf", "anyOf"} {
		if of, ok := schema[list].([]any); ok && len(of) > 0 && schema["examples"] == nil {
			choice, _ := of[0].(object)
			return d.example(choice, depth)
		}
	}
	if value := given(schema); value != nil {
		return value
	}
	kind := ""
	if kinds, _ := kindsOf(schema); len(kinds) > 0 {
		kind = kinds[0]
	}
	if value := simple(kind, schema); value != nil {
		return value
	}
	if kind == "array" {
		if items, ok := schema["items"].(object); ok && depth < 4 {
			return []any{d.example(items, depth+1)}
		}
		return []any{}
	}
	return d.exampleObject(schema, depth)
}

// exampleObject has the fields that are required; where none is, those that have examples.
func (d *description) exampleObject(schema object, depth int) object {
	out := object{}
	required, _ := schema["required"].([]any)
	properties, _ := schema["properties"].(object)
	for name, property := range properties {
		of, _ := property.(object)
		resolved, _ := d.resolve(of)
		if slices.Contains(required, any(name)) || depth == 0 && len(required) == 0 && resolved["examples"] != nil {
			out[name] = d.example(of, depth+1)
		}
	}
	return out
}

// whole is a value with every field that a schema names: what an answer looks like. Within are the names of the schemas that
// it stands in, so that one that holds itself ends.
func (d *description) whole(schema object, within []string) any {
	schema, name := d.resolve(schema)
	if name != "" {
		if slices.Contains(within, name) {
			return nil
		}
		within = append(slices.Clip(within), name)
	}
	for _, list := range []string{"oneOf", "anyOf"} {
		if of, ok := schema[list].([]any); ok && len(of) > 0 && schema["examples"] == nil {
			choice, _ := of[0].(object)
			return d.whole(choice, within)
		}
	}
	if value := given(schema); value != nil {
		return value
	}
	kinds, _ := kindsOf(schema)
	for _, kind := range kinds {
		if value := simple(kind, schema); value != nil && value != "text" {
			return value
		}
		switch kind {
		case "string":
			return "…"
		case "array":
			items, _ := schema["items"].(object)
			if len(items) == 0 {
				return []any{}
			}
			return []any{d.whole(items, within)}
		}
	}
	out := object{}
	properties, _ := schema["properties"].(object)
	for name, property := range properties {
		of, _ := property.(object)
		out[name] = d.whole(of, within)
	}
	if of, ok := schema["additionalProperties"].(object); ok && len(of) > 0 {
		out["name"] = d.whole(of, within)
	}
	return out
}
