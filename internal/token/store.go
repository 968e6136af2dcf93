package token

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/yipii/yipii/internal/store"
)

func (k *Keyring) selectKeys(ctx context.Context) ([]SigningKey, error) {
	keys := []SigningKey{}
	err := k.db.Rows(ctx, `SELECT kid, alg, sealed, created_at, signs_from, verifies_until FROM signing_keys
		WHERE verifies_until IS NULL OR verifies_until > $1`, []any{k.now().UnixMilli()}, func(rows *sql.Rows) error {
		var key SigningKey
		var sealed []byte
		var created, signs int64
		var verifies sql.NullInt64
		if err := rows.Scan(&key.KID, &key.Alg, &sealed, &created, &signs, &verifies); err != nil {
			return err
		}
		key.CreatedAt, key.SignsFrom = time.UnixMilli(created).UTC(), time.UnixMilli(signs).UTC()
		if verifies.Valid {
			key.VerifiesUntil = time.UnixMilli(verifies.Int64).UTC()
		}
		keys = append(keys, key)
		return k.unseal(&keys[len(keys)-1], sealed)
	})
	slices.SortFunc(keys, newestFirst)
	return keys, err
}

func insertKey(ctx context.Context, tx *store.Tx, key SigningKey, sealed []byte) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO signing_keys (kid, alg, sealed, created_at, signs_from) VALUES ($1, $2, $3, $4, $5)`,
		key.KID, string(key.Alg), sealed, key.CreatedAt.UnixMilli(), key.SignsFrom.UnixMilli())
	return err
}

// retireKeys makes way for a new key: keys that have not begun to sign are superseded and go, as do those whose end has
// passed; the one that signs now, and any without an end, verify until the given moment.
func retireKeys(ctx context.Context, tx *store.Tx, signer string, now, verifiesUntil time.Time) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM signing_keys WHERE verifies_until < $1 OR signs_from > $1`, now.UnixMilli()); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE signing_keys SET verifies_until = $1 WHERE verifies_until IS NULL OR kid = $2`, verifiesUntil.UnixMilli(), signer)
	return err
}

func (r *Revocations) selectRevocations(ctx context.Context) ([]revocation, error) {
	var out []revocation
	err := r.db.Rows(ctx, `SELECT kind, subject, issued_until, keep_until FROM revocations WHERE keep_until >= $1`, []any{r.db.Now()},
		func(rows *sql.Rows) error {
			var row revocation
			err := rows.Scan(&row.Kind, &row.Subject, &row.IssuedUntil, &row.KeepUntil)
			out = append(out, row)
			return err
		})
	return out, err
}

func upsertRevocation(ctx context.Context, tx *store.Tx, row revocation) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO revocations (kind, subject, issued_until, keep_until) VALUES ($1, $2, $3, $4)
		ON CONFLICT (kind, subject) DO UPDATE SET issued_until = excluded.issued_until, keep_until = excluded.keep_until`,
		string(row.Kind), row.Subject, row.IssuedUntil, row.KeepUntil)
	return err
}

func deleteRevocations(ctx context.Context, tx *store.Tx, now int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM revocations WHERE keep_until < $1`, now)
	return err
}
