// Package fault holds the kinds of error that every room speaks.
//
// A room says what went wrong in these words and nothing about HTTP; each of the worlds outside (REST in
// internal/web, OAuth in internal/token) has one presenter that is total over the kinds. It owns no table and
// no route, and refuses to carry anything to the caller but Message and Fields: a Cause is for the log.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of failure it is. The zero value is Internal, so that a forgotten kind tells the caller nothing.
type Kind int

// The kinds. In brackets the HTTP status that REST gives them.
const (
	Internal         Kind = iota // ours to mend, never explained to the caller [500]
	Malformed                    // the request can't be read at all [400]
	Invalid                      // readable, but a field is wrong; see Fields [422]
	Unauthenticated              // no credential, or one that isn't good [401]
	Forbidden                    // known, but may not [403]
	NotFound                     // isn't there, or isn't the caller's: the two are alike [404]
	MethodNotAllowed             // the path exists, the method doesn't [405]
	Conflict                     // another record stands in the way [409]
	TooLarge                     // over a size limit [413]
	TooMany                      // over a rate limit; see RetryAfter [429]
	Unavailable                  // can't be decided or done now, try again; see RetryAfter [503]
	Stale                        // the record isn't as the caller last saw it [412]
)

// Field is one wrong field of an Invalid fault: its name as the caller wrote it (dotted for nested ones), and why.
type Field struct {
	Name    string
	Message string
}

// Error is a fault. Message is for the caller and holds no secret; Cause is for the log and is never sent.
type Error struct {
	Kind    Kind
	Message string
	Fields  []Field

	// Code is RFC 6750's error code ("invalid_token", "insufficient_scope") where one applies, Detail its
	// error_description, and Scope the scope that would have been needed.
	Code   string
	Detail string
	Scope  string

	// RetryAfter is how long to wait, for TooMany and Unavailable.
	RetryAfter time.Duration

	// Allow lists the methods that a path takes, for MethodNotAllowed.
	Allow string

	Cause error
}

// Error returns the caller's message and the cause: it is meant for logs.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %v", e.Message, e.Cause)
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New makes a fault of kind with a message for the caller.
func New(kind Kind, message string) *Error { return &Error{Kind: kind, Message: message} }

// Newf makes a fault of kind with a formatted message for the caller.
func Newf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Missing is the NotFound fault of a noun: "Asset not found."
func Missing(noun string) *Error { return New(NotFound, noun+" not found.") }

// InvalidField is an Invalid fault with one field. The message names the field by itself: "The name is required."
func InvalidField(name, message string) *Error {
	return &Error{Kind: Invalid, Message: message, Fields: []Field{{name, message}}}
}

// InvalidFields is an Invalid fault of several fields, nil when there are none.
func InvalidFields(fields []Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Message: Summary(fields), Fields: fields}
}

// Summary is the one-line message of several wrong fields: the first, and how many more there are.
func Summary(fields []Field) string {
	switch more := len(fields) - 1; {
	case more < 0:
		return "The given data was invalid."
	case more == 0:
		return fields[0].Message
	case more == 1:
		return fields[0].Message + " (and 1 more error)"
	default:
		return fmt.Sprintf("%s (and %d more errors)", fields[0].Message, more)
	}
}

// Wrap makes a fault of kind whose cause is err.
func Wrap(kind Kind, message string, err error) *Error {
	return &Error{Kind: kind, Message: message, Cause: err}
}

// As finds the fault in err; an error that holds none is Internal. It returns nil for nil.
func As(err error) *Error {
	if err == nil {
		return nil
	}
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	return &Error{Kind: Internal, Message: "Server Error", Cause: err}
}

// Is reports whether err is a fault of kind.
func Is(err error, kind Kind) bool { return err != nil && As(err).Kind == kind }
