package audit

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

const auditDescription = `Who did what in the account, from where and when, newest first.

A page holds up to ` + "`limit`" + ` events. Where more follow, ` + "`next_cursor`" + ` is not null; send it as ` + "`cursor`" + ` with the same filters.

With ` + "`format`" + ` the answer is an export: all events that the filters pick, oldest first, as a file. Each export is itself
recorded. In CSV a text that a spreadsheet could take for a formula begins with an apostrophe. An export that is cut off
ends with a broken connection.`

func documentAudit(op *huma.Operation, schemas huma.Registry) {
	text := func(format string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Format: format} }
	least, most := 1.0, float64(MaxPage)
	add := func(name, description string, schema *huma.Schema, example any) {
		op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "query", Description: description, Schema: schema, Example: example})
	}
	add("action", "Only this action; all about a noun if it ends in a dot.", text(""), "client.")
	add("user_id", "Only what was done in this user's name.", &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: &least}, nil)
	add("credential", "Only what was done with this credential.", text(""), nil)
	add("subject", "Only what was done to this.", text(""), "key:7")
	add("from", "The first moment, RFC 3339.", text("date-time"), "2026-03-01T00:00:00Z")
	add("to", "The moment after the last, RFC 3339.", text("date-time"), "2026-04-01T00:00:00Z")
	add("limit", "Events on a page.", &huma.Schema{Type: huma.TypeInteger, Minimum: &least, Maximum: &most, Default: DefaultPage}, nil)
	add("cursor", "next_cursor of the page before.", text(""), nil)
	add("format", "Export all events that the filters pick. Without it the answer is a page.",
		&huma.Schema{Type: huma.TypeString, Enum: []any{JSON, CSV, JSONL}}, nil)
	op.Responses["200"] = &huma.Response{
		Description: "A page of the log, or an export of it.",
		Headers:     map[string]*huma.Param{"Content-Disposition": {Description: "The name of an export's file; absent from a page.", Schema: text("")}},
		Content: map[string]*huma.MediaType{
			"application/json": {Schema: &huma.Schema{Description: "An export has no meta.", OneOf: []*huma.Schema{
				schemas.Schema(reflect.TypeFor[Page](), true, "AuditPage"), schemas.Schema(reflect.TypeFor[exported](), true, "AuditExport")}}},
			"application/x-ndjson": {Schema: &huma.Schema{Type: huma.TypeString, Description: "One event a line."}},
			"text/csv":             {Schema: &huma.Schema{Type: huma.TypeString, Description: "One event a line, under a header."}},
		},
	}
	op.Responses["422"] = &huma.Response{Description: "A parameter is wrong, unknown or repeated.", Content: op.Responses["default"].Content}
}

// exported is an export in JSON, for the API description alone: export.go writes it.
type exported struct {
	Data []Entry `json:"data"`
}
