package house

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestGuidesNameWhatThereIs: routes and metrics that guides and the dashboard for Grafana name are the program's.
func TestGuidesNameWhatThereIs(t *testing.T) {
	demo := startDemo(t)
	t.Run("routes", func(t *testing.T) { checkRoutes(t, textOf(t, demo.url+"/openapi.json")) })
	t.Run("metrics", func(t *testing.T) { checkGrafana(t, textOf(t, demo.url+"/metrics")) })
}

// unbuilt are routes that guides tell of as what is to come; none now. Once one is there, its guide has to be written anew.
var unbuilt []string

// checkRoutes looks for the routes that stand as code in the guides' text, such as `POST /asset/bulk` or `GET …/webhook/7`,
// in the API description. What comes before the path's first word may be left out.
func checkRoutes(t *testing.T, openapi string) {
	var described struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(openapi), &described); err != nil {
		t.Fatal(err)
	}
	for _, prefix := range unbuilt {
		for path := range described.Paths {
			if strings.HasPrefix(path, prefix) {
				t.Errorf("%s is there now: write its guide, and take it out of unbuilt", path)
			}
		}
	}
	route := regexp.MustCompile("`(GET|POST|PUT|PATCH|DELETE) (?:https://yipii.example.com)?…?(/[^\\s`?]*)")
	seen := 0
	for _, d := range guides(t) {
		for i, line := range d.prose {
			for _, named := range route.FindAllStringSubmatch(line, -1) {
				seen++
				if slices.ContainsFunc(unbuilt, func(prefix string) bool { return strings.HasPrefix(named[2], prefix) }) {
					continue
				}
				found := false
				for path, methods := range described.Paths {
					if _, has := methods[strings.ToLower(named[1])]; has && endsAs(path, named[2]) {
						found = true
					}
				}
				if !found {
					t.Errorf("%s:%d: there is no %s %s", d.path, i+1, named[1], named[2])
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d routes only are named", seen)
	}
}

// endsAs reports whether a described path ends as one that a guide names, in which anything may stand for a parameter.
func endsAs(described, named string) bool {
	want, have := strings.Split(strings.Trim(named, "/"), "/"), strings.Split(strings.Trim(described, "/"), "/")
	if len(want) > len(have) {
		return false
	}
	for i, word := range have[len(have)-len(want):] {
		if !strings.HasPrefix(word, "{") && word != want[i] {
			return false
		}
	}
	return true
}

// checkGrafana: the dashboard is JSON, and asks for metrics that docs/operating.md tells of and that the program has.
func checkGrafana(t *testing.T, metrics string) {
	text, err := os.ReadFile(filepath.Join(root, "deploy/grafana.json"))
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil || len(board.Panels) < 10 {
		t.Fatalf("%d panels, %v", len(board.Panels), err)
	}
	told := strings.Join(find(t, "docs/operating.md").prose, "\n")
	suffix := regexp.MustCompile(`_(?:bucket|count|sum)$`)
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			for _, name := range regexp.MustCompile(`\b(?:yipii|process)_[a-z_]+`).FindAllString(target.Expr, -1) {
				name = suffix.ReplaceAllString(name, "")
				if own := strings.HasPrefix(name, "yipii_"); own && !strings.Contains(told, "`"+name+"`") {
					t.Errorf("%s: docs/operating.md has no metric %s", panel.Title, name)
				} else if !strings.Contains(metrics, "# TYPE "+name+" ") && !strings.HasPrefix(name, "yipii_intake_") {
					t.Errorf("%s: /metrics has no %s", panel.Title, name) // those of trackers are there once one has come
				}
			}
		}
	}
}
