package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Source gives the bearer token of a request. Its methods may be called from many goroutines.
type Source interface {
	// Token is a token that is good for now.
	Token(ctx context.Context) (string, error)
	// Refused says that the server refused a token. It reports whether another can be had.
	Refused(token string) bool
}

// hidden stands where a secret would be printed.
const hidden = "[hidden]"

// Key is an API key as a Source.
type Key string

// Token implements Source.
func (k Key) Token(context.Context) (string, error) { return string(k), nil }

// Refused implements Source: there is no other key.
func (k Key) Refused(string) bool { return false }

// Format prints no key, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, hidden) }

// MarshalText keeps the key out of logs that write values as JSON.
func (k Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Credentials are those of an OAuth client.
type Credentials struct {
	ID     string
	Secret string
	Scopes []string // to ask for; none stands for all that the client may have
}

// Format prints the id alone, whatever the verb.
func (c Credentials) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "client %s", c.ID) }

// MarshalText keeps the secret out of logs that write values as JSON.
func (c Credentials) MarshalText() ([]byte, error) { return []byte("client " + c.ID), nil }

// Tokens is a Source that gets access tokens by the client credentials grant (RFC 6749 §4.4).
type Tokens struct {
	endpoint    string
	credentials Credentials
	http        *http.Client
	now         func() time.Time

	mu      sync.Mutex
	token   string
	renew   time.Time // when to ask for another
	expires time.Time
	asking  *asking // nil while nobody asks
	again   time.Time
	refusal error // until again, the server has asked not to be asked
}

// asking is one request for a token, which all callers share that come while it runs.
type asking struct {
	done  chan struct{}
	token string
	err   error
}

// NewTokens makes a source for the server at baseURL. A nil http stands for a client with a timeout of 30 seconds.
func NewTokens(baseURL string, c Credentials, h *http.Client) *Tokens {
	if h == nil {
		h = &http.Client{Timeout: 30 * time.Second}
	}
	own := *h
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the secret goes nowhere else
	return &Tokens{endpoint: strings.TrimSuffix(baseURL, "/") + "/oauth/token", credentials: c, http: &own, now: time.Now}
}

// Format prints whose tokens they are and none of them, whatever the verb.
func (t *Tokens) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "tokens of client %s", t.credentials.ID) }

// Token implements Source. Whoever gives up while waiting leaves the request to the others.
func (t *Tokens) Token(ctx context.Context) (string, error) {
	t.mu.Lock()
	now := t.now()
	if t.token != "" && now.Before(t.renew) {
		defer t.mu.Unlock()
		return t.token, nil
	}
	if now.Before(t.again) {
		defer t.mu.Unlock()
		if t.token != "" && now.Before(t.expires) {
			return t.token, nil
		}
		return "", t.refusal
	}
	if t.asking == nil {
		t.asking = &asking{done: make(chan struct{})}
		go t.ask(context.WithoutCancel(ctx), t.asking)
	}
	a := t.asking
	t.mu.Unlock()
	select {
	case <-a.done:
		return a.token, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Refused implements Source. Only the token that is kept is thrown away: of many callers that were refused the same one,
// the first makes room for the next token, which the others then share.
func (t *Tokens) Refused(token string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if token == t.token {
		t.token = ""
	}
	return true
}

// ask gets a token and hands it to all who wait.
func (t *Tokens) ask(ctx context.Context, a *asking) {
	token, lifetime, err := t.request(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	var refused *Error
	switch {
	case err == nil:
		t.token, t.expires, t.renew = token, now.Add(lifetime), now.Add(lifetime-early(lifetime))
	case errors.As(err, &refused) && refused.RetryAfter > 0:
		t.again, t.refusal = now.Add(refused.RetryAfter), err
	}
	if err != nil && t.token != "" && now.Before(t.expires) {
		token, err = t.token, nil // the old one is good for a while yet
	}
	a.token, a.err = token, err
	t.asking = nil
	close(a.done)
}

// early is how long before its end a token is replaced: a fifth of its life, at most a minute.
func early(lifetime time.Duration) time.Duration { return min(lifetime/5, time.Minute) }

// request asks the token endpoint.
func (t *Tokens) request(ctx context.Context) (token string, lifetime time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {t.credentials.ID}, "client_secret": {t.credentials.Secret}}
	if len(t.credentials.Scopes) > 0 {
		form.Set("scope", strings.Join(t.credentials.Scopes, " "))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	res, err := t.http.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", 0, errorOf(res, t.now())
	}
	var answer TokenAnswer
	if err := json.NewDecoder(io.LimitReader(res.Body, maxError)).Decode(&answer); err != nil || answer.AccessToken == "" || answer.ExpiresIn <= 0 {
		return "", 0, fmt.Errorf("yipii: what %s answered holds no token", t.endpoint) // without the answer: it may hold one
	}
	return answer.AccessToken, time.Duration(answer.ExpiresIn) * time.Second, nil
}
