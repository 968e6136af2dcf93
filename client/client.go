package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client sends requests to one server. Its methods may be called from many goroutines.
type Client struct {
	// HTTP sends the requests; a client with a timeout of 30 seconds unless it is changed before the first one.
	HTTP *http.Client
	// MaxWait is the longest that a request waits when the server says 429 or 503 with Retry-After; past it, the caller is
	// told. 10 seconds unless it is changed.
	MaxWait time.Duration

	base   string
	source Source
}

// Format prints the server's address alone, whatever the verb.
func (c *Client) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "client of %s", c.base) }

// New makes a client of the server at baseURL that gets its tokens with credentials.
func New(baseURL string, c Credentials) *Client {
	return NewFrom(baseURL, NewTokens(baseURL, c, nil))
}

// NewFrom makes a client that gets its tokens from source, such as a Key.
func NewFrom(baseURL string, source Source) *Client {
	return &Client{HTTP: &http.Client{Timeout: 30 * time.Second}, MaxWait: 10 * time.Second, base: strings.TrimSuffix(baseURL, "/"), source: source}
}

// Get reads path, such as /api/acme-logistics/asset, into out, a pointer to a type of this package or one of your own.
func (c *Client) Get(ctx context.Context, path string, query url.Values, out any) error {
	return c.Do(ctx, http.MethodGet, path, query, nil, out)
}

// Do sends in, unless it is nil, as JSON, and reads the answer into out, unless that is nil. To clear a field with PATCH,
// send a map with a nil: the types leave out what is nil.
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, in, out any) error {
	var body []byte
	header := http.Header{}
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
		header.Set("Content-Type", "application/json")
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	res, err := c.Send(ctx, method, path, header, body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if out == nil || res.StatusCode == http.StatusNoContent {
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("yipii: the answer to %s %s can't be read: %w", method, path, err)
	}
	return nil
}

// Send sends a request with a token and returns the answer, whose body the caller closes. What the server refuses comes
// back as an *Error. A token that is refused is replaced once; 429 and 503 are waited for once, as long as MaxWait allows:
// the server has done nothing then.
func (c *Client) Send(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, error) {
	if !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("yipii: the path %q doesn't begin with a slash", path)
	}
	for replaced, waited := false, false; ; {
		token, err := c.source.Token(ctx)
		if err != nil {
			return nil, err
		}
		req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		for name, values := range header {
			req.Header[name] = values
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := c.HTTP.Do(req)
		if err != nil {
			return nil, err
		}
		if res.StatusCode < 400 {
			return res, nil
		}
		refused := errorOf(res, time.Now())
		res.Body.Close()
		switch {
		case res.StatusCode == http.StatusUnauthorized && !replaced && c.source.Refused(token):
			replaced = true
		case (res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable) && !waited &&
			refused.RetryAfter > 0 && refused.RetryAfter <= c.MaxWait:
			waited = true
			if err := sleep(ctx, refused.RetryAfter); err != nil {
				return nil, errors.Join(err, refused)
			}
		default:
			return nil, refused
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// All reads a list from its first page to its last, a record at a time: of assets, All[client.Asset](ctx, c, path, query).
func All[T any](ctx context.Context, c *Client, path string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for path != "" {
			var page struct {
				Data  []T `json:"data"`
				Links struct {
					Next *string `json:"next"`
				} `json:"links"`
			}
			if err := c.Get(ctx, path, query, &page); err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, record := range page.Data {
				if !yield(record, nil) {
					return
				}
			}
			if page.Links.Next == nil {
				return
			}
			next, err := url.Parse(*page.Links.Next)
			if err != nil || next.Path != path && !strings.HasSuffix(next.Path, path) {
				var none T
				yield(none, fmt.Errorf("yipii: the link to the next page of %s leads elsewhere", path))
				return
			}
			query = next.Query() // the link names the public address, which may not be the one that is asked
		}
	}
}
