package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"

	"github.com/yipii/yipii/internal/bearer"
)

// tokenType is the JOSE header's typ (RFC 9068 §2.1).
const tokenType = "at+jwt"

// grant is what a token says.
type grant struct {
	issuer   string
	clientID string
	scopes   bearer.Scopes
	id       uuid.UUID // a version 7 UUID: it holds the moment of issue to the millisecond
	issuedAt time.Time
	expires  time.Time
}

// mint writes and signs an access token. It is what a JOSE library would write, in fewer steps: this is the one path
// whose speed every client feels. Reading a token back is the library's.
func mint(key *SigningKey, g grant) (string, error) {
	head := `{"alg":"` + string(key.Alg) + `","kid":"` + key.KID + `","typ":"` + tokenType + `"}`
	claims := g.claims()
	b64 := base64.RawURLEncoding
	token := make([]byte, 0, b64.EncodedLen(len(head))+b64.EncodedLen(len(claims))+350)
	token = b64.AppendEncode(token, []byte(head))
	token = append(token, '.')
	token = b64.AppendEncode(token, claims)
	signature, err := key.sign(token)
	if err != nil {
		return "", err
	}
	token = append(token, '.')
	return string(b64.AppendEncode(token, signature)), nil
}

// claims writes the claims of RFC 9068 §2.2, and scopes as an array beside scope, as Laravel Passport has it.
func (g grant) claims() []byte {
	issuer, _ := json.Marshal(g.issuer)
	iat := strconv.FormatInt(g.issuedAt.Unix(), 10)
	b := make([]byte, 0, 640)
	b = append(b, `{"iss":`...)
	b = append(b, issuer...)
	b = append(b, `,"sub":"`+g.clientID+`","aud":`...)
	b = append(b, issuer...)
	b = append(b, `,"client_id":"`+g.clientID+`","iat":`+iat+`,"nbf":`+iat+`,"exp":`...)
	b = strconv.AppendInt(b, g.expires.Unix(), 10)
	b = append(b, `,"jti":"`+g.id.String()+`","scope":"`...)
	names := g.scopes.Names() // none has a character that JSON escapes
	b = append(b, strings.Join(names, " ")...)
	b = append(b, `","scopes":[`...)
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `"`+name+`"`...)
	}
	return append(b, `]}`...)
}

func (key *SigningKey) sign(input []byte) ([]byte, error) {
	switch private := key.private.(type) {
	case *ecdsa.PrivateKey:
		digest := sha256.Sum256(input)
		r, s, err := ecdsa.Sign(rand.Reader, private, digest[:])
		if err != nil {
			return nil, err
		}
		out := make([]byte, 64) // r and s, 32 bytes each (RFC 7518 §3.4)
		r.FillBytes(out[:32])
		s.FillBytes(out[32:])
		return out, nil
	default:
		if key.Alg == jose.EdDSA {
			return private.Sign(rand.Reader, input, crypto.Hash(0))
		}
		digest := sha256.Sum256(input)
		return private.Sign(rand.Reader, digest[:], crypto.SHA256)
	}
}

// claims is what is read from a token.
type claims struct {
	Issuer   string           `json:"iss"`
	Audience jwt.Audience     `json:"aud"`
	ClientID string           `json:"client_id"`
	Subject  string           `json:"sub"`
	ID       string           `json:"jti"`
	IssuedAt *jwt.NumericDate `json:"iat"`
	NotBefor *jwt.NumericDate `json:"nbf"`
	Expires  *jwt.NumericDate `json:"exp"`
	Scope    string           `json:"scope"`
}

var errNotOurs = errors.New("not a token of this server")

// parsed is a token whose form is right and whose signature isn't checked yet.
type parsed struct {
	token *jwt.JSONWebToken
	kid   string
}

// parse reads a compact JWS with one signature by one of our algorithms, typed as an access token.
func parse(text string) (parsed, error) {
	token, err := jwt.ParseSigned(text, Algs)
	if err != nil {
		return parsed{}, err
	}
	if len(token.Headers) != 1 {
		return parsed{}, errNotOurs
	}
	head := token.Headers[0]
	if typ, _ := head.ExtraHeaders[jose.HeaderType].(string); typ != tokenType {
		return parsed{}, errNotOurs
	}
	return parsed{token, head.KeyID}, nil
}

// check verifies the signature with key and that the token is of issuer; it does not look at the clock.
func (p parsed) check(key *SigningKey, issuer string) (claims, error) {
	var c claims
	if p.token.Headers[0].Algorithm != string(key.Alg) {
		return c, errNotOurs
	}
	if err := p.token.Claims(key.private.Public(), &c); err != nil {
		return c, err
	}
	if c.Issuer != issuer || !c.Audience.Contains(issuer) || c.ClientID == "" || c.ID == "" || c.IssuedAt == nil || c.Expires == nil {
		return c, errNotOurs
	}
	return c, nil
}

// issuedMillis is the moment of issue in Unix milliseconds: from the version 7 UUID of the token's id, for iat has
// whole seconds only, and a revocation must part the tokens before it from those after it.
func (c claims) issuedMillis() int64 {
	if id, err := uuid.Parse(c.ID); err == nil && id.Version() == 7 {
		var ms int64
		for _, b := range id[:6] {
			ms = ms<<8 | int64(b)
		}
		return ms
	}
	return c.IssuedAt.Time().UnixMilli()
}
