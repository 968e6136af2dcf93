//go:build !race

package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/yipii/yipii/internal/testkit/browser"
)

// partner serves a page of another site, with the libraries as they come from npm.
func partner(t *testing.T) *httptest.Server {
	t.Helper()
	folder, err := filepath.Abs("../clients")
	must(t, err)
	files := http.NewServeMux()
	for path, file := range map[string]string{"/{$}": "live-page.html", "/pusher.js": "node_modules/pusher-js/dist/web/pusher.js", "/echo.iife.js": "node_modules/laravel-echo/dist/echo.iife.js"} {
		file = filepath.Join(folder, file)
		if !exists(file) {
			lacking(t, file)
		}
		files.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) })
	}
	s := httptest.NewServer(files)
	t.Cleanup(s.Close)
	return s
}

// TestLiveInAPartnersPage: pusher-js and laravel-echo, unmodified, follow an account in a page of another site: they subscribe, receive,
// come back after the server's restart, are refused a foreign account, and are cut off when their client is disabled. So does laravel-echo
// under Node, beside it.
func TestLiveInAPartnersPage(t *testing.T) {
	t.Parallel()
	site := partner(t)
	p := browser.Open(t, site.URL)
	for name, flags := range map[string][]string{"withPusher": nil, "withEcho": {"--live-plain-names"}} {
		t.Run(name, func(t *testing.T) {
			p := p.In(t)
			in := install(t, "sqlite:"+filepath.Join(t.TempDir(), "yipii.db"))
			in.onePort()
			in.flags = append(in.flags, flags...)
			in.serve()
			token := in.token(in.made.ClientID, in.made.ClientSecret)
			van := in.asset(token, "Van 1", "350000000000001")
			in.moves(token, van, 35.1)
			follow := func(account string) {
				t.Helper()
				p.Do(chromedp.Navigate(site.URL + "/"))
				p.Do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`%s(%q, %q, %q); undefined`, name, in.url, token, account)))
			}
			var beside *follower
			if name == "withEcho" { // which takes the dot away: the server sends none
				in.startFollower("live-echo.mjs", "YIPII_FOLLOW=globex").sees(`"refused":403`)
				beside = in.startFollower("live-echo.mjs")
			}
			both := func(text string) {
				t.Helper()
				waitFor(t, p, text, fmt.Sprintf(`heard.some((line) => line.includes(%q))`, text))
				if beside != nil {
					beside.sees(text)
				}
			}
			follow("globex")
			waitFor(t, p, "it is refused", `heard.some((line) => line.includes('"refused":403'))`)
			follow(in.made.AccountKey)
			both(`"subscribed":"private-account.acme-logistics"`)
			both(`"latitude":35.1,`) // where it is
			in.moves(token, van, 35.2)
			both(`"latitude":35.2,`)
			in.kill()
			both(`"state":"connecting"`)
			p.Do(chromedp.Evaluate[chromedp.Void](`heard.length = 0; undefined`))
			in.serve()
			both(`"subscribed":"private-account.acme-logistics"`)
			in.moves(token, van, 35.3)
			both(`"latitude":35.3,`)
			in.run("client", "disable", in.made.ClientID, "--account", in.made.AccountKey)
			both(`"error":4009`)
			for _, fault := range p.Faults() { // what the browser says of the refusal, and while there is no server
				if !strings.Contains(fault, "broadcasting/auth") && !strings.Contains(fault, "WebSocket") {
					t.Error(fault)
				}
			}
			p.Forget()
		})
	}
}
