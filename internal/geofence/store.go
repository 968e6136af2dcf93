package geofence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// geofenceStore holds the SQL of geofences. Every statement is bound to an account's id.
type geofenceStore struct{ db *store.DB }

// querier is a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

const geofenceColumns = `id, account_id, name, description, category, shape, geometry, radius, width, dwell, everyone, active, valid_from, version, created_at, updated_at`

// scanGeofence reads a row. One that doesn't apply to everyone gets an empty AppliesTo, for complete to fill.
func scanGeofence(row interface{ Scan(...any) error }) (Geofence, error) {
	var g Geofence
	var geometry string
	var everyone, active, valid, created, updated int64
	err := row.Scan(&g.ID, &g.AccountID, &g.Name, &g.Description, &g.Category, &g.Shape, &geometry, &g.Radius, &g.Width, &g.Dwell,
		&everyone, &active, &valid, &g.Version, &created, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return g, fault.Missing("Geofence")
	} else if err != nil {
		return g, store.Fault(err)
	}
	if everyone == 0 {
		g.AppliesTo = &fleet.Targets{Groups: []string{}, Assets: []int64{}}
	}
	g.Active = active == 1
	g.ValidFrom, g.CreatedAt, g.UpdatedAt = time.UnixMilli(valid).UTC(), time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
	g.Geometry, err = ParseGeometry([]byte(geometry))
	return g, err
}

// seen adds the condition that the geofence applies to an asset that the caller sees.
func seen(ctx context.Context, accountID int64, args []any) (string, []any) {
	part := bearer.PartOf(ctx, accountID)
	if part == nil {
		return "", args
	}
	condition, partArgs := fleet.PartSQL(part, len(args))
	args = append(args, partArgs...)
	mine := ` FROM assets WHERE account_id = $1 AND ` + condition
	groups := `SELECT group_name` + mine
	if n := len(part.Groups); n > 0 { // those of no asset yet too
		groups += ` UNION SELECT t.group_name FROM geofence_groups t WHERE t.account_id = $1 AND t.group_name IN (` + store.Placeholders(len(args)+1, n) + `)`
		for _, group := range part.Groups {
			args = append(args, group)
		}
	}
	return ` AND (everyone = 1
		OR EXISTS (SELECT 1 FROM geofence_assets x WHERE x.account_id = $1 AND x.geofence_id = geofences.id AND x.asset_id IN (SELECT id` + mine + `))
		OR EXISTS (SELECT 1 FROM geofence_groups x WHERE x.account_id = $1 AND x.geofence_id = geofences.id AND x.group_name IN (` + groups + `)))`, args
}

func (s geofenceStore) find(ctx context.Context, q querier, accountID, id int64) (Geofence, error) {
	condition, args := seen(ctx, accountID, []any{accountID, id})
	g, err := scanGeofence(q.QueryRowContext(ctx, `SELECT `+geofenceColumns+` FROM geofences WHERE account_id = $1 AND id = $2`+condition, args...))
	if err != nil {
		return g, err
	}
	list := []Geofence{g}
	err = s.complete(ctx, q, accountID, list, true)
	return list[0], err
}

// lock reads a geofence whole, and keeps others from changing it until tx ends.
func (s geofenceStore) lock(ctx context.Context, tx *store.Tx, accountID, id int64) (Geofence, error) {
	result, err := tx.ExecContext(ctx, `UPDATE geofences SET updated_at = updated_at WHERE account_id = $1 AND id = $2`, accountID, id)
	if err := store.OneRow(result, err, "Geofence"); err != nil {
		return Geofence{}, err
	}
	g, err := scanGeofence(tx.QueryRowContext(ctx, `SELECT `+geofenceColumns+` FROM geofences WHERE account_id = $1 AND id = $2`, accountID, id))
	if err != nil {
		return g, err
	}
	list := []Geofence{g}
	err = s.complete(ctx, tx, accountID, list, false)
	return list[0], err
}

// appliesTo is all that a geofence applies to, whoever asks; nil for everyone.
func (s geofenceStore) appliesTo(ctx context.Context, accountID, id int64) (*fleet.Targets, error) {
	list := []Geofence{{ID: id, AppliesTo: &fleet.Targets{}}}
	var everyone int64
	err := s.db.Read().QueryRowContext(ctx, `SELECT everyone FROM geofences WHERE account_id = $1 AND id = $2`, accountID, id).Scan(&everyone)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.Missing("Geofence")
	}
	if err != nil || everyone == 1 {
		return nil, store.Fault(err)
	}
	err = s.complete(ctx, s.db.Read(), accountID, list, false)
	return list[0].AppliesTo, err
}

// complete fills in what geofences apply to: for a limited caller, where that matters, what they see of it. Two questions,
// whatever their number.
func (s geofenceStore) complete(ctx context.Context, q querier, accountID int64, list []Geofence, limited bool) error {
	index, args := map[int64]*fleet.Targets{}, []any{accountID}
	for i := range list {
		if to := list[i].AppliesTo; to != nil {
			index[list[i].ID] = to
			args = append(args, list[i].ID)
		}
	}
	if len(index) == 0 {
		return nil
	}
	of := ` WHERE account_id = $1 AND geofence_id IN (` + store.Placeholders(2, len(index)) + `)`
	part := bearer.PartOf(ctx, accountID)
	groups, groupArgs, assets, assetArgs := "", args, "", args
	if part != nil && limited {
		groups = ` AND 1 = 0`
		if n := len(part.Groups); n > 0 {
			groups = ` AND group_name IN (` + store.Placeholders(len(args)+1, n) + `)`
			for _, group := range part.Groups {
				groupArgs = append(groupArgs[:len(groupArgs):len(groupArgs)], group)
			}
		}
		condition, more := fleet.PartSQL(part, len(args))
		assets = ` AND asset_id IN (SELECT id FROM assets WHERE account_id = $1 AND ` + condition + `)`
		assetArgs = append(args[:len(args):len(args)], more...)
	}
	err := eachRow(ctx, q, `SELECT geofence_id, group_name FROM geofence_groups`+of+groups+` ORDER BY geofence_id, group_name`, groupArgs, func(rows *sql.Rows) error {
		var id int64
		var group string
		err := rows.Scan(&id, &group)
		index[id].Groups = append(index[id].Groups, group)
		return err
	})
	if err != nil {
		return err
	}
	return eachRow(ctx, q, `SELECT geofence_id, asset_id FROM geofence_assets`+of+assets+` ORDER BY geofence_id, asset_id`, assetArgs, func(rows *sql.Rows) error {
		var id, asset int64
		err := rows.Scan(&id, &asset)
		index[id].Assets = append(index[id].Assets, asset)
		return err
	})
}

func eachRow(ctx context.Context, q querier, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return store.Fault(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return store.Fault(err)
		}
	}
	return store.Fault(rows.Err())
}

// sortColumns maps the names that a list can be sorted by to columns.
func sortColumns() map[string]string {
	return map[string]string{"id": "id", "name": "name", "category": "category", "shape": "shape", "created_at": "created_at", "updated_at": "updated_at"}
}

// Filter picks geofences of a list; an empty field picks all. Search is part of a name, in which ASCII letters match whatever their case.
type Filter struct{ Category, Shape, Active, Search string }

func (s geofenceStore) list(ctx context.Context, accountID int64, f Filter, page web.PageInput) ([]Geofence, int, error) {
	column, descending, err := page.Order(sortColumns(), "id")
	if err != nil {
		return nil, 0, err
	}
	where, args := `account_id = $1`, []any{accountID}
	for _, match := range [...]struct{ column, value string }{{"category", f.Category}, {"shape", f.Shape}} {
		if match.value != "" {
			args = append(args, match.value)
			where += fmt.Sprintf(` AND %s = $%d`, match.column, len(args))
		}
	}
	if f.Active != "" {
		args = append(args, number(f.Active == "true"))
		where += fmt.Sprintf(` AND active = $%d`, len(args))
	}
	if f.Search != "" {
		// LOWER changes ASCII letters alone on both: on SQLite always, on PostgreSQL because of the column's COLLATE "C".
		args = append(args, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(lowerASCII(f.Search))+"%")
		where += fmt.Sprintf(` AND LOWER(name) LIKE $%d ESCAPE '\'`, len(args))
	}
	condition, args := seen(ctx, accountID, args)
	where += condition
	all := store.List[Geofence]{From: `geofences`, Columns: geofenceColumns, Where: where, Args: args, Order: store.By(column, descending),
		Scan: func(rows *sql.Rows) (Geofence, error) { return scanGeofence(rows) }}
	list, total, err := all.Page(ctx, s.db, page.PerPage, page.Offset())
	if err != nil {
		return nil, 0, err
	}
	return list, total, s.complete(ctx, s.db.Read(), accountID, list, true)
}

func lowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

func number(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// create inserts geofences and gives them their ids. An account that would have too many is a Conflict.
func (s geofenceStore) create(ctx context.Context, tx *store.Tx, accountID int64, list []Geofence) error {
	var count int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM geofences WHERE account_id = $1`, accountID).Scan(&count); err != nil {
		return err
	}
	if count+len(list) > maxGeofences {
		return fault.Newf(fault.Conflict, "An account can have %d geofences.", maxGeofences)
	}
	now := s.db.Now()
	at := time.UnixMilli(now).UTC()
	for i := range list {
		g := &list[i]
		geometry, err := g.Geometry.MarshalJSON()
		if err != nil {
			return err
		}
		g.Version, g.ValidFrom, g.CreatedAt, g.UpdatedAt = 1, at, at, at
		if err := tx.QueryRowContext(ctx, `INSERT INTO geofences (account_id, name, description, category, shape, geometry, radius, width, dwell,
				everyone, active, valid_from, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $12) RETURNING id`, accountID, g.Name, g.Description, g.Category, g.Shape,
			string(geometry), g.Radius, g.Width, g.Dwell, number(g.AppliesTo == nil), number(g.Active), now).Scan(&g.ID); err != nil {
			return err
		}
		if err := insertAppliesTo(ctx, tx, *g); err != nil {
			return err
		}
	}
	return nil
}

func insertAppliesTo(ctx context.Context, tx *store.Tx, g Geofence) error {
	if g.AppliesTo == nil {
		return nil
	}
	groups, assets := make([][]any, 0, len(g.AppliesTo.Groups)), make([][]any, 0, len(g.AppliesTo.Assets))
	for _, group := range g.AppliesTo.Groups {
		groups = append(groups, []any{g.AccountID, g.ID, group})
	}
	for _, asset := range g.AppliesTo.Assets {
		assets = append(assets, []any{g.AccountID, g.ID, asset})
	}
	if err := tx.DoEach(ctx, `INSERT INTO geofence_groups (account_id, geofence_id, group_name) VALUES ($1, $2, $3)`, groups); err != nil {
		return err
	}
	return tx.DoEach(ctx, `INSERT INTO geofence_assets (account_id, geofence_id, asset_id) VALUES ($1, $2, $3)`, assets)
}

// update stores a geofence that lock has read.
func (s geofenceStore) update(ctx context.Context, tx *store.Tx, g Geofence) error {
	geometry, err := g.Geometry.MarshalJSON()
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE geofences SET name = $3, description = $4, category = $5, shape = $6, geometry = $7, radius = $8, width = $9,
			dwell = $10, everyone = $11, active = $12, valid_from = $13, version = version + 1, updated_at = $14 WHERE account_id = $1 AND id = $2`,
		g.AccountID, g.ID, g.Name, g.Description, g.Category, g.Shape, string(geometry), g.Radius, g.Width,
		g.Dwell, number(g.AppliesTo == nil), number(g.Active), g.ValidFrom.UnixMilli(), g.UpdatedAt.UnixMilli()); err != nil {
		return err
	}
	for _, query := range [...]string{`DELETE FROM geofence_groups WHERE account_id = $1 AND geofence_id = $2`,
		`DELETE FROM geofence_assets WHERE account_id = $1 AND geofence_id = $2`} {
		if _, err := tx.ExecContext(ctx, query, g.AccountID, g.ID); err != nil {
			return err
		}
	}
	if err := insertAppliesTo(ctx, tx, g); err != nil || g.Active {
		return err
	}
	// Nobody is inside of what is switched off.
	_, err = tx.ExecContext(ctx, `DELETE FROM geofence_presences WHERE account_id = $1 AND geofence_id = $2`, g.AccountID, g.ID)
	return err
}

func (s geofenceStore) delete(ctx context.Context, tx *store.Tx, accountID, id int64) error {
	result, err := tx.ExecContext(ctx, `DELETE FROM geofences WHERE account_id = $1 AND id = $2`, accountID, id)
	if err := store.OneRow(result, err, "Geofence"); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM geofence_presences WHERE account_id = $1 AND geofence_id = $2`, accountID, id)
	return err
}

// fences reads all that the account's positions are held against, for the cache.
func (s geofenceStore) fences(ctx context.Context, accountID int64) (*fences, error) {
	var list []*fence
	byID := map[int64]*fence{}
	err := s.db.Rows(ctx, `SELECT `+geofenceColumns+` FROM geofences WHERE account_id = $1 AND active = 1 ORDER BY id`, []any{accountID}, func(rows *sql.Rows) error {
		g, err := scanGeofence(rows)
		if err != nil {
			return err
		}
		f := newFence(&g)
		list, byID[f.id] = append(list, f), f
		return nil
	})
	if err != nil {
		return nil, err
	}
	// Which assets those that aren't for everyone are for: the ones that are named, and those in the groups that are.
	err = s.db.Rows(ctx, `SELECT t.geofence_id, a.id FROM geofence_assets t JOIN assets a ON a.account_id = t.account_id AND a.id = t.asset_id WHERE t.account_id = $1
		UNION SELECT t.geofence_id, a.id FROM geofence_groups t JOIN assets a ON a.account_id = t.account_id AND a.group_name = t.group_name WHERE t.account_id = $1`,
		[]any{accountID}, func(rows *sql.Rows) error {
			var id, asset int64
			err := rows.Scan(&id, &asset)
			if f := byID[id]; f != nil && f.assets != nil {
				f.assets[asset] = struct{}{}
			}
			return err
		})
	if err != nil {
		return nil, err
	}
	return newFences(list), nil
}

// RenameGroup is a fleet.GroupRenamed: geofences that apply to the group go on to do so. What is in memory is dropped with the
// notice of the change (fleet.TopicGroups).
func (s *Service) RenameGroup(ctx context.Context, tx *store.Tx, accountID int64, from, to string) error {
	// Theirs are locked first, as all who change a geofence do, and in the order of ids: two never wait for each other.
	named := `account_id = $1 AND id IN (SELECT geofence_id FROM geofence_groups WHERE account_id = $1 AND group_name = $2)`
	lock := `SELECT id FROM geofences WHERE ` + named + ` ORDER BY id`
	if s.db.Dialect == store.Postgres {
		lock += ` FOR UPDATE` // a writing transaction of SQLite is alone, and its language has no such words
	}
	if err := tx.Rows(ctx, lock, []any{accountID, from}, func(*sql.Rows) error { return nil }); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE geofences SET version = version + 1, updated_at = $3 WHERE `+named, accountID, from, s.db.Now()); err != nil {
		return err
	}
	// Some may name the new group already.
	if _, err := tx.ExecContext(ctx, `DELETE FROM geofence_groups WHERE account_id = $1 AND group_name = $2 AND geofence_id IN
		(SELECT geofence_id FROM geofence_groups WHERE account_id = $1 AND group_name = $3)`, accountID, from, to); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE geofence_groups SET group_name = $3 WHERE account_id = $1 AND group_name = $2`, accountID, from, to)
	return err
}
