package guide

import (
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// openapi is the API's description, as far as tests look into it.
type openapi struct {
	Paths      map[string]map[string]map[string]any
	Components struct{ Schemas, Responses map[string]any }
}

// TestEveryOperationHasItsPlace: each operation of the description stands on one page of the reference, with its call, what it needs,
// every parameter and a sample in each language; the overview and the plain text have it too, and the search leads to it.
func TestEveryOperationHasItsPlace(t *testing.T) {
	h := site(t)
	var d openapi
	if err := json.Unmarshal(description(t), &d); err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{}
	for _, path := range referencePaths(t) {
		answer := get(t, h, path)
		if answer.Code != http.StatusOK {
			t.Fatalf("%s: %d", path, answer.Code)
		}
		if csp := answer.Header().Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%s: the policy is %q", path, csp)
		}
		pages[path] = answer.Body.String()
	}
	index := get(t, h, "/docs/search.json").Body.String()
	llms := get(t, h, "/llms.txt").Body.String()
	operations := 0
	for path, methods := range d.Paths {
		for method, op := range methods {
			operations++
			id, _ := op["operationId"].(string)
			var found []string
			for at, page := range pages {
				if strings.Contains(page, `<h2 id="`+id+`">`) {
					found = append(found, at)
				}
			}
			if len(found) != 1 {
				t.Errorf("%s stands on %v", id, found)
				continue
			}
			at := found[0]
			section, verb := between(pages[at], `<h2 id="`+id+`">`, "</section>"), strings.ToUpper(method)
			for _, want := range []string{`<span class="method ` + verb + `">`, `data-path="` + html.EscapeString(path) + `"`, `data-method="` + verb + `"`} {
				if !strings.Contains(section, want) {
					t.Errorf("%s: %s is not there", id, want)
				}
			}
			parameters, _ := op["parameters"].([]any)
			for _, p := range parameters {
				name := p.(map[string]any)["name"].(string)
				if !strings.Contains(section, `<code class="name">`+name+`</code>`) || !strings.Contains(section, `name="`+name+`" data-in=`) {
					t.Errorf("%s: the parameter %s isn't told, or can't be tried", id, name)
				}
			}
			for _, language := range []string{"curl", "axios", "fetch", "php", "python", "go", "csharp", "java"} {
				if strings.Count(section, `data-tab="`+language+`"`) != 1 {
					t.Errorf("%s: no sample in %s", id, language)
				}
			}
			if !strings.Contains(pages["/docs/api"], `href="`+at+"#"+id+`"`) {
				t.Errorf("%s isn't in the overview", id)
			}
			if !strings.Contains(index, `"`+at+"#"+id+`"`) || !strings.Contains(llms, publicURL+at+".md") {
				t.Errorf("%s isn't found by the search, or its page not by programs", id)
			}
			if text := get(t, h, at+".md").Body.String(); !strings.Contains(text, "`"+verb+" "+path+"`") {
				t.Errorf("%s isn't in %s.md", id, at)
			}
			// All that it takes and answers.
			for name := range d.properties(op, map[string]bool{}) {
				if !strings.Contains(section, `<code class="name">`+name+`</code>`) && !d.inProblem(name) {
					t.Errorf("%s: the field %s isn't told", id, name)
				}
			}
		}
	}
	if operations < 100 {
		t.Errorf("%d operations only", operations)
	}
	for name := range d.properties(d.Components.Schemas["Problem"], map[string]bool{}) {
		if !strings.Contains(pages["/docs/api"], "<code>"+name+"</code>") {
			t.Errorf("the overview doesn't tell of %s in errors", name)
		}
	}
	if answer := get(t, h, "/docs/api/nothing"); answer.Code != http.StatusNotFound {
		t.Errorf("a page that isn't there: %d", answer.Code)
	}
}

// referencePaths are those of the reference's pages.
func referencePaths(t *testing.T) []string {
	t.Helper()
	var d struct{ Tags []struct{ Name string } }
	if err := json.Unmarshal(description(t), &d); err != nil {
		t.Fatal(err)
	}
	out := []string{"/docs/api"}
	for _, tag := range d.Tags {
		out = append(out, "/docs/api/"+strings.ReplaceAll(strings.ToLower(tag.Name), " ", "-"))
	}
	if len(out) < 20 {
		t.Fatalf("%d pages only", len(out))
	}
	return out
}

// between is the part of a text from the first mark to the second.
func between(text, from, to string) string {
	_, text, _ = strings.Cut(text, from)
	text, _, _ = strings.Cut(text, to)
	return text
}

// properties are the names of all fields below a part of the description, whatever refers to what.
func (d *openapi) properties(part any, seen map[string]bool) map[string]bool {
	names := map[string]bool{}
	var walk func(part any)
	walk = func(part any) {
		switch of := part.(type) {
		case []any:
			for _, one := range of {
				walk(one)
			}
		case map[string]any:
			if ref, _ := of["$ref"].(string); ref != "" && !seen[ref] {
				seen[ref] = true
				name := ref[strings.LastIndex(ref, "/")+1:]
				walk(d.Components.Schemas[name])
				walk(d.Components.Responses[name])
			}
			for key, one := range of {
				if key == "example" || key == "examples" {
					continue
				}
				if properties, is := one.(map[string]any); is && key == "properties" {
					for name, property := range properties {
						names[name] = true
						walk(property)
					}
					continue
				}
				walk(one)
			}
		}
	}
	walk(part)
	return names
}

// inProblem reports whether a field is one of errors, which the overview tells of once.
func (d *openapi) inProblem(name string) bool {
	return d.properties(d.Components.Schemas["Problem"], map[string]bool{})[name]
}

// TestReadersSamples: who is signed in reads and tries the reference for the account that they chose, of their own alone.
func TestReadersSamples(t *testing.T) {
	h := site(t)
	const path = "/docs/api/assets"
	for name, c := range map[string]struct{ accounts, cookie, key string }{
		"one account":    {"north-star", "", "north-star"},
		"the first":      {"north-star south-star", "", "north-star"},
		"the chosen":     {"north-star acme-logistics south-star", "south-star", "south-star"},
		"not their own":  {"north-star south-star", "globex", "north-star"},
		"the example's":  {"north-star acme-logistics", "acme-logistics", "acme-logistics"},
		"of nobody":      {"", "south-star", "acme-logistics"},
		"an evil cookie": {"north-star", `"><script>`, "north-star"},
	} {
		answer := get(t, h, path, "Test-Accounts", c.accounts, "Cookie", "yipii-account="+c.cookie)
		body := answer.Body.String()
		for _, want := range []string{publicURL + "/api/" + c.key + "/asset", `name="account_key" data-in="path" value="` + c.key + `"`} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %s is not there", name, want)
			}
		}
		options := regexp.MustCompile(`<option value="([a-z-]+)"`).FindAllStringSubmatch(between(body, `<select id="account"`, "</select>"), -1)
		if several := len(strings.Fields(c.accounts)); several > 1 && len(options) != several || several < 2 && len(options) > 0 {
			t.Errorf("%s: there is a choice of %v", name, options)
		}
		if len(options) > 0 && !strings.Contains(body, `<option value="`+c.key+`" selected>`) {
			t.Errorf("%s: %s isn't chosen", name, c.key)
		}
	}
}
