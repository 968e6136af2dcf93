package dashboard

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSamplesAreThoseThatRun holds the copies to the programs that test/clients runs against a server.
func TestSamplesAreThoseThatRun(t *testing.T) {
	files, err := sampleFiles.ReadDir("sample")
	if err != nil || len(files) != 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		here, err := sampleFiles.ReadFile("sample/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		there, err := os.ReadFile(filepath.Join("../../test/clients", file.Name()))
		if err != nil || !bytes.Equal(here, there) {
			t.Errorf("%s differs from the one in test/clients: copy it (%v)", file.Name(), err)
		}
	}
}

// TestSamplesAreFilledIn: nothing but the secret is left to be set, and that is never written into the program.
func TestSamplesAreFilledIn(t *testing.T) {
	s := New(Options{PublicURL: "https://iot.example.com/"})
	list, err := s.samples("0191d5f0-7c1e-4a0a-9a55-1c2d3e4f5a6b", "acme-logistics")
	if err != nil || len(list) != 5 {
		t.Fatalf("%d, %v", len(list), err)
	}
	setting := regexp.MustCompile(`YIPII_[A-Z_]+`)
	for _, one := range list {
		for _, name := range setting.FindAllString(one.Text, -1) {
			if name != "YIPII_CLIENT_SECRET" {
				t.Errorf("%s: %s is left to be set", one.Label, name)
			}
		}
		for _, want := range []string{"https://iot.example.com", "/oauth/token", "0191d5f0-7c1e-4a0a-9a55-1c2d3e4f5a6b", "acme-logistics", "YIPII_CLIENT_SECRET"} {
			if !strings.Contains(one.Text, want) {
				t.Errorf("%s: %s is missing in\n%s", one.Label, want, one.Text)
			}
		}
	}
}

// TestFillInLeavesOddValues: a value that could end a text of the program isn't written into it.
func TestFillInLeavesOddValues(t *testing.T) {
	const text = `setting("YIPII_URL")`
	if got := fillIn(text, "YIPII_URL", `https://x"; evil()`); got != text {
		t.Error(got)
	}
}
