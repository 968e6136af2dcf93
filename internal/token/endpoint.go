package token

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/web"
)

// Options of the authorization server.
type Options struct {
	Issuer            string        // the public URL, without a slash at its end
	Lifetime          time.Duration // of a token whose client sets none
	FailuresPerMinute int           // failed client authentications that one address may make for one client; 0: any number
	Now               func() time.Time
}

// Service answers /oauth/*.
type Service struct {
	Options
	keys        *Keyring
	revocations *Revocations
	clients     *credential.Service
	directory   bearer.Directory
	guard       Guard
	failures    throttle
}

// Guard is what the authorization server asks of the API's guard: whose token it is, so that introspection can't differ
// from what the guard does, and whether anything can be decided now.
type Guard interface {
	Identify(ctx context.Context, token string) (*bearer.Principal, error)
	Fresh() error
}

// New makes the service.
func New(opt Options, keys *Keyring, revocations *Revocations, clients *credential.Service, directory bearer.Directory, guard Guard) *Service {
	return &Service{Options: opt, keys: keys, revocations: revocations, clients: clients, directory: directory,
		guard: guard, failures: newThrottle(opt.FailuresPerMinute)}
}

// issue answers POST /oauth/token (RFC 6749 §4.4.2).
func (s *Service) issue(w http.ResponseWriter, r *http.Request) {
	answer, err := s.grantToken(r)
	if err != nil {
		writeError(w, r, err)
		return
	}
	noStore(w)
	web.WriteBytes(w, http.StatusOK, "application/json", answer)
}

func (s *Service) grantToken(r *http.Request) ([]byte, error) {
	f, err := readForm(r)
	if err != nil {
		return nil, err
	}
	switch f["grant_type"] {
	case credential.ClientCredentials:
	case "":
		return nil, refuse("unsupported_grant_type", "The grant_type parameter is missing: it must be client_credentials")
	default:
		return nil, refuse("unsupported_grant_type", "The grant type is not supported: it must be client_credentials")
	}
	client, err := s.authenticate(r, f)
	if err != nil {
		return nil, err
	}
	if !client.MayUse(credential.ClientCredentials) {
		return nil, refuse("unauthorized_client", "The client may not use the client_credentials grant")
	}
	scopes, err := grantScopes(client.Scopes, f["scope"])
	if err != nil {
		return nil, err
	}
	if err := s.guard.Fresh(); err != nil {
		return nil, err
	}
	lifetime, err := s.lifetime(r.Context(), client)
	if err != nil {
		return nil, err
	}
	return s.mint(client, scopes, lifetime)
}

// grantScopes decides which of the allowed scopes a request gets: all for none asked, else those asked.
func grantScopes(allowed bearer.Scopes, asked string) (bearer.Scopes, error) {
	scopes, err := bearer.ParseScopes(asked)
	var unknown bearer.UnknownScopeError
	switch {
	case errors.As(err, &unknown):
		return 0, refuse("invalid_scope", "The requested scope is unknown: "+describable(unknown.Scope))
	case err != nil:
		return 0, err
	case scopes == 0:
		return allowed, nil
	case !allowed.Has(scopes):
		return 0, refuse("invalid_scope", "The client may not have the scope: "+(scopes&^allowed.Implied()).String())
	}
	return scopes, nil
}

// lifetime is how long a token of the client lives: as the client or the server says, within what its account allows.
func (s *Service) lifetime(ctx context.Context, client *credential.Client) (time.Duration, error) {
	lifetime := s.Lifetime
	if client.TokenLifetime > 0 {
		lifetime = client.TokenLifetime
	}
	owner, err := s.directory.User(ctx, client.OwnerID)
	if err != nil || owner == nil {
		return lifetime, err
	}
	for _, m := range owner.Memberships {
		if m.AccountID == client.AccountID && m.Terms != nil && m.Terms.MaxTokenLifetime > 0 {
			lifetime = min(lifetime, m.Terms.MaxTokenLifetime)
		}
	}
	return lifetime, nil
}

// mint makes the token and the answer of RFC 6749 §5.1.
func (s *Service) mint(client *credential.Client, scopes bearer.Scopes, lifetime time.Duration) ([]byte, error) {
	now := s.Now()
	key, ok := s.keys.signer(now)
	if !ok {
		return nil, errors.New("there is no signing key")
	}
	token, err := mint(key, grant{issuer: s.Issuer, clientID: client.ID, scopes: scopes, id: newTokenID(now), issuedAt: now, expires: now.Add(lifetime)})
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, len(token)+300)
	b = append(b, `{"token_type":"Bearer","expires_in":`...)
	b = strconv.AppendInt(b, int64(lifetime/time.Second), 10)
	b = append(b, `,"access_token":"`...)
	b = append(b, token...)
	b = append(b, `","scope":"`...)
	b = append(b, scopes.String()...)
	return append(b, "\"}\n"...), nil
}

// newTokenID makes a version 7 UUID (RFC 9562 §5.7) of the given moment.
func newTokenID(t time.Time) uuid.UUID {
	id := uuid.New()
	ms := t.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6] = 0x70 | id[6]&0x0f
	return id
}

// tokenAnswer documents the answer; mint writes it.
type tokenAnswer struct {
	TokenType   string `json:"token_type" enum:"Bearer"`
	ExpiresIn   int64  `json:"expires_in" doc:"Lifetime in seconds." example:"31536000"`
	AccessToken string `json:"access_token" doc:"A JWT (RFC 9068). Treat it as opaque."`
	Scope       string `json:"scope" doc:"What was granted, space-separated."`
}
