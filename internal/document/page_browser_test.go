package document

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// printed is the text of the pages on which a browser prints a document's page.
func printed(t *testing.T, d *Document) []string {
	t.Helper()
	folder := t.TempDir()
	file, paper := filepath.Join(folder, "report.html"), filepath.Join(folder, "report.pdf")
	must(t, os.WriteFile(file, write(t, d, HTML), 0o600))
	program(t, "chromium", "", "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+filepath.Join(folder, "user"), "--no-pdf-header-footer",
		"--print-to-pdf="+paper, "file://"+file)
	data, err := os.ReadFile(paper)
	must(t, err)
	return paperText(t, data)
}

// TestWordsOfWideTables: a table with as many columns as that of trips breaks names between words, not within them.
func TestWordsOfWideTables(t *testing.T) {
	const rows = 20
	columns := []Column{{"asset", "Asset", Text, false}, {"start", "Start", Moment, false}, {"end", "End", Moment, false}, {"driver", "Driver", Text, false}}
	row := []any{"Refrigerated truck", time.Date(2026, 3, 1, 6, 29, 30, 0, time.UTC), time.Date(2026, 3, 1, 6, 43, 30, 0, time.UTC), "Konstantina Papadopoulou"}
	for _, label := range []string{"Start latitude", "Start longitude", "End latitude", "End longitude", "Mean speed", "Top speed", "Distance"} {
		columns = append(columns, Column{strings.ReplaceAll(strings.ToLower(label), " ", "_"), label, Degrees, false})
		row = append(row, 35.88610)
	}
	d := empty(t)
	d.Nothing = ""
	d.Sections = []Section{&Table{Key: "trips", Title: "Trips", Columns: columns, Rows: rowsOf(slices.Repeat([][]any{row}, rows)...)}}
	text := strings.Join(printed(t, d), " ")
	for _, word := range []string{"Refrigerated", "truck", "Konstantina", "Papadopoulou"} {
		if n := strings.Count(text, word); n != rows {
			t.Errorf("%s is on paper %d times, in one piece, of %d", word, n, rows)
		}
	}
}

// TestPageInChromium: a browser prints the page from a file, by its own, with all that stands on it, and repeats the headings of tables.
func TestPageInChromium(t *testing.T) {
	d := sample(t)
	pages := printed(t, d)
	text := spaces.ReplaceAllString(strings.Join(pages, " "), " ")
	if n := strings.Count(text, "Asset"); len(pages) < 4 || n < 3 {
		t.Errorf("%d pages, the headings of the trips on %d", len(pages), n)
	}
	for _, row := range read(t, write(t, d, JSON)).Tables[0].Rows {
		if want := seen(t, "distance", row["distance"]); !strings.Contains(text, want) {
			t.Errorf("no distance of %s on paper", want)
		}
	}
	for _, want := range []string{"Ħal Għaxaq", "Φορτηγό Αθήνα", "No alerts in this range.", d.Account, d.Notes[0], d.Notes[1]} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q on paper", want)
		}
	}
}
