package docs_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/yipii/yipii/internal/docs"
	"github.com/yipii/yipii/internal/web"
)

// TestReferenceInABrowser: the reference page shows the described operations in a real browser, asks no other host for
// anything, and breaks neither its own rules nor itself.
func TestReferenceInABrowser(t *testing.T) {
	program := chromium(t)
	r := web.NewRouter(web.Info{Title: "Yipii IoT API", Version: "test"}, nil, nil)
	docs.Routes(r)
	r.Handle(web.Route{Method: "GET", Pattern: "/thing/{id}", Access: web.Access{Public: true}, ID: "get-thing", Tag: "Things", Summary: "Read a thing"}, http.NotFoundHandler())
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r)
	defer server.Close()

	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	browser, end := chromedp.NewExecAllocator(context.Background(), options...)
	defer end()
	page, leave := chromedp.NewContext(browser)
	defer leave()

	var mu sync.Mutex
	var foreign, faults []string
	requests := 0
	heard := func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			requests++
			if !strings.HasPrefix(e.Request.URL, server.URL) && !strings.HasPrefix(e.Request.URL, "data:") {
				foreign = append(foreign, e.Request.URL)
			}
		case *runtime.EventExceptionThrown:
			faults = append(faults, e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError {
				faults = append(faults, e.Entry.Text)
			}
		}
	}
	// The first run starts the browser; a deadline on it would end the browser too.
	if err := chromedp.Do(page); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(page, heard); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(page, chromedp.Navigate(server.URL+"/docs/api")); err != nil {
		t.Fatal(err)
	}
	waiting, stop := context.WithTimeout(page, 30*time.Second)
	defer stop()
	if err := chromedp.Do(waiting, chromedp.WaitVisible(".opblock-summary")); err != nil {
		t.Fatalf("no operation is shown: %v; %v", err, faults)
	}
	shown, err := chromedp.Run(waiting, chromedp.Text("#reference"))
	if err != nil || !strings.Contains(shown, "/thing/{id}") || !strings.Contains(shown, "Read a thing") {
		t.Errorf("shown: %q, %v", shown, err)
	}
	mu.Lock()
	defer mu.Unlock()
	if requests < 5 {
		t.Errorf("only %d requests were seen", requests)
	}
	if len(foreign) > 0 || len(faults) > 0 {
		t.Errorf("requests to other hosts: %v; faults: %v", foreign, faults)
	}
}

// chromium finds the browser, and skips the test where there is none and none is required.
func chromium(t *testing.T) string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	if os.Getenv("CI") != "" || os.Getenv("YIPII_REQUIRE_CLIENTS") != "" {
		t.Fatal("Chromium is not installed")
	}
	t.Skip("SKIPPED: Chromium is not installed")
	return ""
}
