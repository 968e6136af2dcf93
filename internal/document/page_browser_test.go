package document

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPageInChromium: a browser prints the page from a file, by its own, with all that stands on it, and repeats the headings of tables.
func TestPageInChromium(t *testing.T) {
	d, folder := sample(t), t.TempDir()
	file, printed := filepath.Join(folder, "report.html"), filepath.Join(folder, "report.pdf")
	must(t, os.WriteFile(file, write(t, d, HTML), 0o600))
	program(t, "chromium", "", "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+filepath.Join(folder, "user"), "--no-pdf-header-footer",
		"--print-to-pdf="+printed, "file://"+file)
	data, err := os.ReadFile(printed)
	must(t, err)
	pages := paperText(t, data)
	text := spaces.ReplaceAllString(strings.Join(pages, " "), " ")
	if n := strings.Count(text, "Mean speed"); len(pages) < 4 || n < 3 {
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
