//go:build !race

package e2e

import (
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/yipii/yipii/internal/testkit/browser"
)

// form is a form of the reference that tries an operation.
type form struct {
	t  *testing.T
	p  *browser.Page
	at string // selector of what folds it
}

// try unfolds the form of an operation.
func try(t *testing.T, p *browser.Page, operation string) form {
	t.Helper()
	f := form{t, p, fmt.Sprintf(`section:has(#%s) .try`, operation)}
	f.eval(`form.parentElement.open = true`)
	return f
}

func (f form) eval(script string) {
	f.p.Do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{ const form = document.querySelector(%q).querySelector("form"); %s; }`, f.at, script)))
}

// fill writes into a field, as a person does.
func (f form) fill(name, value string) {
	f.eval(fmt.Sprintf(`const field = form.querySelector(%q); field.value = %q; field.dispatchEvent(new Event("input", {bubbles: true})); field.dispatchEvent(new Event("change", {bubbles: true}))`, name, value))
}

func (f form) send() { f.p.Do(chromedp.Click(f.at + " .actions button.first")) }

// answered waits until the form shows a status and a text.
func (f form) answered(status, text string) {
	f.t.Helper()
	waitFor(f.t, f.p, f.at+" is answered "+status+" "+text, fmt.Sprintf(`document.querySelector(%q)?.textContent === %q && document.querySelector(%q).textContent.includes(%q)`,
		f.at+" .result .status", status, f.at+" .result", text))
}

// TestReference is the API reference in a browser: it shows each operation with examples, and who is signed in tries calls with
// their own session, whose token is in the page's memory alone, as is one that is pasted.
func TestReference(t *testing.T) {
	in := install(t, "sqlite:"+filepath.Join(t.TempDir(), "yipii.db"))
	in.withoutPublicURL()
	in.run("init", "--account", "globex", "--name", "Globex", "--email", "admin@globex.example")
	in.run("account", "member", "add", "globex", "--email", in.made.Email, "--role", "viewer")
	in.serve()
	token := in.token(in.made.ClientID, in.made.ClientSecret)
	van := in.asset(token, "Van 1", "350000000000001")
	other := in.asset(token, "Van 2", "350000000000002")
	p := browser.Open(t, in.url)

	// Links as the reference had them before lead to where the operation is now.
	p.Goto("/docs/api#/Assets/list-assets")
	waitFor(t, p, "the old link leads on", `location.pathname + location.hash === "/docs/api/assets#list-assets" && document.getElementById("list-assets")`)
	if got := p.Text("#caller"); !strings.Contains(got, "Sign in") {
		t.Errorf("nobody is signed in, and the page says %q", got)
	}
	const sample = "section:has(#list-assets) .samples[data-tabs] .code:not([hidden]) code"
	if got := p.Text(sample); !strings.Contains(got, `curl --fail-with-body "`+in.url+`/api/acme-logistics/asset"`) {
		t.Errorf("the sample in curl: %s", got)
	}
	p.Do(chromedp.Click("section:has(#list-assets) .samples[data-tabs] .tabs button:nth-child(6)"))
	if got := p.Text(sample); !strings.Contains(got, "package main") {
		t.Errorf("the sample in Go: %s", got)
	}
	list := try(t, p, "list-assets")
	list.send()
	list.answered("401", "Unauthenticated.")
	p.Forget() // the browser tells of the refusal

	// A token that is pasted, by who isn't signed in.
	p.Do(chromedp.Click("#caller summary"), chromedp.SendKeys("#pasted", token), chromedp.Click("#caller button.first"))
	waitFor(t, p, "the page says whose token it is", `document.querySelector("#caller .who").textContent.includes("admin in acme-logistics")`)
	list.send()
	list.answered("200", "Van 1")
	leavesNothing(t, p, token)
	p.Do(chromedp.Click("#caller summary"), chromedp.Click("#caller .forget"))
	list.send()
	list.answered("401", "Unauthenticated.")
	p.Forget()

	in.signIn(p)
	p.Goto("/docs/api/assets")
	if got := p.Text("#caller .who"); !strings.Contains(got, "admin in acme-logistics") {
		t.Errorf("the admin is signed in, and the page says %q", got)
	}
	if got := p.Text(sample); !strings.Contains(got, "package main") {
		t.Errorf("the language isn't the one that was chosen: %s", got)
	}
	list = try(t, p, "list-assets")
	list.fill("[name=search]", "Van 2")
	list.send()
	list.answered("200", "Van 2")
	list.answered("200", "/api/acme-logistics/asset?search=Van+2")

	// A body is prefilled, and what is wrong in it is told, by the page or by the server.
	create := try(t, p, "create-asset")
	create.fill("textarea", `{"name": "Van 3"`)
	create.send()
	waitFor(t, p, "the body isn't JSON", fmt.Sprintf(`document.querySelector(%q)?.textContent.includes("not JSON")`, create.at+" .result .wrong"))
	create.fill("textarea", `{"name": ""}`)
	create.send()
	create.answered("422", "errors")
	p.Forget()
	create.fill("textarea", `{"name": "Van 3"}`)
	create.send()
	create.answered("201", "location")

	// What deletes asks first.
	remove := try(t, p, "delete-asset")
	remove.fill("[name=id]", fmt.Sprint(van))
	remove.send()
	waitFor(t, p, "it asks", fmt.Sprintf(`document.querySelector(%q).textContent.includes("press again")`, remove.at+" button.first"))
	if status, _ := in.call("GET", fmt.Sprintf("/api/acme-logistics/asset/%d", van), token, ""); status != 200 {
		t.Fatalf("it didn't ask before it deleted: %d", status)
	}
	remove.fill("[name=id]", fmt.Sprint(other)) // another one: it asks anew
	remove.send()
	waitFor(t, p, "it asks again", fmt.Sprintf(`document.querySelector(%q).textContent.includes("press again")`, remove.at+" button.first"))
	remove.send()
	remove.answered("204", "DELETE /api/acme-logistics/asset/")
	for id, want := range map[int64]int{van: 200, other: 404} {
		if status, _ := in.call("GET", fmt.Sprintf("/api/acme-logistics/asset/%d", id), token, ""); status != want {
			t.Errorf("asset %d: %d", id, status)
		}
	}

	// In the other account the same person is a viewer. The choice stays, for samples too.
	p.Do(chromedp.Evaluate[chromedp.Void](`{ const choice = document.getElementById("account"); choice.value = "globex"; choice.dispatchEvent(new Event("change")); }`))
	waitFor(t, p, "the page is for the other account", `document.querySelector("#caller .who")?.textContent.includes("viewer in globex")`)
	if got := p.Text(sample); !strings.Contains(got, "/api/globex/asset") {
		t.Errorf("the sample is for another account: %s", got)
	}
	list, create = try(t, p, "list-assets"), try(t, p, "create-asset")
	list.send()
	list.answered("200", `"data": []`)
	create.send()
	create.answered("403", "This action is unauthorized.")
	p.Forget()
	leavesNothing(t, p, "yipt_")

	// A file is offered as one, and a stream is shown as it comes until it is stopped.
	p.Goto("/docs/api/audit")
	if got := p.Text("#caller .who"); !strings.Contains(got, "viewer in globex") {
		t.Errorf("the choice of the account didn't stay: %s", got)
	}
	p.Goto("/docs/quick-start")
	if got := p.Text("article"); !strings.Contains(got, "YIPII_ACCOUNT_KEY=globex") {
		t.Error("the guides are for another account than the one that was chosen")
	}
	p.Goto("/docs/api/live-tracking")
	live := try(t, p, "follow-account")
	live.send()
	waitFor(t, p, "it can be stopped", fmt.Sprintf(`!document.querySelector(%q).hidden && document.querySelector(%[1]q) && document.querySelector(%q)`, live.at+" .stop", live.at+" .result pre"))
	p.Do(chromedp.Click(live.at + " .stop"))
	live.answered("200", "Stopped.")
	p.Goto("/docs/api/oauth")
	issue := try(t, p, "issue-token")
	issue.fill("textarea", "grant_type=client_credentials\nclient_id="+in.made.ClientID+"\nclient_secret="+in.made.ClientSecret)
	issue.send()
	issue.answered("200", "access_token")
	leavesNothing(t, p, in.made.ClientSecret)
	p.Goto("/docs/api/assets")
	list = try(t, p, "list-assets")
	list.send()
	list.answered("200", "data")
	for name, look := range map[string]browser.Look{"phone": {Phone: true}, "desk": {}, "phone-dark": {Phone: true, Dark: true}, "desk-dark": {Dark: true}} {
		p.As(look)
		p.Do(chromedp.Evaluate[chromedp.Void]("scrollTo(0, 0)"))
		if over := p.Overflow(); over > 0 {
			t.Errorf("%s: the page with an answer is %d pixels too wide", name, over)
		}
		if folder := os.Getenv("YIPII_TEST_PICTURES"); folder != "" {
			p.Screenshot(filepath.Join(folder, "reference-"+name+".png"))
		}
		for _, v := range p.Axe() {
			t.Errorf("%s, with an answer: %v", name, v)
		}
	}
	p.Check()
}

// leavesNothing fails if the page keeps a secret or has had it in an address.
func leavesNothing(t *testing.T, p *browser.Page, secret string) {
	t.Helper()
	kept := browser.Read(p, chromedp.Evaluate[string](`location.href + JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage}) + document.cookie +
		performance.getEntries().map((e) => e.name).join() + document.body.innerText`))
	if strings.Contains(kept, secret) || !strings.Contains(kept, "yipii-language") || !strings.Contains(kept, "/docs/api/") {
		t.Errorf("the page keeps %s", kept)
	}
}

// sampleTab is a sample of a page of the reference, with its language.
var sampleTab = regexp.MustCompile(`(?s)data-tab="(\w+)"><figcaption>.*?<code>(.*?)</code>`)

// samplesOfReference are the samples that the reference shows, by operation and language.
func (in *installation) samplesOfReference() map[string]map[string]string {
	in.t.Helper()
	_, overview := in.call("GET", "/docs/api", "", "")
	samples := map[string]map[string]string{}
	for _, page := range regexp.MustCompile(`href="(/docs/api/[a-z-]+)"`).FindAllSubmatch(overview, -1) {
		_, text := in.call("GET", string(page[1]), "", "")
		for _, section := range strings.Split(string(text), `<section class="operation">`)[1:] {
			id := regexp.MustCompile(`<h2 id="([a-z-]+)">`).FindStringSubmatch(section)[1]
			samples[id] = map[string]string{}
			_, shown, _ := strings.Cut(section, `data-tabs="Language"`)
			shown, _, _ = strings.Cut(shown, "</div>")
			for _, tab := range sampleTab.FindAllStringSubmatch(shown, -1) {
				samples[id][tab[1]] = html.UnescapeString(regexp.MustCompile(`</?span[^>]*>`).ReplaceAllString(tab[2], ""))
			}
		}
	}
	return samples
}

// TestSamplesOfReference runs some of the reference's samples in each language that there is a program for, and lets the others be
// read by the language's own reader.
func TestSamplesOfReference(t *testing.T) {
	t.Parallel()
	node(t, "../clients")
	in := install(t, "sqlite:"+filepath.Join(t.TempDir(), "yipii.db"))
	in.withoutPublicURL()
	in.serve()
	token := in.token(in.made.ClientID, in.made.ClientSecret)
	in.asset(token, "Van 1", "350000000000001")
	environment := append(os.Environ(), "YIPII_CLIENT_ID="+in.made.ClientID, "YIPII_CLIENT_SECRET="+in.made.ClientSecret, "YIPII_TOKEN="+token)
	samples := in.samplesOfReference()
	if len(samples) < 100 {
		t.Fatalf("samples of %d operations only", len(samples))
	}
	modules, err := filepath.Abs("../clients/node_modules")
	must(t, err)
	folder := t.TempDir()
	must(t, os.Symlink(modules, filepath.Join(folder, "node_modules")))

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
				if of[language] == "" || len(of) != len(languages) {
					t.Fatalf("%s has samples in %d languages", operation, len(of))
				}
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
