//go:build !race

package guide

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/yipii/yipii/internal/testkit/browser"
)

// mostSent is what a page of the reference may weigh with all that it loads, as it goes over the wire.
const mostSent = 100_000

// TestReferenceInABrowser: on a desk and on a phone, in light and in dark, no page of the reference breaks its own rules, is too wide,
// weighs too much or keeps anybody out, with all that it folds away unfolded.
func TestReferenceInABrowser(t *testing.T) {
	h := site(t)
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("/static/", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "../dashboard"+r.URL.Path) })
	server := httptest.NewServer(mux)
	defer server.Close()
	p := browser.Open(t, server.URL)
	paths := referencePaths(t)
	folder := os.Getenv("YIPII_TEST_PICTURES")
	for name, look := range map[string]browser.Look{"desk": {}, "phone": {Phone: true}, "desk-dark": {Dark: true}, "phone-dark": {Phone: true, Dark: true}} {
		t.Run(name, func(t *testing.T) {
			p := p.In(t)
			p.As(look)
			for _, path := range paths {
				p.Goto(path)
				if folder != "" {
					p.Screenshot(filepath.Join(folder, fmt.Sprintf("%s-%s.png", name, filepath.Base(path))))
				}
				if weight := browser.Read(p, chromedp.Evaluate[int](weighSent)); weight > mostSent || weight < 10_000 {
					t.Errorf("%s weighs %d bytes", path, weight)
				}
				p.Do(chromedp.Evaluate[chromedp.Void](`for (const fold of document.querySelectorAll("details")) fold.open = true`))
				if n := p.Overflow(); n > 0 {
					t.Errorf("%s is %d pixels too wide", path, n)
				}
				if folder != "" {
					p.Screenshot(filepath.Join(folder, fmt.Sprintf("%s-%s-open.png", name, filepath.Base(path))))
				}
				for _, v := range p.Axe() {
					t.Errorf("%s: %v", path, v)
				}
			}
			p.Check()
		})
	}
}

// weighSent is how many bytes the page and all that it loads are on the wire, those from the browser's memory counted too.
const weighSent = `performance.getEntries().filter(e => e.encodedBodySize).reduce((sum, e) => sum + e.encodedBodySize, 0)`
