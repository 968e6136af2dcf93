package browser_test

import (
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/yipii/yipii/internal/testkit/browser"
)

const good = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Good</title><link rel="icon" href="data:,">
<style>main{height:3000px} @media (prefers-color-scheme: dark){p::after{content:" dark"}} @media (max-width: 400px){p::before{content:"narrow "}}</style>
<main><h1>Good</h1><p>text</p></main></html>`

// site serves a good page, and some on which something is wrong.
func site(t *testing.T) string {
	pages := map[string]string{
		"/good":      good,
		"/console":   good + `<script>console.error("oh", {a: 1}); console.warn("hm")</script>`,
		"/exception": good + `<script>null.x</script>`,
		"/missing":   good + `<img alt="" src="/nowhere.png">`,
		"/foreign":   good + `<img alt="" src="http://127.0.0.2:9/x.png">`,
		"/csp":       good + `<script>document.title = "ran"</script>`,
		"/shut-out":  `<!doctype html><html><title></title><link rel="icon" href="data:,"><input><p>well</p><p style="color:#ddd;background:#fff">faint</p><p style="color:#ddd;background:#fff">faint too</p><div style="width:2000px">wide</div></html>`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.URL.Path == "/csp" {
			w.Header().Set("Content-Security-Policy", "default-src 'self' data:; style-src 'unsafe-inline'")
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, text)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestFaultsAreHeard(t *testing.T) {
	p := browser.Open(t, site(t))
	p.Goto("/good")
	p.Check()
	for path, want := range map[string]string{"/console": "console: oh", "/exception": "exception: TypeError", "/missing": "network: Failed to load", "/csp": "Content Security Policy"} {
		p.Forget()
		p.Goto(path)
		for deadline := time.Now().Add(5 * time.Second); len(p.Faults()) == 0 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		}
		if got := strings.Join(p.Faults(), "\n"); !strings.Contains(got, want) || strings.Contains(got, "hm") {
			t.Errorf("%s: heard %q", path, got)
		}
	}
	p.Forget()
	p.Goto("/foreign")
	if got := p.Foreign(); !slices.Equal(got, []string{"http://127.0.0.2:9/x.png"}) || p.Requests() != 2 {
		t.Errorf("%v in %d requests", got, p.Requests())
	}
}

func TestLooks(t *testing.T) {
	p := browser.Open(t, site(t))
	p.Goto("/good")
	for look, want := range map[browser.Look]string{
		{}: "1280 light", {Phone: true}: "390 light", {Dark: true}: "1280 dark", {Phone: true, Dark: true}: "390 dark",
	} {
		p.As(look)
		got := browser.Read(p, chromedp.Evaluate[string](`innerWidth + (matchMedia('(prefers-color-scheme: dark)').matches ? ' dark' : ' light')`))
		if got != want {
			t.Errorf("%+v: %s", look, got)
		}
	}
	file := filepath.Join(t.TempDir(), "page.png")
	p.As(browser.Look{Phone: true})
	p.Screenshot(file)
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil || picture.Bounds().Dx() != 390 || picture.Bounds().Dy() < 3000 {
		t.Errorf("%v, %v", picture.Bounds(), err)
	}
	if p.Text("h1") != "Good" || p.Overflow() != 0 {
		t.Errorf("%q, %d too wide", p.Text("h1"), p.Overflow())
	}
}

func TestAxe(t *testing.T) {
	p := browser.Open(t, site(t))
	p.Goto("/csp")
	if found := p.Axe(); len(found) > 0 {
		t.Errorf("a good page: %v", found)
	}
	p.Goto("/shut-out")
	found := fmt.Sprint(p.Axe())
	for _, rule := range []string{"label (critical)", "html-has-lang (serious)", "document-title (serious)", "color-contrast (serious)"} {
		if !strings.Contains(found, rule) {
			t.Errorf("%s is not in %s", rule, found)
		}
	}
	if only := p.Axe("label"); len(only) != 1 || only[0].Rule != "label" {
		t.Errorf("by one rule: %v", only)
	}
	if faint := p.AxeContrast(); len(faint) != 1 || faint[0].Rule != "color-contrast" || len(faint[0].Where) != 1 {
		t.Errorf("of two faint texts of one kind: %v", faint)
	}
	if p.Overflow() < 500 {
		t.Errorf("%d too wide", p.Overflow())
	}
}
