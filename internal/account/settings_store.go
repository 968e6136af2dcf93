package account

import (
	"context"
	"database/sql"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
)

// termsRow are the columns of accounts that hold its terms; NULL where an outer join finds no account.
type termsRow struct {
	token, key, expiry, rate sql.NullInt64
	networks                 sql.NullString
}

func (r *termsRow) fields() []any { return []any{&r.token, &r.key, &r.expiry, &r.networks, &r.rate} }

func (r *termsRow) terms() (bearer.Terms, error) {
	networks, err := bearer.ParseNetworks(r.networks.String)
	return bearer.Terms{MaxTokenLifetime: time.Duration(r.token.Int64) * time.Second, MaxKeyLifetime: time.Duration(r.key.Int64) * time.Second,
		RequireExpiry: r.expiry.Int64 != 0, Networks: networks, RateLimit: int(r.rate.Int64)}, err
}

func nullNumber(n int64) sql.NullInt64 { return sql.NullInt64{Int64: n, Valid: n != 0} }

func updateSettings(ctx context.Context, tx *store.Tx, accountID int64, in Settings) error {
	expiry := 0
	if in.Terms.RequireExpiry {
		expiry = 1
	}
	result, err := tx.ExecContext(ctx, `UPDATE accounts SET name = $1, max_token_lifetime = $2, max_key_lifetime = $3, require_expiry = $4,
		allowed_networks = $5, rate_limit = $6 WHERE id = $7`,
		in.Name, nullNumber(int64(in.Terms.MaxTokenLifetime/time.Second)), nullNumber(int64(in.Terms.MaxKeyLifetime/time.Second)), expiry,
		in.Terms.Networks.String(), nullNumber(int64(in.Terms.RateLimit)), accountID)
	return store.OneRow(result, err, "Account")
}
