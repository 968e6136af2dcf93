package audit

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// Routes declares the room's route.
func (l *Log) Routes(r *web.Router) {
	r.Handle(web.Route{Method: http.MethodGet, Pattern: web.AccountPrefix + "audit",
		Access: web.Access{Scope: bearer.ManageCredentials, Role: "admin"}, ID: "list-audit-events", Tag: "Audit",
		Summary: "Read the audit log", Description: auditDescription, Document: documentAudit}, http.HandlerFunc(l.serve))
}

func (l *Log) serve(w http.ResponseWriter, r *http.Request) {
	f, format, err := parseQuery(r.URL.RawQuery)
	switch {
	case err != nil:
		web.WriteError(w, r, err)
	case format != "":
		l.serveExport(w, r, f, format)
	default:
		l.servePage(w, r, f)
	}
}

// Page is a page of the log.
type Page struct {
	Data []Entry `json:"data"`
	Meta Cursor  `json:"meta"`
}

// Cursor says where a log goes on.
type Cursor struct {
	NextCursor *string `json:"next_cursor" doc:"Send it as cursor for the next page; null at the end."`
}

// NewPage makes the page of what List answers.
func NewPage(events []Event, next int64) Page {
	page := Page{Data: make([]Entry, len(events))}
	for i, e := range events {
		page.Data[i] = e.Entry()
	}
	if next != 0 {
		cursor := strconv.FormatInt(next, 10)
		page.Meta.NextCursor = &cursor
	}
	return page
}

func (l *Log) servePage(w http.ResponseWriter, r *http.Request, f Filter) {
	events, next, err := l.List(r.Context(), bearer.AccountID(r.Context()), f)
	if err != nil {
		web.WriteError(w, r, err)
		return
	}
	web.WriteJSON(w, http.StatusOK, NewPage(events, next))
}

// contentType is that of an export's format.
func contentType(format string) string {
	switch format {
	case CSV:
		return "text/csv; charset=utf-8"
	case JSONL:
		return "application/x-ndjson"
	}
	return "application/json"
}

// serveExport streams an export. One that fails on its way breaks the connection, so that nobody takes a part for the
// whole.
func (l *Log) serveExport(w http.ResponseWriter, r *http.Request, f Filter, format string) {
	p := bearer.PrincipalOf(r.Context())
	out := &patientWriter{w: w, header: func(h http.Header) {
		h.Set("Content-Type", contentType(format))
		h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="audit-%s.%s"`, r.PathValue("account_key"), format))
	}}
	err := l.Export(r.Context(), p.Account.AccountID, f, format, out)
	switch {
	case err == nil:
		_, _ = out.Write(nil) // so that an export of nothing has its header too
	case !out.begun:
		web.WriteError(w, r, err)
	default:
		web.LogCause(r.Context(), fault.Wrap(fault.Unavailable, "The export was cut off.", err))
		panic(http.ErrAbortHandler)
	}
}

// patience is how long a caller may take to receive one piece of an export, however long the whole of it takes.
const patience = time.Minute

// patientWriter gives each piece of an answer its own time, in place of the whole answer's.
type patientWriter struct {
	w      http.ResponseWriter
	header func(http.Header) // sets the answer's header once it is known to be an export
	begun  bool
}

// Write writes one piece.
func (w *patientWriter) Write(b []byte) (int, error) {
	if !w.begun {
		w.begun = true
		w.header(w.w.Header())
	}
	// What can't set a deadline is no connection, and takes all at once.
	_ = http.NewResponseController(w.w).SetWriteDeadline(time.Now().Add(patience))
	return w.w.Write(b)
}

// query is a query string that is being read, and what was found wrong with it.
type query struct {
	values url.Values
	wrong  []fault.Field
}

// parseQuery reads a filter, and the format of an export; "" asks for a page. Names that it doesn't know, repeated ones and
// wrong values are Invalid, all at once.
func parseQuery(raw string) (f Filter, format string, err error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return f, "", fault.InvalidField("query", "The query string can't be read.")
	}
	q := &query{values: values}
	q.only("action", "user_id", "credential", "subject", "from", "to", "limit", "cursor", "format")
	f.Action, f.Credential, f.Subject = values.Get("action"), values.Get("credential"), values.Get("subject")
	f.UserID = q.number("user_id", 1<<53, "The user_id field must be a user's id.")
	f.From, f.To = q.time("from"), q.time("to")
	if !f.From.IsZero() && !f.To.IsZero() && f.To.Before(f.From) {
		q.refuse("to", "The to field must not be before from.")
	}
	f.Limit = int(q.number("limit", MaxPage, fmt.Sprintf("The limit field must be a whole number from 1 to %d.", MaxPage)))
	f.Before = q.number("cursor", 1<<62, errCursor().Error())
	if format = values.Get("format"); values.Has("format") {
		q.export(format)
	}
	return f, format, fault.InvalidFields(q.wrong)
}

func (q *query) refuse(name, message string) {
	q.wrong = append(q.wrong, fault.Field{Name: name, Message: message})
}

// only refuses every name but those listed, and those that are given twice.
func (q *query) only(names ...string) {
	known := 0
	for _, name := range names {
		if q.values.Has(name) {
			known++
		}
		if len(q.values[name]) > 1 {
			q.refuse(name, "The "+name+" field is given twice.")
		}
	}
	if known < len(q.values) {
		q.refuse("query", "There is a field that is unknown here.")
	}
}

// number reads a whole number from 1 to most; 0 if it isn't given.
func (q *query) number(name string, most int64, message string) int64 {
	if !q.values.Has(name) {
		return 0
	}
	n, err := strconv.ParseInt(q.values.Get(name), 10, 64)
	if err != nil || n < 1 || n > most {
		q.refuse(name, message)
		return 0
	}
	return n
}

func (q *query) time(name string) time.Time {
	if !q.values.Has(name) {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, q.values.Get(name))
	if err != nil {
		q.refuse(name, "The "+name+" field must be a time such as 2026-03-01T08:30:00Z (RFC 3339). In a URL a plus sign is written %2B.")
		return time.Time{}
	}
	return t
}

// export checks what goes with the format of an export.
func (q *query) export(format string) {
	if format != JSON && format != CSV && format != JSONL {
		q.refuse("format", "The format field must be json, csv or jsonl.")
	}
	for _, name := range []string{"limit", "cursor"} {
		if q.values.Has(name) {
			q.refuse(name, "The "+name+" field goes with a page. An export has all events.")
		}
	}
}
