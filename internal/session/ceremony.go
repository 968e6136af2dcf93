package session

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
)

// ceremonyLifetime is how long a passkey may take to answer: people look for their security key.
const ceremonyLifetime = 5 * time.Minute

// The kinds of ceremony. What was begun as one can't be finished as another.
const (
	signingIn   = "sign in"  // a passkey alone, of whoever answers
	comingAfter = "second"   // of a person whose password was right
	registering = "register" // a new one, of a person who is signed in
)

// ceremony is what has to be known when a passkey answers. The browser keeps it, sealed.
type ceremony struct {
	Kind      string               `json:"k"`
	SessionID int64                `json:"s,omitempty"` // the session, or half of one, that began it
	Expires   int64                `json:"e"`           // Unix ms
	Data      webauthn.SessionData `json:"d"`
}

var (
	errNoPasskeys = fault.New(fault.Conflict, "Passkeys are not available: the server's public URL has no host name that they could be bound to.")
	errCeremony   = fault.New(fault.Unauthenticated, "That took too long, or was answered already. Try again.")
)

func refusedPasskey(cause error) *fault.Error {
	return fault.Wrap(fault.Unauthenticated, "The passkey was not accepted.", cause)
}

// newPasskeys prepares WebAuthn for the public URL; nil where its host isn't a name (WebAuthn §5.1.2 asks for a domain).
func newPasskeys(publicURL string) *webauthn.WebAuthn {
	u, err := url.Parse(publicURL)
	if err != nil || u.Hostname() == "" {
		return nil
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return nil
	}
	made, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: "Yipii", RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation, // which maker's device it is decides nothing here
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementPreferred,
			UserVerification: protocol.VerificationPreferred},
		// Some password managers say more than they were asked.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil
	}
	return made
}

// HasPasskeys reports whether passkeys can be used on this server.
func (s *Service) HasPasskeys() bool { return s.passkeys != nil }

// seal closes a ceremony for the browser to keep. The list of allowed passkeys is left out, because it can be long; it is
// read again from the database.
func (s *Service) seal(kind string, sessionID int64, data *webauthn.SessionData) (string, error) {
	kept := *data
	kept.AllowedCredentialIDs = nil
	plain, err := json.Marshal(ceremony{kind, sessionID, s.opt.Now().Add(ceremonyLifetime).UnixMilli(), kept})
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(s.ceremonies.Seal(plain, kind)), nil
}

// unseal opens a ceremony of this kind.
func (s *Service) unseal(kind, state string) (*ceremony, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(state)
	if err != nil || len(state) > maxCookie {
		return nil, errCeremony
	}
	plain, err := s.ceremonies.Open(sealed, kind)
	if err != nil {
		return nil, errCeremony
	}
	var c ceremony
	if err := json.Unmarshal(plain, &c); err != nil || c.Kind != kind || s.opt.Now().UnixMilli() >= c.Expires {
		return nil, errCeremony
	}
	return &c, nil
}

// mark is how an answered challenge is remembered.
func (c *ceremony) mark() [32]byte { return sha256.Sum256([]byte(c.Data.Challenge)) }

// holder is a user as WebAuthn sees one.
type holder struct {
	login  account.Login
	handle []byte
	keys   []storedPasskey
}

func (h *holder) WebAuthnID() []byte          { return h.handle }
func (h *holder) WebAuthnName() string        { return h.login.Email }
func (h *holder) WebAuthnDisplayName() string { return h.login.Name }

func (h *holder) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, len(h.keys))
	for i, k := range h.keys {
		out[i] = k.record
	}
	return out
}

func (h *holder) ids() [][]byte {
	out := make([][]byte, len(h.keys))
	for i, k := range h.keys {
		out[i] = k.record.ID
	}
	return out
}

func (h *holder) descriptors() []protocol.CredentialDescriptor {
	out := make([]protocol.CredentialDescriptor, len(h.keys))
	for i := range h.keys {
		out[i] = h.keys[i].record.Descriptor()
	}
	return out
}

// handleOf is what a user's passkeys know them by: it says nothing of them, and the same server always makes the same.
func (s *Service) handleOf(userID int64) []byte {
	hash := s.handles.Hash(bearer.UserSubject(userID))
	return hash[:]
}

// holderOf reads a user with their passkeys.
func (s *Service) holderOf(ctx context.Context, userID int64) (*holder, error) {
	login, err := s.accounts.LoginOf(ctx, userID)
	if err != nil {
		return nil, err
	}
	keys, err := s.loadPasskeys(ctx, userID)
	return &holder{login, s.handleOf(userID), keys}, err
}

// passkeyName is the name that a person gives to a passkey, or what it is called where they give none.
func passkeyName(name string) (string, error) {
	if strings.TrimSpace(name) == "" {
		name = "Passkey"
	}
	return account.CheckName(name)
}
