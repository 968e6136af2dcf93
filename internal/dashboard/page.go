package dashboard

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// frame is what the layout shows around a page's content.
type frame struct {
	Title   string // the page's heading, and what the browser's tab says
	Section string // the entry of the navigation that the page belongs to, by its path; "" for none
	Caller  *bearer.Principal
	Style   string // URLs of the embedded files
	Script  string
	Icon    string

	MoreStyles, MoreScripts []string // URLs of what this page needs beside them
}

// frame begins a page. On a page that needs no sign-in there is no caller.
func (s *Service) frame(r *http.Request, section, title string) frame {
	caller, _ := web.RequestOf(r.Context()).Principal.(*bearer.Principal)
	return frame{Title: title, Section: section, Caller: caller,
		Style: s.static.url("app.css"), Script: s.static.url("app.js"), Icon: s.static.url("icon.svg")}
}

// in is the path of a page of the account that the caller is in.
func (f frame) in(segments ...string) string { return pathIn(f.Caller.Account.Key, segments...) }

// may reports whether the caller has at least this role in the account.
func (f frame) may(role bearer.Role) bool { return f.Caller.Account.Role >= role }

func pathIn(accountKey string, segments ...string) string {
	path := "/" + accountKey + "/"
	for i, segment := range segments {
		if i > 0 {
			path += "/"
		}
		path += url.PathEscape(segment)
	}
	return path
}

// entry is one line of the navigation.
type entry struct {
	path  string // below the account's; "" is the overview
	label string
	role  bearer.Role // the least that sees it
	icon  string
}

func (f frame) entries() []entry {
	all := []entry{
		{"", "Overview", bearer.Viewer, "overview"},
		{"map", "Map", bearer.Viewer, "map"},
		{"asset", "Assets", bearer.Viewer, "asset"},
		{reportSection, "Reports", bearer.Viewer, "report"},
		{linkSection, "Public links", bearer.Viewer, "link"},
		{"access", "API Access", bearer.Viewer, "access"},
		{"member", "Members", bearer.Admin, "member"},
		{"audit", "Audit log", bearer.Admin, "audit"},
		{"settings", "Settings", bearer.Admin, "settings"},
	}
	return slices.DeleteFunc(all, func(e entry) bool { return !f.may(e.role) })
}

// handler answers a request or returns why it can't.
type handler func(w http.ResponseWriter, r *http.Request) error

// page makes a handler of a page: what it returns as a fault is shown as one.
func (s *Service) page(fn handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := fn(w, r); err != nil {
			s.Present(w, r, err)
		}
	})
}

// show renders a component as the whole answer. Nothing is sent before all of it is there.
func (s *Service) show(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var body bytes.Buffer
	if err := c.Render(r.Context(), &body); err != nil {
		return err
	}
	web.WriteBytes(w, status, "text/html; charset=utf-8", body.Bytes())
	return nil
}

// see sends the browser on to a page after a change, so that reloading it changes nothing again.
func see(w http.ResponseWriter, path string) error {
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// Present shows a fault as a page. It is what a router of pages answers with (see [web.NewPages]).
func (s *Service) Present(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.As(err)
	web.Note(r.Context(), f)
	if f.Allow != "" {
		w.Header().Set("Allow", f.Allow)
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", web.RetrySeconds(f.RetryAfter))
	}
	status := web.StatusOf(f.Kind)
	p := problem{frame: s.frame(r, "", problemTitle(f.Kind)), Status: status, Message: f.Message, RequestID: web.RequestID(r.Context())}
	if f.Kind == fault.Internal {
		p.Message = "Something went wrong on the server. It has been written to its log."
	}
	if err := s.show(w, r, status, problemPage(p)); err != nil {
		http.Error(w, p.Message, status)
	}
}

// problem is a fault on its way to a page.
type problem struct {
	frame
	Status    int
	Message   string
	RequestID string
}

func problemTitle(kind fault.Kind) string {
	switch kind {
	case fault.NotFound:
		return "Not found"
	case fault.Forbidden, fault.Unauthenticated:
		return "Not allowed"
	case fault.TooMany:
		return "Too many requests"
	case fault.Internal, fault.Unavailable:
		return "Not available"
	}
	return "That did not work"
}

// form is what was entered into a page's form, and what was wrong with it.
type form struct {
	values  url.Values
	wrong   map[string]string // by field
	message string            // of the form as a whole
}

// formOf reads the form that was posted. Its body is bounded by the route.
func formOf(r *http.Request) (form, error) {
	if err := r.ParseForm(); err != nil {
		return form{}, web.BodyFault(err)
	}
	return form{values: r.PostForm}, nil
}

// formWith is a form that nobody has filled in yet, with these values in it: names and values in turn.
func formWith(pairs ...string) form {
	f := form{values: url.Values{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.values.Add(pairs[i], pairs[i+1])
	}
	return f
}

// get is the field's value without the space around it.
func (f form) get(name string) string { return strings.TrimSpace(f.values.Get(name)) }

// has reports whether value is one of the field's, as of check boxes with one name.
func (f form) has(name, value string) bool { return slices.Contains(f.values[name], value) }

// refuse adds what is wrong with a field. The first thing said of a field stays.
func (f *form) refuse(name, message string) {
	if f.wrong == nil {
		f.wrong = map[string]string{}
	}
	if f.wrong[name] == "" {
		f.wrong[name] = message
	}
}

// take adds what a fault says of the fields. It returns nil if the form should be shown again, and err if err is
// nothing that another entry would mend.
func (f *form) take(err error) error {
	known := fault.As(err)
	switch {
	case known.Kind == fault.Invalid && len(known.Fields) > 0:
		for _, field := range known.Fields {
			f.refuse(field.Name, field.Message)
		}
	case known.Kind == fault.Invalid, known.Kind == fault.Conflict:
		f.message = known.Message
	default:
		return err
	}
	return nil
}

// bad reports whether anything is wrong with the form.
func (f form) bad() bool { return len(f.wrong) > 0 || f.message != "" }

// describedBy names the elements that explain a field: its hint and what is wrong with it.
func (f form) describedBy(name, hint string) string {
	var ids []string
	if hint != "" {
		ids = append(ids, name+"-hint")
	}
	if f.wrong[name] != "" {
		ids = append(ids, name+"-error")
	}
	return strings.Join(ids, " ")
}

// others are the faults of fields that the page shows no input for; they stand above the form.
func (f form) others(shown ...string) []string {
	var out []string
	for name, message := range f.wrong {
		if !slices.Contains(shown, name) {
			out = append(out, message)
		}
	}
	slices.Sort(out)
	return out
}
