package house

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// verb runs a verb of the Makefile on a folder as if it were the module's.
func verb(t *testing.T, folder, name string) (output string, err error) {
	t.Helper()
	makefile, err := filepath.Abs(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "make", "-C", folder, "-f", makefile, name)
	text, err := run.CombinedOutput()
	return string(text), err
}

// TestDriftIsFound shows that make drift can fail: by a template that was changed, by Go that was changed, and by Go
// without a template.
func TestDriftIsFound(t *testing.T) {
	folder := t.TempDir()
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const page, made = "internal/dashboard/page.templ", "internal/dashboard/page_templ.go"
	const template = "package dashboard\n\ntempl page() {\n\t<p>text</p>\n}\n"
	if err := os.MkdirAll(filepath.Join(folder, "internal/dashboard"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("go.mod", string(mod))
	write(page, template)
	if output, err := verb(t, folder, "generate"); err != nil {
		t.Fatalf("make generate: %v\n%s", err, output)
	}
	first, err := os.ReadFile(filepath.Join(folder, made))
	if err != nil {
		t.Fatal(err)
	}
	if output, err := verb(t, folder, "drift"); err != nil {
		t.Fatalf("without drift: %v\n%s", err, output)
	}
	for _, c := range []struct{ name, file, text, restore string }{
		{"a template", page, strings.Replace(template, "text", "texts", 1), template},
		{"Go", made, string(first) + "\n// by hand\n", string(first)},
		{"Go without a template", "internal/dashboard/old_templ.go", "package dashboard\n", "package dashboard\n"},
	} {
		write(c.file, c.text)
		output, err := verb(t, folder, "drift")
		if err == nil || !strings.Contains(output, "_templ.go") || !strings.Contains(output, "run make generate") {
			t.Errorf("%s was changed: %v\n%s", c.name, err, output)
		}
		write(c.file, c.restore)
	}
}

// TestTemplateToolIsTheLibrarys: the tool that makes Go of templates has the version of the library that it calls.
func TestTemplateToolIsTheLibrarys(t *testing.T) {
	version := func(file, pattern string) string {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindSubmatch(text)
		if found == nil {
			t.Fatalf("%s names no version of templ", file)
		}
		return string(found[1])
	}
	tool, library := version("Makefile", `a-h/templ/cmd/templ@(\S+)`), version("go.mod", `a-h/templ (\S+)`)
	if tool != library {
		t.Errorf("the Makefile has templ %s, go.mod %s", tool, library)
	}
}
