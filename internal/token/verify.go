package token

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
)

// Verifier is the bearer.Verifier of access tokens. A token's signature is checked once: what it says is kept for as
// long as there is room. Whether it has expired or been revoked is asked anew every time.
type Verifier struct {
	issuer      string
	keys        *Keyring
	revocations *Revocations
	clients     *credential.Service
	heard       func() uint64 // of changes: store.DB's
	now         func() time.Time
	verified    *lru.Cache[string, *verified] // by token
}

// verified is what a token with a good signature says.
type verified struct {
	id       string
	clientID string
	scopes   bearer.Scopes
	issued   int64 // Unix ms
	starts   time.Time
	expires  time.Time

	concluded atomic.Pointer[conclusion] // the latest; nil before the first
}

// conclusion is what a token was found to be worth, for as long as no change is heard of and until has not come.
type conclusion struct {
	heard      uint64
	until      time.Time
	credential bearer.Credential
}

// verifiedTokens bounds the cache: at about 1.4 kilobytes each, 7 MB. A program uses one token at a time, so this is
// how many programs can be at work before some signatures are checked again.
const verifiedTokens = 5_000

// NewVerifier makes the verifier of issuer's tokens.
func NewVerifier(issuer string, keys *Keyring, revocations *Revocations, clients *credential.Service, now func() time.Time) *Verifier {
	cache, err := lru.New[string, *verified](verifiedTokens)
	if err != nil {
		panic(err) // only a size below 1 fails
	}
	return &Verifier{issuer, keys, revocations, clients, revocations.db.Heard, now, cache}
}

// Verify implements bearer.Verifier.
func (v *Verifier) Verify(ctx context.Context, text string) (bearer.Credential, error) {
	said, ok := v.verified.Get(text)
	if !ok {
		var err error
		if said, err = v.read(ctx, text); err != nil {
			return bearer.Credential{}, err
		}
		v.verified.Add(strings.Clone(text), said) // text is a part of the request's whole head
	}
	c, err := v.credential(ctx, said)
	if err != nil {
		v.verified.Remove(text)
	}
	return c, err
}

// read checks a token's form and signature.
func (v *Verifier) read(ctx context.Context, text string) (*verified, error) {
	p, err := parse(text)
	if err != nil {
		return nil, bearer.Invalid()
	}
	key, err := v.keys.verifier(ctx, p.kid)
	if err != nil {
		return nil, err
	}
	if key == nil {
		return nil, bearer.Invalid()
	}
	c, err := p.check(key, v.issuer)
	if err != nil {
		return nil, bearer.Invalid()
	}
	scopes, err := bearer.ParseScopes(c.Scope)
	if err != nil {
		return nil, bearer.Invalid()
	}
	said := &verified{id: c.ID, clientID: c.ClientID, scopes: scopes, issued: c.issuedMillis(), expires: c.Expires.Time()}
	if c.NotBefor != nil {
		said.starts = c.NotBefor.Time()
	}
	return said, nil
}

// credential says what the token is worth now.
func (v *Verifier) credential(ctx context.Context, said *verified) (bearer.Credential, error) {
	now, heard := v.now(), v.heard()
	if c := said.concluded.Load(); c != nil && c.heard == heard && now.Before(c.until) {
		return c.credential, nil
	}
	if now.Add(time.Minute).Before(said.starts) { // a minute for nodes whose clocks differ
		return bearer.Credential{}, bearer.Invalid()
	}
	client, err := v.clients.Client(ctx, said.clientID)
	if err != nil {
		return bearer.Credential{}, err
	}
	if client == nil && now.Before(said.expires) {
		return bearer.Credential{}, bearer.Revoked()
	}
	if client == nil {
		return bearer.Credential{}, bearer.Expired()
	}
	c := &conclusion{heard: heard, until: said.expires, credential: bearer.Credential{ID: client.ID, TokenID: said.id, UserID: client.OwnerID,
		Home: client.AccountID, Reach: client.Reach, Networks: client.Networks,
		// A scope that the client has lost since is lost to its tokens too.
		Scopes: said.scopes & client.Scopes.Implied(), IssuedAt: time.UnixMilli(said.issued).UTC(), ExpiresAt: said.expires}}
	switch {
	case !now.Before(said.expires):
		return c.credential, bearer.Expired()
	case !client.Live(now), v.revocations.covers(said.id, said.clientID, client.OwnerID, client.AccountID, said.issued):
		return c.credential, bearer.Revoked()
	}
	if !client.ExpiresAt.IsZero() && client.ExpiresAt.Before(c.until) {
		c.until = client.ExpiresAt
	}
	said.concluded.Store(c)
	return c.credential, nil
}
