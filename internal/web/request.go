package web

import (
	"context"
	"log/slog"
	"net/netip"
)

// Request is what the outermost handler learns of a request and the log line tells at its end. The guard and the
// token endpoint fill in who called. One request's handlers share it without a lock: they run one after another.
type Request struct {
	ID         string
	ClientIP   netip.Addr
	UserAgent  string // as sent
	AccountKey string
	Credential string // a client id, "key:<id>" or "session:<id>", never a token
	// Home is the id of the account that Credential belongs to, 0 while neither is known. With it the request counts as
	// the credential's, a refused one too.
	Home int64
	// Secret is the id of the client's secret that was shown, 0 for none.
	Secret int64
	// Refusal says why the credential, or who claimed it, was refused; "" for a request that went through.
	Refusal string
	Log     *slog.Logger
	// Principal is who the guard found the request to come from; internal/bearer knows its type. It rides here, because
	// another value in the context would mean another copy of the request.
	Principal any
}

// NoCredential is the reason of a refusal for want of any credential.
const NoCredential = "Unauthenticated."

// Refuse notes why the request is refused. The first reason stays: it is the nearest to the cause.
func (r *Request) Refuse(reason string) {
	if r.Refusal == "" {
		r.Refusal = reason
	}
}

type requestKey struct{}

// WithRequest puts req into the context.
func WithRequest(ctx context.Context, req *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, req)
}

// IsRequestKey reports whether a context is asked for the request's facts, for contexts that hold them by themselves.
func IsRequestKey(key any) bool { return key == requestKey{} }

// RequestOf returns the request's facts; outside a request an empty one.
func RequestOf(ctx context.Context) *Request {
	if req, ok := ctx.Value(requestKey{}).(*Request); ok {
		return req
	}
	return &Request{}
}

// RequestID returns the id that X-Request-Id carries.
func RequestID(ctx context.Context) string { return RequestOf(ctx).ID }
