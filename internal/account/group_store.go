package account

import (
	"context"
	"database/sql"
	"slices"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// A limit (memberships.limited_to) names groups of assets. That of an invitation (links.limited_to) is the limit of a
// membership to be, in the same form; it is changed here with the others, as one that were forgotten would open or close the
// view of who accepts the invitation afterwards.

// Renamed is what RenameGroup has changed.
type Renamed struct {
	Limits int // of members and invitations
	users  []int64
}

// Announce tells of the members whose limits have changed. It comes after the audit log's events of the transaction.
func (r Renamed) Announce(ctx context.Context, tx *store.Tx) error {
	for _, id := range r.users {
		if err := announceUser(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// RenameGroup renames a group of assets in the limits of an account's members and of who is invited, inside the transaction
// that renames the group, so that all see the same assets as before. A limit that names the new name already, a group
// that isn't there yet, would show more after: an Invalid fault of the field name.
// now is in Unix ms: invitations that are over then are left as they are.
func RenameGroup(ctx context.Context, tx *store.Tx, accountID int64, from, to string, now int64) (Renamed, error) {
	var done Renamed
	// Who accepts an invitation takes it first and locks the account then; so does this.
	invitations, _, err := renameLimits(ctx, tx, `UPDATE links SET limited_to = limited_to WHERE account_id = $1 AND limited_to <> '' AND expires_at > $2 RETURNING id, limited_to`,
		`UPDATE links SET limited_to = $3 WHERE account_id = $1 AND id = $2`, []any{accountID, now}, from, to)
	if err != nil {
		return done, err
	}
	if err := lockAccount(ctx, tx, accountID); err != nil {
		return done, err
	}
	members, users, err := renameLimits(ctx, tx, `SELECT user_id, limited_to FROM memberships WHERE account_id = $1 AND limited_to <> '' ORDER BY user_id`,
		`UPDATE memberships SET limited_to = $3 WHERE account_id = $1 AND user_id = $2`, []any{accountID}, from, to)
	return Renamed{Limits: invitations + members, users: users}, err
}

// renameLimits renames a group in the limits that query reads with args, of which the account's id is the first, and writes
// them back by update.
func renameLimits(ctx context.Context, tx *store.Tx, query, update string, args []any, from, to string) (n int, ids []int64, err error) {
	var rows [][]any
	err = tx.Rows(ctx, query, args, func(row *sql.Rows) error {
		var id int64
		var text string
		if err := row.Scan(&id, &text); err != nil {
			return err
		}
		part, err := parsePart(text)
		if err != nil {
			return err
		}
		if slices.Contains(part.Groups, to) {
			return fault.InvalidField("name", "A member or an invitation is limited to a group of this name, which isn't there yet. Change that limit first.")
		}
		if !slices.Contains(part.Groups, from) {
			return nil
		}
		renamed, err := partText(&bearer.Part{Groups: replaced(part.Groups, from, to), Assets: part.Assets})
		rows, ids = append(rows, []any{args[0], id, renamed}), append(ids, id)
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	return len(rows), ids, tx.DoEach(ctx, update, rows)
}

func replaced(groups []string, from, to string) []string {
	out := slices.Clone(groups)
	for i := range out {
		if out[i] == from {
			out[i] = to
		}
	}
	return out
}
