package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pb33f/jsonschema/v6"
)

// reading is a JSON document as another program reads it: what all other formats are compared with.
type reading struct {
	Title, Account string
	Figures        map[string]any
	Tables         []readTable
	Charts         []struct {
		Title  string
		Labels []string
		Series []struct{ Values []any }
	}
	Maps []struct {
		Features []struct {
			Properties struct{ Kind, Label string }
			Geometry   struct {
				Type        string
				Coordinates json.RawMessage
			}
		}
	}
	Notes []string
}

type readTable struct {
	Key, Title string
	Columns    []struct{ Key, Label, Kind string }
	Rows       []map[string]any
	Totals     map[string]any
}

// failer is a test, or a check of rapid's.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func write(t testing.TB, d *Document, f Format) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(t.Context(), &b, d, f); err != nil {
		t.Fatalf("%s: %v", f, err)
	}
	return b.Bytes()
}

// read validates a JSON document and reads it.
func read(t testing.TB, data []byte) *reading {
	t.Helper()
	valid(t, data)
	var r reading
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

// valid holds a JSON document to its schema.
func valid(t testing.TB, data []byte) {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("report.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v in %.300s", err, data)
	}
	if err := compiled.Validate(instance); err != nil {
		t.Errorf("not as schema.json says: %v", err)
	}
}

// seen is how people see a value of the JSON document, by other means than the code under test: "" where it isn't known.
func seen(t testing.TB, kind string, v any) string {
	t.Helper()
	if v == nil {
		return ""
	}
	switch Kind(kind) {
	case Text:
		return strings.Join(strings.Fields(v.(string)), " ")
	case Day:
		return v.(string)
	case Moment:
		at, err := time.Parse(time.RFC3339Nano, v.(string))
		if err != nil {
			t.Fatal(err)
		}
		return at.Format("2006-01-02 15:04:05")
	case Duration:
		seconds := int(math.Round(v.(float64)))
		return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	decimals := map[Kind]int{Number: 2, Distance: 2, Speed: 1, Temperature: 1, Percent: 1, Degrees: 5}[Kind(kind)]
	// Half away from zero in decimal, as people round: strconv would round the binary fraction below it.
	scale := math.Pow(10, float64(decimals))
	text := strconv.FormatFloat(math.Round(math.Round(v.(float64)*1e7)/1e7*scale)/scale, 'f', decimals, 64)
	whole, part, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if decimals > 0 {
		return whole + "." + part
	}
	return whole
}

// program runs a program that Debian has. Where it is missing the test skips, and fails on a machine that has to have it.
func program(t testing.TB, name, in string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("SKIPPED: %s is not installed", name)
	}
	command := exec.CommandContext(t.Context(), name, args...)
	command.Stdin = strings.NewReader(in)
	var failed bytes.Buffer
	command.Stderr = &failed
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, &failed)
	}
	return out
}

var spaces = regexp.MustCompile(`\s+`)

// kilometres is the sample as another account has it.
func kilometres(t testing.TB) *Document {
	d := sample(t)
	d.Units = Kilometres
	return d
}
