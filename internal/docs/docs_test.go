//go:build !race

// The protocol of browsers takes minutes to compile under the race detector, which sees nothing of a browser.

package docs_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/yipii/yipii/internal/docs"
	"github.com/yipii/yipii/internal/testkit/browser"
	"github.com/yipii/yipii/internal/web"
)

// TestReferenceInABrowser: the reference page shows the described operations in a real browser, asks no other host for
// anything, and breaks neither its own rules nor itself.
func TestReferenceInABrowser(t *testing.T) {
	r := web.NewRouter(web.Info{Title: "Yipii IoT API", Version: "test"}, nil, nil)
	docs.Routes(r)
	r.Handle(web.Route{Method: "GET", Pattern: "/thing/{id}", Access: web.Access{Public: true}, ID: "get-thing", Tag: "Assets", Summary: "Read a thing"}, http.NotFoundHandler())
	r.Handle(web.Route{Method: "POST", Pattern: "/docs/session-token", Access: web.Access{Public: true}, ID: "nobody", Hidden: true},
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r)
	defer server.Close()

	p := browser.Open(t, server.URL)
	p.Goto("/docs/api")
	p.Do(chromedp.WaitVisible(".opblock-summary"))
	if shown := p.Text("#reference"); !strings.Contains(shown, "/thing/{id}") || !strings.Contains(shown, "Read a thing") {
		t.Errorf("shown: %q", shown)
	}
	if p.Requests() < 5 {
		t.Errorf("only %d requests were seen", p.Requests())
	}
	p.Check()
}
