package docs

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Sample is an operation called in one language. It takes its token from the environment variable YIPII_TOKEN, and a client's id
// and secret from YIPII_CLIENT_ID and YIPII_CLIENT_SECRET, and ends with an error where the server refuses.
type Sample struct {
	Language string // curl, axios, fetch, php, python, go, csharp or java
	Text     string
}

// call is the request of a sample: what all languages say in their own way.
type call struct {
	method, url string
	bearer      bool // with a token
	stream      bool // the answer goes on and on
	kind        string
	body        string // "" for none
	json        any    // the body as a value, where it is one
	form        []formField
}

// formField has a value, or the name of the environment variable that has it.
type formField struct{ name, value, variable string }

// has reports whether there is a body that isn't a form.
func (c *call) has() bool { return c.body != "" }

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// callOf is the call of an operation's samples, with the values of its examples.
func (d *description) callOf(path, method string, op operation) *call {
	valueOf := func(p parameter) string {
		if p.Example != nil {
			return plain(p.Example)
		}
		return plain(d.example(p.Schema, 0))
	}
	filled := placeholder.ReplaceAllStringFunc(path, func(whole string) string {
		for _, p := range op.Parameters {
			if p.In == "path" && p.Name == whole[1:len(whole)-1] {
				return url.PathEscape(valueOf(p))
			}
		}
		return whole
	})
	var query []string
	for _, p := range op.Parameters {
		if p.In == "query" && (p.Required || p.Example != nil) {
			query = append(query, url.QueryEscape(p.Name)+"="+url.QueryEscape(valueOf(p)))
		}
	}
	c := &call{method: strings.ToUpper(method), url: d.server() + filled, bearer: len(op.Security) > 0}
	if len(query) > 0 {
		c.url += "?" + strings.Join(query, "&")
	}
	_, c.stream = op.Responses["200"].Content[streamType]
	if len(op.RequestBody.Content) > 0 {
		c.kind = op.kindOf()
		c.fill(d.exampleOf(op.RequestBody.Content[c.kind]), strings.HasPrefix(path, "/oauth/"))
	}
	return c
}

// fill gives a call its body. What a client has is read from the environment, in calls that take it.
func (c *call) fill(value any, client bool) {
	if c.kind != formType {
		if text, is := value.(string); is {
			c.body = text
			return
		}
		c.body, c.json = compact(value), value
		return
	}
	variables := map[string]string{}
	if client {
		variables = map[string]string{"client_id": "YIPII_CLIENT_ID", "client_secret": "YIPII_CLIENT_SECRET", "token": "YIPII_TOKEN"}
	}
	fields, _ := value.(object)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		c.form = append(c.form, formField{name, plain(fields[name]), variables[name]})
	}
	for _, name := range []string{"client_id", "client_secret"} {
		if _, there := fields[name]; client && !there {
			c.form = append(c.form, formField{name: name, variable: variables[name]})
		}
	}
}

// samples are those of an operation, in the order in which they are offered.
func (d *description) samples(path, method string, op operation) []Sample {
	c := d.callOf(path, method, op)
	return []Sample{{"curl", c.curl()}, {"axios", c.axios()}, {"fetch", c.fetch()}, {"php", c.php()}, {"python", c.python()}, {"go", c.golang()},
		{"csharp", c.csharp()}, {"java", c.java()}}
}

// compact is a value as JSON in one line, pretty in several. What came from JSON goes there.
func compact(value any) string { return encode(value, "") }

func pretty(value any) string { return encode(value, "  ") }

func encode(value any, indent string) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	_ = e.Encode(value)
	return strings.TrimSuffix(out.String(), "\n")
}

// double is a text in double quotes, as all these languages but PHP and the shell read it.
func double(text string) string { return compact(text) }

// inShell is a text in single quotes, as a shell reads it; inPHP as PHP does.
func inShell(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func inPHP(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}

// inPython is a value as Python writes it.
func inPython(value any) string {
	switch of := value.(type) {
	case nil:
		return "None"
	case bool:
		if of {
			return "True"
		}
		return "False"
	case []any:
		var parts []string
		for _, one := range of {
			parts = append(parts, inPython(one))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case object:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(of)) {
			parts = append(parts, double(name)+": "+inPython(of[name]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return compact(value)
}

// lines are those of a sample.
type lines struct{ strings.Builder }

func (l *lines) add(of ...string) {
	for _, one := range of {
		l.WriteString(one + "\n")
	}
}

// when adds lines where something is so.
func (l *lines) when(so bool, of ...string) {
	if so {
		l.add(of...)
	}
}

// fields adds a line for each field of a form.
func (l *lines) fields(form []formField, line func(formField) string) {
	for _, f := range form {
		l.add(line(f))
	}
}

// either is the value of a field in a language: from the environment by its variable, else as it stands.
func (f formField) either(variable func(string) string, text func(string) string) string {
	if f.variable != "" {
		return variable(f.variable)
	}
	return text(f.value)
}
