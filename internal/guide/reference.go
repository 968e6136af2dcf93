package guide

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/yuin/goldmark"

	"github.com/yipii/yipii/internal/docs"
)

// chapter is a heading of the API, which has a page.
type chapter struct{ docs.Heading }

// chaptersOf is the reference as it is shown.
func chaptersOf(r *docs.Reference) *api {
	a := &api{Reference: r}
	for _, h := range r.Headings {
		a.chapters = append(a.chapters, chapter{h})
	}
	return a
}

// api is the reference with its chapters.
type api struct {
	*docs.Reference
	chapters []chapter
}

// chapters are those of the API, none where there is no reference.
func (b *binder) chapters() []chapter {
	if b.api == nil {
		return nil
	}
	return b.api.chapters
}

func (c chapter) path() string { return PathOf(overview) + "/" + c.Slug }

// place is the parameters of an operation that stand in the same place.
type place struct {
	Title  string
	Fields []docs.Field
}

// operation is one as the template shows it.
type operation struct {
	docs.Operation
	Caller string // whose token a call is tried with: "session", "guest" or "" for none
	Sample template.HTML
	Answer template.HTML // an example of what comes back
}

// Places are the parameters by where they stand.
func (o operation) Places() []place {
	var out []place
	for _, in := range []string{"path", "query", "header"} {
		p := place{Title: map[string]string{"path": "In the path", "query": "In the query", "header": "Headers"}[in]}
		for _, one := range o.Parameters {
			if one.In == in {
				p.Fields = append(p.Fields, one.Field)
			}
		}
		if len(p.Fields) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// Refusals are the answers that say no more than a status and what it means.
func (o operation) Refusals() []docs.Answer {
	return slices.DeleteFunc(slices.Clone(o.Answers), told)
}

// Told are the answers that have something to tell.
func (o operation) Told() []docs.Answer {
	return slices.DeleteFunc(slices.Clone(o.Answers), func(a docs.Answer) bool { return !told(a) })
}

func told(a docs.Answer) bool { return a.Good || len(a.Bodies) > 0 }

// reference makes the pages of the API.
func (b *binder) reference() error {
	if b.api == nil {
		return nil
	}
	page, err := template.New("reference.html").Funcs(template.FuncMap{"md": paragraphs, "inline": inline, "breakable": breakable, "lower": strings.ToLower,
		"value": value,
		"asked": func(f docs.Field) detail { return detail{Shape: f.Shape, Name: f.Name, Required: f.Required} }, "askedShape": func(s docs.Shape) detail { return detail{Shape: s} },
		"answered": func(s docs.Shape) detail { return detail{Shape: s, Answered: true} },
		"json":     func(text string) template.HTML { return template.HTML(highlight(languages()["json"], text)) }}).ParseFS(files, "reference.html")
	if err != nil {
		return err
	}
	if err := b.overview(); err != nil {
		return err
	}
	for i, c := range b.api.chapters {
		f := frame{Title: c.Name, Lead: c.Description, Path: c.path(), Shelves: b.shelves(c.path()), Reference: true,
			Styles: []string{"guide.css", "reference.css"}, Scripts: []string{"guide.js", "reference.js"}, MarkdownOfThis: c.path() + ".md",
			Before: &link{Path: PathOf(overview), Title: "Overview"}}
		if i > 0 {
			f.Before = &link{Path: b.api.chapters[i-1].path(), Title: b.api.chapters[i-1].Name}
		}
		if i+1 < len(b.api.chapters) {
			f.After = &link{Path: b.api.chapters[i+1].path(), Title: b.api.chapters[i+1].Name}
		}
		var out bytes.Buffer
		if err := page.Execute(&out, map[string]any{"Heading": c.Heading, "Operations": operations(c)}); err != nil {
			return err
		}
		f.Body = template.HTML(out.String())
		if err := b.add(f, b.api.markdown(c)); err != nil {
			return err
		}
		b.hits = append(b.hits, hit{Path: c.path(), Page: c.Name, Text: c.Description})
		for _, op := range c.Operations {
			b.hits = append(b.hits, hit{Path: c.path() + "#" + op.ID, Page: c.Name, Title: op.Summary, Text: findable(op)})
		}
	}
	return nil
}

// operations are those of a chapter, ready to be shown.
func operations(c chapter) []operation {
	var out []operation
	for _, op := range c.Operations {
		o := operation{Operation: op, Sample: tabs(op.Samples)}
		switch {
		case op.Guest:
			o.Caller = "guest"
		case op.Token:
			o.Caller = "session"
		}
		for _, a := range op.Answers {
			if a.Good && o.Answer == "" && len(a.Bodies) > 0 {
				for _, e := range a.Bodies[0].Examples {
					o.Answer = template.HTML(figure(language{tab: "json", label: "Answer " + a.Status, rule: languages()["json"].rule}, e.Text))
				}
			}
		}
		out = append(out, o)
	}
	return out
}

// tabs are samples in several languages.
func tabs(samples []docs.Sample) template.HTML {
	known := map[string]language{}
	for _, l := range languages() {
		known[l.tab] = l
	}
	var out strings.Builder
	out.WriteString(tabsBegin)
	for _, s := range samples {
		out.WriteString(figure(known[s.Language], s.Text))
	}
	out.WriteString(groupEnd)
	return template.HTML(out.String())
}

// findable is the text that an operation is found by: its call, what it says, and the names of all its fields.
func findable(op docs.Operation) string {
	names := map[string]bool{}
	for _, p := range op.Parameters {
		names[p.Name] = true
	}
	for _, body := range op.Bodies {
		nameFields(body.Shape, names)
	}
	for _, a := range op.Answers {
		for _, body := range a.Bodies {
			nameFields(body.Shape, names)
		}
	}
	text := op.Method + " " + op.Path + ". " + op.Description + " Fields: " + strings.Join(slices.Sorted(maps.Keys(names)), ", ")
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "`", "")
}

func nameFields(s docs.Shape, names map[string]bool) {
	for _, f := range s.Fields {
		names[f.Name] = true
		nameFields(f.Shape, names)
	}
	for _, one := range s.Either {
		nameFields(one, names)
	}
}

// paragraphs is Markdown as HTML; inline is one paragraph of it, without its tags. Descriptions are our own.
func paragraphs(markdown string) (template.HTML, error) {
	var out bytes.Buffer
	err := goldmark.Convert([]byte(markdown), &out)
	return template.HTML(out.String()), err
}

func inline(markdown string) (template.HTML, error) {
	if !strings.ContainsAny(markdown, "`*[<&\\") {
		return template.HTML(html.EscapeString(markdown)), nil
	}
	made, err := paragraphs(markdown)
	return template.HTML(strings.NewReplacer("<p>", "", "</p>", "").Replace(strings.TrimSpace(string(made)))), err
}

// breakable is a path that may be broken before each slash.
func breakable(path string) template.HTML {
	return template.HTML(strings.TrimPrefix(strings.ReplaceAll(html.EscapeString(path), "/", "<wbr>/"), "<wbr>"))
}

// detail is a shape, or a field of one, as the template shows it: in what is asked for, or in what is answered.
type detail struct {
	docs.Shape
	Name     string
	Required bool
	Answered bool
}

// Parts are the fields of an object.
func (d detail) Parts() []detail {
	var out []detail
	for _, f := range d.Fields {
		out = append(out, detail{f.Shape, f.Name, f.Required, d.Answered})
	}
	return out
}

// Ways are the shapes of which it is one.
func (d detail) Ways() []detail {
	var out []detail
	for _, one := range d.Either {
		out = append(out, detail{Shape: one, Answered: d.Answered})
	}
	return out
}

// Note is what a reader has to heed: a field that must be sent, or one that isn't in every answer.
func (d detail) Note() string {
	switch {
	case d.Required && !d.Answered:
		return "required"
	case !d.Required && d.Answered && !strings.HasPrefix(d.Name, "{"):
		return "not always there"
	}
	return ""
}

// Folded says what is folded away: "4 fields"; "" for nothing.
func (d detail) Folded() string {
	switch n := len(d.Fields); {
	case n == 1:
		return "1 field"
	case n > 1:
		return fmt.Sprintf("%d fields", n)
	case len(d.Either) > 0:
		return fmt.Sprintf("%d shapes", len(d.Either))
	}
	return ""
}

// value is what stands in a form for a parameter before the reader writes: what must be there and is the same for everybody, or is
// the reader's account.
func value(p docs.Parameter) string {
	if p.Name == "account_key" {
		return cmp.Or(p.Example, exampleKey)
	}
	return ""
}
