package dashboard

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/web"
)

// profilePages are the caller's own pages, whatever accounts they are in.
func (s *Service) profilePages(r *web.Router) {
	for _, p := range []struct {
		method, path, id string
		fn               handler
	}{
		{"GET", "/me", "me", s.serveMe},
		{"POST", "/me/password", "me-password", s.serveChangePassword},
		{"GET", "/me/prove", "me-ask-prove", s.serveAskProve},
		{"POST", "/me/prove", "me-prove", s.serveProve},
		{"POST", "/me/totp", "me-totp", s.serveEnrollTOTP},
		{"POST", "/me/totp/confirm", "me-totp-confirm", s.serveConfirmTOTP},
		{"POST", "/me/totp/off", "me-totp-off", s.serveDisableTOTP},
		{"POST", "/me/recovery", "me-recovery", s.serveRecoveryCodes},
		{"POST", "/me/passkey/begin", "me-passkey-begin", s.serveBeginRegistration},
		{"POST", "/me/passkey", "me-passkey", s.serveRegisterPasskey},
		{"POST", "/me/passkey/{id}", "me-passkey-rename", s.serveRenamePasskey},
		{"POST", "/me/passkey/{id}/delete", "me-passkey-delete", s.serveDeletePasskey},
		{"POST", "/me/session/{id}/end", "me-session-end", s.serveEndSession},
		{"POST", "/me/session/end", "me-sessions-end", s.serveEndSessions},
	} {
		r.Handle(web.Route{Method: p.method, Pattern: p.path, Access: web.Access{Any: true}, ID: "page-" + p.id, Hidden: true}, s.page(p.fn))
	}
}

// profile is a person's own page.
type profile struct {
	frame
	form
	Script   string
	Now      time.Time
	Factors  session.Factors
	Passkeys []session.Passkey
	Sessions []session.Session
	Current  int64 // the session of this browser
	Can      bool  // passkeys can be made here
	Done     string
}

// done are what a page says after a change, by the word in its address.
func done(word string) string {
	switch word {
	case "password":
		return "The password is changed. All other browsers are signed out."
	case "totp-off":
		return "One-time codes are off."
	case "totp-on":
		return "One-time codes are on."
	case "passkey":
		return "The passkey works from now on."
	case "proved":
		return "Thank you. You can make changes for the next ten minutes."
	case "ended":
		return "Signed out there."
	}
	return ""
}

func (s *Service) serveMe(w http.ResponseWriter, r *http.Request) error {
	page, err := s.profile(r)
	if err != nil {
		return err
	}
	page.Done = done(r.FormValue("done"))
	return s.show(w, r, http.StatusOK, profilePage(page))
}

// profile reads all that a person's own page shows.
func (s *Service) profile(r *http.Request) (profile, error) {
	ctx, user := r.Context(), bearer.PrincipalOf(r.Context()).User
	page := profile{frame: s.frame(r, "", "Your profile"), Script: s.static.url("signin.js"), Now: s.Now(), Current: sessionOf(ctx),
		Can: s.Sessions.HasPasskeys()}
	var err error
	if page.Factors, err = s.Sessions.Factors(ctx, user.ID); err != nil {
		return page, err
	}
	if page.Passkeys, err = s.Sessions.Passkeys(ctx, user.ID); err != nil {
		return page, err
	}
	page.Sessions, err = s.Sessions.Sessions(ctx, user.ID)
	return page, err
}

// sessionOf is the id of the session that a request belongs to.
func sessionOf(ctx context.Context) int64 {
	id, _ := strconv.ParseInt(bearer.PrincipalOf(ctx).ID[len(bearer.SessionNamePrefix):], 10, 64)
	return id
}

// settle answers a change of the caller's own: on to the page, to the proof that it asks for, or the form again.
func (s *Service) settle(w http.ResponseWriter, r *http.Request, f form, word string, err error) error {
	switch {
	case err == nil:
		return see(w, "/me?done="+word)
	case session.NeedsProof(err):
		return see(w, "/me/prove")
	}
	page, broken := s.profile(r)
	if broken != nil {
		return broken
	}
	page.form = f
	return s.again(w, r, &page.form, err, func() error { return s.show(w, r, statusOf(err), profilePage(page)) })
}

func (s *Service) serveChangePassword(w http.ResponseWriter, r *http.Request) error {
	f, err := formOf(r)
	if err != nil {
		return err
	}
	err = s.Sessions.ChangePassword(r.Context(), f.values.Get("current_password"), f.values.Get("password"))
	return s.settle(w, r, f, "password", err)
}

func (s *Service) serveAskProve(w http.ResponseWriter, r *http.Request) error {
	page, err := s.profile(r)
	if err != nil {
		return err
	}
	page.Title = "Is it you?"
	return s.show(w, r, http.StatusOK, provePage(page))
}

func (s *Service) serveProve(w http.ResponseWriter, r *http.Request) error {
	f, err := formOf(r)
	if err != nil {
		return err
	}
	refused := s.Sessions.Prove(r.Context(), f.values.Get("current_password"))
	if refused == nil {
		return see(w, "/me?done=proved")
	}
	page, err := s.profile(r)
	if err != nil {
		return err
	}
	page.Title, page.form = "Is it you?", f
	return s.again(w, r, &page.form, refused, func() error { return s.show(w, r, statusOf(refused), provePage(page)) })
}

// enrolling is the page with the secret of one-time codes, before it is confirmed.
type enrolling struct {
	frame
	form
	session.Enrollment
}

func (s *Service) serveEnrollTOTP(w http.ResponseWriter, r *http.Request) error {
	made, err := s.Sessions.EnrollTOTP(r.Context())
	if err != nil {
		return s.settle(w, r, form{}, "", err)
	}
	return s.show(w, r, http.StatusOK, enrollPage(enrolling{frame: s.frame(r, "", "One-time codes"), Enrollment: made}))
}

func (s *Service) serveConfirmTOTP(w http.ResponseWriter, r *http.Request) error {
	f, err := formOf(r)
	if err != nil {
		return err
	}
	codes, err := s.Sessions.ConfirmTOTP(r.Context(), f.get("code"))
	if fault.Is(err, fault.Invalid) {
		// The secret isn't shown again: the app has it already, or one begins anew.
		page := enrolling{frame: s.frame(r, "", "One-time codes"), form: f}
		return s.again(w, r, &page.form, err, func() error { return s.show(w, r, statusOf(err), enrollPage(page)) })
	}
	return s.withCodes(w, r, codes, "totp-on", err)
}

// withCodes shows recovery codes that a change has made, which are seen this once.
func (s *Service) withCodes(w http.ResponseWriter, r *http.Request, codes []string, word string, err error) error {
	if err != nil || len(codes) == 0 {
		return s.settle(w, r, form{}, word, err)
	}
	return s.show(w, r, http.StatusOK, codesPage(s.frame(r, "", "Recovery codes"), codes, done(word)))
}

func (s *Service) serveDisableTOTP(w http.ResponseWriter, r *http.Request) error {
	return s.settle(w, r, form{}, "totp-off", s.Sessions.DisableTOTP(r.Context()))
}

func (s *Service) serveRecoveryCodes(w http.ResponseWriter, r *http.Request) error {
	codes, err := s.Sessions.RecoveryCodes(r.Context())
	return s.withCodes(w, r, codes, "", err)
}

func (s *Service) serveBeginRegistration(w http.ResponseWriter, r *http.Request) error {
	options, state, err := s.Sessions.BeginPasskeyRegistration(r.Context())
	return s.begun(w, r, options, state, err)
}

func (s *Service) serveRegisterPasskey(w http.ResponseWriter, r *http.Request) error {
	f, err := formOf(r)
	if err != nil {
		return err
	}
	_, codes, err := s.Sessions.FinishPasskeyRegistration(r.Context(), session.CeremonyOf(r), f.get("name"), []byte(f.values.Get("answer")))
	session.ClearCeremony(w)
	return s.withCodes(w, r, codes, "passkey", err)
}

func (s *Service) serveRenamePasskey(w http.ResponseWriter, r *http.Request) error {
	f, err := formOf(r)
	if err != nil {
		return err
	}
	id, err := idIn(r, "Passkey")
	if err == nil {
		err = s.Sessions.RenamePasskey(r.Context(), id, f.get("name"))
	}
	return s.settle(w, r, f, "", err)
}

func (s *Service) serveDeletePasskey(w http.ResponseWriter, r *http.Request) error {
	id, err := idIn(r, "Passkey")
	if err == nil {
		err = s.Sessions.DeletePasskey(r.Context(), id)
	}
	return s.settle(w, r, form{}, "", err)
}

// idIn is the id in the request's path.
func idIn(r *http.Request, noun string) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, fault.Missing(noun)
	}
	return id, nil
}

func (s *Service) serveEndSession(w http.ResponseWriter, r *http.Request) error {
	id, err := idIn(r, "Session")
	if err == nil {
		err = s.Sessions.End(r.Context(), bearer.PrincipalOf(r.Context()).User.ID, id)
	}
	return s.settle(w, r, form{}, "ended", err)
}

// serveEndSessions signs the caller out everywhere but here.
func (s *Service) serveEndSessions(w http.ResponseWriter, r *http.Request) error {
	err := s.Sessions.SignOutEverywhere(r.Context(), bearer.PrincipalOf(r.Context()).User.ID, sessionOf(r.Context()))
	return s.settle(w, r, form{}, "ended", err)
}
