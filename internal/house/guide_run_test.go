package house

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// runner runs programs of one language.
type runner struct {
	file    string                                  // the program's name
	joined  bool                                    // the blocks of a page are one program
	before  string                                  // what a program begins with, where no block says so
	mark    string                                  // prints the character 0x1E and the number %d in a line of its own
	command func() []string                         // without the file
	compile func(file string) (*exec.Cmd, []string) // nil: the command runs the file
}

// shell runs what a page's reader pastes into a terminal.
var shell = runner{file: "sample.sh", joined: true, before: "set -eu\n", mark: `printf '\036%d\n'`, command: words("sh")}

func words(command ...string) func() []string { return func() []string { return command } }

// runners are those that there are, by language.
func runners(t *testing.T) map[string]runner {
	t.Helper()
	script := runner{file: "sample.mjs", joined: true, mark: `console.log("\x1e%d");`, command: words("node")}
	return map[string]runner{
		"sh": shell, "js": script, "js axios": script,
		"php":    {file: "sample.php", joined: true, before: "<?php\n", mark: `echo "\x1e%d\n";`, command: words("php")},
		"python": {file: "sample.py", joined: true, mark: `print("\x1e%d", flush=True)`, command: func() []string { return []string{python()} }},
		"go":     {file: "main.go", command: words("go", "run")},
		"java":   {file: "Sample.java", command: words("java")},
		"csharp": {file: "sample.cs", command: words("mono"), compile: func(file string) (*exec.Cmd, []string) {
			made := strings.TrimSuffix(file, ".cs") + ".exe"
			return exec.Command("mcs", "-langversion:latest", "-out:"+made, "-r:System.Net.Http.dll", file), []string{made}
		}},
	}
}

// python is an interpreter that has requests, where the setting names one.
func python() string {
	if named := os.Getenv("YIPII_TEST_PYTHON"); named != "" {
		return named
	}
	return "python3"
}

// lacks says what a language needs and the machine doesn't have; "" if all is there.
func lacks(language string) string {
	needs := map[string][]string{"sh": {"sh", "curl", "sed"}, "js": {"node"}, "js axios": {"node"}, "php": {"php"}, "python": {python()},
		"go": {"go"}, "java": {"java"}, "csharp": {"mcs", "mono"}}
	for _, tool := range needs[language] {
		if _, err := exec.LookPath(tool); err != nil {
			return tool
		}
	}
	switch language {
	case "js", "js axios":
		if _, err := os.Stat(filepath.Join(root, "test/clients/node_modules/axios")); err != nil {
			return "what `make clients` installs"
		}
	case "python":
		if exec.Command(python(), "-c", "import requests").Run() != nil {
			return "Python's requests"
		}
	case "php":
		if exec.Command("php", "-r", "exit(extension_loaded('curl') ? 0 : 1);").Run() != nil {
			return "PHP's curl extension"
		}
	}
	return ""
}

// run runs all programs of a guide, and returns what each block printed, by its line.
func (d document) run(t *testing.T, demo demonstration) map[int]string {
	t.Helper()
	chains, order := map[string][]block{}, []string{}
	all := runners(t)
	for _, b := range d.blocks {
		if !b.runs() {
			continue
		}
		language := b.languageName()
		r, known := all[language]
		if !known {
			t.Errorf("%s:%d: nobody knows how to run %s", d.path, b.line, language)
			continue
		}
		if !r.joined || slices.Contains(strings.Fields(b.info), "alone") {
			language = fmt.Sprintf("%s, line %d", language, b.line)
		}
		if chains[language] == nil {
			order = append(order, language)
		}
		chains[language] = append(chains[language], b)
	}
	outputs := map[int]string{}
	for _, name := range order {
		blocks := chains[name]
		t.Run(name, func(t *testing.T) {
			language := blocks[0].languageName()
			if lacking := lacks(language); lacking != "" {
				if os.Getenv("CI") != "" {
					t.Fatalf("%s is not installed", lacking)
				}
				t.Skipf("SKIPPED: the samples in %s need %s", language, lacking)
			}
			for i, out := range runChain(t, demo, all[language], blocks) {
				outputs[blocks[i].line] = out
			}
		})
	}
	return outputs
}

// runChain runs blocks as one program, and returns what each printed.
func runChain(t *testing.T, demo demonstration, r runner, blocks []block) []string {
	t.Helper()
	folder := t.TempDir()
	text := r.before
	for i, b := range blocks {
		if r.mark != "" && i > 0 {
			text += fmt.Sprintf(r.mark, i) + "\n"
		}
		text += strings.TrimPrefix(b.text, r.before)
	}
	if strings.HasPrefix(text, "<?php\n<?php") {
		text = strings.TrimPrefix(text, "<?php\n")
	}
	file := filepath.Join(folder, r.file)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	modules, err := filepath.Abs(filepath.Join(root, "test/clients/node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(file, ".mjs") {
		if err := os.Symlink(modules, filepath.Join(folder, "node_modules")); err != nil {
			t.Fatal(err)
		}
	}
	address, refusals := demo.url, func() {}
	if slices.ContainsFunc(blocks, func(b block) bool { return b.refused }) {
		address, refusals = refusing(t, demo.url)
	}
	command := append(r.command(), file)
	if r.compile != nil {
		compile, made := r.compile(file)
		if out, err := compile.CombinedOutput(); err != nil {
			t.Fatalf("line %d: %v\n%s", blocks[0].line, err, out)
		}
		command = append(r.command(), made...)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, command[0], command[1:]...)
	run.Dir = folder
	run.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "GOCACHE=" + goCache(t), "GOFLAGS=", "GO111MODULE=off", "no_proxy=127.0.0.1", "NO_PROXY=127.0.0.1",
		"YIPII_URL=" + address, "YIPII_CLIENT_ID=" + demo.clientID, "YIPII_CLIENT_SECRET=" + demo.clientSecret, "YIPII_ACCOUNT_KEY=acme-logistics",
		"YIPII_TOKEN=" + demo.token(t)}
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("the program that begins in line %d: %v\n%s", blocks[0].line, err, out)
	}
	refusals()
	outputs := make([]string, len(blocks))
	at := 0
	for _, piece := range regexp.MustCompile(`\x1e\d+\n|[^\x1e]+`).FindAllString(string(out), -1) {
		if number, is := strings.CutPrefix(piece, "\x1e"); is {
			if at, err = strconv.Atoi(strings.TrimSpace(number)); err != nil || at >= len(blocks) {
				t.Fatalf("a mark %q: %v", number, err)
			}
			continue
		}
		outputs[at] += piece
	}
	return outputs
}

// token asks for a token, for samples that take one from the environment.
func (d demonstration) token(t *testing.T) string {
	t.Helper()
	answer, err := http.PostForm(d.url+"/oauth/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {d.clientID}, "client_secret": {d.clientSecret}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var made struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&made); err != nil || made.Token == "" {
		t.Fatalf("%s, %v", answer.Status, err)
	}
	return made.Token
}

// textOf reads what stands at an address.
func textOf(t *testing.T, address string) string {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// goCache is where Go keeps what it has built.
func goCache(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// refusing stands before a server and refuses the first token that it is shown, as the server does when it has expired. The
// function that it returns is called when the program has ended: it has to have asked for a second token, and for no more.
func refusing(t *testing.T, address string) (string, func()) {
	t.Helper()
	to, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	var refused, tokens atomic.Int32
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/oauth/token":
			tokens.Add(1)
		case strings.HasPrefix(r.URL.Path, "/api/") && refused.CompareAndSwap(0, 1):
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("WWW-Authenticate", `Bearer realm="yipii", error="invalid_token", error_description="The access token has expired."`)
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"message":"Unauthenticated.","error":"invalid_token","error_description":"The access token has expired."}`))
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front.URL, func() {
		if refused.Load() != 1 || tokens.Load() != 2 {
			t.Errorf("%d tokens were refused, and %d asked for; want 1 and 2", refused.Load(), tokens.Load())
		}
	}
}
