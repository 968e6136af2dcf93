package tracking

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/bearer"
)

// tokenLength is that of crypto/rand's texts: 26 characters of base32, 130 bits. A link is read out on the phone sometimes, so it has
// no small letters, no 0 and no 1.
const tokenLength = 26

// newToken makes the token of a link.
func newToken() string { return rand.Text() }

// wellFormed reports whether text can be the token of a link, so that what can be none asks no database.
func wellFormed(text string) bool {
	return len(text) == tokenLength && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// hash is how a link's token is known to the database and to other nodes.
func (s *Service) hash(token string) string {
	sum := s.tokens.Hash(token)
	return hex.EncodeToString(sum[:])
}

// boundTo is what a link's sealed token is bound to: copied to another row it doesn't open.
func (l *Link) boundTo() string { return fmt.Sprintf("tracking link %d %s", l.AccountID, l.hash) }

// SessionPrefix begins every session token.
const SessionPrefix = "yts_"

// A session token is SessionPrefix and, in base64url, when it ends (Unix seconds, 8 bytes), the link's generation (8 bytes), the
// link's token, and HMAC-SHA-256 of these under a key that is derived from the server secret.
const (
	sessionHead   = 8 + 8
	sessionSigned = sessionHead + tokenLength
	sessionBytes  = sessionSigned + sha256.Size
)

// sessionLasts is the longest that a session token lives.
const sessionLasts = 15 * time.Minute

// claims are what a session token says.
type claims struct {
	link       string
	generation int64
	until      time.Time // to the second
}

func (s *Service) sessionMAC(signed []byte) []byte {
	mac := hmac.New(sha256.New, s.seal[:])
	mac.Write(signed)
	return mac.Sum(nil)
}

func (s *Service) newSession(c claims) string {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, sessionBytes), uint64(c.until.Unix()))
	b = binary.BigEndian.AppendUint64(b, uint64(c.generation))
	b = append(b, c.link...)
	return SessionPrefix + base64.RawURLEncoding.EncodeToString(append(b, s.sessionMAC(b)...))
}

// readSession is what a session token says, if this installation made it and it hasn't ended.
func (s *Service) readSession(text string) (claims, error) {
	body, ok := strings.CutPrefix(text, SessionPrefix)
	if !ok || len(body) != base64.RawURLEncoding.EncodedLen(sessionBytes) || strings.ContainsAny(body, "\r\n") { // base64 looks over line ends
		return claims{}, bearer.Invalid()
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil || len(b) != sessionBytes || !hmac.Equal(b[sessionSigned:], s.sessionMAC(b[:sessionSigned])) {
		return claims{}, bearer.Invalid()
	}
	c := claims{until: time.Unix(int64(binary.BigEndian.Uint64(b)), 0).UTC(), generation: int64(binary.BigEndian.Uint64(b[8:])), link: string(b[sessionHead:sessionSigned])}
	if !s.opt.Now().Before(c.until) {
		return claims{}, bearer.Expired()
	}
	return c, nil
}
