package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// auditLog is a page of what was done in the account.
type auditLog struct {
	frame
	form
	Events  []audit.Event
	Next    int64 // where the next page begins; 0: this is the last
	Members []account.Member
}

func (s *Service) serveAudit(w http.ResponseWriter, r *http.Request) error {
	ctx, accountID := r.Context(), bearer.AccountID(r.Context())
	page := auditLog{frame: s.frame(r, "audit", "Audit log"), form: form{values: r.URL.Query()}}
	var err error
	if page.Members, err = s.Accounts.Members(ctx, accountID); err != nil {
		return err
	}
	filter := page.filter()
	filter.Limit = perPage
	if before := page.get("before"); before != "" {
		if filter.Before, err = strconv.ParseInt(before, 10, 64); err != nil {
			return fault.New(fault.NotFound, "There is no such page of the log.")
		}
	}
	status := http.StatusUnprocessableEntity
	if !page.bad() {
		status = http.StatusOK
		if page.Events, page.Next, err = s.Log.List(ctx, accountID, filter); err != nil {
			return err
		}
	}
	return s.show(w, r, status, auditPage(page))
}

// filter reads what is searched for.
func (f *form) filter() audit.Filter {
	out := audit.Filter{Action: shortened(f.get("action"), 100), Subject: shortened(f.get("subject"), 200)}
	out.From = f.firstMoment("from")
	if to := f.firstMoment("to"); !to.IsZero() {
		out.To = to.AddDate(0, 0, 1)
	}
	if text := f.get("user"); text != "" {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			f.refuse("user", "Choose one of the members.")
		}
		out.UserID = id
	}
	return out
}

// firstMoment reads a date as its beginning, UTC; zero for none.
func (f *form) firstMoment(name string) time.Time {
	end := f.day(name)
	if end.IsZero() {
		return end
	}
	return end.AddDate(0, 0, -1)
}

// nextPath is the next page with the same filter.
func (p auditLog) nextPath() string {
	query := url.Values{"before": {strconv.FormatInt(p.Next, 10)}}
	for _, name := range filterNames() {
		if value := p.get(name); value != "" {
			query.Set(name, value)
		}
	}
	return p.in("audit") + "?" + query.Encode()
}

// filterNames are the parameters of a filter.
func filterNames() []string { return []string{"action", "user", "subject", "from", "to"} }

func (p auditLog) filtered() bool {
	return slices.ContainsFunc(filterNames(), func(name string) bool { return p.get(name) != "" }) || p.get("before") != ""
}

// actions are the nouns that events are about, for choosing.
func actions() []option {
	return []option{{"", "Everything", ""}, {"client.", "OAuth clients", ""}, {"api_key.", "API keys", ""}, {"credential.", "First uses", ""},
		{"token.", "Refused requests", ""}, {"member.", "Members", ""}, {"invitation.", "Invitations", ""}, {"session.", "Signing in", ""},
		{"user.", "Passwords and second factors", ""}, {"account.", "Settings", ""}, {"webhook.", "Webhooks", ""}, {"audit.", "This log", ""}}
}

// actionOptions are actions, and the one that was asked for if it is another.
func actionOptions(chosen string) []option {
	list := actions()
	if !slices.ContainsFunc(list, func(o option) bool { return o.Value == chosen }) {
		list = append(list, option{chosen, chosen, ""})
	}
	return list
}

// userOptions are the members, for choosing.
func (p auditLog) userOptions() []option {
	list := []option{{"", "Anybody", ""}}
	for _, m := range p.Members {
		list = append(list, option{strconv.FormatInt(m.UserID, 10), m.Name, ""})
	}
	return list
}

// actionLabel writes "client.secret_created" as "Client: secret created".
func actionLabel(action string) string {
	noun, what, _ := strings.Cut(action, ".")
	if noun == "" {
		return action
	}
	words := strings.ReplaceAll(strings.ToUpper(noun[:1])+noun[1:]+": "+what, "_", " ")
	return strings.Replace(words, "Api key", "API key", 1)
}

// details are an event's further facts that say something, in a fixed order.
func details(e audit.Event) [][2]string {
	var out [][2]string
	for name, value := range e.Detail {
		if value == "" {
			continue
		}
		out = append(out, [2]string{strings.ReplaceAll(name, "_", " "), value})
	}
	slices.SortFunc(out, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return out
}

// serveExport streams all that the filter picks. It is a POST because the log notes that it was read out.
func (s *Service) serveExport(w http.ResponseWriter, r *http.Request) error {
	f, err := formOf(r)
	if err != nil {
		return err
	}
	filter, format := f.filter(), f.get("format")
	types := map[string]string{audit.CSV: "text/csv; charset=utf-8", audit.JSONL: "application/x-ndjson"}
	if f.bad() || types[format] == "" {
		return fault.New(fault.Invalid, "The log can't be exported like that.")
	}
	p := bearer.PrincipalOf(r.Context())
	out := &download{w: w, contentType: types[format], name: fmt.Sprintf("audit-%s.%s", p.Account.Key, format)}
	err = s.Log.Export(r.Context(), p.Account.AccountID, filter, format, out)
	if err == nil {
		_, err = out.Write(nil) // of an empty export too
	}
	if err != nil && out.begun {
		// Half of it is sent: the connection is cut, so that nobody takes the half for the whole.
		web.LogCause(r.Context(), fault.Wrap(fault.Unavailable, "An export broke off.", err))
		panic(http.ErrAbortHandler)
	}
	return err
}

// download is an answer that browsers save, written in pieces that each have a time of their own.
type download struct {
	w                 http.ResponseWriter
	contentType, name string
	begun             bool
}

// pieceTime is how long a browser may take for one piece of a download.
const pieceTime = time.Minute

// Write sends a piece, before the first of them what it is.
func (d *download) Write(piece []byte) (int, error) {
	if !d.begun {
		d.begun = true
		d.w.Header().Set("Content-Type", d.contentType)
		d.w.Header().Set("Content-Disposition", `attachment; filename="`+d.name+`"`)
	}
	err := http.NewResponseController(d.w).SetWriteDeadline(time.Now().Add(pieceTime))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return d.w.Write(piece)
}
