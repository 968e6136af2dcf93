//go:build !race

// The protocol of browsers takes minutes to compile under the race detector, which sees nothing of a browser.

package tracking

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/yipii/yipii/internal/atlas"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/testkit/browser"
	"github.com/yipii/yipii/internal/web"
)

// open shows the pages and the API to a browser, as one site.
func (w *world) open(t *testing.T) (page *browser.Page, site string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r = r.WithContext(web.WithRequest(r.Context(), &web.Request{ID: "r1", ClientIP: netip.MustParseAddr("203.0.113.7"), Log: slog.New(slog.DiscardHandler)}))
		switch {
		case r.URL.Path == "/frame": // another site's page, which frames what its query names
			rw.Header().Set("Content-Type", "text/html")
			_, _ = rw.Write([]byte(`<!DOCTYPE html><html lang="en"><title>Shop</title><link rel="icon" href="data:,"><iframe title="Tracking" src="` + r.URL.Query().Get("of") + `"></iframe>`))
		case strings.HasPrefix(r.URL.Path, "/static/atlas/"):
			maps := http.NewServeMux()
			maps.Handle(atlas.Pattern, atlas.Handler())
			maps.ServeHTTP(rw, r)
		case strings.HasPrefix(r.URL.Path, "/api/"):
			w.router.ServeHTTP(rw, r)
		default:
			w.pages.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(server.Close)
	return browser.Open(t, server.URL), server.URL
}

func picture(p *browser.Page, name string) {
	if folder := os.Getenv("YIPII_TEST_PICTURES"); folder != "" {
		p.Screenshot(filepath.Join(folder, name+".png"))
	}
}

// TestPageInABrowser: the page shows what its link shows, asks for a PIN, tells of the end, breaks none of its own rules and keeps nobody
// out, on a desk and on a phone.
func TestPageInABrowser(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t))
	van := w.asset("", 25, 20, 15, 10, 5, 1)
	p, site := w.open(t)
	for name, look := range map[string]browser.Look{"desk": {}, "phone": {Phone: true, Dark: true}} {
		t.Run(name, func(t *testing.T) {
			p := p.In(t)
			p.As(look)
			fine := func(what string) {
				t.Helper()
				if n := p.Overflow(); n > 0 {
					t.Errorf("%s is %d pixels too wide", what, n)
				}
				picture(p, name+"-"+what)
				t.Run(what, func(t *testing.T) { // skipped where axe isn't installed
					for _, v := range p.In(t).Axe() {
						t.Error(v)
					}
				})
			}
			path, token := w.link(`,"show":"arrival","destination":{"name":"12 Harbour Road","latitude":52.5,"longitude":13.6},"pin":"4711"`, van, w.asset(""))
			p.Goto("/t/" + token)
			p.Do(chromedp.WaitVisible("#pin"))
			fine("pin")
			p.Do(chromedp.SendKeys("#pin", "0000"), chromedp.Click("button[type=submit]"), chromedp.WaitVisible("#pin-wrong:not(:empty)"))
			fine("wrong")
			p.Forget() // the browser tells of the 422 itself
			p.Do(chromedp.SendKeys("#pin", "4711"), chromedp.Click("button[type=submit]"), chromedp.WaitVisible("#assets li"))
			if text := browser.Read(p, chromedp.Evaluate[string](`document.querySelector("main").innerText`)); !strings.Contains(text, "Delivery") ||
				!strings.Contains(text, "at 52.50000, 13.45000") || !strings.Contains(text, "40 km/h") || !strings.Contains(text, "km from 12 Harbour Road") ||
				!strings.Contains(text, "Arrives about") || !strings.Contains(text, "no position yet") {
				t.Errorf("the page says %s", text)
			}
			if cookies := browser.Read(p, chromedp.Evaluate[string](`document.cookie`)); cookies != "" {
				t.Errorf("cookies %s", cookies)
			}
			fine("arrival")
			p.Goto("/t/" + token + "/embed")
			p.Do(chromedp.WaitVisible("#pin"))
			p.Check()
			w.want(200, "POST", path+"/revoke", "")
			p.Goto("/t/" + token)
			fine("revoked")
			p.Forget()
		})
	}
	p.As(browser.Look{})
	_, token := w.link("", van)
	// Another site: the same server by another name.
	other := strings.Replace(site, "127.0.0.1", "localhost", 1)
	frames := func(path string) int {
		p.Do(chromedp.Navigate(other + "/frame?of=" + site + path))
		p.Do(chromedp.WaitVisible("iframe"))
		return browser.Read(p, chromedp.Evaluate[int](`frames.length`))
	}
	if n := frames("/t/" + token + "/embed"); n != 1 {
		t.Errorf("%d frames", n)
	}
	picture(p, "framed")
	frames("/t/" + token)
	picture(p, "not-framed")
	p.Forget()
}

// TestDrawnLink: the map of a link shows what the link shows: where a vehicle is going and when it is there, or where it was.
func TestDrawnLink(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t))
	first, second := w.asset("", 25, 20, 15, 10, 5, 1), w.asset("", 12, 8, 4, 2)
	p, _ := w.open(t)
	drawn := func(condition string) {
		t.Helper()
		p.Do(chromedp.Poll[chromedp.Void](`(() => { const live = document.querySelector("#map").liveMap; const on = (layer) => live.map.queryRenderedFeatures({layers: [layer]});
			return Boolean(live?.map.loaded() && (` + condition + `)); })()`))
	}
	for name, look := range map[string]browser.Look{"desk": {}, "phone": {Phone: true, Dark: true}} {
		p.As(look)
		_, token := w.link(`,"show":"arrival","destination":{"name":"12 Harbour Road","latitude":52.56,"longitude":13.6}`, first)
		p.Goto("/t/" + token)
		drawn(`on("goal").some((f) => f.properties.name === "12 Harbour Road") && on("ahead").length > 0 && on("chosen").length === 1`)
		if card := p.Text(".lm-card"); !strings.Contains(card, "about") || !strings.Contains(card, "km") {
			t.Errorf("the card says %q", card)
		}
		picture(p, "link-arrival-"+name)
		_, token = w.link(`,"show":"arrival","destination":{"name":"12 Harbour Road","latitude":52.56,"longitude":13.6}`, first, second)
		p.Goto("/t/" + token)
		drawn(`on("ahead").length > 0 && on("markers").filter((f) => f.properties.name.includes("Arrives about")).length + on("clusters").length > 0`)
		picture(p, "link-arrivals-"+name)
		_, token = w.link(`,"show":"trail"`, first, second)
		p.Goto("/t/" + token)
		drawn(`on("ways").length > 0 && on("goal").length === 0`)
		picture(p, "link-trails-"+name)
		_, token = w.link(`,"show":"trail"`, first)
		p.Goto("/t/" + token)
		drawn(`on("trail").length > 0 && live.trail.state().points > 1`)
		picture(p, "link-trail-"+name)
		_, token = w.link("", first)
		p.Goto("/t/" + token + "/embed")
		drawn(`on("trail").length === 0 && on("ways").length === 0 && on("goal").length === 0 && on("chosen").length === 1`)
		picture(p, "link-embed-"+name)
		if n := p.Overflow(); n > 0 {
			t.Errorf("%d pixels too wide", n)
		}
	}
	p.Check()
}
