package dashboard

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/alexedwards/argon2id"
	"github.com/descope/virtualwebauthn"
	"github.com/pquerna/otp/totp"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

const testPassword = "correct horse battery"

// visitor visits the site through its real gate and keeps cookies.
type visitor struct {
	*site
	t       *testing.T
	pages   http.Handler
	cookies map[string]*http.Cookie
	path    string // of the page that it ended on
}

// newVisitor opens a browser on a site where Ada has a password, with a cheap hash.
func newVisitor(t *testing.T) *visitor {
	t.Helper()
	s := newSite(t)
	hash, err := argon2id.CreateHash(testPassword, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	s.must(err)
	s.must(s.db.Tx(t.Context(), func(tx *store.Tx) error { return s.pages.Accounts.SetPassword(t.Context(), tx, s.ada, hash) }))
	router := web.NewPages(s.pages.Sessions, nil, s.pages.Present)
	s.pages.Routes(router)
	s.must(router.Err())
	return &visitor{site: s, t: t, pages: s.pages.Handler(router), cookies: map[string]*http.Cookie{}}
}

// send sends one request. A body, of names and values in turn, makes it a POST.
func (b *visitor) send(path string, body ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	ctx := web.WithRequest(b.t.Context(), &web.Request{ID: "r1", ClientIP: netip.MustParseAddr("203.0.113.7"), UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"})
	r := httptest.NewRequestWithContext(ctx, method, publicURL+path, strings.NewReader(values(body...).Encode()))
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.pages.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
	}
	return w
}

// open is send, following redirects to the page that comes of it, which must have this status.
func (b *visitor) open(status int, path string, body ...string) string {
	b.t.Helper()
	w := b.send(path, body...)
	for w.Code == http.StatusSeeOther {
		path = w.Header().Get("Location")
		w = b.send(path)
	}
	b.path = path
	if w.Code != status {
		b.t.Fatalf("%s: %d, want %d: %s", path, w.Code, status, textOf(w.Body.String()))
	}
	page := w.Body.String()
	checkPage(b.t, path, picture.ReplaceAllString(page, "/")) // the one picture that is within a page, as the policy allows
	return page
}

var picture = regexp.MustCompile(`data:image/png;base64,[A-Za-z0-9+/=]+`)

// another is the browser of somebody else on the same site.
func (b *visitor) another() *visitor {
	return &visitor{site: b.site, t: b.t, pages: b.pages, cookies: map[string]*http.Cookie{}}
}

func (b *visitor) signIn() {
	b.t.Helper()
	b.open(200, "/login", "email", "ada@example.com", "password", testPassword)
	if b.path != "/acme/" {
		b.t.Fatalf("signed in, and on %s", b.path)
	}
}

// TestSignInPages: asked for, refused, taken, led to where one wanted to go, and out.
func TestSignInPages(t *testing.T) {
	b := newVisitor(t)
	b.sees(b.open(200, "/acme/member?page=1"), "Sign in", "Forgotten the password?", `data-passkey="get"`, `value="/acme/member?page=1"`)
	if b.path != "/login?next=%2Facme%2Fmember%3Fpage%3D1" {
		t.Error(b.path)
	}
	page := b.open(401, "/login", "email", "ada@example.com", "password", "wrong password", "next", "/acme/member")
	b.sees(page, "The e-mail address or the password is wrong.", `value="ada@example.com"`, `value="/acme/member"`)
	b.not(page, "wrong password\"")
	b.sees(b.open(200, "/login", "email", "ada@example.com", "password", testPassword, "next", "/acme/member"), "Members")
	if b.path != "/acme/member" {
		t.Error(b.path)
	}
	b.open(200, "/login?next=//evil.example/")
	if b.path != "/acme/" {
		t.Errorf("signed in already, and on %s", b.path)
	}
	b.open(200, "/logout", "x", "")
	if b.path != "/login" || len(b.cookies) != 0 {
		t.Errorf("%s, %v", b.path, b.cookies)
	}
	for range 10 {
		b.send("/login", "email", "vic@example.com", "password", "wrong password")
	}
	w := b.send("/login", "email", "vic@example.com", "password", "wrong password")
	if w.Code != 429 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Too many attempts") {
		t.Errorf("%d %s", w.Code, textOf(w.Body.String()))
	}
	foreign := httptest.NewRequest("POST", publicURL+"/login", strings.NewReader("email=a&password=b"))
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	answer := httptest.NewRecorder()
	b.pages.ServeHTTP(answer, foreign)
	if answer.Code != 403 {
		t.Errorf("another site signs in: %d", answer.Code)
	}
}

var codeShape = regexp.MustCompile(`<code>([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</code>`)

// TestSecondFactorPages: codes on, asked for, recovered, off.
func TestSecondFactorPages(t *testing.T) {
	b := newVisitor(t)
	b.signIn()
	b.sees(b.open(200, "/me"), "Your profile", "One-time codes", "Firefox on Linux", "This browser", "Acme Logistics")
	page := b.open(200, "/me/totp", "x", "")
	secret := regexp.MustCompile(`id="totp-secret">([A-Z2-7]{32})<`).FindStringSubmatch(page)
	if secret == nil || !strings.Contains(page, `src="data:image/png;base64,`) {
		t.Fatalf("no secret: %s", textOf(page))
	}
	b.sees(b.open(422, "/me/totp/confirm", "code", "000"), "The code is wrong")
	code := func() string {
		out, err := totp.GenerateCode(secret[1], b.now)
		b.must(err)
		return out
	}
	codes := codeShape.FindAllStringSubmatch(b.open(200, "/me/totp/confirm", "code", code()), -1)
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes", len(codes))
	}
	b.now = b.now.Add(30e9)

	other := b.another()
	other.open(200, "/login", "email", "ada@example.com", "password", testPassword, "next", "/acme/asset")
	if other.path != "/login/code?next=%2Facme%2Fasset" {
		t.Fatal(other.path)
	}
	other.open(200, "/acme/")
	if !strings.HasPrefix(other.path, "/login/code?") {
		t.Errorf("the password alone leads to %s", other.path)
	}
	other.sees(other.open(401, "/login/code", "code", "123456", "next", "/acme/asset"), "The code is wrong, or was used before.")
	other.open(200, "/login/code", "code", code(), "next", "/acme/asset")
	if other.path != "/acme/asset" {
		t.Error(other.path)
	}

	third := b.another()
	third.open(200, "/login", "email", "ada@example.com", "password", testPassword)
	third.open(200, "/login/code", "code", strings.ToLower(codes[0][1]))
	if third.path != "/acme/" {
		t.Error(third.path)
	}
	third.sees(third.open(200, "/me"), "9 recovery codes", "password and recovery code")
	third.sees(third.open(200, "/me/session/end", "x", ""), "Signed out there.")
	b.open(200, "/me")
	if !strings.HasPrefix(b.path, "/login") {
		t.Errorf("signed out everywhere else, and on %s", b.path)
	}
	third.now = third.now.Add(11 * 60e9)
	third.sees(third.open(200, "/me/totp/off", "x", ""), "Is it you?")
	third.sees(third.open(422, "/me/prove", "current_password", "wrong password"), "The password is wrong.")
	third.sees(third.open(200, "/me/prove", "current_password", testPassword), "Thank you.")
	third.sees(third.open(200, "/me/totp/off", "x", ""), "One-time codes are off.")
}

// newKey makes a key pair. The library drops leading zeros of a coordinate, which no real authenticator does (RFC 9053
// §7.1.1), so a key that has some is drawn again.
func newKey() virtualwebauthn.Credential {
	const whole = 77 // bytes of a COSE key with both coordinates in full
	for {
		if made := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2); len(made.Key.AttestationData()) == whole {
			return made
		}
	}
}

// TestPasskeyPages: made, used, renamed, deleted, as the page's script does it.
func TestPasskeyPages(t *testing.T) {
	b := newVisitor(t)
	b.signIn()
	party := virtualwebauthn.RelyingParty{ID: "iot.example.com", Name: "Yipii", Origin: publicURL}
	w := b.send("/me/passkey/begin", "x", "")
	asked, err := virtualwebauthn.ParseAttestationOptions(w.Body.String())
	if err != nil || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%v: %s", err, w.Body)
	}
	device := virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: []byte(asked.UserID)})
	key := newKey()
	page := b.open(200, "/me/passkey", "name", "My phone", "answer", virtualwebauthn.CreateAttestationResponse(party, device, key, *asked))
	if len(codeShape.FindAllString(page, -1)) != 10 {
		t.Errorf("no recovery codes: %s", textOf(page))
	}
	b.sees(b.open(200, "/me"), "My phone")

	other := b.another()
	use := func(status int, key virtualwebauthn.Credential) string {
		challenge, err := virtualwebauthn.ParseAssertionOptions(other.send("/login/passkey/begin", "x", "").Body.String())
		b.must(err)
		return other.open(status, "/login/passkey", "next", "/me", "answer", virtualwebauthn.CreateAssertionResponse(party, device, key, *challenge))
	}
	other.sees(use(401, newKey()), "The passkey was not accepted.")
	key.Counter++
	other.sees(use(200, key), "Your profile")
	list, err := b.site.pages.Sessions.Passkeys(t.Context(), b.ada)
	b.must(err)
	path := "/me/passkey/" + plainNumber(int(list[0].ID))
	other.sees(other.open(200, path, "name", "Old phone"), "Old phone")
	other.open(200, path+"/delete", "x", "")
	other.not(other.open(200, "/me"), "Old phone")

	var problem struct{ Message string }
	stale := b.another()
	b.must(json.Unmarshal(stale.send("/login/passkey/begin", "x", "").Body.Bytes(), &problem))
	if problem.Message != "" {
		t.Error(problem.Message)
	}
}

// TestLinkPages: an invitation and a reset, from the link to being in.
func TestLinkPages(t *testing.T) {
	b := newVisitor(t)
	link, err := b.site.pages.Sessions.Invite(t.Context(), session.Invitation{AccountID: b.acme, Email: "nora@example.com", Name: "Nora", Role: bearer.Manager})
	b.must(err)
	b.sees(b.open(200, "/invite"), "data-token", "signin.js")
	b.sees(b.open(404, "/invite", "token", "nonsense"), "This link does not work")
	b.sees(b.open(200, "/invite", "token", link), "Join Acme Logistics", "nora@example.com is invited as Manager", `value="Nora"`)
	token := link[strings.IndexByte(link, '#')+1:]
	b.sees(b.open(422, "/invite/accept", "token", token, "name", "Nora N.", "password", "short"), "at least 10 characters", `value="Nora N."`)
	b.open(200, "/invite/accept", "token", token, "name", "Nora N.", "password", testPassword)
	if b.path != "/acme/" {
		t.Errorf("accepted, and on %s", b.path)
	}
	b.sees(b.open(404, "/invite", "token", link), "This link does not work")

	reset, err := b.site.pages.Sessions.ResetLink(t.Context(), b.ada)
	b.must(err)
	other := b.another()
	other.sees(other.open(200, "/reset", "token", reset), "For ada@example.com")
	token = reset[strings.IndexByte(reset, '#')+1:]
	other.sees(other.open(422, "/reset/password", "token", token, "password", "ada@example.com"), "must not be the e-mail address")
	other.sees(other.open(200, "/reset/password", "token", token, "password", "another good password"), "The password is changed")
	other.sees(other.open(404, "/reset/password", "token", token, "password", "another good password"), "This link does not work")
	other.open(200, "/login", "email", "ada@example.com", "password", "another good password")
	if other.path != "/acme/" {
		t.Error(other.path)
	}
	other.sees(other.open(200, "/me/password", "current_password", "another good password", "password", testPassword), "The password is changed.")
	other.sees(other.open(422, "/me/password", "current_password", "another good password", "password", testPassword), "The password is wrong.")
	b.sees(b.another().open(200, "/password"), "yipii user reset-password")
	b.another().open(422, "/password", "email", "ada@example.com")
}

// TestInvitationOfSomebodyKnown: they sign in, and accept with a click.
func TestInvitationOfSomebodyKnown(t *testing.T) {
	b := newVisitor(t)
	link, err := b.site.pages.Sessions.Invite(t.Context(), session.Invitation{AccountID: b.other, Email: "ada@example.com", Role: bearer.Viewer})
	b.must(err)
	page := b.open(200, "/invite", "token", link)
	b.sees(page, "Sign in as ada@example.com")
	b.not(page, `name="password"`)
	b.signIn()
	b.sees(b.open(200, "/invite", "token", link), "Join Other")
	b.open(200, "/invite/accept", "token", link)
	if b.path != "/other/" {
		t.Error(b.path)
	}
}

// TestAgentText: what people are told of their browsers.
func TestAgentText(t *testing.T) {
	for agent, want := range map[string]string{
		"": "Unknown browser",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0": "Edge on Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1":     "Safari on iPhone",
		"curl/8.5.0": "curl/8.5.0",
	} {
		if got := agentText(agent); got != want {
			t.Errorf("%q: %q, want %q", agent, got, want)
		}
	}
	if got := howText("password+totp+nonsense"); got != "password and one-time code" {
		t.Error(got)
	}
}
