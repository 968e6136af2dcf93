package server

import (
	"context"
	"fmt"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// traced makes a span of every request and sends it to the endpoint; with none set it changes nothing.
func traced(endpoint, version string, next http.Handler) (http.Handler, func(context.Context) error, error) {
	if endpoint == "" {
		return next, func(context.Context) error { return nil }, nil
	}
	exporter, err := newOTLPExporter(endpoint)
	if err != nil {
		return nil, nil, fmt.Errorf("--otlp-endpoint: %w", err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter),
		trace.WithResource(resource.NewSchemaless(semconv.ServiceName("yipii"), semconv.ServiceVersion(version))))
	handler := otelhttp.NewHandler(next, "http", otelhttp.WithTracerProvider(provider), otelhttp.WithPropagators(propagation.TraceContext{}))
	return handler, provider.Shutdown, nil
}
