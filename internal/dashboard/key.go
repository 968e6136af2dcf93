package dashboard

import (
	"net/http"
	"strconv"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fault"
)

// keyForm is the page on which an API key is made.
type keyForm struct {
	frame
	form
	Terms bearer.Terms
}

func (keyForm) fields() []string { return []string{"name", "scopes", "expires_at", "allowed_networks"} }

// mayExpireNever reports whether the account lets keys live for good.
func (p keyForm) mayExpireNever() bool { return !p.Terms.RequireExpiry && p.Terms.MaxKeyLifetime == 0 }

func (s *Service) newKey(r *http.Request) keyForm {
	return keyForm{frame: s.frame(r, "access", "New API key"), Terms: termsOf(r)}
}

func (s *Service) serveNewKey(w http.ResponseWriter, r *http.Request) error {
	page := s.newKey(r)
	page.form = formWith("expires_at", s.usualExpiry(page.Terms.MaxKeyLifetime), "scopes", "read:assets", "scopes", "read:positions")
	return s.show(w, r, http.StatusOK, keyFormPage(page))
}

// serveCreateKey makes a key of the caller's and shows it, in this answer alone.
func (s *Service) serveCreateKey(w http.ResponseWriter, r *http.Request) error {
	p := bearer.PrincipalOf(r.Context())
	page := s.newKey(r)
	var err error
	if page.form, err = formOf(r); err != nil {
		return err
	}
	in := credential.Key{AccountID: p.Account.AccountID, UserID: p.User.ID, Name: page.get("name"),
		Scopes: page.scopes(), ExpiresAt: page.day("expires_at"), Networks: page.networks("allowed_networks")}
	if !page.bad() {
		key, text, err := s.Credentials.CreateKey(r.Context(), in)
		if err == nil {
			made := madeKey{frame: s.frame(r, "access", "Keep this key now"), Key: key, Text: text, URL: s.PublicURL}
			return s.show(w, r, http.StatusOK, madeKeyPage(made))
		}
		if err := page.take(err); err != nil {
			return err
		}
	}
	return s.show(w, r, http.StatusUnprocessableEntity, keyFormPage(page))
}

// madeKey is the page that shows a key, once.
type madeKey struct {
	frame
	Key  credential.Key
	Text string
	URL  string
}

// sample calls the API with the key.
func (p madeKey) sample() []sample {
	return []sample{{Name: "curl", Label: "curl", Text: "curl --silent --show-error --fail \"" + p.URL + "/api/" + p.Caller.Account.Key + "/asset\" \\\n" +
		"  --header \"Authorization: Bearer $YIPII_API_KEY\" \\\n  --header \"Accept: application/json\"\n"}}
}

// keyView is a key's own page, and the one that asks before it is revoked.
type keyView struct {
	frame
	seen
	Key credential.Key
	By  string
}

// viewKey finds the key that a path names. Another person's is an admin's to see only.
func (s *Service) viewKey(r *http.Request, title string) (keyView, error) {
	ctx, caller := r.Context(), bearer.PrincipalOf(r.Context())
	view := keyView{frame: s.frame(r, "access", title), seen: seen{Now: s.Now()}}
	id, err := keyID(r)
	if err != nil {
		return view, err
	}
	if view.Key, err = s.Credentials.FindKey(ctx, caller.Account.AccountID, id); err != nil {
		return view, err
	}
	if view.Key.UserID != caller.User.ID && !view.may(bearer.Admin) {
		return view, fault.Missing("API key")
	}
	uses, err := s.Usage.Last(ctx, caller.Account.AccountID, []string{bearer.KeyName(id)})
	if err != nil {
		return view, err
	}
	view.Use = uses[bearer.KeyName(id)]
	names, err := s.people(ctx, caller)
	view.By = names.by(view.Key.UserID, view.Key.MadeBy)
	return view, err
}

func keyID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, fault.Missing("API key")
	}
	return id, nil
}

func (s *Service) serveKey(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewKey(r, "API key")
	if err != nil {
		return err
	}
	view.Title = view.Key.Name
	return s.show(w, r, http.StatusOK, keyPage(view))
}

func (s *Service) serveAskRevokeKey(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewKey(r, "Revoke this API key?")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, revokeKeyPage(view))
}

func (s *Service) serveRevokeKey(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewKey(r, "")
	if err != nil {
		return err
	}
	if err := s.Credentials.RevokeKey(r.Context(), view.Key.AccountID, view.Key.ID); err != nil {
		return err
	}
	return see(w, view.in("access"))
}
