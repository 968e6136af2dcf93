package client

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is a refusal of the server.
type Error struct {
	Status     int                 // of HTTP
	Code       string              // such as "invalid_client" (RFC 6749 §5.2) or "invalid_token" (RFC 6750 §3.1); "" where there is none
	Message    string              // for people
	Fields     map[string][]string // wrong fields and why, with status 422
	RequestID  string              // for whoever runs the server
	RetryAfter time.Duration       // when asking again makes sense; 0 where the server doesn't say
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "yipii: %d", e.Status)
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	return b.String()
}

// maxError bounds what is read of a refusal.
const maxError = 64 << 10

// errorOf reads a refusal.
func errorOf(res *http.Response, now time.Time) *Error {
	e := &Error{Status: res.StatusCode, RequestID: res.Header.Get("X-Request-Id"), RetryAfter: retryAfter(res.Header.Get("Retry-After"), now)}
	var body struct {
		Message     string              `json:"message"`
		Error       string              `json:"error"`
		Description string              `json:"error_description"`
		Errors      map[string][]string `json:"errors"`
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxError))
	if err != nil || json.Unmarshal(text, &body) != nil {
		e.Message = http.StatusText(res.StatusCode) // a proxy between, perhaps
		return e
	}
	e.Code, e.Message, e.Fields = body.Error, body.Message, body.Errors
	if body.Description != "" {
		e.Message = body.Description
	}
	return e
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3); 0 for neither.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 24*60*60)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
