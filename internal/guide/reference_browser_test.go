//go:build !race

package guide

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/yipii/yipii/internal/testkit/browser"
)

// mostSent is what a page of the reference may weigh with all that it loads, as it goes over the wire.
const mostSent = 100_000

// looks are how the reference is looked at, the first by all rules.
var looks = []struct {
	name string
	browser.Look
}{{"desk", browser.Look{}}, {"desk-dark", browser.Look{Dark: true}}, {"phone", browser.Look{Phone: true}}, {"phone-dark", browser.Look{Phone: true, Dark: true}}}

// TestReferenceInABrowser: on a desk and on a phone, in light and in dark, no page of the reference breaks its own rules, is too wide,
// weighs too much or keeps anybody out, with all that it folds away unfolded. Each page is loaded once. All rules look at it on a desk in
// light; of the rules, contrast alone depends on the colours, and the sizes of targets and what scrolls on the width.
func TestReferenceInABrowser(t *testing.T) {
	url := serveSite(t)
	// Two browsers share the pages, each takes the next: nearly all of the time is axe's, on one thread.
	paths := make(chan string, 100)
	for _, path := range referencePaths(t) {
		paths <- path
	}
	close(paths)
	for _, name := range []string{"first browser", "second browser"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := browser.Open(t, url)
			for path := range paths {
				lookAt(t, p, path)
			}
			p.Check()
		})
	}
}

func lookAt(t *testing.T, p *browser.Page, path string) {
	p.As(browser.Look{})
	p.Goto(path)
	if weight := browser.Read(p, chromedp.Evaluate[int](weighSent)); weight > mostSent || weight < 10_000 {
		t.Errorf("%s weighs %d bytes", path, weight)
	}
	folder := os.Getenv("YIPII_TEST_PICTURES")
	picture := func(look, state string) {
		if folder != "" {
			p.Screenshot(filepath.Join(folder, fmt.Sprintf("%s-%s%s.png", look, filepath.Base(path), state)))
		}
	}
	if folder != "" {
		for _, look := range looks {
			p.As(look.Look)
			picture(look.name, "")
		}
	}
	p.Do(chromedp.Evaluate[chromedp.Void](`for (const fold of document.querySelectorAll("details")) fold.open = true`))
	for i, look := range looks {
		p.As(look.Look)
		if n := p.Overflow(); n > 0 {
			t.Errorf("%s is %d pixels too wide (%s)", path, n, look.name)
		}
		picture(look.name, "-open")
		var found []browser.Violation
		switch {
		case i == 0:
			found = p.Axe()
		case look.Phone && !look.Dark:
			found = append(p.AxeContrast(), p.Axe("target-size", "scrollable-region-focusable")...)
		default:
			found = p.AxeContrast()
		}
		for _, v := range found {
			t.Errorf("%s (%s): %v", path, look.name, v)
		}
	}
}

// weighSent is how many bytes the page and all that it loads are on the wire, those from the browser's memory counted too.
const weighSent = `performance.getEntries().filter(e => e.encodedBodySize).reduce((sum, e) => sum + e.encodedBodySize, 0)`
