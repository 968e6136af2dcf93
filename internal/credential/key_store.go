package credential

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

func insertKey(ctx context.Context, tx *store.Tx, k Key, hash [32]byte) (id int64, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO api_keys (account_id, user_id, name, scopes, hash, created_at, expires_at, allowed_networks, made_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
		k.AccountID, k.UserID, k.Name, k.Scopes.String(), hash[:], k.CreatedAt.UnixMilli(), nullTime(k.ExpiresAt), k.Networks.String(), k.MadeBy).Scan(&id)
	return id, err
}

// revokeKey revokes an account's key and tells whose it is and what it is called. again says that it was revoked before.
func revokeKey(ctx context.Context, tx *store.Tx, accountID, id, now int64) (k Key, again bool, err error) {
	var revoked int64
	err = tx.QueryRowContext(ctx, `UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $1) WHERE account_id = $2 AND id = $3
		RETURNING user_id, name, revoked_at`, now, accountID, id).Scan(&k.UserID, &k.Name, &revoked)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.Missing("API key")
	}
	return k, revoked != now, err
}

// loadKey reads the key with this hash; nil for none.
func (s *Service) loadKey(ctx context.Context, hash [32]byte) (*Key, error) {
	keys, err := s.queryKeys(ctx, `WHERE hash = $1`, hash[:])
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	return &keys[0], nil
}

// FindKey returns an account's key, revoked or not.
func (s *Service) FindKey(ctx context.Context, accountID, id int64) (Key, error) {
	keys, err := s.queryKeys(ctx, `WHERE account_id = $1 AND id = $2`, accountID, id)
	if err == nil && len(keys) == 0 {
		err = fault.Missing("API key")
	}
	if err != nil {
		return Key{}, err
	}
	return keys[0], nil
}

// ListKeys returns an account's keys, revoked ones too, oldest first.
func (s *Service) ListKeys(ctx context.Context, accountID int64) ([]Key, error) {
	return s.queryKeys(ctx, `WHERE account_id = $1 ORDER BY id`, accountID)
}

// KeysPage returns some of an account's keys, revoked ones too, the newest first, and how many there are. A userID other
// than 0 leaves those of others out.
func (s *Service) KeysPage(ctx context.Context, accountID, userID int64, offset, limit int) ([]Key, int, error) {
	const mine = `WHERE account_id = $1 AND ($2 = 0 OR user_id = $2) `
	keys, err := s.queryKeys(ctx, mine+`ORDER BY id DESC LIMIT $3 OFFSET $4`, accountID, userID, limit, offset)
	if err != nil {
		return nil, 0, err
	}
	var total int
	err = s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM api_keys `+mine, accountID, userID).Scan(&total)
	return keys, total, store.Fault(err)
}

func (s *Service) queryKeys(ctx context.Context, clause string, args ...any) ([]Key, error) {
	keys := []Key{}
	err := s.db.Rows(ctx, `SELECT id, account_id, user_id, name, scopes, created_at, expires_at, revoked_at, allowed_networks, made_by FROM api_keys `+clause, args,
		func(rows *sql.Rows) error {
			var k Key
			var scopes, networks string
			var created, expires, revoked sql.NullInt64
			if err := rows.Scan(&k.ID, &k.AccountID, &k.UserID, &k.Name, &scopes, &created, &expires, &revoked, &networks, &k.MadeBy); err != nil {
				return err
			}
			var err error
			if k.Scopes, err = bearer.ParseScopes(scopes); err != nil {
				return err
			}
			k.CreatedAt, k.ExpiresAt, k.RevokedAt = timeOf(created), timeOf(expires), timeOf(revoked)
			k.Networks, err = bearer.ParseNetworks(networks)
			keys = append(keys, k)
			return err
		})
	return keys, err
}

// LongestLifetime is the longest that a token of any client may live, where server is the server's own lifetime.
func (s *Service) LongestLifetime(ctx context.Context, server time.Duration) (time.Duration, error) {
	var seconds sql.NullInt64
	err := s.db.Read().QueryRowContext(ctx, `SELECT MAX(token_lifetime) FROM oauth_clients`).Scan(&seconds)
	return max(server, time.Duration(seconds.Int64)*time.Second), store.Fault(err)
}
