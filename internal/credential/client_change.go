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

// ClientChange is what Update changes; nil fields stay.
type ClientChange struct {
	Name          *string
	Scopes        *bearer.Scopes
	TokenLifetime *time.Duration // 0: the server's
	ExpiresAt     *time.Time     // zero: never
	Networks      *bearer.Networks
	Disabled      *bool
}

// Update changes a client. What it loses, its tokens lose with it, on their next request.
func (s *Service) Update(ctx context.Context, accountID int64, clientID string, in ClientChange) (*Client, error) {
	terms, err := s.terms(ctx, accountID)
	if err != nil {
		return nil, err
	}
	var after *Client
	err = s.change(ctx, accountID, clientID, func(tx *store.Tx, before *Client) error {
		if after, err = s.changed(ctx, terms, before, in); err != nil {
			return err
		}
		if err := updateClient(ctx, tx, after, s.db.Now()); err != nil {
			return err
		}
		return s.recordChange(ctx, tx, before, after)
	})
	return after, err
}

// changed is the client as the change makes it, checked.
func (s *Service) changed(ctx context.Context, terms bearer.Terms, before *Client, in ClientChange) (*Client, error) {
	after := *before
	set(&after.Name, in.Name)
	set(&after.Scopes, in.Scopes)
	set(&after.TokenLifetime, in.TokenLifetime)
	set(&after.ExpiresAt, in.ExpiresAt)
	set(&after.Networks, in.Networks)
	set(&after.Disabled, in.Disabled)
	after.Name = strings.TrimSpace(after.Name)
	if err := s.checkClient(&after); err != nil {
		return nil, err
	}
	if in.Scopes == nil && in.ExpiresAt == nil && in.Networks == nil {
		return &after, nil
	}
	made, err := s.bound(ctx, terms, strength{after.Scopes, after.Networks, after.ExpiresAt})
	after.Networks, after.ExpiresAt = made.networks, made.expires
	return &after, err
}

func (s *Service) recordChange(ctx context.Context, tx *store.Tx, before, after *Client) error {
	if changed := audit.Changes(before.texts(), after.texts()); len(changed) > 0 {
		if err := s.log.Record(ctx, tx, after.event("client.changed", changed)); err != nil {
			return err
		}
	}
	switch {
	case before.Disabled == after.Disabled:
		return nil
	case after.Disabled:
		return s.log.Record(ctx, tx, after.event("client.disabled", nil))
	}
	return s.log.Record(ctx, tx, after.event("client.enabled", nil))
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// AddSecret makes another secret of the client, beside the one it has, and returns it with its id. Whoever makes a secret
// can be the client, so the client must not be stronger than they are.
func (s *Service) AddSecret(ctx context.Context, accountID int64, clientID string) (string, int64, error) {
	text := newSecret(SecretPrefix)
	var id int64
	err := s.change(ctx, accountID, clientID, func(tx *store.Tx, c *Client) error {
		if err := s.notStronger(ctx, c); err != nil {
			return err
		}
		n, err := countSecrets(ctx, tx, clientID)
		if err != nil {
			return err
		}
		if n >= MaxSecrets {
			return fault.Newf(fault.Conflict, "The client has %d secrets already: delete one first.", n)
		}
		if id, err = insertSecret(ctx, tx, clientID, Secret{CreatedAt: time.UnixMilli(s.db.Now()), hash: s.hasher.hash(text)}); err != nil {
			return err
		}
		return s.log.Record(ctx, tx, c.event("client.secret_created", secretDetail(id)))
	})
	if err != nil {
		return "", 0, err
	}
	return text, id, nil
}

func secretDetail(id int64) map[string]string {
	return map[string]string{"secret": strconv.FormatInt(id, 10)}
}

// DeleteSecret makes one secret of the client worthless. Tokens that it got go on working.
func (s *Service) DeleteSecret(ctx context.Context, accountID int64, clientID string, id int64) error {
	return s.change(ctx, accountID, clientID, func(tx *store.Tx, c *Client) error {
		if err := deleteSecret(ctx, tx, clientID, id); err != nil {
			return err
		}
		return s.log.Record(ctx, tx, c.event("client.secret_deleted", secretDetail(id)))
	})
}

// Disable makes the client and all of its tokens dead, or lets them live again.
func (s *Service) Disable(ctx context.Context, accountID int64, clientID string, disabled bool) error {
	_, err := s.Update(ctx, accountID, clientID, ClientChange{Disabled: &disabled})
	return err
}

// Delete removes the client; its tokens die with it.
func (s *Service) Delete(ctx context.Context, accountID int64, clientID string) error {
	return s.change(ctx, accountID, clientID, func(tx *store.Tx, c *Client) error {
		if err := deleteClient(ctx, tx, clientID); err != nil {
			return err
		}
		return s.log.Record(ctx, tx, c.event("client.deleted", nil))
	})
}

// change runs fn on an account's client, locked against other changes, and announces it.
func (s *Service) change(ctx context.Context, accountID int64, clientID string, fn func(*store.Tx, *Client) error) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := lockClient(ctx, tx, accountID, clientID, s.db.Now()); err != nil {
			return err
		}
		c, err := loadClient(ctx, tx, clientID)
		if err != nil {
			return err
		}
		if err := fn(tx, c); err != nil {
			return err
		}
		return tx.Announce(ctx, "client", clientID)
	})
}
