package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yipii/yipii/client"
)

const secret = "yips_verysecret"

// fake is a server without a network, so that time can be the bubble's.
type fake struct {
	mu       sync.Mutex
	asked    int // for tokens
	called   int // else
	lifetime int // of tokens, in seconds
	good     string
	refusals []*http.Response // of the next requests for tokens
	busy     []*http.Response // answers to the next calls
	pages    map[string]string
}

func answer(status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), ProtoMajor: 1}
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/oauth/token" {
		time.Sleep(100 * time.Millisecond)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.URL.Path != "/oauth/token" {
		f.called++
		if len(f.busy) > 0 {
			next := f.busy[0]
			f.busy = f.busy[1:]
			return next, nil
		}
		if r.Header.Get("Authorization") != "Bearer "+f.good {
			return answer(401, nil, `{"message":"Unauthenticated.","error":"invalid_token","error_description":"The access token has expired."}`), nil
		}
		if page, ok := f.pages[r.URL.RequestURI()]; ok {
			return answer(200, nil, page), nil
		}
		return answer(200, nil, `{"id":1,"name":"Ada","email":"a@example.com","accounts":[]}`), nil
	}
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	f.asked++
	if len(f.refusals) > 0 {
		next := f.refusals[0]
		f.refusals = f.refusals[1:]
		return next, nil
	}
	if form.Get("client_secret") != secret || form.Get("grant_type") != "client_credentials" {
		return answer(401, http.Header{"X-Request-Id": {"r1"}}, `{"error":"invalid_client","error_description":"Client authentication failed","message":"Client authentication failed"}`), nil
	}
	f.good = fmt.Sprintf("token-%d", f.asked)
	return answer(200, nil, fmt.Sprintf(`{"token_type":"Bearer","expires_in":%d,"access_token":%q}`, f.lifetime, f.good)), nil
}

func (f *fake) client(credentials client.Credentials) *client.Client {
	h := &http.Client{Transport: f}
	c := client.NewFrom("http://yipii.invalid/", client.NewTokens("http://yipii.invalid/", credentials, h))
	c.HTTP = h
	return c
}

var good = client.Credentials{ID: "id", Secret: secret}

// many calls at once and fails the test for each error.
func many(t *testing.T, c *client.Client) {
	t.Helper()
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			var user client.Profile
			if err := c.Get(t.Context(), "/api/user", nil, &user); err != nil || user.Name != "Ada" {
				t.Errorf("%v %v", user, err)
			}
		})
	}
	wait.Wait()
}

func (f *fake) want(t *testing.T, what string, asked int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked != asked {
		t.Errorf("%s: asked for %d tokens, want %d", what, f.asked, asked)
	}
}

// TestOneTokenForMany: of many callers one asks; before the token ends, and once when it is refused.
func TestOneTokenForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{lifetime: 3600}
		c := f.client(good)
		many(t, c)
		f.want(t, "first", 1)
		time.Sleep(3600*time.Second - 61*time.Second)
		many(t, c)
		f.want(t, "a minute before its end and more", 1)
		time.Sleep(time.Second)
		many(t, c)
		f.want(t, "in its last minute", 2)
		f.mu.Lock()
		f.good = "another"
		f.mu.Unlock()
		many(t, c)
		f.want(t, "revoked", 3)
	})
}

// TestShortLife: a token of three seconds is replaced before its end too.
func TestShortLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{lifetime: 3}
		c := f.client(good)
		many(t, c)
		time.Sleep(2300 * time.Millisecond)
		many(t, c)
		f.want(t, "early", 1)
		time.Sleep(200 * time.Millisecond)
		many(t, c)
		f.want(t, "in its last fifth", 2)
	})
}

// TestWhoGivesUp leaves the request for a token to the others.
func TestWhoGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{lifetime: 3600}
		c := f.client(good)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		gone := make(chan error)
		go func() { gone <- c.Get(ctx, "/api/user", nil, nil) }()
		synctest.Wait()
		many(t, c)
		if err := <-gone; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who gave up got %v", err)
		}
		f.want(t, "one request", 1)
	})
}

// TestRefusedTokenTwice: a token that is refused is replaced once, not for ever.
func TestRefusedTokenTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{lifetime: 3600}
		no := func() *http.Response {
			return answer(401, nil, `{"message":"Unauthenticated.","error":"invalid_token"}`)
		}
		f.busy = []*http.Response{no(), no(), no()}
		var refused *client.Error
		if err := f.client(good).Get(t.Context(), "/api/user", nil, nil); !errors.As(err, &refused) || refused.Status != 401 || refused.Code != "invalid_token" {
			t.Errorf("%v", err)
		}
		f.want(t, "refused twice", 2)
		key := client.NewFrom("http://yipii.invalid", client.Key("yip_secretkey"))
		key.HTTP = &http.Client{Transport: f}
		before := f.called
		if err := key.Get(t.Context(), "/api/user", nil, nil); err == nil || strings.Contains(err.Error(), "secretkey") || f.called != before+1 {
			t.Errorf("a key that is refused: %v", err)
		}
	})
}

// TestRetryAfter: what the server is too busy for is tried again when it says, and not before.
func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{lifetime: 3600}
		c := f.client(good)
		f.busy = []*http.Response{answer(429, http.Header{"Retry-After": {"7"}}, `{"message":"Too Many Attempts."}`)}
		start := time.Now()
		if err := c.Get(t.Context(), "/api/user", nil, nil); err != nil || time.Since(start) < 7*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		f.busy = []*http.Response{answer(503, http.Header{"Retry-After": {time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}}, `<html>`)}
		var refused *client.Error
		if err := c.Get(t.Context(), "/api/user", nil, nil); !errors.As(err, &refused) || refused.RetryAfter < 59*time.Minute || refused.Message != "Service Unavailable" {
			t.Errorf("longer than MaxWait: %v", err)
		}

		// The token endpoint says so: nobody asks again before.
		f = &fake{lifetime: 3600, refusals: []*http.Response{answer(429, http.Header{"Retry-After": {"30"}}, `{"error":"slow_down","error_description":"Too many failures."}`)}}
		c = f.client(good)
		for range 3 {
			if err := c.Get(t.Context(), "/api/user", nil, nil); !errors.As(err, &refused) || refused.Code != "slow_down" {
				t.Errorf("%v", err)
			}
		}
		f.want(t, "before the time", 1)
		time.Sleep(30 * time.Second)
		many(t, c)
		f.want(t, "after it", 2)
		// While the token is good, the callers don't notice that the next one is refused.
		time.Sleep(3590 * time.Second)
		f.mu.Lock()
		f.refusals = []*http.Response{answer(503, http.Header{"Retry-After": {"5"}}, `{"error":"temporarily_unavailable"}`)}
		f.mu.Unlock()
		many(t, c)
		f.want(t, "refused in the last minute", 3)
		time.Sleep(6 * time.Second)
		many(t, c)
		f.want(t, "and then not", 4)
	})
}

// TestNothingIsShown: no error and no printed value holds a secret, a token or a key.
func TestNothingIsShown(t *testing.T) {
	f := &fake{lifetime: 3600}
	wrong := client.Credentials{ID: "id", Secret: "yips_anothersecret"}
	err := f.client(wrong).Get(t.Context(), "/api/user", nil, nil)
	if err == nil || err.Error() != "yipii: 401 invalid_client: Client authentication failed (request r1)" {
		t.Errorf("%v", err)
	}
	tokens := client.NewTokens("http://yipii.invalid", good, &http.Client{Transport: f})
	token, err := tokens.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&said, nil))
	key := client.Key("yip_secretkey")
	log.Info("x", "credentials", good, "pointer", &good, "tokens", tokens, "key", key)
	slog.New(slog.NewTextHandler(&said, nil)).Info("x", "credentials", good, "tokens", tokens, "key", key)
	for _, v := range []any{good, &good, tokens, key, struct{ C client.Credentials }{good}, f.client(good), client.NewFrom("http://yipii.invalid", key)} {
		fmt.Fprintf(&said, "%v %+v %#v %s %q %x\n", v, v, v, v, v, v)
	}
	text, err := json.Marshal(map[string]any{"credentials": good, "key": key, "tokens": tokens})
	if err != nil {
		t.Fatal(err)
	}
	said.Write(text)
	for _, hidden := range []string{secret, "anothersecret", token, "secretkey", fmt.Sprintf("%x", secret)} {
		if strings.Contains(said.String(), hidden) {
			t.Errorf("%s is shown in %s", hidden, &said)
		}
	}
	if !strings.Contains(said.String(), "client id") {
		t.Errorf("nothing is shown at all: %s", &said)
	}
}

// TestAll reads all pages, though their links name another address than the one that is asked.
func TestAll(t *testing.T) {
	f := &fake{lifetime: 3600, pages: map[string]string{
		"/api/acme/asset?sort=name":        `{"data":[{"id":1},{"id":2}],"links":{"next":"https://iot.example/api/acme/asset?page=2&sort=name"}}`,
		"/api/acme/asset?page=2&sort=name": `{"data":[{"id":3}],"links":{"next":null}}`,
		"/api/acme/driver":                 `{"data":[],"links":{"next":"https://evil.example/other"}}`,
	}}
	c := f.client(good)
	var ids []int64
	for asset, err := range client.All[client.Asset](t.Context(), c, "/api/acme/asset", url.Values{"sort": {"name"}}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, asset.ID)
	}
	if fmt.Sprint(ids) != "[1 2 3]" {
		t.Errorf("%v", ids)
	}
	for _, err := range client.All[client.Driver](t.Context(), c, "/api/acme/driver", nil) {
		if err == nil {
			t.Error("a link that leads elsewhere is followed")
		}
	}
}

// TestNoOtherHost: a redirect of the token endpoint is not followed, with the secret in the request.
func TestNoOtherHost(t *testing.T) {
	f := &fake{lifetime: 3600, refusals: []*http.Response{answer(307, http.Header{"Location": {"http://evil.invalid/oauth/token"}}, "")}}
	err := f.client(good).Get(t.Context(), "/api/user", nil, nil)
	var refused *client.Error
	if !errors.As(err, &refused) || refused.Status != 307 {
		t.Errorf("%v", err)
	}
	f.want(t, "a redirect", 1)
}
