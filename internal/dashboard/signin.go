package dashboard

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/web"
)

// signInPages are the pages for those who aren't signed in, or not wholly. They know who is, where somebody is.
func (s *Service) signInPages(r *web.Router) {
	for _, p := range []struct {
		method, path, id string
		fn               handler
	}{
		{"GET", "/login", "login", s.serveLogin},
		{"POST", "/login", "login-send", s.serveSignIn},
		{"GET", "/login/code", "code", s.serveCode},
		{"POST", "/login/code", "code-send", s.serveVerify},
		{"POST", "/login/passkey/begin", "passkey-begin", s.serveBeginPasskey},
		{"POST", "/login/passkey", "passkey-send", s.servePasskey},
		{"POST", "/logout", "logout", s.serveLogout},
		{"GET", "/password", "forgot", s.serveForgot},
		{"POST", "/password", "forgot-send", s.serveRequestReset},
		{"GET", "/reset", "reset", s.serveReset},
		{"POST", "/reset", "reset-open", s.serveOpenReset},
		{"POST", "/reset/password", "reset-send", s.serveResetPassword},
		{"GET", "/invite", "invite", s.serveInvitation},
		{"POST", "/invite", "invite-open", s.serveOpenInvitation},
		{"POST", "/invite/accept", "invite-accept", s.serveAcceptInvitation},
	} {
		r.Handle(web.Route{Method: p.method, Pattern: p.path, Access: web.Access{Public: true}, ID: "page-" + p.id, Hidden: true},
			s.Sessions.Optional(s.page(p.fn)))
	}
}

// signIn is a page of signing in.
type signIn struct {
	frame
	form
	Script   string // of passkeys and links
	Next     string // where to go afterwards
	Passkeys bool   // passkeys can be used
	CanMail  bool
	Waiting  session.Result // what half a session waits for
}

func (s *Service) signInPage(r *http.Request, title string) signIn {
	return signIn{frame: s.frame(r, "", title), Script: s.static.url("signin.js"), Next: session.SafeNext(r.FormValue("next")),
		Passkeys: s.Sessions.HasPasskeys(), CanMail: s.Sessions.CanMail()}
}

// with is a path of signing in that remembers where to go afterwards.
func (p signIn) with(path string) string {
	if p.Next == "/" {
		return path
	}
	return path + "?next=" + url.QueryEscape(p.Next)
}

// again shows a form once more, with why it wasn't taken. Faults that another entry mends stay on the form.
func (s *Service) again(w http.ResponseWriter, r *http.Request, f *form, err error, show func() error) error {
	known := fault.As(err)
	switch known.Kind {
	case fault.Unauthenticated, fault.TooMany, fault.Unavailable:
		web.Note(r.Context(), known)
		f.message = known.Message
		if known.RetryAfter > 0 {
			w.Header().Set("Retry-After", web.RetrySeconds(known.RetryAfter))
		}
	default:
		if err := f.take(err); err != nil {
			return err
		}
	}
	return show()
}

// statusOf is the status of a form that is shown again.
func statusOf(err error) int {
	if kind := fault.As(err).Kind; kind != fault.Conflict {
		return web.StatusOf(kind)
	}
	return http.StatusUnprocessableEntity
}

func (s *Service) serveLogin(w http.ResponseWriter, r *http.Request) error {
	page := s.signInPage(r, "Sign in")
	again := r.FormValue("again") != "" // somebody who is to show who they are, or to begin anew
	if page.Caller != nil && !again {
		return see(w, page.Next)
	}
	waiting, err := s.Sessions.Waiting(r.Context(), session.CookieOf(r))
	if err != nil {
		return err
	}
	if waiting.Half && !again {
		return see(w, page.with("/login/code"))
	}
	return s.show(w, r, http.StatusOK, loginPage(page))
}

func (s *Service) serveSignIn(w http.ResponseWriter, r *http.Request) error {
	page := s.signInPage(r, "Sign in")
	var err error
	if page.form, err = formOf(r); err != nil {
		return err
	}
	res, err := s.Sessions.SignIn(r.Context(), page.get("email"), page.values.Get("password"))
	if err != nil {
		return s.again(w, r, &page.form, err, func() error { return s.show(w, r, statusOf(err), loginPage(page)) })
	}
	return s.enter(w, r, res, page)
}

// enter gives the browser its new session and ends the one it had.
func (s *Service) enter(w http.ResponseWriter, r *http.Request, res session.Result, page signIn) error {
	if res.Cookie != "" {
		if err := s.Sessions.SignOut(r.Context(), session.CookieOf(r)); err != nil {
			return err
		}
		session.SetCookie(w, res)
	}
	session.ClearCeremony(w)
	if res.Half {
		return see(w, page.with("/login/code"))
	}
	return see(w, page.Next)
}

// serveCode asks for the second factor.
func (s *Service) serveCode(w http.ResponseWriter, r *http.Request) error {
	page := s.signInPage(r, "One more step")
	var err error
	if page.Waiting, err = s.Sessions.Waiting(r.Context(), session.CookieOf(r)); err != nil {
		return err
	}
	if !page.Waiting.Half {
		return see(w, page.with("/login"))
	}
	return s.show(w, r, http.StatusOK, codePage(page))
}

func (s *Service) serveVerify(w http.ResponseWriter, r *http.Request) error {
	page := s.signInPage(r, "One more step")
	var err error
	if page.form, err = formOf(r); err != nil {
		return err
	}
	cookie, code := session.CookieOf(r), page.get("code")
	verify := s.Sessions.VerifyRecoveryCode
	if looksLikeTOTP(code) {
		verify = s.Sessions.VerifyTOTP
	}
	res, err := verify(r.Context(), cookie, code)
	if err == nil {
		return s.enter(w, r, res, page)
	}
	return s.codeAgain(w, r, page, err)
}

// codeAgain asks for the second factor once more, or for the password where nothing of it is left.
func (s *Service) codeAgain(w http.ResponseWriter, r *http.Request, page signIn, refused error) error {
	var err error
	if page.Waiting, err = s.Sessions.Waiting(r.Context(), session.CookieOf(r)); err != nil {
		return err
	}
	show := codePage
	if session.StartAgain(refused) || !page.Waiting.Half {
		page.Title, show = "Sign in", loginPage
	}
	return s.again(w, r, &page.form, refused, func() error { return s.show(w, r, statusOf(refused), show(page)) })
}

// looksLikeTOTP tells a one-time code from a recovery code.
func looksLikeTOTP(code string) bool {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(code)
	return len(digits) <= 6 && strings.Trim(digits, "0123456789") == ""
}

// serveBeginPasskey answers the script, in JSON.
func (s *Service) serveBeginPasskey(w http.ResponseWriter, r *http.Request) error {
	options, state, err := s.Sessions.BeginPasskey(r.Context(), session.CookieOf(r))
	return s.begun(w, r, options, state, err)
}

// begun hands the browser what a passkey is asked with. A fault is JSON too.
func (s *Service) begun(w http.ResponseWriter, r *http.Request, options []byte, state string, err error) error {
	if err != nil {
		web.WriteError(w, r, err)
		return nil
	}
	session.SetCeremony(w, state)
	web.WriteBytes(w, http.StatusOK, "application/json", options)
	return nil
}

func (s *Service) servePasskey(w http.ResponseWriter, r *http.Request) error {
	page := s.signInPage(r, "Sign in")
	var err error
	if page.form, err = formOf(r); err != nil {
		return err
	}
	res, err := s.Sessions.FinishPasskey(r.Context(), session.CookieOf(r), session.CeremonyOf(r), []byte(page.values.Get("answer")))
	if err == nil {
		return s.enter(w, r, res, page)
	}
	session.ClearCeremony(w)
	return s.codeAgain(w, r, page, err)
}

func (s *Service) serveLogout(w http.ResponseWriter, r *http.Request) error {
	if err := s.Sessions.SignOut(r.Context(), session.CookieOf(r)); err != nil {
		return err
	}
	session.ClearCookie(w)
	return see(w, "/login")
}

func (s *Service) serveForgot(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, http.StatusOK, forgotPage(s.signInPage(r, "Forgotten password")))
}

func (s *Service) serveRequestReset(w http.ResponseWriter, r *http.Request) error {
	page := s.signInPage(r, "Forgotten password")
	var err error
	if page.form, err = formOf(r); err != nil {
		return err
	}
	if err := s.Sessions.RequestReset(r.Context(), page.get("email")); err != nil {
		return s.again(w, r, &page.form, err, func() error { return s.show(w, r, statusOf(err), forgotPage(page)) })
	}
	page.Title = "Look into your mail"
	return s.show(w, r, http.StatusOK, letterPage(page))
}
