// Package browser shows pages to tests in a real browser, Debian's Chromium, and hears what is wrong with them: script
// errors, breaches of the pages' own content security policy, requests to other hosts, and what keeps people with
// disabilities out (axe.go).
//
// It is imported by tests alone, and owns no table and no route. Where Chromium is missing a test is skipped with a line
// that says so; with CI or YIPII_REQUIRE_CLIENTS set it fails. It refuses to look away: a fault that a test doesn't expect
// is to be found by Check.
package browser

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience bounds one step of a test.
const patience = 30 * time.Second

// Page is a tab of a browser of the test's own. Its methods fail the test if they can't do what they say, so they are to be
// called from the test's own goroutine.
type Page struct {
	t    testing.TB
	tab  context.Context
	site *url.URL
	*heard
}

// heard is what the tab has told since the last Forget.
type heard struct {
	mu              sync.Mutex
	requests        int
	foreign, faults []string
}

// Open starts a browser with an empty tab for the pages of site, such as "http://127.0.0.1:1234", and ends it when t ends.
func Open(t testing.TB, site string) *Page {
	t.Helper()
	program := chromium(t)
	base, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	browser, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	tab, leave := chromedp.NewContext(browser)
	t.Cleanup(leave)
	p := &Page{t: t, tab: tab, site: base, heard: &heard{}}
	// The first run starts the browser; a deadline on it would end the browser too.
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	if err := chromedp.Listen(tab, p.hear); err != nil {
		t.Fatal(err)
	}
	return p
}

// chromium finds the browser, and skips the test where there is none and none is required.
func chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	lacks(t, "Chromium is not installed")
	return ""
}

// lacks skips the test for want of something, or fails it where nothing may be skipped.
func lacks(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") != "" || os.Getenv("YIPII_REQUIRE_CLIENTS") != "" {
		t.Fatal(what)
	}
	t.Skip("SKIPPED: " + what)
}

// In is the same page in a subtest.
func (p *Page) In(t testing.TB) *Page {
	return &Page{t: t, tab: p.tab, site: p.site, heard: p.heard}
}

func (p *Page) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests++
		if p.isForeign(e.Request.URL) {
			p.foreign = append(p.foreign, e.Request.URL)
		}
	case *runtime.EventExceptionThrown:
		p.faults = append(p.faults, "exception: "+textOf(e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			p.faults = append(p.faults, "console: "+argsOf(e.Args))
		}
	case *log.EventEntryAdded: // refused by the content security policy, not found, and the like
		if e.Entry.Level == log.EntryLevelError {
			p.faults = append(p.faults, strings.TrimSpace(fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)))
		}
	}
}

// isForeign reports whether a request goes anywhere but to the site and the page itself.
func (p *Page) isForeign(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return true
	}
	return u.Scheme != "data" && u.Scheme != "blob" && u.Scheme != "about" && (u.Scheme != p.site.Scheme || u.Host != p.site.Host)
}

func textOf(e *runtime.ExceptionDetails) string {
	if e.Exception != nil && e.Exception.Description != "" {
		return e.Exception.Description
	}
	return e.Text
}

func argsOf(args []*runtime.RemoteObject) string {
	words := make([]string, len(args))
	for i, a := range args {
		if words[i] = a.Description; words[i] == "" {
			words[i] = strings.Trim(fmt.Sprint(a.Value), `"`)
		}
	}
	return strings.Join(words, " ")
}

// Do runs steps one after another, for at most 30 seconds.
func (p *Page) Do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	Read(p, chromedp.Steps(steps...))
}

// Read runs a step and answers its value.
func Read[T any](p *Page, step chromedp.Action[T]) T {
	p.t.Helper()
	value, err := try(p, step)
	if err != nil {
		p.t.Fatalf("%v; heard: %v", err, p.Faults())
	}
	return value
}

func try[T any](p *Page, step chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(p.tab, patience)
	defer cancel()
	return chromedp.Run(ctx, step)
}

// Goto opens a path of the site, and waits until it is loaded.
func (p *Page) Goto(path string) {
	p.t.Helper()
	p.Do(chromedp.Navigate(p.site.String() + path))
}

// Text is what a person reads in the first element that a CSS selector picks, once that is visible.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		_, err := try(p, chromedp.WaitVisible(selector))
		text := ""
		if err == nil {
			text, err = try(p, chromedp.Text(selector))
		}
		if err == nil {
			return text
		}
		// The element was found on a page that another has replaced since: the next look finds the other's.
		if !replaced(err) || time.Now().After(deadline) {
			p.t.Fatalf("%v; heard: %v", err, p.Faults())
		}
	}
}

// Holds reports whether an expression of JavaScript is truthy. On a page that another replaces meanwhile nothing holds.
func (p *Page) Holds(expression string) bool {
	p.t.Helper()
	holds, err := try(p, chromedp.Evaluate[bool]("Boolean("+expression+")"))
	if err != nil && !replaced(err) {
		p.t.Fatalf("%v; heard: %v", err, p.Faults())
	}
	return err == nil && holds
}

// replaced tells the errors of a page that another has replaced.
func replaced(err error) bool {
	for _, said := range []string{"No node with given id found", "Cannot find context with specified id", "Execution context was destroyed", "Inspected target navigated or closed"} {
		if strings.Contains(err.Error(), said) {
			return true
		}
	}
	return false
}

// Look is how somebody looks at the page.
type Look struct {
	Phone bool // 390 by 844 pixels and a finger; otherwise a window of 1280 by 800
	Dark  bool // prefers dark colours
	Paper bool // as it is printed
}

// As changes how the page is looked at.
func (p *Page) As(look Look) {
	p.t.Helper()
	viewport, scheme := chromedp.EmulateViewport(1280, 800), "light"
	if look.Phone {
		viewport = chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	if look.Dark {
		scheme = "dark"
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if look.Paper {
		media.Media = "print"
	}
	p.Do(viewport, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media)
		return err
	}))
}

// Overflow is by how many pixels the page is wider than its window; 0 if nobody has to scroll sideways.
func (p *Page) Overflow() int {
	p.t.Helper()
	return Read(p, chromedp.Evaluate[int](`Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)`))
}

// Screenshot writes a picture of the whole page, as far down as it goes, into a PNG file.
func (p *Page) Screenshot(file string) {
	p.t.Helper()
	picture := Read(p, func(ctx context.Context, _ *chromedp.Target) ([]byte, error) {
		size, err := chromedp.Call(ctx, page.GetLayoutMetrics, cdp.Empty{})
		if err != nil {
			return nil, err
		}
		whole := size.CSSContentSize
		// Beyond the window the page is laid out anew, of which a map on a canvas shows nothing.
		beyond := whole.Height > float64(size.CSSLayoutViewport.ClientHeight)
		shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &beyond,
			Clip: &page.Viewport{Width: whole.Width, Height: min(whole.Height, maxHeight), Scale: 1}})
		return shot.Data, err
	})
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// maxHeight of a screenshot, which Chromium can't make of any size.
const maxHeight = 8000

// Requests is how many requests the pages have made.
func (p *Page) Requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
}

// Foreign lists the requests that went to other hosts than the site.
func (p *Page) Foreign() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.foreign)
}

// Faults lists what went wrong: exceptions, errors on the console, breaches of the content security policy, and what
// couldn't be loaded. A page that is answered with an error status is such a fault too.
func (p *Page) Faults() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.faults)
}

// Forget drops what was heard so far: what a test expected.
func (p *Page) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests, p.foreign, p.faults = 0, nil, nil
}

// Check fails the test for each fault and each request to another host, and forgets them.
func (p *Page) Check() {
	p.t.Helper()
	// What the page's last moment brought is on its way behind this answer.
	p.Do(chromedp.WaitReady("html"))
	for _, fault := range p.Faults() {
		p.t.Error(fault)
	}
	for _, address := range p.Foreign() {
		p.t.Errorf("a request to another host: %s", address)
	}
	p.Forget()
}
