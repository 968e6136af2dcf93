package house

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestGrafanaShowsWhatThereIs: the dashboard for Grafana is JSON, and asks for metrics that docs/operating.md tells of and
// that the program has.
func TestGrafanaShowsWhatThereIs(t *testing.T) {
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
	answer := metricsOf(t, startDemo(t))
	suffix := regexp.MustCompile(`_(?:bucket|count|sum)$`)
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			for _, name := range regexp.MustCompile(`\b(?:yipii|process)_[a-z_]+`).FindAllString(target.Expr, -1) {
				name = suffix.ReplaceAllString(name, "")
				if own := strings.HasPrefix(name, "yipii_"); own && !strings.Contains(told, "`"+name+"`") {
					t.Errorf("%s: docs/operating.md has no metric %s", panel.Title, name)
				} else if !strings.Contains(answer, "# TYPE "+name+" ") && !strings.HasPrefix(name, "yipii_intake_") {
					t.Errorf("%s: /metrics has no %s", panel.Title, name) // those of trackers are there once one has come
				}
			}
		}
	}
}
