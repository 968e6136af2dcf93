package credential

import (
	"context"
	"database/sql"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
)

// Expiring is a live credential that expires soon.
type Expiring struct {
	AccountID  int64
	Credential string // a client id, or "key:7"
	Name       string
	ExpiresAt  time.Time
	IsKey      bool
}

// Expiring lists an account's credentials that expire before a time and haven't yet, the nearest first.
func (s *Service) Expiring(ctx context.Context, accountID int64, before time.Time, limit int) ([]Expiring, error) {
	list := []Expiring{}
	err := s.db.Rows(ctx, `SELECT client_id, 0, name, expires_at FROM oauth_clients
			WHERE account_id = $1 AND expires_at > $2 AND expires_at < $3 AND disabled = 0
		UNION ALL SELECT '', id, name, expires_at FROM api_keys
			WHERE account_id = $1 AND expires_at > $2 AND expires_at < $3 AND revoked_at IS NULL
		ORDER BY 4, 3 LIMIT $4`, []any{accountID, s.db.Now(), before.UnixMilli(), limit}, func(rows *sql.Rows) error {
		e := Expiring{AccountID: accountID}
		var keyID, expires int64
		err := rows.Scan(&e.Credential, &keyID, &e.Name, &expires)
		e.ExpiresAt = time.UnixMilli(expires).UTC()
		if e.IsKey = keyID != 0; e.IsKey {
			e.Credential = bearer.KeyName(keyID)
		}
		list = append(list, e)
		return err
	})
	return list, err
}

// ClaimExpiring takes the credentials of all accounts that expire before a time and that nobody was told of, and marks
// them as told of. Of two nodes that ask at once, one gets each.
func (s *Service) ClaimExpiring(ctx context.Context, before time.Time) ([]Expiring, error) {
	var list []Expiring
	now := s.db.Now()
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		list = nil
		add := func(isKey bool) func(*sql.Rows) error {
			return func(rows *sql.Rows) error {
				e := Expiring{IsKey: isKey}
				var expires int64
				err := rows.Scan(&e.AccountID, &e.Credential, &e.Name, &expires)
				if isKey {
					e.Credential = bearer.KeyNamePrefix + e.Credential
				}
				e.ExpiresAt = time.UnixMilli(expires).UTC()
				list = append(list, e)
				return err
			}
		}
		if err := tx.Rows(ctx, `UPDATE oauth_clients SET expiry_told = $1 WHERE expires_at > $1 AND expires_at < $2 AND disabled = 0 AND expiry_told IS NULL
			RETURNING account_id, client_id, name, expires_at`, []any{now, before.UnixMilli()}, add(false)); err != nil {
			return err
		}
		return tx.Rows(ctx, `UPDATE api_keys SET expiry_told = $1 WHERE expires_at > $1 AND expires_at < $2 AND revoked_at IS NULL AND expiry_told IS NULL
			RETURNING account_id, CAST(id AS TEXT), name, expires_at`, []any{now, before.UnixMilli()}, add(true))
	})
	return list, err
}
