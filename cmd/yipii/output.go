package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// output is what every command that prints has in common.
type output struct {
	Format string `name:"output" short:"o" default:"text" enum:"text,json" help:"text or json."`
}

// print writes value as JSON, or what text writes.
func (o output) print(con *console, value any, text func(w io.Writer)) error {
	if o.Format != "json" {
		text(con.out)
		return nil
	}
	encoder := json.NewEncoder(con.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// table writes rows in columns under a header.
func table(w io.Writer, header string, rows [][]string) {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, strings.ReplaceAll(header, " ", "\t"))
	for _, row := range rows {
		fmt.Fprintln(columns, strings.Join(row, "\t"))
	}
	columns.Flush()
}

// facts writes names and values in two columns.
func facts(w io.Writer, pairs ...[2]string) {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, pair := range pairs {
		fmt.Fprintln(columns, pair[0]+"\t"+pair[1])
	}
	columns.Flush()
}

// moment is a time for people to read; never stands for none.
func moment(t time.Time, never string) string {
	if t.IsZero() {
		return never
	}
	return t.UTC().Format(time.RFC3339)
}

// optionalTime is a time in JSON that is null for none.
func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// orNone is an optional text in a table.
func orNone(text *string) string {
	if text == nil || *text == "" {
		return "-"
	}
	return *text
}
