package token

import (
	"bytes"
	"context"
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// maxBody bounds a request to /oauth/*: 16 KiB (contract §3).
const maxBody = 16 << 10

// form is a request's parameters, each at most once.
type form map[string]string

// credentialParams may never stand in a URL, where logs and histories keep them (RFC 6749 §2.3.1).
var credentialParams = []string{"client_id", "client_secret", "grant_type", "token"}

// readForm reads the parameters: form-encoded (RFC 6749 §4.4.2), or the same fields as a JSON object.
func readForm(r *http.Request) (form, error) {
	if r.URL.RawQuery != "" {
		query := r.URL.Query()
		for _, name := range credentialParams {
			if query.Has(name) {
				return nil, refuse("invalid_request", "Parameters belong in the request body, never in the URL: "+name)
			}
		}
	}
	body, err := web.ReadBody(r.Body)
	if err != nil {
		return nil, err
	}
	contentType := r.Header.Get("Content-Type")
	mediaType, _, _ := mime.ParseMediaType(contentType) // "" for one that can't be read
	switch {
	case mediaType == "application/json":
		return parseJSON(body)
	case mediaType == "application/x-www-form-urlencoded", contentType == "":
		return parseForm(string(body))
	}
	return nil, refuse("invalid_request", "The Content-Type must be application/x-www-form-urlencoded or application/json")
}

func parseForm(body string) (form, error) {
	values, err := url.ParseQuery(body)
	if err != nil {
		return nil, refuse("invalid_request", "The request body is not a valid form")
	}
	out := make(form, len(values))
	for name, list := range values {
		if len(list) > 1 {
			return nil, refuse("invalid_request", "A parameter is repeated: "+describable(name))
		}
		out[name] = list[0]
	}
	return out, nil
}

func parseJSON(body []byte) (form, error) {
	var raw map[string]jsontext.Value // a repeated name is an error of this decoder
	if err := json.Unmarshal(body, &raw); err != nil || raw == nil {
		return nil, refuse("invalid_request", "The request body is not a valid JSON object, or repeats a parameter")
	}
	out := make(form, len(raw))
	for name, value := range raw {
		switch {
		case value.Kind() == '"':
			text, err := jsontext.AppendUnquote(nil, value)
			if err != nil {
				return nil, refuse("invalid_request", "The request body is not a valid JSON object")
			}
			out[name] = string(text)
		case bytes.Equal(value, []byte("null")):
		default:
			return nil, refuse("invalid_request", "A parameter is not a string: "+describable(name))
		}
	}
	return out, nil
}

// clientAuth is what a request offers to authenticate its client.
type clientAuth struct {
	id, secret string
	basic      bool
}

// readClientAuth takes the credentials from HTTP Basic or from the form (RFC 6749 §2.3.1). Both at once are taken only
// when they are the same.
func readClientAuth(r *http.Request, f form) (clientAuth, error) {
	inForm := clientAuth{id: f["client_id"], secret: f["client_secret"]}
	headers := r.Header["Authorization"]
	if len(headers) == 0 {
		return inForm, inForm.complete()
	}
	auth, err := parseBasic(headers)
	if err != nil {
		return auth, err
	}
	if inForm.id != "" && inForm.id != auth.id || inForm.secret != "" && inForm.secret != auth.secret {
		return auth, refuse("invalid_request", "Two different client credentials were sent: use HTTP Basic or the request body")
	}
	return auth, auth.complete()
}

func (a clientAuth) complete() error {
	switch {
	case a.id == "":
		return refuse("invalid_request", "The client_id parameter is missing")
	case a.secret == "":
		return refuse("invalid_request", "The client_secret parameter is missing")
	}
	return nil
}

// parseBasic reads HTTP Basic (RFC 7617) whose two parts are form-encoded, as RFC 6749 §2.3.1 says. In the alphabet of
// our ids and secrets the encoded and the raw form are the same bytes.
func parseBasic(headers []string) (clientAuth, error) {
	scheme, value, _ := strings.Cut(headers[0], " ")
	if len(headers) > 1 || !strings.EqualFold(scheme, "Basic") {
		return clientAuth{}, refuse("invalid_request", "The Authorization header must be one HTTP Basic credential")
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
	id, secret, found := strings.Cut(string(plain), ":")
	if err != nil || !found {
		return clientAuth{}, refuse("invalid_request", "The Authorization header is not valid HTTP Basic")
	}
	if id, err = url.QueryUnescape(id); err == nil {
		secret, err = url.QueryUnescape(secret)
	}
	if err != nil {
		return clientAuth{}, refuse("invalid_request", "The Authorization header is not valid HTTP Basic")
	}
	return clientAuth{id: id, secret: secret, basic: true}, nil
}

// throttle counts failed authentications, so that a guesser is stopped and the real client, on another address, is
// not: by client and address together, and by address alone. The counters are this process's own.
type throttle struct {
	byClient  *bearer.Limiter
	byAddress *bearer.Limiter
}

func newThrottle(perMinute int) throttle {
	return throttle{bearer.NewLimiter(perMinute, time.Minute), bearer.NewLimiter(10*perMinute, time.Minute)}
}

func (t throttle) wait(clientID, from string, now time.Time) time.Duration {
	_, _, a := t.byClient.Look(clientID+" "+from, now)
	_, _, b := t.byAddress.Look(from, now)
	return max(a, b)
}

func (t throttle) failed(clientID, from string, now time.Time) {
	t.byClient.Take(clientID+" "+from, now)
	t.byAddress.Take(from, now)
}

// authenticate reads the request's client credentials and returns the client whose they are.
func (s *Service) authenticate(r *http.Request, f form) (*credential.Client, error) {
	auth, err := readClientAuth(r, f)
	if err != nil {
		return nil, err
	}
	var client *credential.Client
	err = s.Guess(r.Context(), auth.id, func() (good bool, err error) {
		client, err = s.CheckClient(r.Context(), auth.id, auth.secret)
		return client != nil, err
	})
	if err == nil && client == nil {
		err = invalidClient(auth.basic)
	}
	return client, err
}

// CheckClient returns the client whose id and secret these are; nil if they aren't anybody's, or the client may not be used
// now, or not from the request's address. The request's facts, which stand in the context, name the client, or whose it was
// claimed to be. Whoever lets strangers try asks within Guess.
func (s *Service) CheckClient(ctx context.Context, id, secret string) (*credential.Client, error) {
	client, secretID, err := s.clients.Authenticate(ctx, id, secret)
	if err == nil && client != nil {
		client, err = s.atHome(ctx, client)
	}
	if err != nil {
		return nil, err
	}
	req := web.RequestOf(ctx)
	if client != nil {
		req.Credential, req.Home, req.Secret = client.ID, client.AccountID, secretID
	} else if c := s.clients.Known(id); c != nil { // only an id that is one: a secret may have been pasted into the wrong field
		req.Credential, req.Home = c.ID, c.AccountID
	}
	return client, nil
}

// Guess calls try, which shows a credential that claims to be name's, unless name from the request's address, or the address,
// has failed too often: that is a TooMany fault. What try finds not good is counted.
func (s *Service) Guess(ctx context.Context, name string, try func() (good bool, err error)) error {
	name = name[:min(len(name), 64)] // longer than any id of ours: not worth remembering
	from, now := bearer.Network(web.RequestOf(ctx).ClientIP), s.Now()
	if wait := s.failures.wait(name, from, now); wait > 0 {
		return &fault.Error{Kind: fault.TooMany, Message: "Too many failed attempts. Try again later.", RetryAfter: wait}
	}
	good, err := try()
	if err == nil && !good {
		s.failures.failed(name, from, now)
	}
	return err
}

// atHome returns the client if it may be used: its owner is a member of its account and not suspended, and the request
// comes from an address that the client and the account allow. It is nil otherwise, as for an unknown client.
func (s *Service) atHome(ctx context.Context, client *credential.Client) (*credential.Client, error) {
	owner, err := s.directory.User(ctx, client.OwnerID)
	if err != nil || owner == nil || owner.Suspended {
		return nil, err
	}
	req := web.RequestOf(ctx)
	for i := range owner.Memberships {
		m := &owner.Memberships[i]
		if m.AccountID != client.AccountID {
			continue
		}
		if !client.Networks.Allow(req.ClientIP) || m.Terms != nil && !m.Terms.Networks.Allow(req.ClientIP) {
			req.Refuse("Requests from this address are not allowed.")
			return nil, nil
		}
		return client, nil
	}
	return nil, nil
}
