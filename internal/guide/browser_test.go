//go:build !race

// The protocol of browsers takes minutes to compile under the race detector, which sees nothing of a browser.

package guide

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/yipii/yipii/internal/testkit/browser"
)

// most is what a page may weigh with all that it loads, unpacked.
const most = 300_000

// serveSite serves the guides and the reference, with what the dashboard's pages load too, and answers where.
func serveSite(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", site(t))
	mux.HandleFunc("/static/", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "../dashboard"+r.URL.Path) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// TestPagesInABrowser: on a desk and on a phone, in light and in dark, no guide breaks its own rules, is too wide, weighs too
// much or keeps anybody out; languages stay chosen; the search finds.
func TestPagesInABrowser(t *testing.T) {
	p := browser.Open(t, serveSite(t))
	looks := map[string]browser.Look{"desk": {}, "phone-dark": {Phone: true, Dark: true}}
	folder := os.Getenv("YIPII_TEST_PICTURES")
	if folder != "" { // for who looks at them; colours and widths are apart in the stylesheet
		looks["desk-dark"], looks["phone"] = browser.Look{Dark: true}, browser.Look{Phone: true}
	}
	for name, look := range looks {
		t.Run(name, func(t *testing.T) {
			p := p.In(t)
			p.As(look)
			for _, slug := range Slugs() {
				p.Goto(PathOf(slug))
				if n := p.Overflow(); n > 0 {
					t.Errorf("%s is %d pixels too wide", slug, n)
				}
				if folder != "" {
					p.Screenshot(filepath.Join(folder, fmt.Sprintf("%s-%s.png", name, slug)))
				}
				if name == "desk" {
					if weight := browser.Read(p, chromedp.Evaluate[int](weigh)); weight > most || weight < 10_000 {
						t.Errorf("%s weighs %d bytes", slug, weight)
					}
				}
				// All that guides consist of stands in the second and the third; axe takes a second a page.
				if name == "desk" || slug == landing || slug == "authentication" || slug == "operating" {
					for _, v := range p.Axe() {
						t.Errorf("%s: %v", slug, v)
					}
				}
			}
			if look.Phone { // the list of guides covers the page, and is a link's target
				p.Goto("/docs/errors")
				for link, want := range map[string]string{".menu-link": "block", "#all-pages .close": "none"} {
					p.Do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).click()`, link)))
					if shown := browser.Read(p, chromedp.Evaluate[string](`getComputedStyle(document.getElementById("all-pages")).display`)); shown != want {
						t.Errorf("after %s the list of guides is %s", link, shown)
					}
				}
			}
			p.Check()
		})
	}
	t.Run("languages stay chosen", func(t *testing.T) {
		p := p.In(t)
		p.As(browser.Look{})
		p.Goto("/docs/authentication")
		p.Do(chromedp.Click(`[data-tabs] .tabs button:nth-child(5)`))
		if wrong := browser.Read(p, chromedp.Evaluate[string](others("python"))); wrong != "" {
			t.Errorf("on the same page: %s", wrong)
		}
		p.Goto("/docs/quick-start")
		if wrong := browser.Read(p, chromedp.Evaluate[string](others("python"))); wrong != "" {
			t.Errorf("on another page: %s", wrong)
		}
		p.Check()
	})
	t.Run("the search finds", func(t *testing.T) {
		p := p.In(t)
		p.Goto("/docs")
		p.Do(chromedp.SendKeys("#query", "handling exp"), chromedp.WaitVisible("#hits a"))
		if at := browser.Read(p, chromedp.Evaluate[string](`document.querySelector("#hits a").getAttribute("href")`)); at != "/docs/authentication#handling-expired-tokens" {
			t.Errorf("the first place is %s", at)
		}
		for _, v := range p.Axe() {
			t.Errorf("with results: %v", v)
		}
		p.Do(chromedp.SendKeys("#query", kb.Enter), chromedp.WaitVisible("#handling-expired-tokens"))
		p.Check()
	})
	t.Run("the switch of colours stays", func(t *testing.T) {
		p := p.In(t)
		p.As(browser.Look{})
		const ground = `getComputedStyle(document.body).backgroundColor`
		p.Goto("/docs")
		light := browser.Read(p, chromedp.Evaluate[string](ground))
		p.Do(chromedp.Click("button.theme"))
		p.Goto("/docs/errors")
		if dark := browser.Read(p, chromedp.Evaluate[string](ground)); dark == light {
			t.Errorf("it is %s as before", dark)
		}
		p.Check()
	})
}

// TestOnPaper: what is printed has all of its samples, with no part that would have to be scrolled to.
func TestOnPaper(t *testing.T) {
	p := browser.Open(t, serveSite(t))
	p.As(browser.Look{Paper: true})
	for _, path := range []string{"/docs/authentication", "/docs/api/reports"} {
		p.Goto(path)
		const cut = `[...document.querySelectorAll("pre")].filter(e => e.checkVisibility() && (e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight)).length`
		if n := browser.Read(p, chromedp.Evaluate[int](cut)); n > 0 {
			t.Errorf("%s: %d samples are cut off", path, n)
		}
	}
	p.Check()
}

// weigh is how many bytes the page and all that it loaded have, unpacked.
const weigh = `performance.getEntries().filter(e => e.decodedBodySize).reduce((sum, e) => sum + e.decodedBodySize, 0)`

// others names a group of samples that has the language and shows another.
func others(language string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("[data-tabs]")].filter(g => g.querySelector('[data-tab=%q]') && g.querySelector('[data-tab=%q]').hidden)
		.map(g => g.innerText.slice(0, 80)).join(" | ") || (document.querySelector('[data-tab=%q]') ? "" : "no sample")`, language, language, language)
}
