package server

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// TestOTLP has what is sent read by the protocol's own types.
func TestOTLP(t *testing.T) {
	var got collector.ExportTraceServiceRequest
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != "POST" || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		// The protocol writes ids in hexadecimal where Protobuf's JSON has base64.
		body = regexp.MustCompile(`"(traceId|spanId|parentSpanId)":"([0-9a-f]*)"`).ReplaceAllFunc(body, func(m []byte) []byte {
			part := regexp.MustCompile(`"(\w+)":"(\w+)"`).FindSubmatch(m)
			raw, err := hex.DecodeString(string(part[2]))
			if err != nil {
				t.Error(err)
			}
			return []byte(`"` + string(part[1]) + `":"` + base64.StdEncoding.EncodeToString(raw) + `"`)
		})
		if err := protojson.Unmarshal(body, &got); err != nil {
			t.Errorf("%v in %s", err, body)
		}
	}))
	defer server.Close()
	exporter, err := newOTLPExporter(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(resource.NewSchemaless(attribute.String("service.name", "yipii"))))
	ctx, outer := provider.Tracer("http").Start(context.Background(), "GET /healthz", api.WithSpanKind(api.SpanKindServer))
	_, inner := provider.Tracer("http").Start(ctx, "inner")
	inner.SetAttributes(attribute.Int64("http.status", 503), attribute.Bool("b", true), attribute.Float64("f", 1.5))
	inner.SetStatus(codes.Error, "unavailable")
	inner.End()
	outer.End()
	if err := provider.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(got.GetResourceSpans()) != 1 || got.ResourceSpans[0].Resource.Attributes[0].Value.GetStringValue() != "yipii" {
		t.Fatalf("%v", &got)
	}
	spans := got.ResourceSpans[0].ScopeSpans[0].Spans
	if len(spans) != 2 {
		t.Fatalf("%v", spans)
	}
	in, out := spans[0], spans[1]
	wantID := inner.SpanContext().TraceID()
	if string(in.TraceId) != string(wantID[:]) || string(in.ParentSpanId) != string(out.SpanId) || len(out.ParentSpanId) != 0 ||
		out.Kind.String() != "SPAN_KIND_SERVER" || in.Kind.String() != "SPAN_KIND_INTERNAL" || in.Status.Code.String() != "STATUS_CODE_ERROR" || in.Status.Message != "unavailable" ||
		in.StartTimeUnixNano == 0 || in.EndTimeUnixNano < in.StartTimeUnixNano || out.Name != "GET /healthz" {
		t.Errorf("%v", spans)
	}
	if a := in.Attributes; len(a) != 3 || a[0].Value.GetIntValue() != 503 || !a[1].Value.GetBoolValue() || a[2].Value.GetDoubleValue() != 1.5 {
		t.Errorf("%v", in.Attributes)
	}
	if _, err := newOTLPExporter("collector:4318"); err == nil {
		t.Error("an endpoint without a scheme was taken")
	}
}
