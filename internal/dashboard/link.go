package dashboard

import (
	"net/http"
	"strings"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/session"
)

// onLink is a page that a one-time link leads to. The link's token stands in the fragment of its URL, which no server
// sees: the page's script posts it, and who has no script pastes it.
type onLink struct {
	signIn
	Token   string
	Email   string // whose password is reset
	Invited session.Invited
}

// tokenOf is the token of a form, which may be the whole link.
func tokenOf(f form) string {
	text := f.get("token")
	if i := strings.LastIndexByte(text, '#'); i >= 0 {
		text = text[i+1:]
	}
	return text
}

func (s *Service) linkPage(r *http.Request, title string) (onLink, error) {
	page := onLink{signIn: s.signInPage(r, title)}
	if r.Method != http.MethodPost {
		return page, nil
	}
	var err error
	page.form, err = formOf(r)
	page.Token = tokenOf(page.form)
	return page, err
}

func (s *Service) serveReset(w http.ResponseWriter, r *http.Request) error {
	page, err := s.linkPage(r, "Choose a new password")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, pasteLinkPage(page, "/reset"))
}

// serveOpenReset shows whose password the link resets, and asks for the new one.
func (s *Service) serveOpenReset(w http.ResponseWriter, r *http.Request) error {
	page, err := s.linkPage(r, "Choose a new password")
	if err != nil {
		return err
	}
	if page.Email, err = s.Sessions.ResetFor(r.Context(), page.Token); err != nil {
		return s.deadLink(w, r, page, "/reset", err)
	}
	return s.show(w, r, http.StatusOK, resetPage(page))
}

// deadLink says that a link doesn't work, where another could be pasted.
func (s *Service) deadLink(w http.ResponseWriter, r *http.Request, page onLink, path string, err error) error {
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	page.message = fault.As(err).Message
	page.values = nil
	return s.show(w, r, http.StatusNotFound, pasteLinkPage(page, path))
}

func (s *Service) serveResetPassword(w http.ResponseWriter, r *http.Request) error {
	page, err := s.linkPage(r, "Choose a new password")
	if err != nil {
		return err
	}
	if page.Email, err = s.Sessions.ResetFor(r.Context(), page.Token); err == nil {
		err = s.Sessions.ResetPassword(r.Context(), page.Token, page.values.Get("password"))
	}
	switch {
	case err == nil:
		page.Title = "The password is changed"
		return s.show(w, r, http.StatusOK, resetDonePage(page))
	case fault.Is(err, fault.NotFound):
		return s.deadLink(w, r, page, "/reset", err)
	}
	return s.again(w, r, &page.form, err, func() error { return s.show(w, r, statusOf(err), resetPage(page)) })
}

func (s *Service) serveInvitation(w http.ResponseWriter, r *http.Request) error {
	page, err := s.linkPage(r, "You are invited")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, pasteLinkPage(page, "/invite"))
}

// openInvitation reads what the form's token invites to.
func (s *Service) openInvitation(r *http.Request) (onLink, error) {
	page, err := s.linkPage(r, "You are invited")
	if err != nil {
		return page, err
	}
	page.Invited, err = s.Sessions.Invited(r.Context(), page.Token)
	return page, err
}

func (s *Service) serveOpenInvitation(w http.ResponseWriter, r *http.Request) error {
	page, err := s.openInvitation(r)
	if err != nil {
		return s.deadLink(w, r, page, "/invite", err)
	}
	page.values.Set("name", page.Invited.Name)
	return s.show(w, r, http.StatusOK, invitationPage(page))
}

func (s *Service) serveAcceptInvitation(w http.ResponseWriter, r *http.Request) error {
	page, err := s.openInvitation(r)
	if err != nil {
		return s.deadLink(w, r, page, "/invite", err)
	}
	res, err := s.Sessions.AcceptInvitation(r.Context(), page.Token, page.get("name"), page.values.Get("password"))
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			return s.deadLink(w, r, page, "/invite", err)
		}
		return s.again(w, r, &page.form, err, func() error { return s.show(w, r, statusOf(err), invitationPage(page)) })
	}
	page.Next = pathIn(page.Invited.AccountKey)
	return s.enter(w, r, res, page.signIn)
}
