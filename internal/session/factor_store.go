package session

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// factors counts a user's second factors.
func (s *Service) factors(ctx context.Context, userID int64) (f Factors, err error) {
	var confirmed int64
	err = s.db.Read().QueryRowContext(ctx, `SELECT
		(SELECT COUNT(*) FROM totp_secrets WHERE user_id = $1 AND confirmed_at IS NOT NULL),
		(SELECT COUNT(*) FROM passkeys WHERE user_id = $1),
		(SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1)`, userID).Scan(&confirmed, &f.Passkeys, &f.RecoveryCodes)
	f.TOTP = confirmed > 0
	return f, store.Fault(err)
}

// saveTOTP keeps a shared secret that isn't confirmed, and reports false where one is confirmed already.
func saveTOTP(ctx context.Context, tx *store.Tx, userID int64, sealed []byte, now int64) (bool, error) {
	return changed(tx.ExecContext(ctx, `INSERT INTO totp_secrets (user_id, secret, created_at) VALUES ($1, $2, $3)
		ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at, step = 0
		WHERE totp_secrets.confirmed_at IS NULL`, userID, sealed, now))
}

const selectTOTP = `SELECT secret, step, confirmed_at FROM totp_secrets WHERE user_id = $1`

// loadTOTP reads a user's shared secret outside a transaction; nil for none.
func (s *Service) loadTOTP(ctx context.Context, userID int64) (*storedTOTP, error) {
	t, err := scanTOTP(s.db.Read().QueryRowContext(ctx, selectTOTP, userID))
	return t, store.Fault(err)
}

// findTOTP is loadTOTP inside one.
func findTOTP(ctx context.Context, tx *store.Tx, userID int64) (*storedTOTP, error) {
	return scanTOTP(tx.QueryRowContext(ctx, selectTOTP, userID))
}

func scanTOTP(row *sql.Row) (*storedTOTP, error) {
	t := &storedTOTP{}
	var confirmed sql.NullInt64
	err := row.Scan(&t.sealed, &t.step, &confirmed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	t.confirmed = confirmed.Valid
	return t, err
}

// confirmTOTP turns a shared secret on, if it is still this one.
func confirmTOTP(ctx context.Context, tx *store.Tx, userID int64, sealed []byte, step, now int64) (bool, error) {
	return changed(tx.ExecContext(ctx, `UPDATE totp_secrets SET confirmed_at = $1, step = $2
		WHERE user_id = $3 AND secret = $4 AND confirmed_at IS NULL`, now, step, userID, sealed))
}

// takeStep reports whether a step is newer than all that were taken, and takes it.
func takeStep(ctx context.Context, tx *store.Tx, userID, step int64) (bool, error) {
	return changed(tx.ExecContext(ctx, `UPDATE totp_secrets SET step = $1 WHERE user_id = $2 AND step < $1 AND confirmed_at IS NOT NULL`, step, userID))
}

func deleteTOTP(ctx context.Context, tx *store.Tx, userID int64) error {
	deleted, err := changed(tx.ExecContext(ctx, `DELETE FROM totp_secrets WHERE user_id = $1`, userID))
	if err == nil && !deleted {
		err = fault.New(fault.Conflict, "One-time codes are off already.")
	}
	return err
}

func insertCode(ctx context.Context, tx *store.Tx, userID int64, hash [32]byte) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO recovery_codes (user_id, hash) VALUES ($1, $2)`, userID, hash[:])
	return err
}

func countCodes(ctx context.Context, tx *store.Tx, userID int64) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1`, userID).Scan(&n)
	return n, err
}

// deleteCode reports whether the user had this code.
func deleteCode(ctx context.Context, tx *store.Tx, userID int64, hash [32]byte) (bool, error) {
	return changed(tx.ExecContext(ctx, `DELETE FROM recovery_codes WHERE user_id = $1 AND hash = $2`, userID, hash[:]))
}

func deleteCodes(ctx context.Context, tx *store.Tx, userID int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM recovery_codes WHERE user_id = $1`, userID)
	return err
}

// deleteUselessCodes deletes the recovery codes of a user who has no second factor that they could stand in for.
func deleteUselessCodes(ctx context.Context, tx *store.Tx, userID int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM recovery_codes WHERE user_id = $1
		AND NOT EXISTS (SELECT 1 FROM totp_secrets WHERE user_id = $1 AND confirmed_at IS NOT NULL)
		AND NOT EXISTS (SELECT 1 FROM passkeys WHERE user_id = $1)`, userID)
	return err
}

func deleteFactors(ctx context.Context, tx *store.Tx, userID int64) error {
	for _, statement := range []string{
		`DELETE FROM totp_secrets WHERE user_id = $1`,
		`DELETE FROM passkeys WHERE user_id = $1`,
		`DELETE FROM recovery_codes WHERE user_id = $1`,
	} {
		if _, err := tx.ExecContext(ctx, statement, userID); err != nil {
			return err
		}
	}
	return nil
}

// loadPasskeys reads a user's passkeys, oldest first.
func (s *Service) loadPasskeys(ctx context.Context, userID int64) ([]storedPasskey, error) {
	keys := []storedPasskey{}
	err := s.db.Rows(ctx, `SELECT id, record, name, created_at, used_at FROM passkeys WHERE user_id = $1 ORDER BY id`, []any{userID},
		func(rows *sql.Rows) error {
			var k storedPasskey
			var record string
			var created int64
			var used sql.NullInt64
			if err := rows.Scan(&k.ID, &record, &k.Name, &created, &used); err != nil {
				return err
			}
			k.CreatedAt = timeOf(created)
			if used.Valid {
				k.UsedAt = timeOf(used.Int64)
			}
			err := json.Unmarshal([]byte(record), &k.record)
			k.Synced = k.record.Flags.BackupState
			keys = append(keys, k)
			return err
		})
	return keys, err
}

// passkeyOwner finds whose passkey it is.
func (s *Service) passkeyOwner(ctx context.Context, credentialID []byte) (userID int64, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT user_id FROM passkeys WHERE credential_id = $1`, credentialID).Scan(&userID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, errors.New("nobody has this passkey")
	}
	return userID, store.Fault(err)
}

func insertPasskey(ctx context.Context, tx *store.Tx, userID int64, k storedPasskey) (id int64, err error) {
	record, err := json.Marshal(k.record)
	if err != nil {
		return 0, err
	}
	err = tx.QueryRowContext(ctx, `INSERT INTO passkeys (user_id, credential_id, record, name, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		userID, k.record.ID, string(record), k.Name, k.CreatedAt.UnixMilli()).Scan(&id)
	return id, err
}

// updatePasskey keeps what a use changed: the counter and the flags. A passkey that was deleted meanwhile is Missing.
func updatePasskey(ctx context.Context, tx *store.Tx, userID int64, used *webauthn.Credential, now int64) error {
	record, err := json.Marshal(used)
	if err != nil {
		return err
	}
	result, err := tx.ExecContext(ctx, `UPDATE passkeys SET record = $1, used_at = $2 WHERE user_id = $3 AND credential_id = $4`,
		string(record), now, userID, used.ID)
	return store.OneRow(result, err, "Passkey")
}

func renamePasskey(ctx context.Context, tx *store.Tx, userID, id int64, name string) error {
	result, err := tx.ExecContext(ctx, `UPDATE passkeys SET name = $1 WHERE user_id = $2 AND id = $3`, name, userID, id)
	return store.OneRow(result, err, "Passkey")
}

func deletePasskey(ctx context.Context, tx *store.Tx, userID, id int64) (name string, err error) {
	err = tx.QueryRowContext(ctx, `DELETE FROM passkeys WHERE user_id = $1 AND id = $2 RETURNING name`, userID, id).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.Missing("Passkey")
	}
	return name, err
}

// insertAnswered reports whether a challenge is answered for the first time, and remembers it until it expires.
func insertAnswered(ctx context.Context, tx *store.Tx, hash [32]byte, expires int64) (bool, error) {
	return changed(tx.ExecContext(ctx, `INSERT INTO answered_challenges (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING`, hash[:], expires))
}
