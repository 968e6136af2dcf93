package account

import (
	"context"
	"database/sql"
	"errors"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
)

// Login finds the user with this e-mail address, which must be in the form of CheckEmail. An unknown address takes as
// long as a known one.
func (s *Service) Login(ctx context.Context, email string) (Login, error) {
	return scanLogin(s.db.Read().QueryRowContext(ctx, `SELECT u.id, u.name, u.email, u.password_hash, u.suspended
		FROM (SELECT 1) AS one LEFT JOIN users u ON u.email = $1`, email))
}

// LoginOf finds a user by id.
func (s *Service) LoginOf(ctx context.Context, userID int64) (Login, error) {
	return scanLogin(s.db.Read().QueryRowContext(ctx, `SELECT id, name, email, password_hash, suspended FROM users WHERE id = $1`, userID))
}

func scanLogin(row *sql.Row) (Login, error) {
	var id, suspended sql.NullInt64
	var name, email, hash sql.NullString
	err := row.Scan(&id, &name, &email, &hash, &suspended)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Login{}, store.Fault(err)
	}
	return Login{id.Int64, name.String, email.String, hash.String, suspended.Int64 != 0}, nil
}

// SetPassword stores the hash of a user's password. What follows from it, such as the end of sessions, is the caller's.
func (s *Service) SetPassword(ctx context.Context, tx *store.Tx, userID int64, hash string) error {
	result, err := tx.ExecContext(ctx, `UPDATE users SET password_hash = $1 WHERE id = $2`, hash, userID)
	return store.OneRow(result, err, "User")
}

// SetName renames a user inside a transaction. The caller announces.
func (s *Service) SetName(ctx context.Context, tx *store.Tx, userID int64, name string) error {
	result, err := tx.ExecContext(ctx, `UPDATE users SET name = $1 WHERE id = $2`, name, userID)
	return store.OneRow(result, err, "User")
}

// RoleIn is the user's role in an account, and how many other accounts they are in, suspended ones too.
func (s *Service) RoleIn(ctx context.Context, tx *store.Tx, accountID, userID int64) (role bearer.Role, others int, err error) {
	if role, _, err = findMembership(ctx, tx, accountID, userID); err != nil {
		return role, 0, err
	}
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM memberships WHERE user_id = $1 AND account_id <> $2`, userID, accountID).Scan(&others)
	return role, others, err
}

// LockLogin reports whether a user is still as login has it, with the same password and not suspended, and makes who
// would change that wait for the transaction.
func (s *Service) LockLogin(ctx context.Context, tx *store.Tx, login Login) (bool, error) {
	result, err := tx.ExecContext(ctx, `UPDATE users SET email = email WHERE id = $1 AND password_hash = $2 AND suspended = 0`,
		login.UserID, login.PasswordHash)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}
