package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the folder of the module, seen from this package.
const root = "../.."

// maxLines bounds a Go file: past it, split by noun.
const maxLines = 500

// listed is what go list tells of a package.
type listed struct {
	ImportPath   string
	Name         string
	Doc          string
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// packages lists the module's packages by their path below the module, such as "internal/web".
func packages(t *testing.T) map[string]listed {
	t.Helper()
	list := exec.Command("go", "list", "-json=ImportPath,Name,Doc,GoFiles,Imports,TestImports,XTestImports", "./...")
	list.Dir = root
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	found := map[string]listed{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		found[below(p.ImportPath)] = p
	}
}

// below cuts the module's path off an import path, and returns "" for another module's.
func below(importPath string) string {
	rest, ok := strings.CutPrefix(importPath, module+"/")
	if !ok {
		return ""
	}
	return rest
}

// rankOf is the rank of a room; false for what isn't one.
func rankOf(path string) (int, bool) {
	rank := slices.IndexFunc(ranks, func(rooms []string) bool { return slices.Contains(rooms, path) })
	return rank, rank >= 0
}

func isOutside(path string) bool {
	return slices.ContainsFunc(outside, func(entry string) bool {
		return path == strings.TrimSuffix(entry, "/") || strings.HasSuffix(entry, "/") && strings.HasPrefix(path, entry)
	})
}

func isForTests(path string) bool {
	return path == forTests || strings.HasPrefix(path, forTests+"/")
}

// edge says what is wrong with an import outside tests, "" if nothing is. Both paths are below the module.
func edge(from, to string) string {
	toRank, isRoom := rankOf(to)
	fromRank, fromRoom := rankOf(from)
	switch {
	case isForTests(to) && !isForTests(from) && !isOutside(from):
		return "only tests import it"
	case isForTests(to) || isOutside(from) || isForTests(from):
		return ""
	case isOutside(to):
		return "nothing imports what stands outside the house"
	case !isRoom || !fromRoom:
		return "" // told by the test of the lists
	case toRank == fromRank:
		return fmt.Sprintf("both have rank %d", fromRank)
	case toRank > fromRank:
		return fmt.Sprintf("rank %d imports rank %d", fromRank, toRank)
	}
	return ""
}

func TestRoomsImportOnlyLowerRanks(t *testing.T) {
	all := packages(t)
	for path, p := range all {
		if _, ok := rankOf(path); !ok && !isOutside(path) && !isForTests(path) {
			t.Errorf("%s has no place in the house: give it a rank in internal/house/doc.go", path)
		}
		for _, imported := range p.Imports {
			if to := below(imported); to != "" {
				if wrong := edge(path, to); wrong != "" {
					t.Errorf("%s → %s: %s", path, to, wrong)
				}
			}
		}
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			if to := below(imported); to != "" && isOutside(to) {
				t.Errorf("a test of %s → %s: nothing imports what stands outside the house", path, to)
			}
		}
	}
	for rank, rooms := range ranks {
		for _, room := range rooms {
			if _, ok := all[room]; !ok {
				t.Errorf("%s has rank %d and does not exist", room, rank)
			}
		}
	}
}

// TestEdgesAreRefused shows that the rule of the ranks can fail.
func TestEdgesAreRefused(t *testing.T) {
	for _, c := range []struct {
		from, to string
		refused  bool
	}{
		{"internal/web", "internal/fault", false},
		{"internal/fault", "internal/web", true},
		{"internal/fleet", "internal/credential", true},
		{"internal/trail", "internal/fleet", false},
		{"internal/fleet", "internal/trail", true},
		{"internal/fleet", "internal/testkit", true},
		{"internal/testkit", "internal/store", false},
		{"internal/docs", "internal/testkit/browser", true},
		{"internal/docs", "internal/testkits", false},
		{"internal/testkit/browser", "internal/testkit", false},
		{"internal/server", "bench/rate", true},
		{"bench/rate", "internal/server", false},
		{"internal/server", "cmd/yipii", true},
	} {
		if got := edge(c.from, c.to); (got != "") != c.refused {
			t.Errorf("%s → %s: said %q", c.from, c.to, got)
		}
	}
}

func TestEveryPackageHasAComment(t *testing.T) {
	for path, p := range packages(t) {
		if strings.TrimSpace(p.Doc) == "" && len(p.GoFiles) > 0 {
			t.Errorf("%s has no package comment: say what it is for, what it owns, what it refuses, and which file to read first", path)
		}
	}
}

// goFile is a Go file of the house, vendored and generated ones left out.
type goFile struct {
	path string // below the module
	text []byte
}

func goFiles(t *testing.T) []goFile {
	t.Helper()
	generated := regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)
	var files []goFile
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata" || name == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if relative, err := filepath.Rel(root, path); err == nil && !generated.Match(text) {
			files = append(files, goFile{filepath.ToSlash(relative), text})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("found %d Go files only: is %s the folder of the module?", len(files), root)
	}
	return files
}

func TestNoFileIsLong(t *testing.T) {
	for _, f := range goFiles(t) {
		if n := bytes.Count(f.text, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines: split it by noun before %d", f.path, n, maxLines)
		}
	}
}

// statement matches the beginning of an SQL statement. It knows capitals only, which is how the house writes SQL.
var statement = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|COPY|CREATE|ALTER|DROP|WITH)\s+\S`)

// holdsSQL reports whether SQL may stand in the file: in the store files of a room, in the packages whose subject the
// database is, and in what tests and measures.
func holdsSQL(path string) bool {
	name := strings.TrimSuffix(path[strings.LastIndex(path, "/")+1:], ".go")
	for _, folder := range []string{"internal/store/", "internal/schema/", "internal/testkit/", "internal/house/", "bench/", "test/"} {
		if strings.HasPrefix(path, folder) {
			return true
		}
	}
	return strings.HasSuffix(name, "_test") || name == "store" || strings.HasPrefix(name, "store_") || strings.HasSuffix(name, "_store")
}

func TestCodeKeepsTheRules(t *testing.T) {
	for _, f := range goFiles(t) {
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, f.path, f.text, parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			continue
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					t.Errorf("%s: an init function: let a caller call it by its name", set.Position(n.Pos()))
				}
			case *ast.BasicLit:
				if n.Kind != token.STRING || holdsSQL(f.path) {
					break
				}
				if text, err := strconv.Unquote(n.Value); err == nil && statement.MatchString(text) {
					t.Errorf("%s: SQL outside a store file of its room: %.40q", set.Position(n.Pos()), text)
				}
			}
			return true
		})
	}
}

func TestPackageCommentsNameFilesThatExist(t *testing.T) {
	named := regexp.MustCompile(`[a-z0-9_/]+\.go\b`)
	for _, f := range goFiles(t) {
		tree, err := parser.ParseFile(token.NewFileSet(), f.path, f.text, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, name := range named.FindAllString(tree.Doc.Text(), -1) {
			beside, below := filepath.Join(root, filepath.Dir(f.path), name), filepath.Join(root, name)
			if !exists(beside) && !exists(below) {
				t.Errorf("%s: the package comment names %s, which is not there", f.path, name)
			}
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
