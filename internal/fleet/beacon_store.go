package fleet

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

const beaconColumns = `id, account_id, identity, name, kind, asset_id, version, created_at, updated_at`

func scanBeacon(row scanner) (b Beacon, err error) {
	var created, updated int64
	err = row.Scan(&b.ID, &b.AccountID, &b.Identity, &b.Name, &b.Kind, &b.AssetID, &b.Version, &created, &updated)
	b.CreatedAt, b.UpdatedAt = timeOf(created), timeOf(updated)
	return b, err
}

// idText is an id for the audit log, "" for none.
func idText(id *int64) string {
	if id == nil {
		return ""
	}
	return strconv.FormatInt(*id, 10)
}

// nullableID makes NULL of 0.
func nullableID(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// assetsWithin adds the condition that a row's column names an asset that the caller sees. The account's id is $1.
func assetsWithin(ctx context.Context, accountID int64, column string, args []any) (string, []any) {
	seen, args := within(ctx, accountID, args)
	if seen == "" {
		return "", args
	}
	return ` AND ` + column + ` IN (SELECT id FROM assets WHERE account_id = $1` + seen + `)`, args
}

// seesAsset refuses an asset_id that is no asset of the account, or none that the caller sees, and keeps the asset from being
// deleted until the transaction ends. Who is limited must name one.
func (s fleetStore) seesAsset(ctx context.Context, tx *store.Tx, accountID, id int64) error {
	if id == 0 {
		if bearer.PartOf(ctx, accountID) != nil {
			return fault.InvalidField("asset_id", "The asset_id field must be one of your own assets.")
		}
		return nil
	}
	err := s.lockAsset(ctx, tx, accountID, id)
	if fault.Is(err, fault.NotFound) {
		err = fault.InvalidField("asset_id", "The asset_id field is not the id of an asset.")
	}
	return err
}

// findBeacon reads a beacon; lock is "" or what forUpdate says.
func (s fleetStore) findBeacon(ctx context.Context, q rower, accountID, id int64, lock string) (Beacon, error) {
	seen, args := assetsWithin(ctx, accountID, "asset_id", []any{accountID, id})
	b, err := scanBeacon(q.QueryRowContext(ctx, `SELECT `+beaconColumns+` FROM beacons WHERE account_id = $1 AND id = $2`+seen+lock, args...))
	return b, orMissing(err, "Beacon")
}

func (s fleetStore) listBeacons(ctx context.Context, accountID int64, f BeaconFilter, page web.PageInput) ([]Beacon, int, error) {
	list := listing[Beacon]{from: `beacons`, columns: beaconColumns, where: `account_id = $1`, args: []any{accountID}, scan: scanBeacon,
		sort: map[string]string{"id": "id", "name": "name", "identity": "identity", "kind": "kind", "created_at": "created_at", "updated_at": "updated_at"}}
	list.and("kind", f.Kind)
	list.and("identity", f.Identity)
	list.and("asset_id", f.AssetID)
	list.contains(f.Search, "name", "identity")
	var seen string
	seen, list.args = assetsWithin(ctx, accountID, "asset_id", list.args)
	list.where += seen
	return list.page(ctx, s.db, page, "id")
}

func beaconEvent(b Beacon, action string) audit.Event {
	return audit.Event{AccountID: b.AccountID, Action: action, Subject: subject("beacon", b.ID), SubjectName: b.Name}
}

// beaconFault names a beacon's duplicate identity.
func beaconFault(err error) error {
	if store.IsDuplicate(err) {
		return fault.InvalidField("identity", "The identity has already been taken.")
	}
	return err
}

func (s fleetStore) createBeacon(ctx context.Context, accountID int64, in BeaconChange) (b Beacon, err error) {
	assetID := int64(0)
	if in.AssetID != nil {
		assetID = *in.AssetID
	}
	err = s.change(ctx, func(tx *store.Tx, n *notes) error {
		if err := s.seesAsset(ctx, tx, accountID, assetID); err != nil {
			return err
		}
		b, err = scanBeacon(tx.QueryRowContext(ctx, `INSERT INTO beacons (account_id, identity, name, kind, asset_id, version, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, 1, $6, $6) RETURNING `+beaconColumns, accountID, *in.Identity, *in.Name, *in.Kind, nullableID(assetID), s.db.Now()))
		n.event(beaconEvent(b, "beacon.created"))
		return err
	})
	return b, beaconFault(err)
}

func (s fleetStore) updateBeacon(ctx context.Context, accountID, id int64, in BeaconChange) (b Beacon, err error) {
	set, args := "", []any{accountID, id, s.db.Now()}
	add := func(column string, value any) {
		args = append(args, value)
		set += fmt.Sprintf(`, %s = $%d`, column, len(args))
	}
	for _, field := range [...]struct {
		column string
		value  *string
	}{{"identity", in.Identity}, {"name", in.Name}, {"kind", in.Kind}} {
		if field.value != nil {
			add(field.column, *field.value)
		}
	}
	if in.AssetID != nil {
		add("asset_id", nullableID(*in.AssetID))
	}
	err = s.change(ctx, func(tx *store.Tx, n *notes) error {
		before, err := s.findBeacon(ctx, tx, accountID, id, s.forUpdate())
		if err == nil {
			err = in.If.Check(before.Version)
		}
		if err == nil && in.AssetID != nil {
			err = s.seesAsset(ctx, tx, accountID, *in.AssetID)
		}
		if b = before; err != nil || set == "" {
			return err
		}
		b, err = scanBeacon(tx.QueryRowContext(ctx, `UPDATE beacons SET updated_at = $3, version = version + 1`+set+`
			WHERE account_id = $1 AND id = $2 RETURNING `+beaconColumns, args...))
		if err != nil {
			return err
		}
		e := beaconEvent(b, "beacon.updated")
		e.Detail = audit.Changes(before.audited(), b.audited())
		n.event(e)
		if before.Identity != b.Identity {
			n.keysChanged(accountID)
		}
		return nil
	})
	return b, beaconFault(err)
}

func (s fleetStore) deleteBeacon(ctx context.Context, accountID, id int64, seen web.Precondition) error {
	return s.change(ctx, func(tx *store.Tx, n *notes) error {
		// The driver first, then the beacon, as where a driver gets it. Of a beacon that isn't the caller's nothing of this stays.
		if _, err := tx.ExecContext(ctx, `UPDATE drivers SET beacon_id = NULL, version = version + 1 WHERE account_id = $1 AND beacon_id = $2`, accountID, id); err != nil {
			return err
		}
		b, err := s.findBeacon(ctx, tx, accountID, id, s.forUpdate())
		if err == nil {
			err = seen.Check(b.Version)
		}
		if err != nil {
			return err
		}
		n.event(beaconEvent(b, "beacon.deleted"))
		n.keysChanged(accountID)
		_, err = tx.ExecContext(ctx, `DELETE FROM beacons WHERE account_id = $1 AND id = $2`, accountID, id)
		return err
	})
}

// unfixBeacons takes an asset that is about to be deleted from its beacons, which the key would do too, but not count as a change.
func (s fleetStore) unfixBeacons(ctx context.Context, tx *store.Tx, accountID, assetID int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE beacons SET asset_id = NULL, updated_at = $3, version = version + 1 WHERE account_id = $1 AND asset_id = $2`,
		accountID, assetID, s.db.Now())
	return err
}

// beaconIDs finds the records of beacons by their identities.
func (s fleetStore) beaconIDs(ctx context.Context, accountID int64, identities []string) (map[string]int64, error) {
	known := make(map[string]int64, len(identities))
	err := inChunks(accountID, identities, func(list string, args []any) error {
		seen, args := assetsWithin(ctx, accountID, "asset_id", args)
		return s.db.Rows(ctx, `SELECT identity, id FROM beacons WHERE account_id = $1 AND identity IN (`+list+`)`+seen, args, func(rows *sql.Rows) error {
			var identity string
			var id int64
			err := rows.Scan(&identity, &id)
			known[identity] = id
			return err
		})
	})
	return known, err
}
