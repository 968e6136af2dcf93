package fleet

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// fleetStore holds all SQL of the room. Every statement is bound to an account's id, but the one that finds whose a tracker is.
type fleetStore struct {
	db  *store.DB
	log *audit.Log
}

const assetColumns = `id, account_id, name, type, group_name, registration, vin, tracker, version, created_at, updated_at`

// errTaken is the fault of a second asset with the same tracker in an account.
func errTaken() error { return fault.InvalidField("tracker", "The tracker has already been taken.") }

func scanAsset(row scanner) (Asset, error) {
	var a Asset
	var created, updated int64
	err := row.Scan(&a.ID, &a.AccountID, &a.Name, &a.Type, &a.Group, &a.Registration, &a.VIN, &a.Tracker, &a.Version, &created, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return a, fault.Missing("Asset")
	}
	a.CreatedAt, a.UpdatedAt = time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
	return a, store.Fault(err)
}

// nullable makes NULL of an empty text.
func nullable(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (s fleetStore) find(ctx context.Context, accountID, id int64) (Asset, error) {
	seen, args := within(ctx, accountID, []any{accountID, id})
	return scanAsset(s.db.Read().QueryRowContext(ctx, `SELECT `+assetColumns+` FROM assets WHERE account_id = $1 AND id = $2`+seen, args...))
}

func (s fleetStore) name(ctx context.Context, accountID, id int64) (string, error) {
	var name string
	seen, args := within(ctx, accountID, []any{accountID, id})
	err := s.db.Read().QueryRowContext(ctx, `SELECT name FROM assets WHERE account_id = $1 AND id = $2`+seen, args...).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fault.Missing("Asset")
	}
	return name, store.Fault(err)
}

// sortColumns maps the names that a list can be sorted by to columns.
func sortColumns() map[string]string {
	return map[string]string{"id": "id", "name": "name", "type": "type", "group": "group_name",
		"registration": "registration", "created_at": "created_at", "updated_at": "updated_at"}
}

func (s fleetStore) list(ctx context.Context, accountID int64, f Filter, page web.PageInput) ([]Asset, int, error) {
	list := listing[Asset]{from: `assets`, columns: assetColumns, where: `account_id = $1`, args: []any{accountID}, sort: sortColumns(), scan: scanAsset}
	list.and("type", f.Type)
	list.and("group_name", f.Group)
	list.and("registration", f.Registration)
	list.and("vin", f.VIN)
	list.and("tracker", f.Tracker)
	list.contains(f.Search, "name", "registration")
	var seen string
	seen, list.args = within(ctx, accountID, list.args)
	list.where += seen
	return list.page(ctx, s.db, page, "id")
}

// escapeLike takes the meaning from the wildcards of LIKE.
func escapeLike(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

func lowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

const insertAsset = `INSERT INTO assets (account_id, name, type, group_name, registration, vin, tracker, version, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8)`

func (s fleetStore) insertArgs(accountID int64, d Draft) []any {
	return []any{accountID, d.Name, d.Type, nullable(d.Group), nullable(d.Registration), nullable(d.VIN), nullable(d.Tracker), s.db.Now()}
}

// created does what belongs to the making of an asset beside its row.
func (s fleetStore) created(ctx context.Context, tx *store.Tx, n *notes, asset Asset) error {
	n.event(audit.Event{AccountID: asset.AccountID, Action: "asset.created", Subject: subject("asset", asset.ID), SubjectName: asset.Name})
	if asset.Group != nil {
		n.groupsChanged(asset.AccountID)
	}
	return s.rebind(ctx, tx, n, asset, nil)
}

func (s fleetStore) create(ctx context.Context, accountID int64, d Draft) (asset Asset, err error) {
	if err := mayPlace(ctx, accountID, 0, d.Group); err != nil {
		return Asset{}, err
	}
	err = s.change(ctx, func(tx *store.Tx, n *notes) error {
		if err := s.ensureGroup(ctx, tx, accountID, d.Group); err != nil {
			return err
		}
		asset, err = scanAsset(tx.QueryRowContext(ctx, insertAsset+` RETURNING `+assetColumns, s.insertArgs(accountID, d)...))
		if err != nil {
			return err
		}
		return s.created(ctx, tx, n, asset)
	})
	if store.IsDuplicate(err) {
		return Asset{}, errTaken()
	}
	return asset, err
}

// ensure finds the asset with the draft's tracker or makes it.
func (s fleetStore) ensure(ctx context.Context, accountID int64, d Draft) (asset Asset, created bool, err error) {
	const byTracker = `SELECT ` + assetColumns + ` FROM assets WHERE account_id = $1 AND tracker = $2`
	asset, err = scanAsset(s.db.Read().QueryRowContext(ctx, byTracker, accountID, d.Tracker))
	if !fault.Is(err, fault.NotFound) {
		return asset, false, err
	}
	err = s.change(ctx, func(tx *store.Tx, n *notes) error {
		if err := s.ensureGroup(ctx, tx, accountID, d.Group); err != nil {
			return err
		}
		made, err := tx.Do(ctx, insertAsset+` ON CONFLICT (account_id, tracker) DO NOTHING`, s.insertArgs(accountID, d)...)
		if err != nil {
			return err
		}
		created = made == 1
		asset, err = scanAsset(tx.QueryRowContext(ctx, byTracker, accountID, d.Tracker))
		if err != nil || !created {
			return err
		}
		return s.created(ctx, tx, n, asset)
	})
	return asset, created, err
}

// fields are what can be changed of an asset, by column.
func (c Change) fields() [6]struct {
	column string
	value  *string
} {
	return [...]struct {
		column string
		value  *string
	}{{"name", c.Name}, {"type", c.Type}, {"group_name", c.Group}, {"registration", c.Registration}, {"vin", c.VIN}, {"tracker", c.Tracker}}
}

func (s fleetStore) update(ctx context.Context, accountID, id int64, c Change) (asset Asset, err error) {
	set, args := "", []any{accountID, id, s.db.Now()}
	for _, field := range c.fields() {
		if field.value != nil {
			args = append(args, nullable(*field.value))
			set += fmt.Sprintf(`, %s = $%d`, field.column, len(args))
		}
	}
	if asset, err = s.find(ctx, accountID, id); err != nil { // who doesn't see the asset hears nothing of groups
		return Asset{}, err
	}
	if set == "" {
		return asset, c.If.Check(asset.Version)
	}
	if c.Group != nil {
		if err := mayPlace(ctx, accountID, id, *c.Group); err != nil {
			return Asset{}, err
		}
	}
	query := `UPDATE assets SET updated_at = $3, version = version + 1` + set + ` WHERE account_id = $1 AND id = $2 RETURNING ` + assetColumns
	err = s.change(ctx, func(tx *store.Tx, n *notes) error {
		// The group first, then assets: whoever renames the group goes the same way.
		if err := s.ensureGroup(ctx, tx, accountID, textOf(c.Group)); err != nil {
			return err
		}
		before, holder, err := s.lock(ctx, tx, accountID, id, textOf(c.Tracker))
		if err != nil {
			return err
		}
		if err := c.If.Check(before.Version); err != nil {
			return err
		}
		if holder != nil {
			if !c.Move {
				return errTaken()
			}
			if err := s.release(ctx, tx, n, *holder); err != nil {
				return err
			}
		}
		asset, err = scanAsset(tx.QueryRowContext(ctx, query, args...))
		if err != nil {
			return err
		}
		n.event(audit.Event{AccountID: accountID, Action: "asset.updated", Subject: subject("asset", id), SubjectName: asset.Name,
			Detail: audit.Changes(before.audited(), asset.audited())})
		if c.Group != nil {
			n.groupsChanged(accountID)
		}
		return s.rebind(ctx, tx, n, asset, before.Tracker)
	})
	if store.IsDuplicate(err) {
		return Asset{}, errTaken()
	}
	return asset, err
}

// lock reads an asset that the caller sees, and the other one that has this tracker, nil for none, and keeps both from
// being changed until the transaction ends. In the order of ids: two that change trackers back and forth don't wait for each other.
func (s fleetStore) lock(ctx context.Context, tx *store.Tx, accountID, id int64, tracker string) (asset Asset, holder *Asset, err error) {
	seen, args := within(ctx, accountID, []any{accountID, id, tracker})
	err = tx.Rows(ctx, `SELECT `+assetColumns+` FROM assets WHERE account_id = $1 AND (id = $2 OR tracker = $3)`+seen+` ORDER BY id`+s.forUpdate(), args, func(rows *sql.Rows) error {
		found, err := scanAsset(rows)
		if found.ID == id {
			asset = found
		} else {
			holder = &found
		}
		return err
	})
	if err == nil && asset.ID == 0 {
		err = fault.Missing("Asset")
	}
	return asset, holder, err
}

// release takes the tracker from an asset that the transaction has locked, as another one is to get it.
func (s fleetStore) release(ctx context.Context, tx *store.Tx, n *notes, holder Asset) error {
	after, err := scanAsset(tx.QueryRowContext(ctx, `UPDATE assets SET tracker = NULL, updated_at = $3, version = version + 1
		WHERE account_id = $1 AND id = $2 RETURNING `+assetColumns, holder.AccountID, holder.ID, s.db.Now()))
	if err != nil {
		return err
	}
	n.event(audit.Event{AccountID: holder.AccountID, Action: "asset.updated", Subject: subject("asset", holder.ID), SubjectName: holder.Name,
		Detail: audit.Changes(holder.audited(), after.audited())})
	return s.rebind(ctx, tx, n, after, holder.Tracker)
}

// delete deletes the asset first and its positions after: on PostgreSQL the first statement waits for everyone who
// holds the asset, and the second, with a newer view, then sees all that they stored. What the room keeps of it goes with
// the row.
func (s fleetStore) delete(ctx context.Context, accountID, id int64, seen web.Precondition, purge func(context.Context, *store.Tx, int64, int64) error) error {
	// Positions of the asset that are being stored and followed may wait for this transaction as it waits for them.
	const attempts = 3
	for attempt := 1; ; attempt++ {
		err := s.deleteOnce(ctx, accountID, id, seen, purge)
		if attempt == attempts || !store.IsDeadlock(err) {
			return err
		}
	}
}

func (s fleetStore) deleteOnce(ctx context.Context, accountID, id int64, seen web.Precondition, purge func(context.Context, *store.Tx, int64, int64) error) error {
	return s.change(ctx, func(tx *store.Tx, n *notes) error {
		if err := s.unfixBeacons(ctx, tx, accountID, id); err != nil {
			return err
		}
		mine, args := within(ctx, accountID, []any{accountID, id})
		asset, err := scanAsset(tx.QueryRowContext(ctx, `DELETE FROM assets WHERE account_id = $1 AND id = $2`+mine+` RETURNING `+assetColumns, args...))
		if err != nil {
			return err
		}
		if err := seen.Check(asset.Version); err != nil {
			return err
		}
		n.event(audit.Event{AccountID: accountID, Action: "asset.deleted", Subject: subject("asset", id), SubjectName: asset.Name})
		if asset.Tracker != nil {
			n.announce(trackerTopic, *asset.Tracker)
		}
		n.groupsChanged(accountID) // it has left its group, and what is kept in memory of it is stale
		return purge(ctx, tx, accountID, id)
	})
}

// chunk is the most values of one IN list.
const chunk = 500

// inChunks hands values to run in lists whose lengths are few, so that few different statements are prepared: a list
// is filled up with its own last value.
func inChunks[T any](accountID int64, values []T, run func(list string, args []any) error) error {
	for len(values) > 0 {
		part := values[:min(chunk, len(values))]
		values = values[len(part):]
		size := 1
		for size < len(part) {
			size = min(2*size, chunk)
		}
		args := make([]any, 0, 1+size)
		args = append(args, accountID)
		for i := range size {
			args = append(args, part[min(i, len(part)-1)])
		}
		if err := run(store.Placeholders(2, size), args); err != nil {
			return err
		}
	}
	return nil
}

// querier is a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (s fleetStore) knownIDs(ctx context.Context, q querier, accountID int64, ids []int64, known map[int64]struct{}) error {
	return inChunks(accountID, ids, func(list string, args []any) error {
		seen, args := within(ctx, accountID, args)
		rows, err := q.QueryContext(ctx, `SELECT id FROM assets WHERE account_id = $1 AND id IN (`+list+`)`+seen, args...)
		if err != nil {
			return store.Fault(err)
		}
		defer rows.Close()
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return store.Fault(err)
			}
			known[id] = struct{}{}
		}
		return store.Fault(rows.Err())
	})
}

func (s fleetStore) knownTrackers(ctx context.Context, accountID int64, trackers []string, known map[string]int64) error {
	return inChunks(accountID, trackers, func(list string, args []any) error {
		seen, args := within(ctx, accountID, args)
		return s.db.Rows(ctx, `SELECT tracker, id FROM assets WHERE account_id = $1 AND tracker IN (`+list+`)`+seen, args, func(rows *sql.Rows) error {
			var tracker string
			var id int64
			err := rows.Scan(&tracker, &id)
			known[tracker] = id
			return err
		})
	})
}

func (s fleetStore) holdPostgres(ctx context.Context, tx pgx.Tx, accountIDs, ids []int64, held map[int64]struct{}) error {
	// FOR KEY SHARE lets others change the asset but not delete it; SQLite needs and knows no such thing.
	rows, err := tx.Query(ctx, `SELECT a.id FROM unnest($1::bigint[], $2::bigint[]) AS k (account_id, id)
		JOIN assets a ON a.account_id = k.account_id AND a.id = k.id
		ORDER BY a.id FOR KEY SHARE OF a`, accountIDs, ids)
	if err != nil {
		return err
	}
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		held[id] = struct{}{}
		return nil
	})
	return err
}
