package server_test

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/pb33f/jsonschema/v6"
)

// look says what is wrong with an answer, "" for nothing.
func (c *oddClient) look(op *operation, a oddAnswer) string {
	if a.status >= 500 {
		return fmt.Sprintf("%s: status %d", op.id, a.status)
	}
	if a.header.Get("X-Request-Id") == "" {
		return op.id + ": an answer without X-Request-Id"
	}
	if text := a.body.String(); strings.Contains(text, c.secret) || strings.Contains(text, c.token) {
		return op.id + ": the answer holds the caller's credential"
	}
	key := strconv.Itoa(a.status)
	responses := op.doc["responses"].(object)
	described, ok := responses[key].(object)
	if !ok {
		key = "default"
		if described, ok = responses[key].(object); !ok {
			return fmt.Sprintf("%s: status %d is not described", op.id, a.status)
		}
	}
	if a.status < 400 && key == "default" {
		return fmt.Sprintf("%s: status %d is described as any error", op.id, a.status)
	}
	pointer := op.pointer + "/responses/" + key
	if ref, ok := described["$ref"].(string); ok {
		pointer = strings.TrimPrefix(ref, "#")
		described = c.shared[ref[strings.LastIndex(ref, "/")+1:]].(object)
	}
	content, _ := described["content"].(object)
	if a.body.Len() == 0 {
		if len(content) > 0 && strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
			return fmt.Sprintf("%s: status %d has no body", op.id, a.status)
		}
		return ""
	}
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if _, ok := content[kind]; err != nil || !ok {
		return fmt.Sprintf("%s: status %d has the type %q, which is not described", op.id, a.status, a.header.Get("Content-Type"))
	}
	if !strings.HasSuffix(kind, "json") || strings.HasSuffix(kind, "x-ndjson") {
		return ""
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.body.Bytes()))
	if err != nil {
		return fmt.Sprintf("%s: status %d: the body is not JSON: %v", op.id, a.status, err)
	}
	pointer += "/content/" + strings.ReplaceAll(kind, "/", "~1") + "/schema"
	schema := c.compiled[pointer]
	if schema == nil {
		schema, err = c.compiler.Compile("https://iot.example/openapi.json#" + url.PathEscape(pointer))
		must(c.t, err)
		c.compiled[pointer] = schema
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Sprintf("%s: status %d: %v", op.id, a.status, err)
	}
	return ""
}

// oddAnswer is what the server said. A stream is cut off after its first part.
type oddAnswer struct {
	status int
	header http.Header
	body   *bytes.Buffer
	cut    context.CancelFunc
}

func (a *oddAnswer) Header() http.Header { return a.header }
func (a *oddAnswer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}
func (a *oddAnswer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// Flush ends the request: who flushes goes on for as long as somebody listens.
func (a *oddAnswer) Flush() { a.cut() }

// do calls the handler without a network between, which would refuse some of the headers before they reach us.
func (c *oddClient) do(method, target string, header http.Header, body string) oddAnswer {
	u, err := url.ParseRequestURI(target)
	must(c.t, err)
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	if header == nil {
		header = http.Header{}
	}
	r := (&http.Request{Method: method, URL: u, RequestURI: target, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Host: "iot.example",
		RemoteAddr: c.address, ContentLength: int64(len(body)), Body: http.NoBody}).WithContext(ctx)
	if body != "" {
		r.Body = struct {
			*strings.Reader
			closer
		}{strings.NewReader(body), closer{}}
	}
	a := oddAnswer{header: http.Header{}, body: &bytes.Buffer{}, cut: cancel}
	c.handler.ServeHTTP(&a, r)
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a
}

type closer struct{}

func (closer) Close() error { return nil }
