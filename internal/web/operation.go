package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/yipii/yipii/internal/fault"
)

// Info heads the API description.
type Info struct {
	Title       string
	Version     string
	Description string
	ServerURL   string
}

// neverNull sets what the library keeps for the whole process: our lists are never null. Once, as another router may be in use by now.
var neverNull = sync.OnceFunc(func() { huma.DefaultArrayNullable = false })

func newAPI(info Info, r *Router) huma.API {
	neverNull()
	asJSON := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: json.Unmarshal}
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: info.Title, Version: info.Version, Description: info.Description},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"clientCredentials": {Type: "oauth2", Flows: &huma.OAuthFlows{
						ClientCredentials: &huma.OAuthFlow{TokenURL: info.ServerURL + "/oauth/token", Scopes: map[string]string{}}}},
					"bearer": {Type: "http", Scheme: "bearer", Description: "An access token or an API key."},
				},
			},
		},
		// huma writes its errors as problem+json before presentHuma and jsonContext make them ours, and needs to know how.
		Formats:                      map[string]huma.Format{"application/json": asJSON, "application/problem+json": asJSON},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{presentHuma},
	}
	if info.ServerURL != "" {
		config.Servers = []*huma.Server{{URL: info.ServerURL}}
	}
	return huma.NewAPI(config, adapter{r})
}

// adapter lets huma's typed operations pass through the router's mount, and so through the guard.
type adapter struct{ r *Router }

func (a adapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	rt := op.Metadata["route"].(Route)
	a.r.mount(rt, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		handler(jsonContext{humago.NewContext(op, req, w)})
	}))
}

func (a adapter) ServeHTTP(w http.ResponseWriter, req *http.Request) { a.r.ServeHTTP(w, req) }

// jsonContext makes any request body be read as JSON whatever its Content-Type says, so that a body which isn't
// JSON is told so, and sends errors as application/json, where huma would say application/problem+json.
type jsonContext struct{ humaContext }

// humaContext renames huma.Context so that embedding it leaves the name of its method Context free.
type humaContext huma.Context

func (c jsonContext) Unwrap() huma.Context { return c.humaContext }

func (c jsonContext) Header(name string) string {
	if strings.EqualFold(name, "Content-Type") {
		return "application/json"
	}
	return c.humaContext.Header(name)
}

func (c jsonContext) SetHeader(name, value string) {
	if name == "Content-Type" && value == "application/problem+json" {
		value = "application/json"
	}
	c.humaContext.SetHeader(name, value)
}

// status carries a fault through huma, which asks errors for their status and writes them as a body.
type status struct {
	fault *fault.Error
	body  Problem
}

func (s *status) Error() string                { return s.fault.Error() }
func (s *status) GetStatus() int               { return StatusOf(s.fault.Kind) }
func (s *status) MarshalJSON() ([]byte, error) { return json.Marshal(s.body) }
func (s *status) GetHeaders() http.Header {
	h := http.Header{}
	setErrorHeaders(h, s.fault)
	return h
}

// Operation adds a typed JSON operation: huma reads and checks the input, fn does the work, and a fault that it
// returns is presented as REST does.
func Operation[In, Out any](r *Router, rt Route, fn func(context.Context, *In) (*Out, error)) {
	op := r.operation(rt)
	if input, ok := any(new(In)).(conditional); ok {
		input.describe(&op, op.Responses["default"])
	}
	if rt.Document != nil {
		rt.Document(&op, r.api.OpenAPI().Components.Schemas)
	}
	huma.Register(r.api, op, func(ctx context.Context, in *In) (*Out, error) {
		out, err := fn(ctx, in)
		if err == nil {
			return out, nil
		}
		f := fault.As(err)
		Note(ctx, f)
		return nil, &status{fault: f, body: problemOf(f)}
	})
}

// presentHuma turns huma's own errors (unreadable or invalid input) into our body. The value that was wrong is
// left out: it may be a secret.
func presentHuma(_ huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	switch model.Status {
	case http.StatusUnprocessableEntity:
		fields := make([]fault.Field, 0, len(model.Errors))
		for _, detail := range model.Errors {
			name := fieldName(detail.Location, detail.Message)
			fields = append(fields, fault.Field{Name: name, Message: fieldMessage(name, detail.Message)})
		}
		return problemOf(&fault.Error{Kind: fault.Invalid, Message: fault.Summary(fields), Fields: fields}), nil
	case http.StatusRequestEntityTooLarge:
		return Problem{Message: "The request body is too large."}, nil
	case http.StatusBadRequest:
		if model.Detail == "request body is required" {
			return Problem{Message: "The request body is missing."}, nil
		}
		return Problem{Message: "The request body is not valid JSON."}, nil
	case http.StatusRequestTimeout:
		return Problem{Message: "The request body took too long to arrive."}, nil
	}
	return Problem{Message: http.StatusText(model.Status)}, nil
}

// fieldName cuts huma's "body.name" or "query.page" to what the caller wrote. Of a missing field huma names the object
// that it should be in, and the field in the message alone.
func fieldName(location, message string) string {
	if property, ok := strings.CutPrefix(message, requiredProperty); ok {
		location += "." + strings.TrimSuffix(property, " to be present")
	}
	for _, place := range []string{"body.", "query.", "path.", "header."} {
		if name, ok := strings.CutPrefix(location, place); ok {
			return name
		}
	}
	return location
}

// requiredProperty begins huma's message of a field that is missing.
const requiredProperty = "expected required property "

func fieldMessage(name, message string) string {
	if property, ok := strings.CutPrefix(message, requiredProperty); ok {
		return "The " + strings.TrimSuffix(property, " to be present") + " field is required."
	}
	if name == "" {
		return message
	}
	return "The " + name + " field is invalid: " + message + "."
}

// operation is the huma description of a route, with the parts that no handler need repeat.
func (r *Router) operation(rt Route) huma.Operation {
	op := huma.Operation{
		OperationID: rt.ID, Method: rt.Method, Path: rt.Pattern, Summary: rt.Summary, Description: rt.Description,
		Tags: []string{rt.Tag}, MaxBodyBytes: rt.maxBody(), Hidden: rt.Hidden,
		Metadata: map[string]any{"route": rt}, Responses: map[string]*huma.Response{},
	}
	if rt.InAccount() {
		op.Parameters = append(op.Parameters, &huma.Param{Name: "account_key", In: "path", Required: true,
			Description: "The account's key, as in the dashboard's URL.", Schema: &huma.Schema{Type: "string"}, Example: "acme-logistics"})
	}
	if !rt.Access.Public {
		scopes := []string{}
		if rt.Access.Scope != "" {
			scopes = []string{rt.Access.Scope}
		}
		op.Security = []map[string][]string{{"clientCredentials": scopes}, {"bearer": {}}}
	} else {
		op.Security = []map[string][]string{}
	}
	maps.Copy(op.Responses, r.errorResponses(rt))
	return op
}

// refusals are the answers that the guard and the decoder give on a route's behalf, by their names in the description.
type refusals struct{ Unauthenticated, Forbidden, NotFound, TooMany, Other *huma.Response }

func newRefusals(api huma.API) refusals {
	schema := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	content := map[string]*huma.MediaType{"application/json": {Schema: schema}}
	refusal := func(description string) *huma.Response {
		return &huma.Response{Description: description, Content: content}
	}
	return refusals{
		Unauthenticated: refusal("No token, or one that is not good."),
		Forbidden:       refusal("The token lacks the scope, or the role may not."),
		NotFound:        refusal("The account or the record is unknown, or not the caller's."),
		TooMany:         refusal("Too many requests; see Retry-After."),
		Other:           refusal("Any other error."),
	}
}

// byName lists them.
func (r refusals) byName() map[string]*huma.Response {
	return map[string]*huma.Response{"Unauthenticated": r.Unauthenticated, "Forbidden": r.Forbidden, "NotFound": r.NotFound, "TooMany": r.TooMany, "Other": r.Other}
}

// errorResponses are the refusals of a route, by status.
func (r *Router) errorResponses(rt Route) map[string]*huma.Response {
	out := map[string]*huma.Response{"default": r.refusals.Other}
	if rt.Access.Public {
		return out
	}
	out["401"], out["429"] = r.refusals.Unauthenticated, r.refusals.TooMany
	if rt.Access.Scope != "" {
		out["403"] = r.refusals.Forbidden
	}
	if rt.InAccount() {
		out["404"] = r.refusals.NotFound
	}
	return out
}

// share describes the refusals once, and lets operations point at them: they would be most of the description.
func (r *Router) share() {
	doc, named := r.api.OpenAPI(), r.refusals.byName()
	doc.Components.Responses = named
	for _, path := range doc.Paths {
		for _, op := range []*huma.Operation{path.Get, path.Put, path.Post, path.Delete, path.Options, path.Head, path.Patch, path.Trace} {
			if op == nil {
				continue
			}
			for status, response := range op.Responses {
				for name, shared := range named {
					if response == shared {
						op.Responses[status] = &huma.Response{Ref: "#/components/responses/" + name}
					}
				}
			}
		}
	}
}

// describe adds a plain handler to the API description.
func (r *Router) describe(rt Route) {
	op := r.operation(rt)
	if rt.Document != nil {
		rt.Document(&op, r.api.OpenAPI().Components.Schemas)
	}
	r.api.OpenAPI().AddOperation(&op)
}

// Heading is a heading of the API description.
type Heading struct{ Name, Description string }

// OpenAPI returns the API description of all routes added so far, as JSON. scopes (name to meaning) become the
// scopes of the client credentials flow; tags are the headings, in order. Where there are any, a route under another one is an
// error.
func (r *Router) OpenAPI(scopes map[string]string, tags []Heading) ([]byte, error) {
	doc := r.api.OpenAPI()
	doc.Components.SecuritySchemes["clientCredentials"].Flows.ClientCredentials.Scopes = scopes
	known := map[string]bool{}
	doc.Tags = nil
	for _, tag := range tags {
		known[tag.Name] = true
		doc.Tags = append(doc.Tags, &huma.Tag{Name: tag.Name, Description: tag.Description})
	}
	for _, rt := range r.routes {
		if len(tags) > 0 && !rt.Hidden && !known[rt.Tag] {
			return nil, fmt.Errorf("route %s %s: the heading %q is not described", rt.Method, rt.Pattern, rt.Tag)
		}
	}
	r.share()
	// The library describes its own errors too, which nobody is ever sent.
	for _, name := range []string{"ErrorModel", "ErrorDetail"} {
		delete(doc.Components.Schemas.Map(), name)
	}
	return json.Marshal(doc)
}

// general matches a type of a room whose name says something only beside the room's.
var general = regexp.MustCompile(`([a-z]+)\.(Fields|Result|Settings|Entry|Event|Page|Count|Cursor|Rejection)\b`)

// schemaName names a type in the description: as the library does, but with the room before a word that is too general
// for a program in which all rooms' types stand side by side.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	found := general.FindStringSubmatch(t.PkgPath() + "." + t.Name())
	if found == nil || found[1] == "web" {
		return name
	}
	return strings.TrimSuffix(name, found[2]) + strings.ToUpper(found[1][:1]) + found[1][1:] + found[2]
}

// ReadBody reads a whole request body that limitBody bounds. A longer one is a TooLarge fault.
func ReadBody(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(r)
	return body, BodyFault(err)
}

// BodyFault turns an error of reading a request body into a fault; nil stays nil.
func BodyFault(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooLarge):
		return fault.New(fault.TooLarge, "The request body is too large.")
	default:
		return fault.Wrap(fault.Malformed, "The request body could not be read.", err)
	}
}
