package dashboard

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// parsed reads a page.
func parsed(t testing.TB, page string) *html.Node {
	t.Helper()
	tree, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// textOf is what a reader sees of a page, for messages of tests.
func textOf(page string) string {
	tree, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return page
	}
	var words []string
	for n := range tree.Descendants() {
		if n.Type == html.TextNode {
			words = append(words, strings.Fields(n.Data)...)
		}
	}
	return strings.Join(words, " ")
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// checkPage fails for what every page must not have: anything inline, another host, an id twice, an unnamed control.
func checkPage(t testing.TB, where, page string) {
	t.Helper()
	tree := parsed(t, page)
	ids, named := map[string]bool{}, map[string]bool{}
	for n := range tree.Descendants() {
		if of, ok := attribute(n, "for"); ok && n.Data == "label" {
			named[of] = true
		}
		if id, ok := attribute(n, "id"); ok {
			if ids[id] {
				t.Errorf("%s: the id %q stands twice", where, id)
			}
			ids[id] = true
		}
	}
	for n := range tree.Descendants() {
		if n.Type == html.ElementNode {
			checkElement(t, where, n, ids, named)
		}
	}
}

func checkElement(t testing.TB, where string, n *html.Node, ids, named map[string]bool) {
	t.Helper()
	for _, a := range n.Attr {
		switch {
		case a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.ToLower(a.Val), "javascript:"):
			t.Errorf("%s: %s has %s=%q, which the policy forbids", where, n.Data, a.Key, a.Val)
		case a.Key == "src" && strings.HasPrefix(a.Val, "data:image/"):
		case (a.Key == "src" || a.Key == "href" || a.Key == "action") && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#"):
			t.Errorf("%s: %s leads to another place: %s", where, n.Data, a.Val)
		case a.Key == "aria-describedby" || a.Key == "aria-labelledby":
			for _, id := range strings.Fields(a.Val) {
				if !ids[id] {
					t.Errorf("%s: %s is explained by %q, which isn't there", where, n.Data, id)
				}
			}
		}
	}
	switch n.Data {
	case "style":
		t.Errorf("%s: a style element", where)
	case "script":
		if _, ok := attribute(n, "src"); !ok || n.FirstChild != nil {
			t.Errorf("%s: a script within the page", where)
		}
	case "input", "select", "textarea":
		checkNamed(t, where, n, named)
	case "form":
		if method, _ := attribute(n, "method"); method != "get" && method != "post" {
			t.Errorf("%s: a form with the method %q", where, method)
		}
	}
}

func checkNamed(t testing.TB, where string, n *html.Node, named map[string]bool) {
	t.Helper()
	if kind, _ := attribute(n, "type"); kind == "hidden" {
		return
	}
	id, _ := attribute(n, "id")
	label, _ := attribute(n, "aria-label")
	if !named[id] && label == "" {
		name, _ := attribute(n, "name")
		t.Errorf("%s: the %s %q has no label", where, n.Data, name)
	}
}
