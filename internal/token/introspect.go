package token

import (
	"net/http"
	"strconv"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// introspection is the answer of RFC 7662 §2.2. Of a token that isn't good, or that is another account's, it holds
// active alone.
type introspection struct {
	Active    bool   `json:"active"`
	Scope     string `json:"scope,omitempty"`
	ClientID  string `json:"client_id,omitempty"`
	Username  string `json:"username,omitempty" doc:"The owner's e-mail address."`
	TokenType string `json:"token_type,omitempty"`
	Exp       int64  `json:"exp,omitempty"`
	Iat       int64  `json:"iat,omitempty"`
	Nbf       int64  `json:"nbf,omitempty"`
	Sub       string `json:"sub,omitempty"`
	Aud       string `json:"aud,omitempty"`
	Iss       string `json:"iss,omitempty"`
	Jti       string `json:"jti,omitempty"`
}

// introspect answers POST /oauth/introspect for a client, about the tokens and API keys of its own account.
func (s *Service) introspect(w http.ResponseWriter, r *http.Request) {
	client, text, err := s.aboutToken(r)
	if err != nil {
		writeError(w, r, err)
		return
	}
	answer := introspection{}
	p, err := s.guard.Identify(r.Context(), text)
	switch {
	case err == nil && p.Home == client.AccountID:
		answer = s.describe(p)
	case err != nil && !fault.Is(err, fault.Unauthenticated):
		writeError(w, r, err)
		return
	}
	noStore(w)
	web.WriteJSON(w, http.StatusOK, answer)
}

func (s *Service) describe(p *bearer.Principal) introspection {
	a := introspection{Active: true, Scope: p.Scopes.String(), Username: p.User.Email, TokenType: "Bearer",
		Iat: p.IssuedAt.Unix(), Nbf: p.IssuedAt.Unix(), Aud: s.Issuer, Iss: s.Issuer}
	if !p.ExpiresAt.IsZero() {
		a.Exp = p.ExpiresAt.Unix()
	}
	if p.TokenID != "" {
		a.ClientID, a.Sub, a.Jti = p.ID, p.ID, p.TokenID
	} else {
		a.Sub, a.Jti = strconv.FormatInt(p.UserID, 10), p.ID
	}
	return a
}

// aboutToken reads a request that a client makes about a token: who asks, and about which.
func (s *Service) aboutToken(r *http.Request) (*credential.Client, string, error) {
	f, err := readForm(r)
	if err != nil {
		return nil, "", err
	}
	client, err := s.authenticate(r, f)
	if err != nil {
		return nil, "", err
	}
	if f["token"] == "" {
		return nil, "", refuse("invalid_request", "The token parameter is missing")
	}
	return client, f["token"], nil
}

// revoke answers POST /oauth/revoke (RFC 7009): a client gives back an access token that it got. A token that isn't
// good, or isn't this client's, changes nothing and is answered alike (§2.2).
func (s *Service) revoke(w http.ResponseWriter, r *http.Request) {
	client, text, err := s.aboutToken(r)
	if err == nil {
		err = s.giveBack(r, client, text)
	}
	if err != nil {
		writeError(w, r, err)
		return
	}
	noStore(w)
	w.WriteHeader(http.StatusOK)
}

func (s *Service) giveBack(r *http.Request, client *credential.Client, text string) error {
	p, err := s.guard.Identify(r.Context(), text)
	switch {
	case fault.Is(err, fault.Unauthenticated):
		return nil
	case err != nil:
		return err
	case p.TokenID == "" || p.ID != client.ID:
		return nil
	}
	return s.revocations.RevokeToken(r.Context(), p.TokenID, p.ExpiresAt)
}
