package docs

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Reference is the API as people read it, made of /openapi.json alone. Texts that explain are Markdown.
type Reference struct {
	Description string
	Headings    []Heading // those with operations
	Scopes      []Scope
	Problem     Body // of every error but OAuth's
}

// Heading is a part of the API, with its operations, those that readers look for first.
type Heading struct {
	Name, Slug, Description string
	Operations              []Operation
}

// Scope is what a token may be allowed.
type Scope struct{ Name, Meaning string }

// Operation is a call.
type Operation struct {
	ID, Method, Path, Summary, Description string

	Scope  string // that a token must hold; "" where any will do
	Token  bool   // whether it takes a token
	Guest  bool   // whether that is the token of a tracking link's visitor
	Erases bool   // whether it takes away what can't be brought back
	Stream bool   // whether its answer goes on and on

	Parameters []Parameter
	Required   bool   // whether there must be a body
	Bodies     []Body // by kind, the usual one first
	Answers    []Answer
	Samples    []Sample
}

// Parameter stands in the path, in the query or in a header.
type Parameter struct {
	In string
	Field
}

// Body is one of a kind, such as application/json.
type Body struct {
	Kind     string
	Shape    Shape
	Examples []Example // of a file none
}

// Example is a body as it is sent.
type Example struct{ Title, Text string }

// Answer is what comes back with a status: "200", or "other" for all that isn't told.
type Answer struct {
	Status, Meaning string
	Good            bool
	Headers         []Field
	Bodies          []Body
	Problem         bool // its body is Reference.Problem
}

// Refer makes the reference of an API description.
func Refer(text []byte) (*Reference, error) {
	var d description
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, err
	}
	r := &Reference{Description: d.Info.Description}
	for _, scheme := range d.Components.SecuritySchemes {
		for _, flow := range scheme.Flows {
			for _, name := range slices.Sorted(maps.Keys(flow.Scopes)) {
				r.Scopes = append(r.Scopes, Scope{name, flow.Scopes[name]})
			}
		}
	}
	if problem, ok := d.Components.Schemas[problemName]; ok {
		r.Problem = d.body(jsonType, media{Schema: problem}, d.whole(problem, nil))
	}
	for _, tag := range d.Tags {
		h := Heading{Name: tag.Name, Slug: Slug(tag.Name), Description: tag.Description}
		d.each(tag.Name, func(path, method string, op operation) {
			h.Operations = append(h.Operations, d.refer(path, method, op))
		})
		if len(h.Operations) > 0 {
			r.Headings = append(r.Headings, h)
		}
	}
	return r, nil
}

// problemName is the schema of REST's errors.
const problemName = "Problem"

// Slug is a heading's name in an address.
func Slug(heading string) string { return strings.ReplaceAll(strings.ToLower(heading), " ", "-") }

func (d *description) refer(path, method string, op operation) Operation {
	o := Operation{ID: op.OperationID, Method: strings.ToUpper(method), Path: path, Summary: op.Summary, Description: op.Description,
		Token: len(op.Security) > 0, Required: op.RequestBody.Required, Samples: d.samples(path, method, op)}
	clients := false
	for _, way := range op.Security {
		for _, scopes := range way {
			if len(scopes) > 0 {
				o.Scope = scopes[0]
			}
		}
		_, client := way["clientCredentials"]
		clients = clients || client
	}
	o.Guest = o.Token && !clients && strings.HasPrefix(path, "/api/public/")
	o.Erases = method == "delete" || strings.HasPrefix(op.OperationID, "revoke-")
	_, o.Stream = op.Responses["200"].Content[streamType]
	for _, p := range op.Parameters {
		f := Field{Name: p.Name, Required: p.Required, Shape: d.shape(p.Schema, nil)}
		if p.Description != "" {
			f.Meaning = p.Description
		}
		if p.Example != nil {
			f.Example = plain(p.Example)
		}
		o.Parameters = append(o.Parameters, Parameter{p.In, f})
	}
	if content := op.RequestBody.Content; len(content) > 0 {
		usual := op.kindOf()
		for _, kind := range kinds(content, usual) {
			o.Bodies = append(o.Bodies, d.body(kind, content[kind], d.exampleOf(content[kind])))
		}
	}
	o.Answers = d.answers(op)
	return o
}

// kinds are those of bodies, the usual one first.
func kinds(content map[string]media, usual string) []string {
	return slices.SortedFunc(maps.Keys(content), func(a, b string) int {
		if (a == usual) != (b == usual) {
			return map[bool]int{true: -1, false: 1}[a == usual]
		}
		return strings.Compare(a, b)
	})
}

// body is one with its examples: those that are described, else the value.
func (d *description) body(kind string, m media, value any) Body {
	b := Body{Kind: kind, Shape: d.shape(m.Schema, nil)}
	for _, name := range slices.Sorted(maps.Keys(m.Examples)) {
		b.Examples = append(b.Examples, Example{m.Examples[name].Summary, written(kind, m.Examples[name].Value)})
	}
	if len(b.Examples) == 0 && value != nil {
		b.Examples = []Example{{"", written(kind, value)}}
	}
	return b
}

// written is a value as a body of a kind. A form has a field a line, to be read.
func written(kind string, value any) string {
	fields, isObject := value.(object)
	if text, is := value.(string); is && kind != jsonType {
		return text
	}
	if kind != formType || !isObject {
		return pretty(value)
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		out = append(out, name+"="+plain(fields[name]))
	}
	return strings.Join(out, "\n")
}

// answers are those of an operation, by status; what no status tells comes last.
func (d *description) answers(op operation) []Answer {
	var out []Answer
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		if r.Ref != "" {
			r = d.Components.Responses[r.Ref[strings.LastIndex(r.Ref, "/")+1:]]
		}
		a := Answer{Status: status, Meaning: r.Description, Good: status < "400"}
		if status == "default" {
			a.Status, a.Good = "other", false
		}
		if code, err := strconv.Atoi(status); err == nil && (a.Meaning == "" || a.Meaning == http.StatusText(code)) {
			a.Meaning = meaning(code)
		}
		for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
			f := Field{Name: name, Shape: d.shape(r.Headers[name].Schema, nil)}
			if r.Headers[name].Description != "" {
				f.Meaning = r.Headers[name].Description
			}
			a.Headers = append(a.Headers, f)
		}
		for _, kind := range kinds(r.Content, jsonType) {
			if _, name := d.resolve(r.Content[kind].Schema); name == problemName {
				a.Problem = true
				continue
			}
			var value any
			if m := r.Content[kind]; strings.HasSuffix(kind, "json") {
				value = d.whole(m.Schema, nil)
			}
			a.Bodies = append(a.Bodies, d.body(kind, r.Content[kind], value))
		}
		out = append(out, a)
	}
	return out
}

// meaning is what a status says that an operation tells no more of.
func meaning(status int) string {
	switch status {
	case http.StatusOK:
		return "Done."
	case http.StatusCreated:
		return "Made."
	case http.StatusAccepted:
		return "Taken; it is done soon."
	case http.StatusNoContent:
		return "Done. There is no body."
	case http.StatusNotModified:
		return "It is as you have it. There is no body."
	}
	return http.StatusText(status) + "."
}
