package house

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/yipii/yipii/internal/server"
)

// document is a Markdown file of the house.
type document struct {
	path   string // below the module
	prose  []string
	blocks []block
}

// block is a fenced code block.
type block struct {
	line int    // of its first line, from 1
	info string // what stands after the fence
	file string // named by a "file:" comment before it
	text string

	// Blocks that follow one another are a group: one thing in several languages. Comments before the first tell of all.
	group   int
	prints  []string // "prints:", pieces of what each of them prints
	refused bool     // "refused: once", the server refuses the first token that each of them shows
}

var comment = regexp.MustCompile(`^<!-- (file|prints|refused): (.+) -->$`)

// readDocument splits a document into code blocks and the lines between them, which keep their numbers.
func readDocument(path, text string) document {
	d := document{path: path}
	var open *block
	next := block{group: 1} // what comments have said of the next block
	for i, line := range strings.Split(text, "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && open == nil:
			started := next
			open = &started
			open.line, open.info = i+2, strings.TrimSpace(fence)
			next.file = ""
		case isFence:
			d.blocks = append(d.blocks, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		default:
			if len(d.blocks) > 0 && d.blocks[len(d.blocks)-1].group == next.group && strings.TrimSpace(line) != "" {
				next = block{group: next.group + 1}
			}
			if said := comment.FindStringSubmatch(line); said != nil {
				switch said[1] {
				case "file":
					next.file = said[2]
				case "prints":
					next.prints = append(next.prints, said[2])
				case "refused":
					next.refused = said[2] == "once"
				}
			}
			d.prose = append(d.prose, line)
			continue
		}
		d.prose = append(d.prose, "")
	}
	return d
}

// documents reads every Markdown file of the house.
func documents(t *testing.T) []document {
	t.Helper()
	var found []document
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" || entry.Name() == "bin"):
			return filepath.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		found = append(found, readDocument(filepath.ToSlash(relative), string(text)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Fatalf("found %d documents only", len(found))
	}
	return found
}

func find(t *testing.T, path string) document {
	t.Helper()
	all := documents(t)
	i := slices.IndexFunc(all, func(d document) bool { return d.path == path })
	if i < 0 {
		t.Fatalf("there is no %s", path)
	}
	return all[i]
}

var (
	heading  = regexp.MustCompile(`^#{1,6} (.+)$`)
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	codeSpan = regexp.MustCompile("`([^`]+)`")
)

// anchor is the name that a heading gets in a URL: lower case, hyphens for blanks, no punctuation.
func anchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-':
			return '-'
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

func (d document) anchors() map[string]bool {
	found := map[string]bool{}
	for _, line := range d.prose {
		if title := heading.FindStringSubmatch(line); title != nil {
			found[anchor(title[1])] = true
		}
	}
	return found
}

func TestLinksLeadSomewhere(t *testing.T) {
	all := documents(t)
	byPath := map[string]document{}
	for _, d := range all {
		byPath[d.path] = d
	}
	for _, d := range all {
		for i, line := range d.prose {
			for _, match := range link.FindAllStringSubmatch(codeSpan.ReplaceAllString(line, ""), -1) {
				target, fragment, _ := strings.Cut(match[1], "#")
				if strings.Contains(target, "://") {
					continue
				}
				path := d.path
				if target != "" {
					path = filepath.ToSlash(filepath.Join(filepath.Dir(d.path), target))
				}
				if _, err := os.Stat(filepath.Join(root, path)); err != nil {
					t.Errorf("%s:%d: %s leads nowhere", d.path, i+1, match[1])
				} else if fragment != "" && !byPath[path].anchors()[fragment] {
					t.Errorf("%s:%d: %s has no heading #%s", d.path, i+1, path, fragment)
				}
			}
		}
	}
}

func TestCodeBlocksAreTheFilesThatTheyName(t *testing.T) {
	named := 0
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			if b.file == "" {
				continue
			}
			named++
			text, err := os.ReadFile(filepath.Join(root, b.file))
			if err != nil {
				t.Errorf("%s:%d: %v", d.path, b.line, err)
			} else if string(text) != b.text {
				t.Errorf("%s:%d: the block is not %s any more: copy the file into it", d.path, b.line, b.file)
			}
		}
	}
	if named == 0 {
		t.Error("no block names a file: is the comment still read?")
	}
}

// variable is the YIPII_ variable of a setting.
func variable(setting string) string {
	return "YIPII_" + strings.ToUpper(strings.ReplaceAll(setting, "-", "_"))
}

// settingRows are the rows of the settings table, made from server.Config, and the names of the settings.
func settingRows() (rows, names []string) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[server.Config]()) {
		name := field.Tag.Get("name")
		if field.Anonymous || name == "" {
			continue
		}
		value := "–"
		if given := field.Tag.Get("default"); given != "" {
			value = "`" + given + "`"
		}
		help := strings.ReplaceAll(field.Tag.Get("help"), "|", `\|`)
		rows = append(rows, fmt.Sprintf("| `--%s` | `%s` | `%s` | %s | %s |", name, variable(name), name, value, help))
		names = append(names, name)
	}
	return rows, names
}

func TestSettingsTableIsComplete(t *testing.T) {
	rows, names := settingRows()
	if len(names) < 10 {
		t.Fatalf("found %d settings only in server.Config", len(names))
	}
	want := "| flag | variable | in the file | default | what |\n|---|---|---|---|---|\n" + strings.Join(rows, "\n")
	prose := strings.Join(find(t, "docs/operating.md").prose, "\n")
	_, rest, found := strings.Cut(prose, "<!-- settings -->\n")
	got, _, ended := strings.Cut(rest, "\n<!-- /settings -->")
	if !found || !ended {
		t.Fatal("docs/operating.md has no table between <!-- settings --> and <!-- /settings -->")
	}
	if strings.TrimSpace(got) != want {
		t.Errorf("the settings table of docs/operating.md is not server.Config's. It should be:\n\n%s\n", want)
	}
}

// folder is where the program is built; TestMain makes and removes it.
var folder string

// built builds the program once for all tests.
var built = sync.OnceValues(func() (string, error) {
	program := filepath.Join(folder, "yipii")
	build := exec.Command("go", "build", "-o", program, "./cmd/yipii")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return program, nil
})

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "yipii-house-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

func program(t *testing.T) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// commands is the help of every command of the program, by its words, such as "key rotate"; "" is the program's own.
func commands(t *testing.T) map[string]string {
	t.Helper()
	yipii := program(t)
	row := regexp.MustCompile(`(?m)^  ([a-z][a-z-]*(?: [a-z][a-z-]*)*)  +\S`)
	helps := map[string]string{}
	for queue := []string{""}; len(queue) > 0; queue = queue[1:] {
		help := exec.Command(yipii, append(strings.Fields(queue[0]), "--help")...)
		var out, stderr bytes.Buffer
		help.Stdout, help.Stderr, help.Env = &out, &stderr, []string{}
		if err := help.Run(); err != nil {
			t.Fatalf("yipii %s --help: %v\n%s", queue[0], err, stderr.Bytes())
		}
		helps[queue[0]] = out.String()
		usage, rest, _ := strings.Cut(out.String(), "\n")
		if !strings.Contains(usage, "<command>") {
			continue
		}
		for _, match := range row.FindAllStringSubmatch(rest, -1) {
			if _, known := helps[match[1]]; !known && strings.HasPrefix(match[1], queue[0]) {
				queue = append(queue, match[1])
			}
		}
	}
	if len(helps) < 15 {
		t.Fatalf("found %d commands only: has the form of the help changed?", len(helps))
	}
	return helps
}

var commandWord = regexp.MustCompile(`^[a-z][a-z-]*$`)

// checkCommand says what is wrong with the calls of yipii in a line of code, "" if nothing is. It looks at the words
// after "yipii" and at the flags after those.
func checkCommand(line string, helps map[string]string) string {
	words := strings.Fields(line)
	for i, word := range words {
		if filepath.Base(word) != "yipii" || i+1 == len(words) {
			continue
		}
		called := i == 0 || words[i-1] == "run" && words[max(0, i-2)] == "go" || words[i-1] == "$"
		path, rest := "", words[i+1:]
		if rest[0] == "--config" && len(rest) > 2 { // the one flag that stands before a command
			rest = rest[2:]
		}
		for len(rest) > 0 && commandWord.MatchString(rest[0]) {
			longer := strings.TrimSpace(path + " " + rest[0])
			if _, known := helps[longer]; !known {
				break
			}
			path, rest = longer, rest[1:]
		}
		if path == "" && !called {
			continue // yipii is a name here, of a user or an image
		}
		if strings.Contains(helps[path], "<command>") && len(rest) > 0 && commandWord.MatchString(rest[0]) {
			return fmt.Sprintf("there is no command %q", strings.TrimSpace(path+" "+rest[0]))
		}
		for _, flag := range rest {
			if strings.ContainsAny(flag, "|;&<>") {
				break
			}
			if name, _, _ := strings.Cut(flag, "="); strings.HasPrefix(name, "--") && !hasFlag(helps[path], name) {
				return fmt.Sprintf("yipii %s has no flag %s", path, name)
			}
		}
	}
	return ""
}

func hasFlag(help, flag string) bool {
	return regexp.MustCompile(`(?m)^ .*` + regexp.QuoteMeta(flag) + `(=|\s|$)`).MatchString(help)
}

// code lists the pieces of a document that may be commands, with their lines: those of shell blocks, and code in prose.
func (d document) code() map[string]int {
	found := map[string]int{}
	for _, b := range d.blocks {
		if kind, _, _ := strings.Cut(b.info, " "); kind != "sh" && kind != "console" {
			continue
		}
		joined := strings.ReplaceAll(b.text, "\\\n", " ")
		for _, line := range strings.Split(joined, "\n") {
			found[line] = b.line
		}
	}
	for i, line := range d.prose {
		for _, span := range codeSpan.FindAllStringSubmatch(line, -1) {
			found[span[1]] = i + 1
		}
	}
	return found
}

func TestCommandsInDocumentsExist(t *testing.T) {
	helps := commands(t)
	everything := strings.Join(slices.Collect(maps.Values(helps)), "\n")
	_, settings := settingRows()
	loneFlag := regexp.MustCompile(`^--[a-z][a-z-]*`)
	seen := 0
	for _, d := range documents(t) {
		for line, number := range d.code() {
			if strings.Contains(line, "yipii ") {
				seen++
			}
			if wrong := checkCommand(line, helps); wrong != "" {
				t.Errorf("%s:%d: %s", d.path, number, wrong)
			}
			if flag := loneFlag.FindString(line); flag != "" && !hasFlag(everything, flag) {
				t.Errorf("%s:%d: no command has a flag %s", d.path, number, flag)
			}
			for _, name := range regexp.MustCompile(`YIPII_[A-Z_]+`).FindAllString(line, -1) {
				if !knownVariable(name, settings) {
					t.Errorf("%s:%d: there is no variable %s", d.path, number, name)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("found %d commands only in the documents", seen)
	}
}

// knownVariable reports whether a variable is a setting's, or one of those that client programs and tests read.
func knownVariable(name string, settings []string) bool {
	switch name {
	case "YIPII_CONFIG", "YIPII_URL", "YIPII_CLIENT_ID", "YIPII_CLIENT_SECRET", "YIPII_API_KEY", "YIPII_ACCOUNT_KEY", "YIPII_TOKEN", "YIPII_":
		return true
	}
	return strings.HasPrefix(name, "YIPII_TEST_") || strings.HasPrefix(name, "YIPII_REQUIRE_") ||
		slices.ContainsFunc(settings, func(s string) bool { return variable(s) == name })
}

// TestWrongCommandsAreFound shows that the check of commands can fail.
func TestWrongCommandsAreFound(t *testing.T) {
	helps := commands(t)
	for line, wrong := range map[string]bool{
		"yipii serve --addr 127.0.0.1:0":                    false,
		"go run ./cmd/yipii serve":                          false,
		"sudo -u yipii yipii account list":                  false,
		"sudo useradd --system yipii":                       false,
		"yipii account suspend acme-logistics":              false,
		"yipii --config /etc/yipii/yipii.toml account list": false,
		"yipii sevre":                   true,
		"yipii key turn":                true,
		"yipii serve --adr 127.0.0.1:0": true,
		"sudo -u yipii yipii key rotate --afterwards 1h": true,
	} {
		if got := checkCommand(line, helps); (got != "") != wrong {
			t.Errorf("%q: said %q", line, got)
		}
	}
}

// targets are the verbs of the Makefile.
func targets(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^([a-z-]+):.*## `).FindAllStringSubmatch(string(text), -1) {
		found[match[1]] = true
	}
	return found
}

func TestMakeAndGoCommandsInDocumentsExist(t *testing.T) {
	verbs := targets(t)
	target := regexp.MustCompile(`^go (?:run|test|build) (?:-\S+ )*(\./\S+)`)
	for _, d := range documents(t) {
		for line, number := range d.code() {
			words := strings.Fields(line)
			if len(words) > 1 && words[0] == "make" && !verbs[words[1]] {
				t.Errorf("%s:%d: there is no `make %s`", d.path, number, words[1])
			}
			if match := target.FindStringSubmatch(line); match != nil && match[1] != "./..." {
				if _, err := os.Stat(filepath.Join(root, match[1])); err != nil {
					t.Errorf("%s:%d: %s is not there", d.path, number, match[1])
				}
			}
		}
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(makefile, []byte("\n\t$(GO) test ./...\n")) || !regexp.MustCompile(`(?m)^check:.* test `).Match(makefile) {
		t.Error("`make check` does not run the README's `go test ./...`")
	}
}
