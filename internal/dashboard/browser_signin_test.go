//go:build !race

// The protocol of browsers takes minutes to compile under the race detector, which sees nothing of a browser.

package dashboard

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alexedwards/argon2id"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit/browser"
	"github.com/yipii/yipii/internal/web"
)

// served is the site behind a real listener, as localhost, which browsers trust without TLS.
func served(t *testing.T, s *site) (*Service, string) {
	t.Helper()
	var pages http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := &web.Request{ID: "r1", ClientIP: netip.MustParseAddr("203.0.113.7"), UserAgent: r.UserAgent()}
		pages.ServeHTTP(w, r.WithContext(web.WithRequest(r.Context(), req)))
	}))
	t.Cleanup(server.Close)
	url := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	options := s.pages.Options
	key, _ := secret.New()
	options.PublicURL = url
	options.Sessions = session.New(s.db, key, options.Accounts, options.Log, session.Options{PublicURL: url, Now: options.Now})
	service := New(options)
	router := web.NewPages(options.Sessions, nil, service.Present)
	service.Routes(router)
	s.must(router.Err())
	pages = service.Handler(router)
	return service, url
}

// TestSigningInInABrowser: what only a browser's script does: taking the token of a link from the page's address, making a
// passkey and using it. No page breaks its own rules, and none shuts anybody out.
func TestSigningInInABrowser(t *testing.T) {
	s := newSite(t)
	service, url := served(t, s)
	hash, err := argon2id.CreateHash(testPassword, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	s.must(err)
	s.must(s.db.Tx(t.Context(), func(tx *store.Tx) error { return s.pages.Accounts.SetPassword(t.Context(), tx, s.ada, hash) }))
	link, err := service.Sessions.Invite(t.Context(), session.Invitation{AccountID: s.acme, Email: "nora@example.com", Name: "Nora", Role: bearer.Manager})
	s.must(err)

	p := browser.Open(t, url)
	p.As(browser.Look{})
	p.Do(withAuthenticator)
	p.Goto(strings.TrimPrefix(link, url))
	if shown := p.Text(`form[action="/invite/accept"]`); !strings.Contains(shown, "Your name") {
		t.Errorf("shown: %q", shown)
	}
	if address := browser.Read(p, chromedp.Evaluate[string](`location.href`)); strings.Contains(address, "yipl_") {
		t.Errorf("the token stays in the address: %s", address)
	}
	look(t, p, "invitation")

	p.Goto("/login?next=/me")
	look(t, p, "login")
	p.Do(chromedp.SendKeys("#email", "ada@example.com"), chromedp.SendKeys("#password", testPassword), chromedp.Click(`form[action="/login"] button`),
		chromedp.WaitVisible("#session-head"))
	look(t, p, "profile")
	p.Do(chromedp.SendKeys("#name", "My phone"), chromedp.Click(`form[data-passkey="create"] button`), chromedp.WaitVisible("#codes"))
	look(t, p, "codes")
	p.Goto("/me")
	if shown := p.Text(`[aria-labelledby="passkey-head"]`); !strings.Contains(shown, "My phone") {
		t.Errorf("shown: %q", shown)
	}
	look(t, p, "profile-passkey")
	p.Do(chromedp.Click(`form[action="/logout"] button`), chromedp.WaitVisible(`form[data-passkey="get"] button`))
	p.Do(chromedp.Click(`form[data-passkey="get"] button`), chromedp.WaitVisible(".side"))
	if address := browser.Read(p, chromedp.Evaluate[string](`location.pathname`)); address != "/acme/" {
		t.Errorf("signed in by passkey, and on %s", address)
	}
	p.Goto("/me")
	p.Do(chromedp.Click(`form[action="/me/totp"] button`), chromedp.WaitVisible("#totp-secret"))
	look(t, p, "enroll")
	p.Check()
	t.Run("axe", func(t *testing.T) {
		page := p.In(t)
		for _, path := range []string{"/me", "/me/prove", "/login?again=1", "/password", "/reset", "/invite"} {
			page.Goto(path)
			for _, v := range page.Axe() {
				t.Errorf("%s: %v", path, v)
			}
		}
	})
}

// withAuthenticator gives the browser a platform authenticator that knows its person.
func withAuthenticator(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
	if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		return chromedp.Void{}, err
	}
	_, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
		HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
	return chromedp.Void{}, err
}

// look fails where the page is wider than a phone, and keeps a picture where YIPII_TEST_PICTURES names a folder.
func look(t *testing.T, p *browser.Page, name string) {
	t.Helper()
	for kind, how := range map[string]browser.Look{"phone": {Phone: true, Dark: true}, "desk": {}} {
		p.As(how)
		if n := p.Overflow(); n > 0 {
			t.Errorf("%s is %d pixels too wide on a %s", name, n, kind)
		}
		if folder := os.Getenv("YIPII_TEST_PICTURES"); folder != "" {
			p.Screenshot(filepath.Join(folder, name+"-"+kind+".png"))
		}
	}
	p.As(browser.Look{})
}
