//go:build !race

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/yipii/yipii/internal/testkit/browser"
)

// TestReference is the API reference in a browser: it shows each operation with examples, and who is signed in tries calls with
// their own session, whose token is in the page's memory alone.
func TestReference(t *testing.T) {
	in := install(t, "sqlite:"+filepath.Join(t.TempDir(), "yipii.db"))
	in.withoutPublicURL()
	in.serve()
	in.asset(in.token(in.made.ClientID, in.made.ClientSecret), "Van 1", "350000000000001")
	p := browser.Open(t, in.url)
	p.Goto("/docs/api")
	p.Do(chromedp.WaitVisible("#operations-Assets-list-assets .opblock-summary-control"))
	if got := p.Text("#reader"); !strings.Contains(got, "Sign in") {
		t.Errorf("nobody is signed in, and the page says %q", got)
	}
	p.Check()
	const list = "#operations-Assets-list-assets"
	// Swagger UI draws an operation more than once, so that what was found in the page may be gone a moment later.
	shows := func(what, selector, text string) {
		t.Helper()
		waitFor(t, p, what, fmt.Sprintf("[...document.querySelectorAll(%q)].some((e) => e.textContent.includes(%q))", selector, text))
	}
	click := func(selector string) {
		t.Helper()
		waitFor(t, p, selector+" is there to be clicked", fmt.Sprintf("document.querySelector(%q) && (document.querySelector(%[1]q).click(), true)", selector))
	}
	click(list + " .opblock-summary-control")
	shows("an example in curl", list+" .samples pre", `curl --fail-with-body "`+in.url+`/api/acme-logistics/asset"`)
	click(list + " .languages button:nth-child(6)")
	shows("an example in Go", list+" .samples pre", "package main")

	in.signIn(p)
	p.Goto("/docs/api")
	p.Do(chromedp.WaitVisible(list + " .opblock-summary-control"))
	if got := p.Text("#reader"); !strings.Contains(got, "Signed in as") || !strings.Contains(got, "acme-logistics") {
		t.Errorf("the admin is signed in, and the page says %q", got)
	}
	click(list + " .opblock-summary-control")
	shows("the language that was chosen", list+" .samples pre", "package main")
	click(list + " .try-out__btn")
	click(list + " .execute")
	shows("the answer", list+" .live-responses-table tbody .response-col_status", "200")
	shows("the answer's body", list+" .live-responses-table .response .highlight-code", "Van 1")
	kept := browser.Read(p, chromedp.Evaluate[string](`location.href + JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage}) + document.cookie`))
	if strings.Contains(kept, "yipt_") || !strings.Contains(kept, "yipii-language") {
		t.Errorf("the page keeps %s", kept)
	}
	if text := p.Text("#reference"); strings.Contains(text, "yipt_") {
		t.Error("the page shows the session's token")
	}
	if folder := os.Getenv("YIPII_TEST_PICTURES"); folder != "" {
		for name, look := range map[string]browser.Look{"phone": {Phone: true}, "desk": {}, "phone-dark": {Phone: true, Dark: true}, "desk-dark": {Dark: true}} {
			p.As(look)
			p.Screenshot(filepath.Join(folder, "reference-"+name+".png"))
		}
	}
	p.As(browser.Look{Phone: true})
	if over := p.Overflow(); over > 0 {
		t.Errorf("on a phone the page is %d pixels too wide", over)
	}
	p.Check()
}

// sampleProgram runs the samples of the reference, which samples.js writes, as Node.js hands them over: by operation and language.
const sampleProgram = `
import { readFileSync } from "node:fs";
await import(process.argv[2]);
const spec = JSON.parse(readFileSync(0, "utf8"));
const out = {};
for (const [path, operations] of Object.entries(spec.paths)) {
  for (const [method, operation] of Object.entries(operations)) {
    const request = yipiiSamples.requestOf(spec, path, method, { base: process.env.YIPII_URL, account: process.env.YIPII_ACCOUNT_KEY });
    out[operation.operationId] = Object.fromEntries(yipiiSamples.languages.map((language) => [language, yipiiSamples.write(language, request)]));
  }
}
console.log(JSON.stringify(out));
`

// TestSamplesOfReference runs some of the reference's samples in each language that there is a program for, and lets the others be
// read by the language's own reader.
func TestSamplesOfReference(t *testing.T) {
	t.Parallel()
	node(t, "../clients")
	in := install(t, "sqlite:"+filepath.Join(t.TempDir(), "yipii.db"))
	in.serve()
	token := in.token(in.made.ClientID, in.made.ClientSecret)
	in.asset(token, "Van 1", "350000000000001")
	environment := append(os.Environ(), "YIPII_URL="+in.url, "YIPII_CLIENT_ID="+in.made.ClientID, "YIPII_CLIENT_SECRET="+in.made.ClientSecret, "YIPII_ACCOUNT_KEY="+in.made.AccountKey, "YIPII_TOKEN="+token)
	_, description := in.call("GET", "/openapi.json", "", "")
	script, err := filepath.Abs("../../internal/docs/samples.js")
	must(t, err)
	modules, err := filepath.Abs("../clients/node_modules")
	must(t, err)
	folder := t.TempDir()
	must(t, os.Symlink(modules, filepath.Join(folder, "node_modules")))
	must(t, os.WriteFile(filepath.Join(folder, "samples.mjs"), []byte(sampleProgram), 0o600))
	cmd := exec.Command("node", "samples.mjs", script)
	cmd.Dir, cmd.Env, cmd.Stdin = folder, environment, strings.NewReader(string(description))
	out, err := cmd.Output()
	must(t, err)
	var samples map[string]map[string]string
	must(t, json.Unmarshal(out, &samples))

	languages := map[string]struct {
		file    string
		program []string // that runs it; then the one that reads many
		read    []string
	}{
		"curl":   {"sample.sh", []string{"bash"}, []string{"bash", "-c", `for f in "$@"; do bash -n "$f" || exit 1; done`, "read"}},
		"fetch":  {"sample.mjs", []string{"node"}, []string{"bash", "-c", `for f in "$@"; do node --check "$f" || exit 1; done`, "read"}},
		"axios":  {"sample.mjs", []string{"node"}, nil}, // as fetch, but for the call
		"php":    {"sample.php", []string{"php"}, []string{"php", "-r", `foreach (array_slice($argv, 1) as $f) token_get_all(file_get_contents($f), TOKEN_PARSE);`, "--"}},
		"python": {"sample.py", []string{python()}, []string{python(), "-c", `import sys; [compile(open(f).read(), f, "exec") for f in sys.argv[1:]]`}},
		"go":     {"main.go", []string{"go", "run"}, []string{"gofmt", "-l", "-e"}},
		"java":   {"Main.java", []string{"java"}, nil},
		"csharp": {"Program.cs", []string{"bash", "-c", `mcs -langversion:latest -out:"$1.exe" -r:System.Net.Http.dll "$1" && mono "$1.exe"`, "run"}, nil},
	}
	more := map[string][]string{"csharp": {"mcs", "mono"}} // what a language needs beside the program that is called
	ran := map[string]string{"list-assets": "Van 1", "create-asset": "Van 12", "issue-token": "access_token", "get-user": "acme-logistics", "get-jwks": "keys"}
	for language, how := range languages {
		t.Run(language, func(t *testing.T) {
			for _, program := range append([]string{how.program[0]}, more[language]...) {
				if _, err := exec.LookPath(program); err != nil {
					lacking(t, program)
				}
			}
			var files []string
			for operation, of := range samples {
				at := filepath.Join(folder, language+"-"+operation)
				must(t, os.Mkdir(at, 0o700))
				file := filepath.Join(at, how.file)
				must(t, os.WriteFile(file, []byte(of[language]), 0o600))
				files = append(files, file)
			}
			if language == "fetch" {
				files = files[:12] // each is a start of Node.js
			}
			if how.read != nil {
				if out, err := exec.Command(how.read[0], append(how.read[1:], files...)...).CombinedOutput(); err != nil || len(out) > 0 {
					t.Errorf("%v\n%s", err, out)
				}
			}
			for operation, want := range ran {
				if slow := language == "go" || language == "java" || language == "csharp"; slow && operation != "create-asset" && operation != "issue-token" {
					continue
				}
				cmd := exec.Command(how.program[0], append(how.program[1:], filepath.Join(folder, language+"-"+operation, how.file))...)
				cmd.Env = environment
				if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), want) {
					t.Errorf("%s: %v\n%s", operation, err, samples[operation][language])
				}
			}
		})
	}
}
