package session

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

// The API takes no cookies. A page of this server that calls it in the name of who is signed in, as the API reference does, asks
// for a page token: a bearer token for one account that hangs on the session, lives for some minutes in the page's memory, and
// can make no credentials, for which the dashboard wants to see the person's password.

// PageTokenPrefix begins every page token.
const PageTokenPrefix = "yipt_"

// pageTokenLifetime is short, because a page gets the next one whenever it likes.
const pageTokenLifetime = 10 * time.Minute

// pageTokenBytes is the length of what is sealed: the hash of the session's cookie, the account's id, and the end in Unix ms.
const pageTokenBytes = 32 + 8 + 8

// sealPageToken makes a page token of a session's for an account.
func (s *Service) sealPageToken(r *record, accountID int64) (text string, lifetime time.Duration) {
	now := s.opt.Now()
	expires := now.Add(pageTokenLifetime)
	if r.expires.Before(expires) {
		expires = r.expires
	}
	plain := make([]byte, 0, pageTokenBytes)
	plain = append(plain, r.hash[:]...)
	plain = binary.BigEndian.AppendUint64(plain, uint64(accountID))
	plain = binary.BigEndian.AppendUint64(plain, uint64(expires.UnixMilli()))
	return PageTokenPrefix + base64.RawURLEncoding.EncodeToString(s.pageTokens.Seal(plain, "")), expires.Sub(now)
}

// Verify implements bearer.Verifier for page tokens: one is good for as long as the session is, at most until its own end.
func (s *Service) Verify(ctx context.Context, token string) (bearer.Credential, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, PageTokenPrefix))
	if err != nil {
		return bearer.Credential{}, bearer.Invalid()
	}
	plain, err := s.pageTokens.Open(sealed, "")
	if err != nil || len(plain) != pageTokenBytes {
		return bearer.Credential{}, bearer.Invalid()
	}
	var hash [32]byte
	copy(hash[:], plain)
	accountID := int64(binary.BigEndian.Uint64(plain[32:]))
	expires := time.UnixMilli(int64(binary.BigEndian.Uint64(plain[40:]))).UTC()
	if !s.opt.Now().Before(expires) {
		return bearer.Credential{}, bearer.Expired()
	}
	r, err := s.live(ctx, hash)
	if err != nil {
		return bearer.Credential{}, err
	}
	if r == nil || r.half {
		return bearer.Credential{}, bearer.Revoked()
	}
	s.seen(ctx, r)
	return bearer.Credential{ID: bearer.SessionName(r.id), UserID: r.userID, Home: accountID, Scopes: bearer.DataScopes,
		IssuedAt: expires.Add(-pageTokenLifetime), ExpiresAt: expires}, nil
}

// PageToken is what a page is given.
type PageToken struct {
	AccessToken string        `json:"access_token"`
	ExpiresIn   int64         `json:"expires_in"` // seconds
	Name        string        `json:"name"`       // of who is signed in
	Account     string        `json:"account"`    // the key of the one that the token is for
	Accounts    []PageAccount `json:"accounts"`   // all that it could be for
}

// PageAccount is an account that a page token can be for.
type PageAccount struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	Role string `json:"role"`
}

// pageTokenRoute declares how a page gets a token. It is a POST that takes JSON, so that no other site can make a browser send
// it, and the answer can be read by this site's pages alone.
func (s *Service) pageTokenRoute(r *web.Router) {
	r.Handle(web.Route{Method: http.MethodPost, Pattern: "/docs/session-token", Access: web.Access{Public: true}, ID: "create-page-token", Hidden: true, MaxBody: 1 << 10},
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			made, err := s.pageToken(r)
			if err != nil {
				web.WriteError(w, r, err)
				return
			}
			w.Header().Set("Cache-Control", "no-store")
			if made == nil {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			web.WriteJSON(w, http.StatusOK, made)
		}))
}

// pageToken makes a token for who is signed in: for the account whose key the query names, else the first; nil for nobody, which
// is no error of a page that asks. Forbidden from another site, NotFound for an account that isn't the person's.
func (s *Service) pageToken(r *http.Request) (*PageToken, error) {
	if s.origins.Check(r) != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return nil, errForeign
	}
	p, err := s.Identify(r)
	if err != nil || p == nil {
		return nil, err
	}
	req := web.RequestOf(r.Context())
	req.Credential = p.ID
	key := r.URL.Query().Get("account")
	i := slices.IndexFunc(p.Accounts, func(m bearer.Membership) bool { return key == "" || m.Key == key })
	if i < 0 {
		return nil, errAccount
	}
	found, err := s.find(r.Context(), CookieOf(r))
	if err != nil || found == nil {
		return nil, err
	}
	out := &PageToken{Name: p.User.Name, Account: p.Accounts[i].Key, Accounts: make([]PageAccount, 0, len(p.Accounts))}
	text, lifetime := s.sealPageToken(found, p.Accounts[i].AccountID)
	out.AccessToken, out.ExpiresIn = text, int64(lifetime/time.Second)
	for _, m := range p.Accounts {
		out.Accounts = append(out.Accounts, PageAccount{m.Key, m.Name, m.Role.String()})
	}
	return out, nil
}
