package fleet

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// rowsAtOnce is how many rows one statement writes.
const rowsAtOnce = 100

// inRows hands rows to run in lots, each as the text of VALUES with its arguments. All rows are of the same width.
func inRows(rows [][]any, run func(values string, args []any) error) error {
	for len(rows) > 0 {
		lot := rows[:min(rowsAtOnce, len(rows))]
		rows = rows[len(lot):]
		var values strings.Builder
		var args []any
		for i, row := range lot {
			if i > 0 {
				values.WriteByte(',')
			}
			values.WriteString(`(` + store.Placeholders(len(args)+1, len(row)) + `)`)
			args = append(args, row...)
		}
		if err := run(values.String(), args); err != nil {
			return err
		}
	}
	return nil
}

// upsert does the good rows of b in one transaction, in a few statements whatever their number.
func (s fleetStore) upsert(ctx context.Context, accountID int64, b *bulk) error {
	return s.change(ctx, func(tx *store.Tx, n *notes) error {
		// Groups first, then assets, as everywhere.
		if err := s.ensureGroups(ctx, tx, accountID, b.groups()); err != nil {
			return err
		}
		before, err := s.lockTrackers(ctx, tx, accountID, b.trackers())
		if err != nil {
			return err
		}
		var made, changed [][]any
		now := s.db.Now()
		for _, tracker := range b.trackers() {
			i := b.byTracker[tracker]
			old, known := before[tracker]
			asset, same := b.changes[i].onto(old.Asset)
			values := []any{accountID, asset.Name, asset.Type, asset.Group, asset.Registration, asset.VIN, tracker, now, now}
			switch {
			case known && !old.seen:
				b.reject(i, fault.As(errTaken()).Fields...)
			case known && same:
				b.done(i, rowUnchanged, old.ID)
			case known:
				b.done(i, rowUpdated, old.ID)
				changed = append(changed, values)
			case asset.Name == "":
				b.reject(i, fault.Field{Name: "name", Message: nameFault("")})
			default:
				if asset.Type == "" {
					values[2] = DefaultType
				}
				made = append(made, values)
			}
		}
		if err := s.updateRows(ctx, tx, changed); err != nil {
			return err
		}
		ids, err := s.insertRows(ctx, tx, made)
		if err != nil {
			return err
		}
		for _, values := range made {
			tracker := values[6].(string)
			if id, ok := ids[tracker]; ok {
				b.done(b.byTracker[tracker], rowCreated, id)
			} else { // somebody else has made it since
				b.reject(b.byTracker[tracker], fault.As(errTaken()).Fields...)
			}
		}
		return s.noteUpsert(ctx, tx, n, accountID, ids, len(changed))
	})
}

func (b *bulk) done(i int, result string, id int64) {
	b.results[i].Result, b.results[i].ID = result, &id
}

// noteUpsert writes the history of the new assets' trackers, and one event for all.
func (s fleetStore) noteUpsert(ctx context.Context, tx *store.Tx, n *notes, accountID int64, ids map[string]int64, updated int) error {
	if len(ids) == 0 && updated == 0 {
		return nil
	}
	n.groupsChanged(accountID)
	n.event(audit.Event{AccountID: accountID, Action: "asset.imported", Detail: map[string]string{
		"created": strconv.Itoa(len(ids)), "updated": strconv.Itoa(updated)}})
	if len(ids) == 0 {
		return nil
	}
	n.announce(trackerTopic, "")
	rows, now := make([][]any, 0, len(ids)), s.db.Now()
	for tracker, id := range ids {
		rows = append(rows, []any{accountID, id, tracker, now})
	}
	return inRows(rows, func(values string, args []any) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO tracker_bindings (account_id, asset_id, identity, bound_at) VALUES `+values, args...)
		return err
	})
}

// ensureGroups is ensureGroup for several, which are sorted: two that lock groups never wait for each other.
func (s fleetStore) ensureGroups(ctx context.Context, tx *store.Tx, accountID int64, names []string) error {
	rows, now := make([][]any, len(names)), s.db.Now()
	for i, name := range names {
		rows[i] = []any{accountID, name, 1, now, now}
	}
	return inRows(rows, func(values string, args []any) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO asset_groups (account_id, name, version, created_at, updated_at) VALUES `+values+`
			ON CONFLICT (account_id, name) DO UPDATE SET name = excluded.name`, args...)
		return err
	})
}

// locked is an asset that the transaction has locked; seen says that the caller sees it.
type locked struct {
	Asset
	seen bool
}

// lockTrackers locks the assets that have these trackers, in the order of their ids, in one statement for that order's sake.
func (s fleetStore) lockTrackers(ctx context.Context, tx *store.Tx, accountID int64, trackers []string) (map[string]locked, error) {
	found := map[string]locked{}
	if len(trackers) == 0 {
		return found, nil
	}
	args := make([]any, 0, len(trackers)+1)
	args = append(args, accountID)
	for _, tracker := range trackers {
		args = append(args, tracker)
	}
	err := tx.Rows(ctx, `SELECT `+assetColumns+` FROM assets WHERE account_id = $1 AND tracker IN (`+store.Placeholders(2, len(trackers))+`) ORDER BY id`+s.forUpdate(), args, func(rows *sql.Rows) error {
		asset, err := scanAsset(rows)
		found[textOf(asset.Tracker)] = locked{asset, true}
		return err
	})
	if err != nil || bearer.PartOf(ctx, accountID) == nil {
		return found, err
	}
	ids := make([]int64, 0, len(found))
	for _, l := range found {
		ids = append(ids, l.ID)
	}
	seen := map[int64]struct{}{}
	if err := s.knownIDs(ctx, tx, accountID, ids, seen); err != nil {
		return nil, err
	}
	for tracker, l := range found {
		_, l.seen = seen[l.ID]
		found[tracker] = l
	}
	return found, nil
}

const bulkColumns = `account_id, name, type, group_name, registration, vin, tracker, created_at, updated_at`

// updateRows writes assets that are locked, so each of them is there: its tracker finds it.
func (s fleetStore) updateRows(ctx context.Context, tx *store.Tx, rows [][]any) error {
	return inRows(rows, func(values string, args []any) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO assets (`+bulkColumns+`) VALUES `+values+`
			ON CONFLICT (account_id, tracker) DO UPDATE SET name = excluded.name, type = excluded.type, group_name = excluded.group_name,
			registration = excluded.registration, vin = excluded.vin, updated_at = excluded.updated_at, version = assets.version + 1`, args...)
		return err
	})
}

// insertRows makes assets and returns their ids by tracker. A tracker that has an asset by now is left out.
func (s fleetStore) insertRows(ctx context.Context, tx *store.Tx, rows [][]any) (map[string]int64, error) {
	ids := make(map[string]int64, len(rows))
	err := inRows(rows, func(values string, args []any) error {
		return tx.Rows(ctx, fmt.Sprintf(`INSERT INTO assets (%s) VALUES %s ON CONFLICT (account_id, tracker) DO NOTHING RETURNING id, tracker`, bulkColumns, values), args, func(rows *sql.Rows) error {
			var id int64
			var tracker string
			err := rows.Scan(&id, &tracker)
			ids[tracker] = id
			return err
		})
	})
	return ids, err
}
