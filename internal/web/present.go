package web

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/fault"
)

// Problem is the body of every REST error (contract §4): a message for people, and where they apply the RFC 6750
// error code, its description, and the wrong fields.
type Problem struct {
	Message          string              `json:"message" doc:"What went wrong, for people."`
	Error            string              `json:"error,omitempty" doc:"Error code of RFC 6750, on 401 and 403."`
	ErrorDescription string              `json:"error_description,omitempty" doc:"Which of expired, revoked or invalid, on 401."`
	Errors           map[string][]string `json:"errors,omitempty" doc:"Wrong fields and why, on 422."`
}

// Realm is the protection space named in every WWW-Authenticate challenge.
const Realm = "yipii"

// StatusOf is the REST status of each kind.
func StatusOf(kind fault.Kind) int {
	switch kind {
	case fault.Malformed:
		return http.StatusBadRequest
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case fault.Conflict:
		return http.StatusConflict
	case fault.Stale:
		return http.StatusPreconditionFailed
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}

// WriteError presents err as REST does. Internals go to the log with the request's id and are never sent.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.As(err)
	Note(r.Context(), f)
	setErrorHeaders(w.Header(), f)
	WriteJSON(w, StatusOf(f.Kind), problemOf(f))
}

// Note remembers a fault that a request ends with: a refusal in the request's facts, and the cause, which the caller
// never sees, in the log.
func Note(ctx context.Context, f *fault.Error) {
	if f.Kind == fault.Unauthenticated || f.Kind == fault.Forbidden || f.Kind == fault.TooMany {
		RequestOf(ctx).Refuse(cmp.Or(f.Detail, f.Message))
	}
	LogCause(ctx, f)
}

// LogCause writes the cause of a fault to the log with the request's id.
func LogCause(ctx context.Context, f *fault.Error) {
	if f.Cause == nil {
		return
	}
	level := slog.LevelWarn
	if f.Kind == fault.Internal {
		level = slog.LevelError
	}
	req := RequestOf(ctx)
	if req.Log != nil {
		req.Log.Log(ctx, level, "request failed", "request_id", req.ID, "cause", f.Cause.Error())
	}
}

func problemOf(f *fault.Error) Problem {
	if f.Kind == fault.Internal {
		return Problem{Message: "Server Error"}
	}
	p := Problem{Message: f.Message, Error: f.Code, ErrorDescription: f.Detail}
	if len(f.Fields) > 0 {
		p.Errors = make(map[string][]string, len(f.Fields))
		for _, field := range f.Fields {
			p.Errors[field.Name] = append(p.Errors[field.Name], field.Message)
		}
	}
	return p
}

func setErrorHeaders(h http.Header, f *fault.Error) {
	if f.Kind == fault.Unauthenticated || f.Code == "insufficient_scope" {
		h.Set("WWW-Authenticate", challenge(f))
	}
	if f.RetryAfter > 0 {
		h.Set("Retry-After", RetrySeconds(f.RetryAfter))
	}
	if f.Allow != "" {
		h.Set("Allow", f.Allow)
	}
}

// challenge is the WWW-Authenticate value of RFC 6750 §3. All its parts are our own words, so nothing needs quoting.
func challenge(f *fault.Error) string {
	var b strings.Builder
	b.WriteString(`Bearer realm="` + Realm + `"`)
	for _, part := range [][2]string{{"error", f.Code}, {"error_description", f.Detail}, {"scope", f.Scope}} {
		if part[1] != "" {
			b.WriteString(`, ` + part[0] + `="` + part[1] + `"`)
		}
	}
	return b.String()
}

// RetrySeconds is a Retry-After value: whole seconds, rounded up, at least 1 (RFC 9110 §10.2.3).
func RetrySeconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}

// WriteJSON writes v as the whole answer.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"message":"Server Error"}`)
	}
	WriteBytes(w, status, "application/json", append(body, '\n'))
}

// WriteBytes writes body as the whole answer.
func WriteBytes(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	both := []string{contentType, strconv.Itoa(len(body))} // one allocation for the two
	h["Content-Type"], h["Content-Length"] = both[:1:1], both[1:]
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
