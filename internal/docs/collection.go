package docs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A collection is the API for Postman (format 2.1), which Bruno and Insomnia read too: a request for each operation, with an
// example of its body. It takes the server, the account and the client from variables, and gets its own tokens.

type collection struct {
	Info struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Schema      string `json:"schema"`
	} `json:"info"`
	Auth     *auth      `json:"auth"`
	Variable []variable `json:"variable"`
	Item     []folder   `json:"item"`
}

type folder struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Item        []item `json:"item"`
}

type item struct {
	Name    string  `json:"name"`
	Request request `json:"request"`
}

type request struct {
	Auth        *auth      `json:"auth,omitempty"` // nil: the collection's
	Method      string     `json:"method"`
	Description string     `json:"description,omitempty"`
	Header      []variable `json:"header"`
	URL         address    `json:"url"`
	Body        *body      `json:"body,omitempty"`
}

type address struct {
	Raw      string     `json:"raw"`
	Host     []string   `json:"host"`
	Path     []string   `json:"path"`
	Query    []variable `json:"query,omitempty"`
	Variable []variable `json:"variable,omitempty"`
}

type body struct {
	Mode       string         `json:"mode"`
	Raw        string         `json:"raw,omitempty"`
	URLEncoded []variable     `json:"urlencoded,omitempty"`
	Options    map[string]any `json:"options,omitempty"`
}

type auth struct {
	Type   string     `json:"type"`
	OAuth2 []variable `json:"oauth2,omitempty"`
}

type variable struct {
	Key         string `json:"key"`
	Value       string `json:"value"`
	Type        string `json:"type,omitempty"`
	Description string `json:"description,omitempty"`
	Disabled    bool   `json:"disabled,omitempty"`
}

type object = map[string]any

// accountName is the field in which calls that stand outside an account name one.
const accountName = "account_name"

// description is what a collection is made of.
type description struct {
	Info       struct{ Title, Description string }
	Servers    []struct{ URL string }
	Tags       []struct{ Name, Description string }
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]object }
}

type operation struct {
	Summary, Description string
	Tags                 []string
	Security             []object
	Parameters           []struct {
		Name, In, Description string
		Required              bool
		Example               any
		Schema                object
	}
	RequestBody struct {
		Content map[string]struct {
			Schema   object
			Example  any
			Examples map[string]struct{ Value any }
		}
	}
}

// collect makes the collection of an API description.
func collect(text []byte) ([]byte, error) {
	var d description
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, err
	}
	var c collection
	c.Info.Name, c.Info.Description = d.Info.Title, d.Info.Description
	c.Info.Schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
	server := ""
	if len(d.Servers) > 0 {
		server = d.Servers[0].URL
	}
	c.Variable = []variable{{Key: "base_url", Value: server}, {Key: "account_key"}, {Key: "client_id"}, {Key: "client_secret", Type: "secret"}}
	c.Auth = &auth{"oauth2", []variable{{Key: "grant_type", Value: "client_credentials", Type: "string"},
		{Key: "accessTokenUrl", Value: "{{base_url}}/oauth/token", Type: "string"}, {Key: "clientId", Value: "{{client_id}}", Type: "string"},
		{Key: "clientSecret", Value: "{{client_secret}}", Type: "string"}, {Key: "client_authentication", Value: "body", Type: "string"},
		{Key: "addTokenTo", Value: "header", Type: "string"}, {Key: "headerPrefix", Value: "Bearer", Type: "string"}}}
	for _, tag := range d.Tags {
		f := folder{Name: tag.Name, Description: tag.Description}
		for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
			for _, method := range []string{"get", "post", "put", "patch", "delete"} {
				if op, ok := d.Paths[path][method]; ok && slices.Contains(op.Tags, tag.Name) {
					f.Item = append(f.Item, item{op.Summary, d.request(path, method, op)})
				}
			}
		}
		if len(f.Item) > 0 {
			c.Item = append(c.Item, f)
		}
	}
	return json.MarshalIndent(c, "", "\t")
}

func (d *description) request(path, method string, op operation) request {
	r := request{Method: strings.ToUpper(method), Description: op.Description, Header: []variable{}}
	if len(op.Security) == 0 {
		r.Auth = &auth{Type: "noauth"}
	}
	for _, p := range op.Parameters {
		example := p.Example
		if example == nil {
			example = d.example(p.Schema, 0)
		}
		v := variable{Key: p.Name, Value: plain(example), Description: p.Description, Disabled: !p.Required && p.Example == nil && p.In != "path"}
		if p.Name == accountName {
			v.Value = "{{account_key}}"
		}
		switch {
		case p.Name == "account_key":
		case p.In == "path":
			r.URL.Variable = append(r.URL.Variable, v)
		case p.In == "query":
			r.URL.Query = append(r.URL.Query, v)
		case p.In == "header":
			r.Header = append(r.Header, v)
		}
	}
	r.URL.Host = []string{"{{base_url}}"}
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			segment = ":" + strings.TrimSuffix(name, "}")
		}
		if segment == ":account_key" {
			segment = "{{account_key}}"
		}
		r.URL.Path = append(r.URL.Path, segment)
	}
	r.URL.Raw = "{{base_url}}/" + strings.Join(r.URL.Path, "/")
	d.fillBody(&r, op)
	return r
}

// fillBody gives a request an example of its body. What a client has is taken from variables.
func (d *description) fillBody(r *request, op operation) {
	content := op.RequestBody.Content
	if len(content) == 0 {
		return
	}
	const form, asJSON = "application/x-www-form-urlencoded", "application/json"
	kind := slices.Sorted(maps.Keys(content))[0]
	for _, better := range []string{asJSON, form} { // OAuth's are forms, which every server takes
		if _, ok := content[better]; ok && (better == asJSON || slices.Contains(op.Tags, "OAuth") || kind == form) {
			kind = better
		}
	}
	value := content[kind].Example
	for _, name := range slices.Sorted(maps.Keys(content[kind].Examples)) {
		if value == nil {
			value = content[kind].Examples[name].Value
		}
	}
	if value == nil {
		value = d.example(content[kind].Schema, 0)
	}
	if fields, ok := value.(object); ok && fields[accountName] != nil {
		fields[accountName] = "{{account_key}}"
	}
	if kind == form {
		r.Body = &body{Mode: "urlencoded"}
		fields, _ := value.(object)
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			r.Body.URLEncoded = append(r.Body.URLEncoded, variable{Key: name, Value: plain(fields[name])})
		}
		if slices.Contains(op.Tags, "OAuth") {
			r.Body.URLEncoded = slices.DeleteFunc(r.Body.URLEncoded, func(v variable) bool { return strings.HasPrefix(v.Key, "client_") || v.Key == "scope" })
			r.Body.URLEncoded = append(r.Body.URLEncoded, variable{Key: "client_id", Value: "{{client_id}}"}, variable{Key: "client_secret", Value: "{{client_secret}}"})
		}
		return
	}
	r.Header = append(r.Header, variable{Key: "Content-Type", Value: kind})
	r.Body = &body{Mode: "raw"}
	if text, ok := value.(string); ok && kind != asJSON {
		r.Body.Raw = text
		return
	}
	text, err := json.MarshalIndent(value, "", "  ")
	if err == nil { // what came from JSON goes there
		r.Body.Raw, r.Body.Options = string(text), map[string]any{"raw": map[string]string{"language": "json"}}
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

// example is a value that a schema takes: its own example, else the least that it asks for.
func (d *description) example(schema object, depth int) any {
	if ref, ok := schema["$ref"].(string); ok {
		return d.example(d.Components.Schemas[ref[strings.LastIndex(ref, "/")+1:]], depth)
	}
	for _, list := range []string{"examples", "enum", "oneOf", "anyOf"} {
		of, ok := schema[list].([]any)
		if !ok || len(of) == 0 {
			continue
		}
		if choice, ok := of[0].(object); ok && strings.HasSuffix(list, "Of") {
			return d.example(choice, depth)
		}
		return of[0]
	}
	for _, name := range []string{"const", "default", "minimum"} {
		if value, ok := schema[name]; ok {
			return value
		}
	}
	kind, _ := schema["type"].(string)
	if several, ok := schema["type"].([]any); ok && len(several) > 0 {
		kind, _ = several[0].(string)
	}
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
	case "array":
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
		if slices.Contains(required, any(name)) || depth == 0 && len(required) == 0 && of["examples"] != nil {
			out[name] = d.example(of, depth+1)
		}
	}
	return out
}
