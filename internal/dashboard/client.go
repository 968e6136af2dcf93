package dashboard

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/usage"
)

// clientForm is the page on which a client is made or changed.
type clientForm struct {
	frame
	form
	Terms  bearer.Terms
	Client *credential.Client // nil: it is being made
}

// fields are the names of the form's inputs; those of faults are the same.
func (clientForm) fields() []string {
	return []string{"name", "scopes", "expires_at", "token_lifetime", "allowed_networks"}
}

func termsOf(r *http.Request) bearer.Terms {
	if terms := bearer.PrincipalOf(r.Context()).Account.Terms; terms != nil {
		return *terms
	}
	return bearer.Terms{}
}

func (s *Service) serveNewClient(w http.ResponseWriter, r *http.Request) error {
	page := clientForm{frame: s.frame(r, "access", "New OAuth client"), Terms: termsOf(r)}
	page.form = formWith("token_lifetime", "0", "scopes", "read:assets", "scopes", "read:positions")
	if page.Terms.RequireExpiry {
		page.values.Set("expires_at", s.usualExpiry(0))
	}
	return s.show(w, r, http.StatusOK, clientFormPage(page))
}

// serveCreateClient makes a client and shows its secret, in this answer alone.
func (s *Service) serveCreateClient(w http.ResponseWriter, r *http.Request) error {
	p := bearer.PrincipalOf(r.Context())
	page := clientForm{frame: s.frame(r, "access", "New OAuth client"), Terms: termsOf(r)}
	var err error
	if page.form, err = formOf(r); err != nil {
		return err
	}
	in := page.client()
	in.AccountID, in.OwnerID, in.GrantTypes = p.Account.AccountID, p.User.ID, []string{credential.ClientCredentials}
	if !page.bad() {
		client, text, err := s.Credentials.Create(r.Context(), in)
		if err == nil {
			return s.showSecret(w, r, client, text, false)
		}
		if err := page.take(err); err != nil {
			return err
		}
	}
	return s.show(w, r, http.StatusUnprocessableEntity, clientFormPage(page))
}

// client reads what the form says of a client, and marks what can't be read.
func (f *clientForm) client() credential.NewClient {
	in := credential.NewClient{Name: f.get("name"), Scopes: f.scopes(), ExpiresAt: f.day("expires_at"), Networks: f.networks("allowed_networks")}
	seconds, err := strconv.ParseInt(f.get("token_lifetime"), 10, 64)
	if err != nil || seconds < 0 || seconds > int64(credential.MaxLifetime/time.Second) {
		f.refuse("token_lifetime", "Choose one of the lifetimes.")
		return in
	}
	in.TokenLifetime = time.Duration(seconds) * time.Second
	return in
}

// scopes reads the check boxes.
func (f *form) scopes() bearer.Scopes {
	scopes, err := bearer.ParseScopes(strings.Join(f.values["scopes"], " "))
	switch {
	case err != nil:
		f.refuse("scopes", "One of the scopes is unknown.")
	case scopes == 0:
		f.refuse("scopes", "Choose at least one scope.")
	}
	return scopes
}

// day reads a date as the end of that day, UTC; zero for none.
func (f *form) day(name string) time.Time {
	text := f.get(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		f.refuse(name, "Write the date as year-month-day, such as 2027-01-31.")
		return time.Time{}
	}
	return t.AddDate(0, 0, 1)
}

// dayOf is the text that day reads as t.
func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Add(-time.Millisecond).Format(time.DateOnly)
}

func (f *form) networks(name string) bearer.Networks {
	networks, err := bearer.ParseNetworks(f.get(name))
	if err != nil {
		f.refuse(name, "In the list, "+err.Error()+".")
	}
	return networks
}

// usualExpiry is the last day that a new credential is good for unless another is chosen: a year, or the longest that
// the account allows.
func (s *Service) usualExpiry(longest time.Duration) string {
	lifetime := 365 * 24 * time.Hour
	if longest > 0 {
		lifetime = min(lifetime, longest)
	}
	end := s.Now().UTC().Add(lifetime)
	return end.AddDate(0, 0, -1).Format(time.DateOnly)
}

// tokenLifetimes are the choices of how long a client's tokens live, up to the longest that the account allows; chosen
// is among them.
func tokenLifetimes(longest time.Duration, chosen string) []option {
	const day = 24 * time.Hour
	server := option{Value: "0", Label: "The server's"}
	if longest > 0 {
		server.Label += ", at most " + lifetimeLabel(longest)
	}
	options := []option{server}
	known := chosen == "0" || chosen == ""
	for _, d := range [...]time.Duration{time.Hour, 12 * time.Hour, day, 7 * day, 30 * day, 90 * day, 365 * day} {
		value := strconv.FormatInt(int64(d/time.Second), 10)
		if longest > 0 && d > longest && value != chosen {
			continue
		}
		known = known || value == chosen
		options = append(options, option{Value: value, Label: lifetimeLabel(d)})
	}
	if seconds, err := strconv.ParseInt(chosen, 10, 64); err == nil && !known && seconds > 0 && seconds <= int64(credential.MaxLifetime/time.Second) {
		options = append(options, option{Value: chosen, Label: lifetimeLabel(time.Duration(seconds) * time.Second)})
	}
	return options
}

// client finds the client that a path names.
func (s *Service) client(r *http.Request) (*credential.Client, error) {
	return s.Credentials.Find(r.Context(), bearer.AccountID(r.Context()), r.PathValue("id"))
}

// clientView is a client's own page, and those on which something is done to it.
type clientView struct {
	frame
	form
	Now     time.Time
	Client  *credential.Client
	Use     usage.Last
	Secrets []secretView // oldest first
	By      string
}

// secretView is one of a client's secrets.
type secretView struct {
	credential.Secret
	Use   usage.Last
	Newer bool // there is an older one
}

func (s *Service) viewClient(r *http.Request, title string) (clientView, error) {
	ctx, caller := r.Context(), bearer.PrincipalOf(r.Context())
	view := clientView{frame: s.frame(r, "access", title), Now: s.Now()}
	var err error
	if view.Client, err = s.client(r); err != nil {
		return view, err
	}
	ids := []string{view.Client.ID}
	for _, secret := range view.Client.Secrets {
		ids = append(ids, bearer.SecretName(secret.ID))
	}
	uses, err := s.Usage.Last(ctx, caller.Account.AccountID, ids)
	if err != nil {
		return view, err
	}
	view.Use = uses[view.Client.ID]
	for i, secret := range view.Client.Secrets {
		view.Secrets = append(view.Secrets, secretView{secret, uses[bearer.SecretName(secret.ID)], i > 0})
	}
	names, err := s.people(ctx, caller)
	view.By = names.by(view.Client.OwnerID, view.Client.MadeBy)
	return view, err
}

// reach names the further accounts that a client reaches. Those that the caller isn't in are counted only.
func (p clientView) reach() string {
	var names []string
	for _, m := range p.Caller.Accounts {
		if slices.Contains(p.Client.Reach, m.AccountID) {
			names = append(names, m.Name)
		}
	}
	if others := len(p.Client.Reach) - len(names); others > 0 {
		names = append(names, plural(others, "account")+" of its owner's")
	}
	return strings.Join(names, ", ")
}

func (s *Service) serveClient(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewClient(r, "OAuth client")
	if err != nil {
		return err
	}
	view.Title = view.Client.Name
	return s.show(w, r, http.StatusOK, clientPage(view))
}

func (s *Service) serveEditClient(w http.ResponseWriter, r *http.Request) error {
	c, err := s.client(r)
	if err != nil {
		return err
	}
	page := clientForm{frame: s.frame(r, "access", "Change "+c.Name), Terms: termsOf(r), Client: c}
	page.form = formWith("name", c.Name, "expires_at", dayOf(c.ExpiresAt), "allowed_networks", strings.Join(c.Networks.Strings(), "\n"),
		"token_lifetime", strconv.FormatInt(int64(c.TokenLifetime/time.Second), 10))
	page.values["scopes"] = c.Scopes.Names()
	return s.show(w, r, http.StatusOK, clientFormPage(page))
}

func (s *Service) serveUpdateClient(w http.ResponseWriter, r *http.Request) error {
	c, err := s.client(r)
	if err != nil {
		return err
	}
	page := clientForm{frame: s.frame(r, "access", "Change "+c.Name), Terms: termsOf(r), Client: c}
	if page.form, err = formOf(r); err != nil {
		return err
	}
	in := page.client()
	if !page.bad() {
		change := credential.ClientChange{Name: &in.Name, Scopes: &in.Scopes, TokenLifetime: &in.TokenLifetime, ExpiresAt: &in.ExpiresAt, Networks: &in.Networks}
		if dayOf(c.ExpiresAt) == page.get("expires_at") {
			change.ExpiresAt = nil // to the day it is what it was
		}
		_, err := s.Credentials.Update(r.Context(), c.AccountID, c.ID, change)
		if err == nil {
			return see(w, page.in("client", c.ID))
		}
		if err := page.take(err); err != nil {
			return err
		}
	}
	return s.show(w, r, http.StatusUnprocessableEntity, clientFormPage(page))
}

// serveDisableClient disables or enables a client, as the form says.
func (s *Service) serveDisableClient(w http.ResponseWriter, r *http.Request) error {
	f, err := formOf(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if err := s.Credentials.Disable(r.Context(), bearer.AccountID(r.Context()), id, f.get("disabled") == "yes"); err != nil {
		return err
	}
	return see(w, s.frame(r, "", "").in("client", id))
}

func (s *Service) serveAskRevokeClient(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewClient(r, "Revoke this OAuth client?")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, revokeClientPage(view))
}

func (s *Service) serveRevokeClient(w http.ResponseWriter, r *http.Request) error {
	if err := s.Credentials.Delete(r.Context(), bearer.AccountID(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return see(w, s.frame(r, "", "").in("access"))
}

// secretID reads the id of a secret in a path.
func secretID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("secret"), 10, 64)
	if err != nil {
		return 0, fault.Missing("Secret")
	}
	return id, nil
}
