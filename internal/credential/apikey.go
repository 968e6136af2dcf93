package credential

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/audit"
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
	Networks  bearer.Networks
	MadeBy    string // the credential that it was made with; "" for the operator's command
}

// Credential names the key as a credential: "key:7".
func (k *Key) Credential() string { return bearer.KeyName(k.ID) }

// KeyLifetime is how long an API key is good for if nothing else is said: one year, or as long as the account allows.
const KeyLifetime = 365 * 24 * time.Hour

// CreateKey makes an API key and returns it with its text, which is never seen again.
func (s *Service) CreateKey(ctx context.Context, in Key) (Key, string, error) {
	in.Name = strings.TrimSpace(in.Name)
	if !goodName(in.Name) {
		return Key{}, "", fault.InvalidField("name", badName)
	}
	terms, err := s.terms(ctx, in.AccountID)
	if err != nil {
		return Key{}, "", err
	}
	if longest := terms.MaxKeyLifetime; longest > 0 && (in.ExpiresAt.IsZero() || in.ExpiresAt.After(s.now().Add(longest))) {
		return Key{}, "", fault.InvalidField("expires_at", "The account lets API keys live no longer than "+spoken(longest)+".")
	}
	made, err := s.bound(ctx, terms, strength{in.Scopes, in.Networks, in.ExpiresAt})
	if err != nil {
		return Key{}, "", err
	}
	in.Networks, in.MadeBy = made.networks, maker(ctx)
	in.CreatedAt = time.UnixMilli(s.db.Now()).UTC()
	text := newSecret(KeyPrefix)
	hash := s.hasher.hash(text)
	err = s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if in.ID, err = insertKey(ctx, tx, in, hash); err != nil {
			return err
		}
		if err := s.log.Record(ctx, tx, in.event("api_key.created", map[string]string{"scopes": in.Scopes.String(),
			"expires_at": expiryText(in.ExpiresAt), "allowed_networks": in.Networks.String(), "user": strconv.FormatInt(in.UserID, 10)})); err != nil {
			return err
		}
		return tx.Announce(ctx, "api_key", strconv.FormatInt(in.ID, 10))
	})
	if err != nil {
		return Key{}, "", err
	}
	return in, text, nil
}

// spoken is a lifetime in words: whole days where it is some.
func spoken(d time.Duration) string {
	const day = 24 * time.Hour
	if d%day == 0 {
		return strconv.Itoa(int(d/day)) + " days"
	}
	return d.String()
}

// DefaultExpiry is when a key expires that is made now and for which nothing else is said.
func (s *Service) DefaultExpiry(ctx context.Context, accountID int64) (time.Time, error) {
	terms, err := s.terms(ctx, accountID)
	lifetime := KeyLifetime
	if terms.MaxKeyLifetime > 0 {
		lifetime = min(lifetime, terms.MaxKeyLifetime)
	}
	expires := s.now().Add(lifetime).UTC().Truncate(time.Second)
	p := bearer.CallerOf(ctx)
	if err != nil || p == nil {
		return expires, err
	}
	own, err := s.strengthOf(ctx, p)
	if !own.expires.IsZero() && own.expires.Before(expires) {
		expires = own.expires
	}
	return expires, err
}

func (k *Key) event(action string, detail map[string]string) audit.Event {
	return audit.Event{AccountID: k.AccountID, Action: action, Subject: k.Credential(), SubjectName: k.Name, Detail: detail}
}

// RevokeKey makes the key dead, for good. Revoking it again changes nothing. Who isn't an admin revokes their own.
func (s *Service) RevokeKey(ctx context.Context, accountID, id int64) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		k, again, err := revokeKey(ctx, tx, accountID, id, s.db.Now())
		if err != nil {
			return err
		}
		if err := mayManage(ctx, k.UserID); err != nil || again {
			return err
		}
		k.ID, k.AccountID = id, accountID
		if err := s.log.Record(ctx, tx, k.event("api_key.revoked", nil)); err != nil {
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
	if err != nil {
		return bearer.Credential{}, err
	}
	if k == nil {
		return bearer.Credential{}, bearer.Invalid()
	}
	c := bearer.Credential{ID: k.Credential(), UserID: k.UserID, Home: k.AccountID,
		Scopes: k.Scopes, Networks: k.Networks, IssuedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt}
	switch {
	case !k.RevokedAt.IsZero():
		return c, bearer.Revoked()
	case !k.ExpiresAt.IsZero() && !s.now().Before(k.ExpiresAt):
		return c, bearer.Expired()
	}
	return c, nil
}
