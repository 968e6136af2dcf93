package guide

import (
	"fmt"
	"strings"

	"github.com/yipii/yipii/internal/docs"
)

// markdown is a chapter as plain text, for programs that read. Its samples are for a shell alone: who reads it knows how to call in
// another language.
func (a *api) markdown(c chapter) string {
	var out strings.Builder
	fmt.Fprintf(&out, "# %s\n\n%s\n\nWhat all calls have in common is in the [overview](%s.md).\n", c.Name, c.Description, PathOf(overview))
	for _, op := range c.Operations {
		o := operation{Operation: op}
		fmt.Fprintf(&out, "\n## %s\n\n`%s %s`\n\n%s\n\n%s\n", op.Summary, op.Method, op.Path, op.Description, needs(op))
		for _, p := range o.Places() {
			fmt.Fprintf(&out, "\n### %s\n\n%s", p.Title, list(docs.Shape{Fields: p.Fields}, ""))
		}
		for _, b := range op.Bodies {
			fmt.Fprintf(&out, "\n### Body: %s\n\n%s", b.Kind, shapeText(b.Shape))
		}
		for _, s := range op.Samples {
			if s.Language == "curl" {
				fmt.Fprintf(&out, "\n### Sample\n\n%s\n", fences([]docs.Sample{s}))
			}
		}
		out.WriteString("\n### Answers\n\n")
		for _, answer := range op.Answers {
			fmt.Fprintf(&out, "- `%s`: %s\n", answer.Status, strings.Join(strings.Fields(answer.Meaning), " "))
		}
		for _, answer := range o.Told() {
			for _, b := range answer.Bodies {
				fmt.Fprintf(&out, "\n#### %s, %s\n\n%s", answer.Status, b.Kind, shapeText(b.Shape))
				for _, e := range b.Examples {
					fmt.Fprintf(&out, "\n```json\n%s\n```\n", e.Text)
				}
			}
		}
	}
	return out.String()
}

func needs(op docs.Operation) string {
	switch {
	case op.Guest:
		return "Takes the token of a tracking session."
	case op.Scope != "":
		return "Needs a token with the scope `" + op.Scope + "`."
	case op.Token:
		return "Takes any token."
	}
	return "Takes no token."
}

// shapeText is a body's shape, with what it consists of.
func shapeText(s docs.Shape) string {
	return strings.TrimSpace(about(s)) + "\n\n" + list(s, "")
}

// about is a shape in a line.
func about(s docs.Shape) string {
	parts := append([]string{s.Type}, s.Limits...)
	text := strings.Join(parts, ", ") + "."
	if s.Meaning != "" {
		text += " " + strings.Join(strings.Fields(s.Meaning), " ")
	}
	if len(s.Choices) > 0 {
		text += " One of `" + strings.Join(s.Choices, "`, `") + "`."
	}
	if s.Default != "" {
		text += " `" + s.Default + "` if left out."
	}
	return text
}

// list is the fields of a shape as a list, and theirs below them.
func list(s docs.Shape, indent string) string {
	var out strings.Builder
	for _, f := range s.Fields {
		must := ""
		if f.Required {
			must = "required "
		}
		fmt.Fprintf(&out, "%s- `%s`: %s%s\n%s", indent, f.Name, must, about(f.Shape), list(f.Shape, indent+"  "))
	}
	for _, one := range s.Either {
		fmt.Fprintf(&out, "%s- %s\n%s", indent, about(one), list(one, indent+"  "))
	}
	return out.String()
}
