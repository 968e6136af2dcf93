package credential

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Key is an API key: a named, long-lived bearer token of a user in an account. It holds nothing that opens anything.
type Key struct {
	ID        int64
	AccountID int64
	UserID    int64
	Name      string
	Scopes    bearer.Scopes
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
	RevokedAt time.Time // zero: not revoked
}

// CreateKey makes an API key and returns it with its text, which is never seen again.
func (s *Service) CreateKey(ctx context.Context, in Key) (Key, string, error) {
	in.Name = strings.TrimSpace(in.Name)
	if !goodName(in.Name) {
		return Key{}, "", fault.InvalidField("name", badName)
	}
	now := s.now()
	if !in.ExpiresAt.IsZero() && !in.ExpiresAt.After(now) {
		return Key{}, "", fault.InvalidField("expires_at", "The expiry must lie in the future.")
	}
	in.CreatedAt = time.UnixMilli(now.UnixMilli()).UTC()
	text := newSecret(KeyPrefix)
	hash := s.hasher.hash(text)
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if in.ID, err = insertKey(ctx, tx, in, hash); err != nil {
			return err
		}
		return tx.Announce(ctx, "api_key", strconv.FormatInt(in.ID, 10))
	})
	if err != nil {
		return Key{}, "", err
	}
	return in, text, nil
}

// RevokeKey makes the key dead, for good. Revoking it again changes nothing.
func (s *Service) RevokeKey(ctx context.Context, accountID, id int64) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := updateRevoked(ctx, tx, accountID, id, s.db.Now()); err != nil {
			return err
		}
		return tx.Announce(ctx, "api_key", strconv.FormatInt(id, 10))
	})
}

// Verify is the bearer.Verifier of API keys. A key with a wrong checksum is refused without a look-up.
func (s *Service) Verify(ctx context.Context, text string) (bearer.Credential, error) {
	if !wellFormed(KeyPrefix, text) {
		return bearer.Credential{}, bearer.Invalid()
	}
	k, err := s.keys.Get(ctx, s.hasher.hash(text))
	switch {
	case err != nil:
		return bearer.Credential{}, err
	case k == nil:
		return bearer.Credential{}, bearer.Invalid()
	case !k.RevokedAt.IsZero():
		return bearer.Credential{}, bearer.Revoked()
	case !k.ExpiresAt.IsZero() && !s.now().Before(k.ExpiresAt):
		return bearer.Credential{}, bearer.Expired()
	}
	return bearer.Credential{ID: "key:" + strconv.FormatInt(k.ID, 10), UserID: k.UserID, Home: k.AccountID,
		Scopes: k.Scopes, IssuedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt}, nil
}
