package fleet

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

const groupColumns = `id, account_id, name,
	(SELECT COUNT(*) FROM assets a WHERE a.account_id = asset_groups.account_id AND a.group_name = asset_groups.name), version, created_at, updated_at`

// errGroupTaken is the fault of a second group of a name.
func errGroupTaken() error { return fault.InvalidField("name", "The name has already been taken.") }

func scanGroup(row scanner) (g Group, err error) {
	var created, updated int64
	err = row.Scan(&g.ID, &g.AccountID, &g.Name, &g.Assets, &g.Version, &created, &updated)
	g.CreatedAt, g.UpdatedAt = timeOf(created), timeOf(updated)
	return g, err
}

// groupsWithin adds the condition that a group is one of those that the caller is limited to.
func groupsWithin(ctx context.Context, accountID int64, args []any) (string, []any) {
	part := bearer.PartOf(ctx, accountID)
	switch {
	case part == nil:
		return "", args
	case len(part.Groups) == 0:
		return ` AND 1 = 0`, args
	}
	from := len(args) + 1
	for _, group := range part.Groups {
		args = append(args, group)
	}
	return ` AND name IN (` + store.Placeholders(from, len(part.Groups)) + `)`, args
}

// rower is a pool or a transaction.
type rower interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// orMissing names the noun whose record a query didn't find.
func orMissing(err error, noun string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.Missing(noun)
	}
	return store.Fault(err)
}

// findGroup reads a group; lock is "" or what forUpdate says.
func (s fleetStore) findGroup(ctx context.Context, q rower, accountID, id int64, lock string) (Group, error) {
	seen, args := groupsWithin(ctx, accountID, []any{accountID, id})
	g, err := scanGroup(q.QueryRowContext(ctx, `SELECT `+groupColumns+` FROM asset_groups WHERE account_id = $1 AND id = $2`+seen+lock, args...))
	return g, orMissing(err, "Group")
}

func (s fleetStore) listGroups(ctx context.Context, accountID int64, search string, page web.PageInput) ([]Group, int, error) {
	list := listing[Group]{from: `asset_groups`, columns: groupColumns, where: `account_id = $1`, args: []any{accountID}, scan: scanGroup,
		sort: map[string]string{"id": "id", "name": "name", "created_at": "created_at", "updated_at": "updated_at"}}
	list.contains(search, "name")
	var seen string
	seen, list.args = groupsWithin(ctx, accountID, list.args)
	list.where += seen
	return list.page(ctx, s.db, page, "name")
}

func groupEvent(g Group, action string) audit.Event {
	return audit.Event{AccountID: g.AccountID, Action: action, Subject: subject("group", g.ID), SubjectName: g.Name}
}

func (s fleetStore) createGroup(ctx context.Context, accountID int64, name string) (g Group, err error) {
	err = s.change(ctx, func(tx *store.Tx, n *notes) error {
		var id int64
		err := tx.QueryRowContext(ctx, `INSERT INTO asset_groups (account_id, name, version, created_at, updated_at) VALUES ($1, $2, 1, $3, $3) RETURNING id`,
			accountID, name, s.db.Now()).Scan(&id)
		if err != nil {
			return err
		}
		g, err = s.findGroup(ctx, tx, accountID, id, ``)
		n.event(groupEvent(g, "group.created"))
		return err
	})
	if store.IsDuplicate(err) {
		return Group{}, errGroupTaken()
	}
	return g, err
}

// lockGroup locks a group that the caller sees and may change, and that is as they have seen it.
func (s fleetStore) lockGroup(ctx context.Context, tx *store.Tx, accountID, id int64, seen web.Precondition) (Group, error) {
	g, err := s.findGroup(ctx, tx, accountID, id, s.forUpdate())
	if err == nil {
		err = unlimited(ctx, accountID)
	}
	if err == nil {
		err = seen.Check(g.Version)
	}
	return g, err
}

// renameGroup renames a group, and has renamed tell the rooms that hold it by its name, in the same transaction.
func (s fleetStore) renameGroup(ctx context.Context, accountID, id int64, name string, seen web.Precondition, renamed []GroupRenamed) (g Group, err error) {
	var limits account.Renamed
	err = s.change(ctx, func(tx *store.Tx, n *notes) error {
		before, err := s.lockGroup(ctx, tx, accountID, id, seen)
		if err != nil || before.Name == name {
			g = before
			return err
		}
		now := s.db.Now()
		if _, err := tx.ExecContext(ctx, `UPDATE asset_groups SET name = $3, version = version + 1, updated_at = $4 WHERE account_id = $1 AND id = $2`,
			accountID, id, name, now); err != nil {
			return err
		}
		if limits, err = account.RenameGroup(ctx, tx, accountID, before.Name, name, now); err != nil {
			return err
		}
		// In the order of ids, as all lock several assets, so that two never wait for each other.
		if err := tx.Rows(ctx, `SELECT id FROM assets WHERE account_id = $1 AND group_name = $2 ORDER BY id`+s.forUpdate(),
			[]any{accountID, before.Name}, func(*sql.Rows) error { return nil }); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE assets SET group_name = $3, version = version + 1, updated_at = $4 WHERE account_id = $1 AND group_name = $2`,
			accountID, before.Name, name, now); err != nil {
			return err
		}
		if g, err = s.findGroup(ctx, tx, accountID, id, ``); err != nil {
			return err
		}
		e := groupEvent(g, "group.renamed")
		e.Detail = audit.Changes(map[string]string{"name": before.Name}, map[string]string{"name": name})
		e.Detail["assets"], e.Detail["limits"] = strconv.Itoa(g.Assets), strconv.Itoa(limits.Limits)
		n.event(e)
		n.groupsChanged(accountID)
		n.after = func(ctx context.Context, tx *store.Tx) error {
			for _, tell := range renamed {
				if err := tell(ctx, tx, accountID, before.Name, name); err != nil {
					return err
				}
			}
			return limits.Announce(ctx, tx)
		}
		return nil
	})
	if store.IsDuplicate(err) {
		return Group{}, errGroupTaken()
	}
	return g, err
}

func (s fleetStore) deleteGroup(ctx context.Context, accountID, id int64, seen web.Precondition) error {
	return s.change(ctx, func(tx *store.Tx, n *notes) error {
		g, err := s.lockGroup(ctx, tx, accountID, id, seen)
		if err != nil {
			return err
		}
		// Counted anew, now that nobody can put an asset into it.
		if g, err = s.findGroup(ctx, tx, accountID, id, ``); err != nil {
			return err
		}
		if g.Assets > 0 {
			return fault.New(fault.Conflict, "The group has assets: put them into another one, or none, first.")
		}
		n.event(groupEvent(g, "group.deleted"))
		_, err = tx.ExecContext(ctx, `DELETE FROM asset_groups WHERE account_id = $1 AND id = $2`, accountID, id)
		return err
	})
}

// ensureGroup makes the record of a group where there is none, and locks it until the transaction ends: who renames it
// meanwhile waits, and takes the asset with it that is being put into the group. "" is no group.
func (s fleetStore) ensureGroup(ctx context.Context, tx *store.Tx, accountID int64, name string) error {
	if name == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO asset_groups (account_id, name, version, created_at, updated_at) VALUES ($1, $2, 1, $3, $3)
		ON CONFLICT (account_id, name) DO UPDATE SET name = excluded.name`, accountID, name, s.db.Now())
	return err
}
