package token

import (
	"net/http"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// oauthError is an error answer of RFC 6749 §5.2.
type oauthError struct {
	status     int
	code       string
	text       string
	basic      bool // the client tried HTTP Basic: the answer must offer it (§5.2)
	retryAfter time.Duration
	cause      error
}

func (e *oauthError) Error() string { return e.code + ": " + e.text }

func refuse(code, text string) *oauthError {
	return &oauthError{status: http.StatusBadRequest, code: code, text: text}
}

func invalidClient(basic bool) *oauthError {
	return &oauthError{status: http.StatusUnauthorized, code: "invalid_client", text: "Client authentication failed", basic: basic}
}

// oauthBody is the JSON of an OAuth error. message repeats the description for older clients of the documented stack.
type oauthBody struct {
	Error            string `json:"error" doc:"Error code of RFC 6749 §5.2."`
	ErrorDescription string `json:"error_description"`
	Message          string `json:"message" doc:"The same text as error_description."`
}

// present turns err into OAuth's words. It is total over the kinds of fault.
func present(err error) *oauthError {
	if e, ok := err.(*oauthError); ok {
		return e
	}
	f := fault.As(err)
	switch f.Kind {
	case fault.Malformed, fault.Invalid, fault.NotFound, fault.Conflict, fault.MethodNotAllowed, fault.Stale:
		return refuse("invalid_request", f.Message)
	case fault.TooLarge:
		return refuse("invalid_request", "The request body is larger than 16 KiB.")
	case fault.Unauthenticated:
		return invalidClient(false)
	case fault.Forbidden:
		return refuse("unauthorized_client", f.Message)
	case fault.TooMany:
		return &oauthError{status: http.StatusTooManyRequests, code: "slow_down", text: f.Message, retryAfter: f.RetryAfter}
	case fault.Unavailable:
		return &oauthError{status: http.StatusServiceUnavailable, code: "temporarily_unavailable", text: f.Message, retryAfter: f.RetryAfter, cause: f.Cause}
	case fault.Internal:
	}
	return &oauthError{status: http.StatusInternalServerError, code: "server_error", text: "Server Error", cause: f.Cause}
}

func writeError(w http.ResponseWriter, r *http.Request, err error) {
	e := present(err)
	if e.cause != nil {
		web.LogCause(r.Context(), fault.Wrap(fault.Internal, e.text, e.cause))
	}
	if e.status == http.StatusUnauthorized || e.status == http.StatusTooManyRequests || e.code == "invalid_scope" || e.code == "unauthorized_client" {
		web.RequestOf(r.Context()).Refuse(e.text)
	}
	noStore(w)
	if e.basic {
		w.Header().Set("WWW-Authenticate", `Basic realm="`+web.Realm+`"`)
	}
	if e.retryAfter > 0 {
		w.Header().Set("Retry-After", web.RetrySeconds(e.retryAfter))
	}
	web.WriteJSON(w, e.status, oauthBody{e.code, e.text, e.text})
}

// noStore keeps answers with tokens out of caches (RFC 6749 §5.1).
func noStore(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
}

// describable cuts what a caller sent down to what error_description may hold (RFC 6749 §5.2) and a sane length.
func describable(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return '?'
		}
		return r
	}, text)
	if len(text) > 64 {
		text = text[:64] + "..."
	}
	return text
}
