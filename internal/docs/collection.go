package docs

import (
	"encoding/json"
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

// collect makes the collection of an API description.
func collect(text []byte) ([]byte, error) {
	var d description
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, err
	}
	var c collection
	c.Info.Name, c.Info.Description = d.Info.Title, d.Info.Description
	c.Info.Schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
	c.Variable = []variable{{Key: "base_url", Value: d.server()}, {Key: "account_key"}, {Key: "client_id"}, {Key: "client_secret", Type: "secret"}}
	c.Auth = &auth{"oauth2", []variable{{Key: "grant_type", Value: "client_credentials", Type: "string"},
		{Key: "accessTokenUrl", Value: "{{base_url}}/oauth/token", Type: "string"}, {Key: "clientId", Value: "{{client_id}}", Type: "string"},
		{Key: "clientSecret", Value: "{{client_secret}}", Type: "string"}, {Key: "client_authentication", Value: "body", Type: "string"},
		{Key: "addTokenTo", Value: "header", Type: "string"}, {Key: "headerPrefix", Value: "Bearer", Type: "string"}}}
	for _, tag := range d.Tags {
		f := folder{Name: tag.Name, Description: tag.Description}
		d.each(tag.Name, func(path, method string, op operation) {
			f.Item = append(f.Item, item{op.Summary, d.request(path, method, op)})
		})
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
	kind := op.kindOf()
	value := d.exampleOf(content[kind])
	if fields, ok := value.(object); ok && fields[accountName] != nil {
		fields[accountName] = "{{account_key}}"
	}
	if kind == formType {
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
	if text, ok := value.(string); ok && kind != jsonType {
		r.Body.Raw = text
		return
	}
	text, err := json.MarshalIndent(value, "", "  ")
	if err == nil { // what came from JSON goes there
		r.Body.Raw, r.Body.Options = string(text), map[string]any{"raw": map[string]string{"language": "json"}}
	}
}
