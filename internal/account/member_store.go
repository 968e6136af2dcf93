package account

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// lockAccount makes other changes of the account's members wait.
func lockAccount(ctx context.Context, tx *store.Tx, accountID int64) error {
	result, err := tx.ExecContext(ctx, `UPDATE accounts SET name = name WHERE id = $1`, accountID)
	return store.OneRow(result, err, "Account")
}

// findMembership reads a role, NoRole for one that isn't there.
func findMembership(ctx context.Context, tx *store.Tx, accountID, userID int64) (role bearer.Role, part string, err error) {
	var name string
	err = tx.QueryRowContext(ctx, `SELECT role, limited_to FROM memberships WHERE account_id = $1 AND user_id = $2`, accountID, userID).Scan(&name, &part)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return bearer.NoRole, "", nil
	case err != nil:
		return bearer.NoRole, "", err
	}
	role, err = bearer.ParseRole(name)
	return role, part, err
}

func upsertMembership(ctx context.Context, tx *store.Tx, accountID, userID int64, role bearer.Role, part string, now int64) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO memberships (account_id, user_id, role, limited_to, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account_id, user_id) DO UPDATE SET role = excluded.role, limited_to = excluded.limited_to`, accountID, userID, role.String(), part, now)
	return err
}

func deleteMembership(ctx context.Context, tx *store.Tx, accountID, userID int64) error {
	result, err := tx.ExecContext(ctx, `DELETE FROM memberships WHERE account_id = $1 AND user_id = $2`, accountID, userID)
	return store.OneRow(result, err, "Member")
}

// countAdmins counts the admins of an account beside this user.
func countAdmins(ctx context.Context, tx *store.Tx, accountID, besideUserID int64) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM memberships m JOIN users u ON u.id = m.user_id AND u.suspended = 0
		WHERE m.account_id = $1 AND m.role = $2 AND m.user_id <> $3`, accountID, bearer.Admin.String(), besideUserID).Scan(&n)
	return n, err
}

func emailOf(ctx context.Context, tx *store.Tx, userID int64) (email string, err error) {
	err = tx.QueryRowContext(ctx, `SELECT email FROM users WHERE id = $1`, userID).Scan(&email)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.Missing("User")
	}
	return email, err
}

// Members returns an account's members by user id.
func (s *Service) Members(ctx context.Context, accountID int64) ([]Member, error) {
	return s.members(ctx, ``, accountID)
}

// FindMember returns one member of an account.
func (s *Service) FindMember(ctx context.Context, accountID, userID int64) (Member, error) {
	members, err := s.members(ctx, ` AND u.id = $2`, accountID, userID)
	if err == nil && len(members) == 0 {
		err = fault.Missing("Member")
	}
	if err != nil {
		return Member{}, err
	}
	return members[0], nil
}

func (s *Service) members(ctx context.Context, clause string, args ...any) ([]Member, error) {
	members := []Member{}
	err := s.db.Rows(ctx, `SELECT u.id, u.name, u.email, u.suspended, m.role, m.limited_to, m.created_at FROM memberships m JOIN users u ON u.id = m.user_id
		WHERE m.account_id = $1`+clause+` ORDER BY u.id`, args, func(rows *sql.Rows) error {
		var m Member
		var role, part string
		var since int64
		if err := rows.Scan(&m.UserID, &m.Name, &m.Email, &m.Suspended, &role, &part, &since); err != nil {
			return err
		}
		m.Since = time.UnixMilli(since).UTC()
		var err error
		if m.Role, err = bearer.ParseRole(role); err != nil {
			return err
		}
		m.Part, err = parsePart(part)
		members = append(members, m)
		return err
	})
	return members, err
}

// parsePart reads memberships.limited_to.
func parsePart(text string) (*bearer.Part, error) {
	if text == "" {
		return nil, nil
	}
	p := &bearer.Part{}
	return p, json.Unmarshal([]byte(text), p)
}

func partText(p *bearer.Part) (string, error) {
	if p == nil {
		return "", nil
	}
	text, err := json.Marshal(p)
	return string(text), err
}
