package fleet

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

const driverColumns = `id, account_id, name, phone, licence, ibutton, beacon_id, version, created_at, updated_at`

func scanDriver(row scanner) (d Driver, err error) {
	var created, updated int64
	err = row.Scan(&d.ID, &d.AccountID, &d.Name, &d.Phone, &d.Licence, &d.IButton, &d.BeaconID, &d.Version, &created, &updated)
	d.CreatedAt, d.UpdatedAt = timeOf(created), timeOf(updated)
	return d, err
}

// keysChanged notes that what drivers of an account are known by has changed.
func (n *notes) keysChanged(accountID int64) {
	n.announce(driverTopic, strconv.FormatInt(accountID, 10))
}

// driversWithin adds the condition that a driver has to do with an asset that the caller sees.
func driversWithin(ctx context.Context, accountID int64, args []any) (string, []any) {
	seen, args := assetsWithin(ctx, accountID, "asset_id", args)
	if seen == "" {
		return "", args
	}
	return ` AND id IN (SELECT driver_id FROM driver_assignments WHERE account_id = $1` + seen + `)`, args
}

// findDriver reads a driver; lock is "" or what forUpdate says.
func (s fleetStore) findDriver(ctx context.Context, q rower, accountID, id int64, lock string) (Driver, error) {
	seen, args := driversWithin(ctx, accountID, []any{accountID, id})
	d, err := scanDriver(q.QueryRowContext(ctx, `SELECT `+driverColumns+` FROM drivers WHERE account_id = $1 AND id = $2 AND deleted_at IS NULL`+seen+lock, args...))
	return d, orMissing(err, "Driver")
}

func (s fleetStore) listDrivers(ctx context.Context, accountID int64, f DriverFilter, page web.PageInput) ([]Driver, int, error) {
	list := listing[Driver]{from: `drivers`, columns: driverColumns, where: `account_id = $1 AND deleted_at IS NULL`, args: []any{accountID}, scan: scanDriver,
		sort: map[string]string{"id": "id", "name": "name", "created_at": "created_at", "updated_at": "updated_at"}}
	list.and("ibutton", int64(f.IButton))
	list.contains(f.Search, "name", "phone", "licence")
	var seen string
	seen, list.args = driversWithin(ctx, accountID, list.args)
	list.where += seen
	return list.page(ctx, s.db, page, "id")
}

func driverEvent(d Driver, action string) audit.Event {
	return audit.Event{AccountID: d.AccountID, Action: action, Subject: subject("driver", d.ID), SubjectName: d.Name}
}

// checkKeys refuses a key that another driver has, and a beacon that isn't the account's. The keys of the tables say the same,
// but not which of the two it is.
func (s fleetStore) checkKeys(ctx context.Context, tx *store.Tx, accountID, id int64, in DriverChange) error {
	if in.BeaconID != nil && *in.BeaconID != 0 {
		if _, err := s.findBeacon(ctx, tx, accountID, *in.BeaconID, ``); err != nil {
			if fault.Is(err, fault.NotFound) {
				err = fault.InvalidField("beacon_id", "The beacon_id field is not the id of a beacon.")
			}
			return err
		}
		if taken, err := exists(ctx, tx, `SELECT COUNT(*) FROM drivers WHERE account_id = $1 AND beacon_id = $2 AND id <> $3`, accountID, *in.BeaconID, id); err != nil || taken {
			return takenOr(err, "beacon_id")
		}
	}
	if in.IButton != nil && *in.IButton != 0 {
		if taken, err := exists(ctx, tx, `SELECT COUNT(*) FROM drivers WHERE account_id = $1 AND ibutton = $2 AND id <> $3`, accountID, int64(*in.IButton), id); err != nil || taken {
			return takenOr(err, "ibutton")
		}
	}
	return nil
}

func exists(ctx context.Context, tx *store.Tx, query string, args ...any) (bool, error) {
	var n int
	err := tx.QueryRowContext(ctx, query, args...).Scan(&n)
	return n > 0, err
}

func takenOr(err error, field string) error {
	if err == nil {
		err = fault.InvalidField(field, "The "+field+" has already been taken.")
	}
	return err
}

// driverFault names the key of a driver that another one was given at the same moment.
func driverFault(err error) error {
	if store.IsDuplicate(err) {
		return fault.InvalidField("ibutton", "The ibutton or the beacon_id has already been taken.")
	}
	return err
}

// columns are what a change sets.
func (c DriverChange) columns() (names []string, values []any) {
	for _, field := range [...]struct {
		column string
		value  *string
	}{{"name", c.Name}, {"phone", c.Phone}, {"licence", c.Licence}} {
		if field.value != nil {
			names, values = append(names, field.column), append(values, nullable(*field.value))
		}
	}
	if c.IButton != nil {
		names, values = append(names, "ibutton"), append(values, nullableID(int64(*c.IButton)))
	}
	if c.BeaconID != nil {
		names, values = append(names, "beacon_id"), append(values, nullableID(*c.BeaconID))
	}
	return names, values
}

func (s fleetStore) createDriver(ctx context.Context, accountID int64, in DriverChange) (d Driver, err error) {
	names, values := in.columns()
	columns, args := `account_id, version, created_at, updated_at`, append([]any{accountID, 1, s.db.Now(), s.db.Now()}, values...)
	for _, name := range names {
		columns += `, ` + name
	}
	err = s.change(ctx, func(tx *store.Tx, n *notes) error {
		if err := s.checkKeys(ctx, tx, accountID, 0, in); err != nil {
			return err
		}
		d, err = scanDriver(tx.QueryRowContext(ctx, `INSERT INTO drivers (`+columns+`) VALUES (`+store.Placeholders(1, len(args))+`) RETURNING `+driverColumns, args...))
		n.event(driverEvent(d, "driver.created"))
		n.keysChanged(accountID)
		return err
	})
	return d, driverFault(err)
}

// lockDriver locks a driver whom the caller sees and may change, and who is as they have seen them.
func (s fleetStore) lockDriver(ctx context.Context, tx *store.Tx, accountID, id int64, seen web.Precondition) (Driver, error) {
	d, err := s.findDriver(ctx, tx, accountID, id, s.forUpdate())
	if err == nil {
		err = unlimited(ctx, accountID)
	}
	if err == nil {
		err = seen.Check(d.Version)
	}
	return d, err
}

func (s fleetStore) updateDriver(ctx context.Context, accountID, id int64, in DriverChange) (d Driver, err error) {
	names, values := in.columns()
	set, args := "", append([]any{accountID, id, s.db.Now()}, values...)
	for i, name := range names {
		set += fmt.Sprintf(`, %s = $%d`, name, i+4)
	}
	err = s.change(ctx, func(tx *store.Tx, n *notes) error {
		before, err := s.lockDriver(ctx, tx, accountID, id, in.If)
		if d = before; err != nil || set == "" {
			return err
		}
		if err := s.checkKeys(ctx, tx, accountID, id, in); err != nil {
			return err
		}
		d, err = scanDriver(tx.QueryRowContext(ctx, `UPDATE drivers SET updated_at = $3, version = version + 1`+set+`
			WHERE account_id = $1 AND id = $2 RETURNING `+driverColumns, args...))
		if err != nil {
			return err
		}
		e := driverEvent(d, "driver.updated")
		e.Detail = audit.Changes(before.audited(), d.audited())
		n.event(e)
		n.keysChanged(accountID)
		return nil
	})
	return d, driverFault(err)
}

func (s fleetStore) deleteDriver(ctx context.Context, accountID, id int64, seen web.Precondition) error {
	return s.change(ctx, func(tx *store.Tx, n *notes) error {
		d, err := s.lockDriver(ctx, tx, accountID, id, seen)
		if err != nil {
			return err
		}
		n.event(driverEvent(d, "driver.deleted"))
		n.keysChanged(accountID)
		now := s.db.Now()
		for _, statement := range []string{
			`UPDATE drivers SET phone = NULL, licence = NULL, ibutton = NULL, beacon_id = NULL, deleted_at = $3, updated_at = $3, version = version + 1
				WHERE account_id = $1 AND id = $2`,
			`DELETE FROM driver_assignments WHERE account_id = $1 AND driver_id = $2 AND started_at >= $3`,
			`UPDATE driver_assignments SET ended_at = $3, version = version + 1
				WHERE account_id = $1 AND driver_id = $2 AND (ended_at IS NULL OR ended_at > $3)`,
		} {
			if _, err := tx.ExecContext(ctx, statement, accountID, id, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// driverKeys reads what an account's drivers are known by.
func (s fleetStore) driverKeys(ctx context.Context, accountID int64) (*Keys, error) {
	keys := &Keys{IButtons: map[int64]int64{}, Beacons: map[string]int64{}}
	err := s.db.Rows(ctx, `SELECT d.id, d.ibutton, b.identity FROM drivers d LEFT JOIN beacons b ON b.id = d.beacon_id AND b.account_id = d.account_id
		WHERE d.account_id = $1 AND d.deleted_at IS NULL AND (d.ibutton IS NOT NULL OR d.beacon_id IS NOT NULL)`, []any{accountID}, func(rows *sql.Rows) error {
		var id int64
		var button sql.NullInt64
		var beacon sql.NullString
		if err := rows.Scan(&id, &button, &beacon); err != nil {
			return err
		}
		if button.Valid {
			keys.IButtons[button.Int64] = id
		}
		if beacon.Valid {
			keys.Beacons[beacon.String] = id
		}
		return nil
	})
	return keys, err
}
