package house

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yipii/yipii/internal/guide"
)

// guides are the documents that the program serves.
func guides(t *testing.T) []document {
	t.Helper()
	var found []document
	for _, slug := range guide.Slugs() {
		found = append(found, find(t, "docs/"+slug+".md"))
	}
	return found
}

// runs reports whether a block is a program, or a piece of one, that the tests run.
func (b block) runs() bool { return slices.Contains(strings.Fields(b.info), "run") }

// languageName is what a block is written in, as the runners know it.
func (b block) languageName() string {
	name, rest, _ := strings.Cut(b.info, " ")
	if name == "js" && strings.Contains(rest, "axios") {
		return "js axios"
	}
	return name
}

// TestGuidesSamples runs every program of every guide against one demonstration, and checks every other block in the way
// that its kind has: a JSON answer by the shape of the real one, a configuration by the program, commands by its commands.
// A block of which nobody knows how to check it fails the test.
//
// A page's blocks in sh, js, php and python are one program each, in order, but for those marked "alone"; in go, java and
// csharp each is one by itself. The comment "prints:" says what a block prints; one without it, and without an answer
// behind it, has to print nothing.
func TestGuidesSamples(t *testing.T) {
	demo := startDemo(t)
	for _, d := range guides(t) {
		t.Run(filepath.Base(d.path), func(t *testing.T) {
			outputs := d.run(t, demo)
			for i, b := range d.blocks {
				if b.runs() {
					if out, ran := outputs[b.line]; ran {
						d.checkOutput(t, b, out, i+1 < len(d.blocks) && d.blocks[i+1].info == "json answer")
					}
				} else if err := d.checkStill(t, i, outputs); err != nil {
					t.Errorf("%s:%d: %v", d.path, b.line, err)
				}
			}
		})
	}
}

// TestRunningIsTold: the Quick Start says of each language how its samples are run, and that is how they are run here; a compiler of C# is
// what the reader has, the tests take another.
func TestRunningIsTold(t *testing.T) {
	text := strings.Join(find(t, "docs/quick-start.md").prose, "\n")
	for language, r := range runners(t) {
		switch language {
		case "sh":
			continue
		case "csharp":
			r = runner{file: "Program.cs", command: words("dotnet", "run"), compile: r.compile}
		case "python":
			r.command = words("python3")
		}
		command := strings.Join(r.command(), " ")
		if r.compile == nil {
			command += " " + r.file
		}
		if row := "| `" + r.file + "` | `" + command + "`"; !strings.Contains(text, row) {
			t.Errorf("the Quick Start does not say %s, of %s", row, language)
		}
	}
}

// checkOutput holds what a block printed to what the page says of it.
func (d document) checkOutput(t *testing.T, b block, out string, answered bool) {
	t.Helper()
	for _, piece := range b.prints {
		if !strings.Contains(out, piece) {
			t.Errorf("%s:%d: %s does not print %s but:\n%s", d.path, b.line, b.info, piece, out)
		}
	}
	switch {
	case len(b.prints) == 0 && !answered && strings.TrimSpace(out) != "":
		t.Errorf("%s:%d: say by <!-- prints: … --> what this prints:\n%s", d.path, b.line, out)
	case !answered && strings.Contains(out, `"message":`) && !strings.Contains(strings.Join(b.prints, ""), `"message":`):
		t.Errorf("%s:%d: the answer is an error, of which the page says nothing:\n%s", d.path, b.line, out)
	}
}

// checkStill checks a block that is not a program.
func (d document) checkStill(t *testing.T, at int, outputs map[int]string) error {
	t.Helper()
	b := d.blocks[at]
	switch {
	case b.file != "":
		return testedElsewhere(b.file)
	case b.info == "json answer":
		for i := at - 1; i >= 0; i-- {
			if d.blocks[i].runs() && d.blocks[i].languageName() == "sh" {
				out, ran := outputs[d.blocks[i].line]
				if !ran {
					return nil // skipped, as the run has said
				}
				return sameShape(b.text, out)
			}
		}
		return errors.New("there is no call before it that it would be the answer of")
	case b.info == "toml":
		return checkSettings(t, b.text)
	case b.info == "xml":
		return checkXML(b.text)
	case b.info == "sh":
		return checkShell(b.text)
	}
	return fmt.Errorf("nobody knows how to check a block that is %q", b.info)
}

// testedElsewhere reports whether a test runs a file whose text stands in a guide.
func testedElsewhere(file string) error {
	var tests []string
	for _, pattern := range []string{"test/e2e/*_test.go", "internal/*/sample_test.go"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return err
		}
		tests = append(tests, found...)
	}
	for _, test := range tests {
		text, err := os.ReadFile(test)
		if err != nil {
			return err
		}
		if strings.Contains(string(text), filepath.Base(file)+`"`) {
			return nil
		}
	}
	return fmt.Errorf("no test runs %s", file)
}

// checkSettings has the program read settings.
func checkSettings(t *testing.T, text string) error {
	t.Helper()
	file := filepath.Join(t.TempDir(), "yipii.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	show := exec.CommandContext(t.Context(), program(t), "--config", file, "config")
	show.Env = []string{}
	if out, err := show.CombinedOutput(); err != nil {
		return fmt.Errorf("yipii config: %w: %s", err, out)
	}
	return nil
}

func checkXML(text string) error {
	for decoder := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// shellWords are the commands that operators are shown beside yipii, whose own are checked by TestCommandsInDocumentsExist.
var shellWords = strings.Fields("yipii export sudo make go curl docker printf nc od git pg_dump pg_restore node npm composer")

// checkShell reads commands that are for operators, without running them.
func checkShell(text string) error {
	read := exec.Command("sh", "-n")
	read.Stdin = strings.NewReader(text)
	if out, err := read.CombinedOutput(); err != nil {
		return fmt.Errorf("sh can't read it: %s", out)
	}
	assignment := regexp.MustCompile(`^[A-Z_]+=\S*\s*`)
	end := ""
	for _, line := range strings.Split(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		if end != "" {
			if line == end {
				end = ""
			}
			continue
		}
		if _, mark, here := strings.Cut(line, "<<'"); here {
			end = strings.TrimSuffix(mark, "'")
		}
		for assignment.MatchString(line) {
			line = assignment.ReplaceAllString(line, "")
		}
		if words := strings.Fields(line); len(words) > 0 && !strings.HasPrefix(words[0], "#") && !slices.Contains(shellWords, words[0]) {
			return fmt.Errorf("nobody knows the command %s", words[0])
		}
	}
	return nil
}

// sameShape reports where an answer of a guide has other fields, or other kinds of values, than each of the JSON values that
// a call printed. A field "…" stands for those that are left out.
func sameShape(shown, printed string) error {
	var want any
	if err := json.Unmarshal([]byte(shown), &want); err != nil {
		return fmt.Errorf("it is no JSON: %w", err)
	}
	var first error
	for _, got := range jsonValues(printed) {
		err := differs(want, got, "")
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		return fmt.Errorf("the call before it printed no JSON:\n%s", printed)
	}
	return fmt.Errorf("the real answer is another: %w\n%s", first, printed)
}

// jsonValues finds the objects and arrays in what a call printed.
func jsonValues(text string) []any {
	var found []any
	for i := 0; i < len(text); {
		if text[i] != '{' && text[i] != '[' {
			i++
			continue
		}
		decoder := json.NewDecoder(strings.NewReader(text[i:]))
		var value any
		if decoder.Decode(&value) != nil {
			i++
			continue
		}
		found = append(found, value)
		i += int(decoder.InputOffset())
	}
	return found
}

func differs(want, got any, at string) error {
	if want == nil || got == nil {
		return nil // what may be null is told by the API description
	}
	switch w := want.(type) {
	case map[string]any:
		g, is := got.(map[string]any)
		if !is {
			return fmt.Errorf("%s is no object", at)
		}
		_, some := w["…"]
		for name, value := range w {
			real, has := g[name]
			if !has && name != "…" {
				return fmt.Errorf("there is no %s.%s", at, name)
			}
			if err := differs(value, real, at+"."+name); err != nil {
				return err
			}
		}
		for name := range g {
			if _, has := w[name]; !has && !some {
				return fmt.Errorf("%s.%s is not shown", at, name)
			}
		}
	case []any:
		g, is := got.([]any)
		if !is || len(w) > 0 && len(g) == 0 {
			return fmt.Errorf("%s is no list, or empty", at)
		}
		for i, value := range w {
			if err := differs(value, g[min(i, len(g)-1)], fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	default:
		if fmt.Sprintf("%T", want) != fmt.Sprintf("%T", got) {
			return fmt.Errorf("%s is %T in the guide and %T in truth", at, want, got)
		}
	}
	return nil
}

// TestWrongBlocksAreFound shows that the checks of blocks can fail.
func TestWrongBlocksAreFound(t *testing.T) {
	for shown, wrong := range map[string]bool{
		`{"a":1,"b":[{"c":"x"}]}`: false,
		`{"a":2,"…":"…"}`:         false,
		`{"a":1}`:                 true,
		`{"a":"1","b":[]}`:        true,
		`{"a":1,"b":[],"d":null}`: true,
		`{"a":1,`:                 true,
	} {
		if err := sameShape(shown, `curl: {"message":"no"} {"a":7,"b":[{"c":"y"}]}`); (err != nil) != wrong {
			t.Errorf("%s: %v", shown, err)
		}
	}
	for text, wrong := range map[string]bool{"yipii serve\n": false, "sudo tee x <<'END'\nanything = 1\nEND\n": false, "rm -rf /\n": true, "if\n": true} {
		if err := checkShell(text); (err != nil) != wrong {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, wrong := range map[string]bool{"addr = \"0.0.0.0:80\"\n": false, "adr = \"x\"\n": true} {
		if err := checkSettings(t, text); (err != nil) != wrong {
			t.Errorf("%q: %v", text, err)
		}
	}
	d := document{blocks: []block{{info: "ruby run"}, {info: "ini"}}}
	if err := d.checkStill(t, 1, nil); err == nil {
		t.Error("a block of an unknown kind was let through")
	}
	if _, known := runners(t)["ruby"]; known {
		t.Error("what runs ruby?")
	}
}
