package account

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

func insertAccount(ctx context.Context, tx *store.Tx, a Account) (id int64, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO accounts (key, name, created_at) VALUES ($1, $2, $3) RETURNING id`,
		a.Key, a.Name, a.CreatedAt.UnixMilli()).Scan(&id)
	return id, err
}

// upsertUser returns the id of the user with u's address. One who exists keeps name and password.
func upsertUser(ctx context.Context, tx *store.Tx, u user, now int64) (id int64, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO users (name, email, password_hash, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (email) DO UPDATE SET email = excluded.email RETURNING id`,
		u.name, u.email, u.passwordHash, now).Scan(&id)
	return id, err
}

// accountsOf lists the accounts that the user is in, by id.
func accountsOf(ctx context.Context, tx *store.Tx, userID int64) ([]int64, error) {
	rows, err := tx.QueryContext(ctx, `SELECT account_id FROM memberships WHERE user_id = $1 ORDER BY account_id`, userID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// updateSuspended sets the flag of a row of accounts or users; table is one of these two words.
func updateSuspended(ctx context.Context, tx *store.Tx, table, noun string, id int64, suspended bool) error {
	flag := 0
	if suspended {
		flag = 1
	}
	result, err := tx.ExecContext(ctx, `UPDATE `+table+` SET suspended = $1 WHERE id = $2`, flag, id)
	return store.OneRow(result, err, noun)
}

// loadUser reads a user with memberships, in one query; nil for none.
func (s *Service) loadUser(ctx context.Context, id int64) (*bearer.User, error) {
	var u *bearer.User
	err := s.db.Rows(ctx, `SELECT u.name, u.email, u.suspended, a.id, a.key, a.name, m.role, m.limited_to,
			a.max_token_lifetime, a.max_key_lifetime, a.require_expiry, a.allowed_networks, a.rate_limit
		FROM users u
		LEFT JOIN memberships m ON m.user_id = u.id
		LEFT JOIN accounts a ON a.id = m.account_id AND a.suspended = 0
		WHERE u.id = $1 ORDER BY a.id`, []any{id}, func(rows *sql.Rows) error {
		found := bearer.User{ID: id}
		var accountID sql.NullInt64
		var key, name, role, part sql.NullString
		var terms termsRow
		if err := rows.Scan(append([]any{&found.Name, &found.Email, &found.Suspended, &accountID, &key, &name, &role, &part}, terms.fields()...)...); err != nil {
			return err
		}
		if u == nil {
			u = &found
		}
		if !accountID.Valid {
			return nil
		}
		r, err := bearer.ParseRole(role.String)
		if err != nil {
			return err
		}
		m := bearer.Membership{AccountID: accountID.Int64, Key: key.String, Name: name.String, Role: r}
		if m.Part, err = parsePart(part.String); err != nil {
			return err
		}
		t, err := terms.terms()
		m.Terms = &t
		u.Memberships = append(u.Memberships, m)
		return err
	})
	return u, err
}

// FindByKey returns the account with this key, suspended or not. It is for the operator; requests go by memberships.
func (s *Service) FindByKey(ctx context.Context, key string) (Account, error) {
	accounts, err := s.list(ctx, `WHERE key = $1`, key)
	if err == nil && len(accounts) == 0 {
		err = fault.Missing("Account")
	}
	if err != nil {
		return Account{}, err
	}
	return accounts[0], nil
}

// Find returns the account with this id.
func (s *Service) Find(ctx context.Context, id int64) (Account, error) {
	accounts, err := s.list(ctx, `WHERE id = $1`, id)
	if err == nil && len(accounts) == 0 {
		err = fault.Missing("Account")
	}
	if err != nil {
		return Account{}, err
	}
	return accounts[0], nil
}

// List returns all accounts by key, for the operator.
func (s *Service) List(ctx context.Context) ([]Account, error) { return s.list(ctx, `ORDER BY key`) }

func (s *Service) list(ctx context.Context, clause string, args ...any) ([]Account, error) {
	accounts := []Account{}
	err := s.db.Rows(ctx, `SELECT id, key, name, suspended, created_at,
		max_token_lifetime, max_key_lifetime, require_expiry, allowed_networks, rate_limit FROM accounts `+clause, args, func(rows *sql.Rows) error {
		var a Account
		var created int64
		var terms termsRow
		err := rows.Scan(append([]any{&a.ID, &a.Key, &a.Name, &a.Suspended, &created}, terms.fields()...)...)
		if err != nil {
			return err
		}
		a.CreatedAt = time.UnixMilli(created).UTC()
		a.Terms, err = terms.terms()
		accounts = append(accounts, a)
		return err
	})
	return accounts, err
}

// FindUser returns the id of the user with this e-mail address, for the operator.
func (s *Service) FindUser(ctx context.Context, email string) (id int64, err error) {
	if email, err = CheckEmail(email); err != nil {
		return 0, err
	}
	err = s.db.Read().QueryRowContext(ctx, `SELECT id FROM users WHERE email = $1`, email).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fault.Missing("User")
	}
	return id, store.Fault(err)
}
