package guide

import (
	"fmt"
	"html/template"
	"strings"
	texttemplate "text/template"

	"github.com/yipii/yipii/internal/docs"
)

// overview makes the first page of the reference: what all operations have in common, and a list of them.
func (b *binder) overview() error {
	markdown, err := b.overviewText()
	if err != nil {
		return err
	}
	made, err := render(markdown, languages())
	if err != nil {
		return err
	}
	path := PathOf(overview)
	f := frame{Title: "Overview", Lead: plain(b.api.Description), Path: path, Shelves: b.shelves(path), Body: template.HTML(made.html), Reference: true,
		Styles: []string{"guide.css", "reference.css"}, Scripts: []string{"guide.js", "reference.js"}, MarkdownOfThis: markdownPath(overview)}
	for _, p := range made.parts {
		if p.Level == 2 {
			f.Parts = append(f.Parts, link{Path: "#" + p.Anchor, Title: p.Title})
		}
		if p.Level > 1 && p.Level < 4 {
			b.hits = append(b.hits, hit{Path: path + "#" + p.Anchor, Page: "API reference", Title: p.Title, Text: strings.Join(strings.Fields(p.text.String()), " ")})
		}
	}
	if len(b.api.chapters) > 0 {
		f.After = &link{Path: b.api.chapters[0].path(), Title: b.api.chapters[0].Name}
	}
	return b.add(f, markdown)
}

// overviewText is the page as Markdown.
func (b *binder) overviewText() (string, error) {
	text, err := texttemplate.ParseFS(files, "overview.tmpl")
	if err != nil {
		return "", err
	}
	token, user := b.api.find("issue-token"), b.api.find("get-user")
	var out strings.Builder
	err = text.Execute(&out, map[string]any{"Description": b.api.Description, "PublicURL": b.PublicURL, "TokenSamples": fences(token.Samples), "UserSamples": fences(user.Samples),
		"TokenAnswer": answerOf(token), "Scopes": b.api.scopes(), "ProblemFields": list(b.api.Problem.Shape, ""), "ProblemExample": exampleOf(b.api.Problem), "Operations": b.api.list()})
	return out.String(), err
}

// find is an operation by its id, an empty one where there is none.
func (a *api) find(id string) docs.Operation {
	for _, c := range a.chapters {
		for _, op := range c.Operations {
			if op.ID == id {
				return op
			}
		}
	}
	return docs.Operation{}
}

func exampleOf(b docs.Body) string {
	if len(b.Examples) == 0 {
		return ""
	}
	return b.Examples[0].Text
}

// answerOf is an example of what an operation answers where all is well.
func answerOf(op docs.Operation) string {
	for _, a := range op.Answers {
		if a.Good && len(a.Bodies) > 0 {
			return exampleOf(a.Bodies[0])
		}
	}
	return ""
}

// fences are samples as Markdown has them.
func fences(samples []docs.Sample) string {
	info := map[string]string{"curl": "sh", "axios": "js reference axios", "fetch": "js"}
	var out []string
	for _, s := range samples {
		name, other := info[s.Language]
		if !other {
			name = s.Language
		}
		out = append(out, "```"+name+"\n"+s.Text+"```")
	}
	return strings.Join(out, "\n")
}

// scopes is a table of them.
func (a *api) scopes() string {
	var out strings.Builder
	out.WriteString("| Scope | Allows to |\n|---|---|\n")
	for _, s := range a.Scopes {
		fmt.Fprintf(&out, "| `%s` | %s |\n", s.Name, s.Meaning)
	}
	return out.String()
}

// list is all operations by their headings.
func (a *api) list() string {
	var out strings.Builder
	out.WriteString("## All operations\n")
	for _, c := range a.chapters {
		fmt.Fprintf(&out, "\n### [%s](%s)\n\n%s\n\n| Operation | Call |\n|---|---|\n", c.Name, c.path(), c.Description)
		for _, op := range c.Operations {
			fmt.Fprintf(&out, "| [%s](%s#%s) | `%s %s` |\n", op.Summary, c.path(), op.ID, op.Method, op.Path)
		}
	}
	return out.String()
}
