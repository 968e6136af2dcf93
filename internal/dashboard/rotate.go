package dashboard

import (
	"net/http"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fault"
)

// Rotation in three steps: a second secret, both work while programs change over, the old one is deleted. Which step one
// is at is read from the client: with one secret the first, with two the second.

func (s *Service) serveRotate(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewClient(r, "Rotate the secret")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, rotatePage(view))
}

// serveAddSecret makes a second secret and shows it, in this answer alone.
func (s *Service) serveAddSecret(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	text, _, err := s.Credentials.AddSecret(r.Context(), bearer.AccountID(r.Context()), id)
	if fault.Is(err, fault.Conflict) {
		view, failed := s.viewClient(r, "Rotate the secret")
		if failed != nil {
			return failed
		}
		view.message = fault.As(err).Message
		return s.show(w, r, http.StatusConflict, rotatePage(view))
	}
	if err != nil {
		return err
	}
	client, err := s.client(r)
	if err != nil {
		return err
	}
	return s.showSecret(w, r, client, text, true)
}

func (s *Service) serveAskDeleteSecret(w http.ResponseWriter, r *http.Request) error {
	page, err := s.viewSecret(r)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, deleteSecretPage(page))
}

// oneSecret is the page that asks before a secret is deleted.
type oneSecret struct {
	clientView
	Secret secretView
}

func (s *Service) viewSecret(r *http.Request) (oneSecret, error) {
	id, err := secretID(r)
	if err != nil {
		return oneSecret{}, err
	}
	view, err := s.viewClient(r, "Delete this secret?")
	if err != nil {
		return oneSecret{}, err
	}
	for _, secret := range view.Secrets {
		if secret.ID == id {
			return oneSecret{view, secret}, nil
		}
	}
	return oneSecret{}, fault.Missing("Secret")
}

func (s *Service) serveDeleteSecret(w http.ResponseWriter, r *http.Request) error {
	id, err := secretID(r)
	if err != nil {
		return err
	}
	if err := s.Credentials.DeleteSecret(r.Context(), bearer.AccountID(r.Context()), r.PathValue("id"), id); err != nil {
		return err
	}
	return see(w, s.frame(r, "", "").in("client", r.PathValue("id")))
}

// madeSecret is the page that shows a secret, once.
type madeSecret struct {
	frame
	Client  *credential.Client
	Text    string
	Second  bool // the client has another that still works
	Samples []sample
}

func (s *Service) showSecret(w http.ResponseWriter, r *http.Request, c *credential.Client, text string, second bool) error {
	page := madeSecret{frame: s.frame(r, "access", "Keep this secret now"), Client: c, Text: text, Second: second}
	var err error
	if page.Samples, err = s.samples(c.ID, bearer.PrincipalOf(r.Context()).Account.Key); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, madeSecretPage(page))
}
