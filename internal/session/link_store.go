package session

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

func insertLink(ctx context.Context, tx *store.Tx, l *link) (id int64, err error) {
	role, part := "", ""
	if l.role != bearer.NoRole {
		role = l.role.String()
	}
	if l.part != nil {
		text, err := json.Marshal(l.part)
		if err != nil {
			return 0, err
		}
		part = string(text)
	}
	err = tx.QueryRowContext(ctx, `INSERT INTO links
		(kind, hash, account_id, user_id, email, name, role, limited_to, made_by, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
		l.kind, l.hash[:], nullID(l.accountID), nullID(l.userID), l.email, l.name, role, part, l.madeBy,
		l.created.UnixMilli(), l.expires.UnixMilli()).Scan(&id)
	return id, err
}

func nullID(id int64) sql.NullInt64 { return sql.NullInt64{Int64: id, Valid: id != 0} }

const linkColumns = `id, kind, hash, account_id, user_id, email, name, role, limited_to, made_by, created_at, expires_at`

func scanLink(scan func(...any) error) (*link, error) {
	l := &link{}
	var hash []byte
	var accountID, userID sql.NullInt64
	var role, part string
	var created, expires int64
	err := scan(&l.id, &l.kind, &hash, &accountID, &userID, &l.email, &l.name, &role, &part, &l.madeBy, &created, &expires)
	if err != nil {
		return nil, err
	}
	l.hash, l.accountID, l.userID, l.created, l.expires = [32]byte(hash), accountID.Int64, userID.Int64, timeOf(created), timeOf(expires)
	if role != "" {
		if l.role, err = bearer.ParseRole(role); err != nil {
			return nil, err
		}
	}
	if part != "" {
		l.part = &bearer.Part{}
		err = json.Unmarshal([]byte(part), l.part)
	}
	return l, err
}

// loadLink reads the link of this kind with this hash; nil for none.
func (s *Service) loadLink(ctx context.Context, kind string, hash [32]byte) (*link, error) {
	l, err := scanLink(s.db.Read().QueryRowContext(ctx, `SELECT `+linkColumns+` FROM links WHERE kind = $1 AND hash = $2`, kind, hash[:]).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return l, store.Fault(err)
}

// listInvitations reads an account's invitations that still work.
func (s *Service) listInvitations(ctx context.Context, accountID, now int64) ([]*link, error) {
	links := []*link{}
	err := s.db.Rows(ctx, `SELECT `+linkColumns+` FROM links WHERE kind = $1 AND account_id = $2 AND expires_at > $3 ORDER BY id`,
		[]any{invitation, accountID, now}, func(rows *sql.Rows) error {
			l, err := scanLink(rows.Scan)
			links = append(links, l)
			return err
		})
	return links, err
}

// takeInvitation deletes an account's invitation and returns it; Missing where it isn't there any more.
func takeInvitation(ctx context.Context, tx *store.Tx, accountID, id int64) (*link, error) {
	l, err := scanLink(tx.QueryRowContext(ctx, `DELETE FROM links WHERE kind = $1 AND account_id = $2 AND id = $3 RETURNING `+linkColumns,
		invitation, accountID, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.Missing("Invitation")
	}
	return l, err
}

func replaceInvitation(ctx context.Context, tx *store.Tx, accountID int64, email string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM links WHERE kind = $1 AND account_id = $2 AND email = $3`, invitation, accountID, email)
	return err
}

func countInvitations(ctx context.Context, tx *store.Tx, accountID int64) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM links WHERE kind = $1 AND account_id = $2`, invitation, accountID).Scan(&n)
	return n, err
}

// takeReset reports whether a link to reset a password was still there, and deletes it.
func takeReset(ctx context.Context, tx *store.Tx, hash [32]byte) (bool, error) {
	return changed(tx.ExecContext(ctx, `DELETE FROM links WHERE kind = $1 AND hash = $2`, reset, hash[:]))
}

func deleteResets(ctx context.Context, tx *store.Tx, userID int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM links WHERE kind = $1 AND user_id = $2`, reset, userID)
	return err
}
