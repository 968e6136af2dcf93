package fleet

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

const (
	// The name is looked up row by row in the drivers' primary key, so that id and account_id mean the assignment's.
	assignmentColumns = `id, driver_id, (SELECT d.name FROM drivers d WHERE d.id = driver_assignments.driver_id), asset_id, started_at, ended_at, version`
	// never is an end that no assignment has, for those that are open.
	never = latestTime + 1
)

func scanAssignment(row scanner) (a Assignment, err error) {
	var from int64
	var until sql.NullInt64
	err = row.Scan(&a.ID, &a.DriverID, &a.DriverName, &a.AssetID, &from, &until, &a.Version)
	a.From, a.Until = timeOf(from), optionalTime(until)
	return a, err
}

func (s fleetStore) listAssignments(ctx context.Context, accountID, driverID int64, page web.PageInput) ([]Assignment, int, error) {
	list := listing[Assignment]{from: `driver_assignments`, columns: assignmentColumns, where: `account_id = $1 AND driver_id = $2`, args: []any{accountID, driverID},
		scan: scanAssignment, sort: map[string]string{"from": "started_at", "id": "id"}}
	var seen string
	seen, list.args = assetsWithin(ctx, accountID, "asset_id", list.args)
	list.where += seen
	return list.page(ctx, s.db, page, "-from")
}

// findAssignment reads an assignment; lock is "" or what forUpdate says.
func (s fleetStore) findAssignment(ctx context.Context, q rower, accountID, driverID, id int64, lock string) (Assignment, error) {
	seen, args := assetsWithin(ctx, accountID, "asset_id", []any{accountID, driverID, id})
	a, err := scanAssignment(q.QueryRowContext(ctx, `SELECT `+assignmentColumns+` FROM driver_assignments
		WHERE account_id = $1 AND driver_id = $2 AND id = $3`+seen+lock, args...))
	return a, orMissing(err, "Assignment")
}

func (s fleetStore) driversAt(ctx context.Context, accountID, assetID, from, to int64) ([]Assignment, error) {
	seen, args := assetsWithin(ctx, accountID, "asset_id", []any{accountID, assetID, from, to})
	assignments := []Assignment{}
	err := s.db.Rows(ctx, `SELECT `+assignmentColumns+` FROM driver_assignments
		WHERE account_id = $1 AND asset_id = $2 AND started_at < $4 AND (ended_at IS NULL OR ended_at > $3)`+seen+` ORDER BY started_at`, args, func(rows *sql.Rows) error {
		a, err := scanAssignment(rows)
		assignments = append(assignments, a)
		return err
	})
	return assignments, err
}

// occupied refuses a time of an asset in which another assignment than id stands. The asset is locked: of two who assign
// drivers at the same moment, the second sees what the first has written.
func (s fleetStore) occupied(ctx context.Context, tx *store.Tx, accountID, assetID, id, from, until int64) error {
	taken, err := exists(ctx, tx, `SELECT COUNT(*) FROM driver_assignments
		WHERE account_id = $1 AND asset_id = $2 AND id <> $3 AND started_at < $5 AND (ended_at IS NULL OR ended_at > $4)`,
		accountID, assetID, id, from, until)
	if err == nil && taken {
		err = errOccupied()
	}
	return err
}

// lockAsset keeps others from assigning drivers to an asset until the transaction ends.
func (s fleetStore) lockAsset(ctx context.Context, tx *store.Tx, accountID, id int64) error {
	_, _, err := s.lock(ctx, tx, accountID, id, "")
	return err
}

// milliseconds is a time for the database, NULL for none.
func milliseconds(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UnixMilli()
}

func endOf(t *time.Time) int64 {
	if t == nil {
		return never
	}
	return t.UnixMilli()
}

func (s fleetStore) assign(ctx context.Context, accountID int64, in NewAssignment) (a Assignment, err error) {
	err = s.change(ctx, func(tx *store.Tx, n *notes) error {
		d, err := s.findDriver(ctx, tx, accountID, in.DriverID, s.forUpdate())
		if err != nil {
			return err
		}
		if err := s.lockAsset(ctx, tx, accountID, in.AssetID); err != nil {
			if fault.Is(err, fault.NotFound) {
				err = fault.InvalidField("asset_id", "The asset_id field is not the id of an asset.")
			}
			return err
		}
		if err := s.occupied(ctx, tx, accountID, in.AssetID, 0, in.From.UnixMilli(), endOf(in.Until)); err != nil {
			return err
		}
		a, err = scanAssignment(tx.QueryRowContext(ctx, `INSERT INTO driver_assignments (account_id, driver_id, asset_id, started_at, ended_at, version)
			VALUES ($1, $2, $3, $4, $5, 1) RETURNING `+assignmentColumns, accountID, in.DriverID, in.AssetID, in.From.UnixMilli(), milliseconds(in.Until)))
		n.event(assignmentEvent(d, a, "driver.assigned"))
		return err
	})
	return a, err
}

func (s fleetStore) endAssignment(ctx context.Context, accountID, driverID, id int64, until *time.Time, seen web.Precondition) (a Assignment, err error) {
	err = s.change(ctx, func(tx *store.Tx, n *notes) error {
		d, err := s.findDriver(ctx, tx, accountID, driverID, s.forUpdate())
		if err != nil {
			return err
		}
		before, err := s.findAssignment(ctx, tx, accountID, driverID, id, ``)
		if err != nil {
			return err
		}
		if err := s.lockAsset(ctx, tx, accountID, before.AssetID); err != nil {
			return err
		}
		if err := seen.Check(before.Version); err != nil { // the driver is locked: nobody else ends it
			return err
		}
		if err := checkTimes(before.From, until); err != nil {
			return err
		}
		if err := s.occupied(ctx, tx, accountID, before.AssetID, id, before.From.UnixMilli(), endOf(until)); err != nil {
			return err
		}
		a, err = scanAssignment(tx.QueryRowContext(ctx, `UPDATE driver_assignments SET ended_at = $3, version = version + 1
			WHERE account_id = $1 AND id = $2 RETURNING `+assignmentColumns, accountID, id, milliseconds(until)))
		n.event(assignmentEvent(d, a, "driver.assignment_changed"))
		return err
	})
	return a, err
}

func assignmentEvent(d Driver, a Assignment, action string) audit.Event {
	e := driverEvent(d, action)
	e.Detail = map[string]string{"asset": strconv.FormatInt(a.AssetID, 10), "from": a.From.Format(time.RFC3339)}
	if a.Until != nil {
		e.Detail["until"] = a.Until.Format(time.RFC3339)
	}
	return e
}
