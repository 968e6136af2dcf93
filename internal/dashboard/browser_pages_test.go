//go:build !race

// The protocol of browsers takes minutes to compile under the race detector, which sees nothing of a browser.

package dashboard

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/testkit/browser"
	"github.com/yipii/yipii/internal/web"
)

// openAs shows the site to a browser in which a user is signed in.
func (s *site) openAs(t *testing.T, user int64) *browser.Page {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Test-User", strconv.FormatInt(user, 10))
		req := &web.Request{ID: "r1", ClientIP: netip.MustParseAddr("203.0.113.7"), UserAgent: r.UserAgent()}
		s.handler.ServeHTTP(w, r.WithContext(web.WithRequest(r.Context(), req)))
	}))
	t.Cleanup(server.Close)
	return browser.Open(t, server.URL)
}

// TestEveryPageInABrowser: on a desk and on a phone, in light and in dark, no page breaks its own rules, is too wide, or
// keeps anybody out.
func TestEveryPageInABrowser(t *testing.T) {
	s, one := furnished(t)
	c, err := s.pages.Credentials.Find(t.Context(), s.acme, one.client)
	s.must(err)
	s.used(one.client, "203.0.113.9", "importer/1 "+strings.Repeat("with a very long name ", 9))
	s.used(bearer.SecretName(c.Secrets[1].ID), "2001:db8:1234:5678:9abc:def0:1234:5678", "importer/2")
	p := s.openAs(t, s.ada)
	paths := []string{"/acme/asset/" + one.asset + "?from=2020-01-01&to=2020-01-01"}
	for _, rt := range s.router.Routes() {
		if rt.InAccount() && rt.Method == http.MethodGet && !strings.Contains(rt.Pattern, "/map/") && !noPage(rt) { // what the map asks for is JSON
			paths = append(paths, one.path("acme", rt))
		}
	}
	for name, look := range map[string]browser.Look{"desk": {}, "phone": {Phone: true, Dark: true}} {
		t.Run(name, func(t *testing.T) {
			p := p.In(t)
			p.As(look)
			for _, path := range paths {
				p.Goto(path)
				if n := p.Overflow(); n > 0 {
					t.Errorf("%s is %d pixels too wide", path, n)
				}
				s.picture(p, name+strings.ReplaceAll(path, "/", "-"))
			}
			p.Check()
			if look.Phone {
				return // test/e2e asks axe of phones too
			}
			for _, path := range paths {
				p.Goto(path)
				for _, v := range p.Axe() {
					t.Errorf("%s: %v", path, v)
				}
			}
		})
	}
}

// picture keeps a picture of the page where YIPII_TEST_PICTURES names a folder.
func (s *site) picture(p *browser.Page, name string) {
	if folder := os.Getenv("YIPII_TEST_PICTURES"); folder != "" {
		name, _, _ = strings.Cut(name, "?")
		p.Screenshot(filepath.Join(folder, name+".png"))
	}
}

// TestScript: what the script adds to the pages. Dialogs stand in for pages and give the focus back, samples show one
// language and remember which, menus close.
func TestScript(t *testing.T) {
	s := newSite(t)
	s.client(s.acme, s.ada, "Importer")
	p := s.openAs(t, s.ada)
	p.As(browser.Look{})
	is := func(what, expression string) {
		t.Helper()
		if !browser.Read(p, chromedp.Evaluate[bool](expression)) {
			t.Errorf("%s: %s", what, expression)
		}
	}
	gone := func(selector string) {
		t.Helper()
		p.Do(chromedp.Poll[chromedp.Void](`document.querySelector("` + selector + `") === null`))
	}
	p.Goto("/acme/access")
	const revoke = `a[href$="/revoke"]`
	p.Do(chromedp.Click(revoke), chromedp.WaitVisible("dialog h1"))
	is("the dialog is modal and has a name", `document.querySelector("dialog").matches(":modal") && document.getElementById(document.querySelector("dialog").getAttribute("aria-labelledby")).textContent.includes("Revoke")`)
	s.picture(p, "dialog-revoke")
	t.Run("axe", func(t *testing.T) {
		for _, v := range p.In(t).Axe() {
			t.Error(v)
		}
	})
	p.Do(chromedp.Click("dialog [data-cancel]"))
	gone("dialog")
	is("the focus is back", `document.activeElement.matches('`+revoke+`')`)
	p.Do(chromedp.Click(revoke), chromedp.WaitVisible("dialog h1"), chromedp.KeyEvent(kb.Escape))
	gone("dialog")

	p.Do(chromedp.Click(`a[href$="/client/new"]`), chromedp.WaitVisible("dialog #name"))
	s.picture(p, "dialog-new")
	p.Do(chromedp.SendKeys("dialog #name", "Second"), chromedp.Click("dialog button[type=submit]"), chromedp.WaitVisible("#secret"))
	p.Do(chromedp.WaitVisible("#sample-curl"), chromedp.Click("#tab-python"), chromedp.WaitVisible("#sample-python"))
	is("one sample is shown", `document.querySelectorAll("[role=tabpanel]:not([hidden])").length === 1`)
	p.Do(chromedp.KeyEvent(kb.ArrowLeft))
	is("the arrow goes to the tab before", `document.activeElement.id === "tab-php" && !document.getElementById("panel-php").hidden`)
	is("the choice is kept", `localStorage.getItem("yipii-language") === "php"`)

	p.Goto("/acme/")
	p.Do(chromedp.Click(".user summary"), chromedp.WaitVisible(".user ul"))
	s.picture(p, "menu")
	p.Do(chromedp.Click("h1"))
	gone(".user[open]")
	p.Check()
}
