package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/yipii/yipii/internal/fault"
)

// errReported is the error of a command that has said already what went wrong.
var errReported = errors.New("reported")

// report writes an error as one line and answers code.
func report(con *console, err error, code int) int {
	if !errors.Is(err, errReported) {
		fmt.Fprintln(con.err, "yipii: "+explain(err))
	}
	return code
}

// explain is an error in words for the operator, who may see causes that a caller of the API may not.
func explain(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	text := err.Error()
	var f *fault.Error
	if errors.As(err, &f) && len(f.Fields) > 1 {
		messages := make([]string, len(f.Fields))
		for i, field := range f.Fields {
			messages[i] = field.Message
		}
		text = strings.Join(messages, " ")
	}
	return strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ")
}
