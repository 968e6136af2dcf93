package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"reflect"
	"strings"

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

func newAPI(info Info, r *Router) huma.API {
	// A setting of the library's that it keeps for the whole process: our lists are never null.
	huma.DefaultArrayNullable = false
	asJSON := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: json.Unmarshal}
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: info.Title, Version: info.Version, Description: info.Description},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
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

// errorResponses are the refusals that the guard and the decoder give on a route's behalf.
func (r *Router) errorResponses(rt Route) map[string]*huma.Response {
	schema := r.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	content := map[string]*huma.MediaType{"application/json": {Schema: schema}}
	out := map[string]*huma.Response{"default": {Description: "Any other error.", Content: content}}
	if rt.Access.Public {
		return out
	}
	out["401"] = &huma.Response{Description: "No token, or one that is not good.", Content: content}
	out["429"] = &huma.Response{Description: "Too many requests; see Retry-After.", Content: content}
	if rt.Access.Scope != "" {
		out["403"] = &huma.Response{Description: "The token lacks the scope, or the role may not.", Content: content}
	}
	if rt.InAccount() {
		out["404"] = &huma.Response{Description: "The account or the record is unknown, or not the caller's.", Content: content}
	}
	return out
}

// describe adds a plain handler to the API description.
func (r *Router) describe(rt Route) {
	op := r.operation(rt)
	if rt.Document != nil {
		rt.Document(&op, r.api.OpenAPI().Components.Schemas)
	}
	r.api.OpenAPI().AddOperation(&op)
}

// OpenAPI returns the API description of all routes added so far, as JSON. scopes (name to meaning) become the
// scopes of the client credentials flow.
func (r *Router) OpenAPI(scopes map[string]string) ([]byte, error) {
	doc := r.api.OpenAPI()
	doc.Components.SecuritySchemes["clientCredentials"].Flows.ClientCredentials.Scopes = scopes
	return json.Marshal(doc)
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
