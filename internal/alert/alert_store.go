package alert

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

const alertColumns = `id, account_id, asset_id, rule_id, rule_from, rule_name, type, severity, occasion, triggered_at, settled, ended_at,
	latitude, longitude, message, data, acknowledged_at, acknowledged_by, note, withdrawn_at`

// scanAlert reads a row of alertColumns.
func scanAlert(scan func(...any) error) (Alert, error) {
	var a Alert
	var ended, acknowledged, by, withdrawn sql.NullInt64
	var note sql.NullString
	var data string
	err := scan(&a.ID, &a.AccountID, &a.AssetID, &a.RuleID, &a.ruleFrom, &a.RuleName, &a.Type, &a.Severity, &a.occasion, &a.at, &a.settled, &ended,
		&a.Latitude, &a.Longitude, &a.Message, &data, &acknowledged, &by, &note, &withdrawn)
	if errors.Is(err, sql.ErrNoRows) {
		return a, fault.Missing(noun)
	}
	if err != nil {
		return a, store.Fault(err)
	}
	a.TriggeredAt, a.end = moment(a.at), ended.Int64
	a.EndedAt, a.AcknowledgedAt, a.WithdrawnAt = optional(ended), optional(acknowledged), optional(withdrawn)
	if by.Valid {
		a.AcknowledgedBy = &by.Int64
	}
	if note.Valid {
		a.Note = &note.String
	}
	a.State = a.state()
	return a, json.Unmarshal([]byte(data), &a.Data)
}

func optional(ms sql.NullInt64) *time.Time {
	if !ms.Valid {
		return nil
	}
	t := moment(ms.Int64)
	return &t
}

// within adds the condition that the caller sees the alert's asset to a statement on alerts that has args already; $1 is the
// account.
func within(ctx context.Context, accountID int64, args []any) (string, []any) {
	part := bearer.PartOf(ctx, accountID)
	if part == nil {
		return "", args
	}
	condition, partArgs := fleet.PartSQL(part, len(args))
	return ` AND asset_id IN (SELECT id FROM assets WHERE account_id = $1 AND ` + condition + `)`, append(args, partArgs...)
}

func (s alertStore) find(ctx context.Context, accountID, id int64) (*Alert, error) {
	seen, args := within(ctx, accountID, []any{accountID, id})
	a, err := scanAlert(s.db.Read().QueryRowContext(ctx, `SELECT `+alertColumns+` FROM alerts WHERE account_id = $1 AND id = $2`+seen, args...).Scan)
	if err != nil {
		return nil, err
	}
	return &a, nil
}

// Filter picks alerts of a list; an empty field picks all, but an empty State all that are not withdrawn. From is included, To
// isn't; both are of triggered_at.
type Filter struct {
	AssetID, RuleID       int64
	Type, Severity, State string
	From, To              time.Time
}

// sql is the condition of a list. Only our own words stand in it; values are bound.
func (f *Filter) sql(accountID int64) (string, []any) {
	where, args := `account_id = $1`, []any{accountID}
	add := func(given bool, condition string, value any) {
		if given {
			args = append(args, value)
			where += fmt.Sprintf(` AND `+condition+` $%d`, len(args))
		}
	}
	add(f.AssetID != 0, `asset_id =`, f.AssetID)
	add(f.RuleID != 0, `rule_id =`, f.RuleID)
	add(f.Type != "", `type =`, f.Type)
	add(f.Severity != "", `severity =`, f.Severity)
	add(!f.From.IsZero(), `triggered_at >=`, f.From.UnixMilli())
	add(!f.To.IsZero(), `triggered_at <`, f.To.UnixMilli())
	switch f.State {
	case "":
		where += ` AND withdrawn_at IS NULL`
	case stateWithdrawn:
		where += ` AND withdrawn_at IS NOT NULL`
	case stateAcknowledged:
		where += ` AND withdrawn_at IS NULL AND acknowledged_at IS NOT NULL`
	case stateEnded:
		where += ` AND withdrawn_at IS NULL AND acknowledged_at IS NULL AND ended_at IS NOT NULL`
	default:
		where += ` AND withdrawn_at IS NULL AND acknowledged_at IS NULL AND ended_at IS NULL`
	}
	return where, args
}

// list returns a page of the account's alerts, and how many match in all.
func (s alertStore) list(ctx context.Context, accountID int64, f Filter, page web.PageInput) ([]Alert, int, error) {
	column, descending, err := page.Order(map[string]string{"triggered_at": "triggered_at", "id": "id", "asset_id": "asset_id", "type": "type",
		"severity": "CASE severity WHEN 'critical' THEN 2 WHEN 'warning' THEN 1 ELSE 0 END"}, "-triggered_at")
	if err != nil {
		return nil, 0, err
	}
	where, args := f.sql(accountID)
	seen, args := within(ctx, accountID, args)
	where += seen
	list := store.List[Alert]{From: `alerts`, Columns: alertColumns, Where: where, Args: args, Order: store.By(column, descending),
		Scan: func(rows *sql.Rows) (Alert, error) { return scanAlert(rows.Scan) }}
	return list.Page(ctx, s.db, page.PerPage, page.Offset())
}

// acknowledge marks those of ids, sorted, that the caller sees. found are all of these, fresh those that were not marked yet.
func (s alertStore) acknowledge(ctx context.Context, tx *store.Tx, accountID int64, ids []int64, by int64, note string) (found, fresh []int64, err error) {
	args := []any{accountID}
	for _, id := range ids {
		args = append(args, id)
	}
	seen, args := within(ctx, accountID, args)
	// Locked in the order of ids: two who acknowledge the same never wait for each other.
	query := `SELECT id, acknowledged_at FROM alerts WHERE account_id = $1 AND id IN (` + store.Placeholders(2, len(ids)) + `)` + seen + ` ORDER BY id` + s.forUpdate()
	found, fresh = []int64{}, nil
	update := []any{accountID, s.db.Now(), nil, nil}
	if by != 0 {
		update[2] = by
	}
	if note != "" {
		update[3] = note
	}
	err = tx.Rows(ctx, query, args, func(rows *sql.Rows) error {
		var id int64
		var at sql.NullInt64
		err := rows.Scan(&id, &at)
		if found = append(found, id); !at.Valid {
			fresh, update = append(fresh, id), append(update, id)
		}
		return err
	})
	if err != nil || len(fresh) == 0 {
		return found, nil, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE alerts SET acknowledged_at = $2, acknowledged_by = $3, note = $4 WHERE account_id = $1 AND id IN (`+
		store.Placeholders(5, len(fresh))+`)`, update...)
	return found, slices.Clip(fresh), err
}
