package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace"
)

// otlpExporter sends spans as the OpenTelemetry protocol's JSON over HTTP says (opentelemetry.io/docs/specs/otlp, "JSON Protobuf
// Encoding"). OpenTelemetry's own exporter would bring all of gRPC into the program, which it never speaks: 2.3 MB.
type otlpExporter struct {
	endpoint string
	client   *http.Client
}

// otlpTimeout bounds one sending. Spans that can't be sent are lost: the library's batches don't wait for them.
const otlpTimeout = 10 * time.Second

func newOTLPExporter(endpoint string) (*otlpExporter, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("it must be http(s)://HOST[:PORT]/PATH") // it may hold a key: it isn't repeated
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/traces"
	}
	return &otlpExporter{endpoint: u.String(), client: &http.Client{Timeout: otlpTimeout}}, nil
}

// ExportSpans implements trace.SpanExporter.
func (e *otlpExporter) ExportSpans(ctx context.Context, spans []trace.ReadOnlySpan) error {
	body, err := json.Marshal(otlpRequest(spans))
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := e.client.Do(request)
	if err != nil {
		return fmt.Errorf("send traces: %w", err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the collector of traces answers %d", response.StatusCode)
	}
	return nil
}

// Shutdown implements trace.SpanExporter.
func (e *otlpExporter) Shutdown(context.Context) error { return nil }

// The shapes of the protocol's JSON: names in lower camel case, ids in hexadecimal, 64-bit numbers as text.
type (
	otlpTraces struct {
		ResourceSpans []otlpResourceSpans `json:"resourceSpans"`
	}
	otlpResourceSpans struct {
		Resource   otlpResource     `json:"resource"`
		ScopeSpans []otlpScopeSpans `json:"scopeSpans"`
	}
	otlpResource struct {
		Attributes []otlpAttribute `json:"attributes"`
	}
	otlpScopeSpans struct {
		Scope otlpScope  `json:"scope"`
		Spans []otlpSpan `json:"spans"`
	}
	otlpScope struct {
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
	}
	otlpSpan struct {
		TraceID    string          `json:"traceId"`
		SpanID     string          `json:"spanId"`
		ParentID   string          `json:"parentSpanId,omitempty"`
		TraceState string          `json:"traceState,omitempty"`
		Flags      uint32          `json:"flags"`
		Name       string          `json:"name"`
		Kind       int             `json:"kind"`
		Start      string          `json:"startTimeUnixNano"`
		End        string          `json:"endTimeUnixNano"`
		Attributes []otlpAttribute `json:"attributes,omitempty"`
		Status     otlpStatus      `json:"status"`
	}
	otlpStatus struct {
		Code    int    `json:"code,omitempty"`
		Message string `json:"message,omitempty"`
	}
	otlpAttribute struct {
		Key   string         `json:"key"`
		Value map[string]any `json:"value"`
	}
)

// otlpRequest is the request for spans, which all come from one provider and so are of one resource.
func otlpRequest(spans []trace.ReadOnlySpan) otlpTraces {
	if len(spans) == 0 {
		return otlpTraces{ResourceSpans: []otlpResourceSpans{}}
	}
	of := otlpResourceSpans{Resource: otlpResource{otlpAttributes(spans[0].Resource().Attributes())}}
	at := map[otlpScope]int{}
	for _, s := range spans {
		scope := otlpScope{s.InstrumentationScope().Name, s.InstrumentationScope().Version}
		n, ok := at[scope]
		if !ok {
			n = len(of.ScopeSpans)
			at[scope] = n
			of.ScopeSpans = append(of.ScopeSpans, otlpScopeSpans{Scope: scope})
		}
		of.ScopeSpans[n].Spans = append(of.ScopeSpans[n].Spans, otlpSpanOf(s))
	}
	return otlpTraces{ResourceSpans: []otlpResourceSpans{of}}
}

func otlpSpanOf(s trace.ReadOnlySpan) otlpSpan {
	c := s.SpanContext()
	span := otlpSpan{TraceID: c.TraceID().String(), SpanID: c.SpanID().String(), TraceState: c.TraceState().String(), Flags: uint32(c.TraceFlags()),
		Name: s.Name(), Kind: int(s.SpanKind()), // both count internal, server, client, producer and consumer from 1
		Start: strconv.FormatInt(s.StartTime().UnixNano(), 10), End: strconv.FormatInt(s.EndTime().UnixNano(), 10),
		Attributes: otlpAttributes(s.Attributes())}
	if s.Parent().SpanID().IsValid() {
		span.ParentID = s.Parent().SpanID().String()
	}
	switch status := s.Status(); status.Code {
	case codes.Ok:
		span.Status.Code = 1
	case codes.Error:
		span.Status = otlpStatus{2, status.Description}
	}
	return span
}

func otlpAttributes(list []attribute.KeyValue) []otlpAttribute {
	out := make([]otlpAttribute, len(list))
	for i, kv := range list {
		value := map[string]any{}
		switch kv.Value.Type() {
		case attribute.BOOL:
			value["boolValue"] = kv.Value.AsBool()
		case attribute.INT64:
			value["intValue"] = strconv.FormatInt(kv.Value.AsInt64(), 10)
		case attribute.FLOAT64:
			value["doubleValue"] = kv.Value.AsFloat64()
		case attribute.STRING:
			value["stringValue"] = kv.Value.AsString()
		default:
			value["stringValue"] = kv.Value.String() // lists, which no span of ours has
		}
		out[i] = otlpAttribute{string(kv.Key), value}
	}
	return out
}
