package fleet

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// assetStore holds all SQL of the room. Every statement is bound to an account's id.
type assetStore struct{ db *store.DB }

const assetColumns = `id, account_id, name, type, group_name, registration, vin, tracker, created_at, updated_at`

// errTaken is the fault of a second asset with the same tracker in an account.
func errTaken() error { return fault.InvalidField("tracker", "The tracker has already been taken.") }

func scanAsset(row interface{ Scan(...any) error }) (Asset, error) {
	var a Asset
	var created, updated int64
	err := row.Scan(&a.ID, &a.AccountID, &a.Name, &a.Type, &a.Group, &a.Registration, &a.VIN, &a.Tracker, &created, &updated)
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

func (s assetStore) find(ctx context.Context, accountID, id int64) (Asset, error) {
	seen, args := within(ctx, accountID, []any{accountID, id})
	return scanAsset(s.db.Read().QueryRowContext(ctx, `SELECT `+assetColumns+` FROM assets WHERE account_id = $1 AND id = $2`+seen, args...))
}

func (s assetStore) name(ctx context.Context, accountID, id int64) (string, error) {
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

func (s assetStore) list(ctx context.Context, accountID int64, filter Filter, page web.PageInput) ([]Asset, int, error) {
	column, descending, err := page.Order(sortColumns(), "id")
	if err != nil {
		return nil, 0, err
	}
	where, args := filterSQL(accountID, filter)
	seen, args := within(ctx, accountID, args)
	where += seen
	var total int
	if err := s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM assets WHERE `+where, args...).Scan(&total); err != nil {
		return nil, 0, store.Fault(err)
	}
	// The databases differ in where NULL sorts, so it is said. The id makes the order total: no asset is on two pages.
	order := column + ` ASC NULLS FIRST, id ASC`
	if descending {
		order = column + ` DESC NULLS LAST, id DESC`
	}
	query := fmt.Sprintf(`SELECT %s FROM assets WHERE %s ORDER BY %s LIMIT $%d OFFSET $%d`,
		assetColumns, where, order, len(args)+1, len(args)+2)
	assets := make([]Asset, 0, min(page.PerPage, total))
	err = s.db.Rows(ctx, query, append(args, page.PerPage, page.Offset()), func(rows *sql.Rows) error {
		asset, err := scanAsset(rows)
		assets = append(assets, asset)
		return err
	})
	return assets, total, err
}

// filterSQL writes the condition of a list. Only our own words stand in it; values are bound.
func filterSQL(accountID int64, f Filter) (string, []any) {
	where, args := `account_id = $1`, []any{accountID}
	for _, match := range [...]struct{ column, value string }{
		{"type", f.Type}, {"group_name", f.Group}, {"registration", f.Registration}, {"vin", f.VIN}, {"tracker", f.Tracker},
	} {
		if match.value != "" {
			args = append(args, match.value)
			where += fmt.Sprintf(` AND %s = $%d`, match.column, len(args))
		}
	}
	if f.Search != "" {
		// LOWER changes ASCII letters alone on both: on SQLite always, on PostgreSQL because of the columns' COLLATE "C".
		args = append(args, "%"+escapeLike(lowerASCII(f.Search))+"%")
		where += fmt.Sprintf(` AND (LOWER(name) LIKE $%[1]d ESCAPE '\' OR LOWER(registration) LIKE $%[1]d ESCAPE '\')`, len(args))
	}
	return where, args
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

const insertAsset = `INSERT INTO assets (account_id, name, type, group_name, registration, vin, tracker, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)`

func (s assetStore) insertArgs(accountID int64, d Draft) []any {
	return []any{accountID, d.Name, d.Type, nullable(d.Group), nullable(d.Registration), nullable(d.VIN), nullable(d.Tracker), s.db.Now()}
}

func (s assetStore) create(ctx context.Context, accountID int64, d Draft) (asset Asset, err error) {
	if err := mayPlace(ctx, accountID, 0, d.Group); err != nil {
		return Asset{}, err
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		asset, err = scanAsset(tx.QueryRowContext(ctx, insertAsset+` RETURNING `+assetColumns, s.insertArgs(accountID, d)...))
		if err != nil || d.Group == "" {
			return err
		}
		return announceGroups(ctx, tx, accountID)
	})
	if store.IsDuplicate(err) {
		return Asset{}, errTaken()
	}
	return asset, err
}

// ensure finds the asset with the draft's tracker or makes it.
func (s assetStore) ensure(ctx context.Context, accountID int64, d Draft) (asset Asset, created bool, err error) {
	const byTracker = `SELECT ` + assetColumns + ` FROM assets WHERE account_id = $1 AND tracker = $2`
	asset, err = scanAsset(s.db.Read().QueryRowContext(ctx, byTracker, accountID, d.Tracker))
	if !fault.Is(err, fault.NotFound) {
		return asset, false, err
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		result, err := tx.ExecContext(ctx, insertAsset+` ON CONFLICT (account_id, tracker) DO NOTHING`, s.insertArgs(accountID, d)...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return err
		}
		created = n == 1
		asset, err = scanAsset(tx.QueryRowContext(ctx, byTracker, accountID, d.Tracker))
		if err != nil || !created || d.Group == "" {
			return err
		}
		return announceGroups(ctx, tx, accountID)
	})
	return asset, created, err
}

func (s assetStore) update(ctx context.Context, accountID, id int64, c Change) (asset Asset, err error) {
	set, args := "", []any{accountID, id, s.db.Now()}
	for _, field := range [...]struct {
		column string
		value  *string
	}{{"name", c.Name}, {"type", c.Type}, {"group_name", c.Group}, {"registration", c.Registration}, {"vin", c.VIN}, {"tracker", c.Tracker}} {
		if field.value != nil {
			args = append(args, nullable(*field.value))
			set += fmt.Sprintf(`, %s = $%d`, field.column, len(args))
		}
	}
	if set == "" {
		return s.find(ctx, accountID, id)
	}
	if c.Group != nil {
		if _, err := s.name(ctx, accountID, id); err != nil { // who doesn't see the asset hears nothing of groups
			return Asset{}, err
		}
		if err := mayPlace(ctx, accountID, id, *c.Group); err != nil {
			return Asset{}, err
		}
	}
	seen, args := within(ctx, accountID, args)
	query := `UPDATE assets SET updated_at = $3` + set + ` WHERE account_id = $1 AND id = $2` + seen + ` RETURNING ` + assetColumns
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		asset, err = scanAsset(tx.QueryRowContext(ctx, query, args...))
		if err != nil || c.Group == nil {
			return err
		}
		return announceGroups(ctx, tx, accountID)
	})
	if store.IsDuplicate(err) {
		return Asset{}, errTaken()
	}
	return asset, err
}

// TopicGroups is the topic of changes of which assets are in which groups. The subject is the account's id.
const TopicGroups = "asset_groups"

func announceGroups(ctx context.Context, tx *store.Tx, accountID int64) error {
	return tx.Announce(ctx, TopicGroups, strconv.FormatInt(accountID, 10))
}

// delete deletes the asset first and its positions after: on PostgreSQL the first statement waits for everyone who
// holds the asset, and the second, with a newer view, then sees all that they stored.
func (s assetStore) delete(ctx context.Context, accountID, id int64, purge func(context.Context, *store.Tx, int64, int64) error) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		seen, args := within(ctx, accountID, []any{accountID, id})
		result, err := tx.ExecContext(ctx, `DELETE FROM assets WHERE account_id = $1 AND id = $2`+seen, args...)
		if err := store.OneRow(result, err, "Asset"); err != nil {
			return err
		}
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

func (s assetStore) knownIDs(ctx context.Context, q querier, accountID int64, ids []int64, known map[int64]struct{}) error {
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

func (s assetStore) knownTrackers(ctx context.Context, accountID int64, trackers []string, known map[string]int64) error {
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

func (s assetStore) holdPostgres(ctx context.Context, tx pgx.Tx, accountIDs, ids []int64, held map[int64]struct{}) error {
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
