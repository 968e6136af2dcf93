package alert

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// alertStore holds all SQL of the room. Every statement of a caller's is bound to an account's id.
type alertStore struct{ db *store.DB }

const ruleColumns = `id, account_id, name, type, config, applies_to, cool_down, severity, active, valid_from, version, created_at, updated_at`

// forUpdate ends a query whose row nobody else may change until the transaction ends. A writing transaction of SQLite is alone,
// and its language has no such words.
func (s alertStore) forUpdate() string {
	if s.db.Dialect == store.Postgres {
		return ` FOR UPDATE`
	}
	return ``
}

func scanRule(row interface{ Scan(...any) error }) (*Rule, error) {
	var r Rule
	var config string
	var to sql.NullString
	var active, from, created, updated int64
	err := row.Scan(&r.ID, &r.AccountID, &r.Name, &r.Type, &config, &to, &r.CoolDown, &r.Severity, &active, &from, &r.Version, &created, &updated)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fault.Missing(ruleNoun)
	case err != nil:
		return nil, store.Fault(err)
	}
	r.Active, r.ValidFrom, r.CreatedAt, r.UpdatedAt = active == 1, moment(from), moment(created), moment(updated)
	if err = json.Unmarshal([]byte(config), &r.Config); err == nil && to.Valid {
		err = json.Unmarshal([]byte(to.String), &r.AppliesTo)
	}
	return &r, err
}

// querier is a pool or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// findRule reads one rule; suffix is "" or forUpdate's.
func (s alertStore) findRule(ctx context.Context, q querier, accountID, id int64, suffix string) (*Rule, error) {
	return scanRule(q.QueryRowContext(ctx, `SELECT `+ruleColumns+` FROM alert_rules WHERE account_id = $1 AND id = $2`+suffix, accountID, id))
}

// RuleFilter picks rules of a list; an empty field picks all. Active is "true" or "false".
type RuleFilter struct{ Type, Severity, Active string }

// listRules returns a page of the account's rules and how many match in all.
func (s alertStore) listRules(ctx context.Context, accountID int64, f RuleFilter, page web.PageInput) ([]Rule, int, error) {
	column, descending, err := page.Order(map[string]string{"id": "id", "name": "name", "type": "type", "severity": "severity",
		"created_at": "created_at", "updated_at": "updated_at"}, "id")
	if err != nil {
		return nil, 0, err
	}
	where, args := `account_id = $1`, []any{accountID}
	for _, match := range [...]struct{ column, value string }{{"type", f.Type}, {"severity", f.Severity}} {
		if match.value != "" {
			args = append(args, match.value)
			where += fmt.Sprintf(` AND %s = $%d`, match.column, len(args))
		}
	}
	if f.Active != "" {
		args = append(args, bit(f.Active == "true"))
		where += fmt.Sprintf(` AND active = $%d`, len(args))
	}
	if limited(ctx, accountID) {
		where += ` AND 1 = 0`
	}
	list := store.List[*Rule]{From: `alert_rules`, Columns: ruleColumns, Where: where, Args: args, Order: store.By(column, descending),
		Scan: func(rows *sql.Rows) (*Rule, error) { return scanRule(rows) }}
	found, total, err := list.Page(ctx, s.db, page.PerPage, page.Offset())
	if err != nil {
		return nil, 0, err
	}
	rules := make([]Rule, len(found))
	for i, r := range found {
		rules[i] = *r
	}
	return rules, total, nil
}

func (r *Rule) args() []any {
	var to any
	if r.AppliesTo != nil {
		to = text(r.AppliesTo)
	}
	return []any{r.AccountID, r.Name, text(r.Config), to, r.CoolDown, r.Severity, bit(r.Active), r.ValidFrom.UnixMilli(), r.UpdatedAt.UnixMilli()}
}

func (s alertStore) insertRule(ctx context.Context, tx *store.Tx, r *Rule) error {
	var count int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM alert_rules WHERE account_id = $1`, r.AccountID).Scan(&count); err != nil {
		return err
	}
	if count >= maxRules {
		return fault.Newf(fault.Conflict, "The account has %d alert rules already: delete one first.", count)
	}
	return tx.QueryRowContext(ctx, `INSERT INTO alert_rules (account_id, name, config, applies_to, cool_down, severity, active, valid_from, updated_at, created_at, type)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10) RETURNING id`, append(r.args(), r.Type)...).Scan(&r.ID)
}

func (s alertStore) updateRule(ctx context.Context, tx *store.Tx, r *Rule) error {
	_, err := tx.ExecContext(ctx, `UPDATE alert_rules SET name = $2, config = $3, applies_to = $4, cool_down = $5, severity = $6, active = $7,
		valid_from = $8, updated_at = $9, version = version + 1 WHERE account_id = $1 AND id = $10`, append(r.args(), r.ID)...)
	return err
}

func (s alertStore) deleteRule(ctx context.Context, tx *store.Tx, accountID, id int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM alert_rules WHERE account_id = $1 AND id = $2`, accountID, id)
	return err
}

// book reads the account's rules that follow positions, and which assets they are for.
func (s alertStore) book(ctx context.Context, accountID int64) (*book, error) {
	var rules []*Rule
	err := s.db.Rows(ctx, `SELECT `+ruleColumns+` FROM alert_rules WHERE account_id = $1 AND active = 1 AND type <> 'offline' ORDER BY id`,
		[]any{accountID}, func(rows *sql.Rows) error {
			r, err := scanRule(rows)
			rules = append(rules, r)
			return err
		})
	if err != nil {
		return nil, err
	}
	groups := map[string][]int64{}
	args := []any{accountID}
	for _, r := range rules {
		if r.AppliesTo == nil {
			continue
		}
		for _, group := range r.AppliesTo.Groups {
			if _, known := groups[group]; !known {
				groups[group] = nil
				args = append(args, group)
			}
		}
	}
	if len(groups) > 0 {
		err = s.db.Rows(ctx, `SELECT group_name, id FROM assets WHERE account_id = $1 AND group_name IN (`+store.Placeholders(2, len(groups))+`)`, args,
			func(rows *sql.Rows) error {
				var group string
				var id int64
				err := rows.Scan(&group, &id)
				groups[group] = append(groups[group], id)
				return err
			})
	}
	return newBook(rules, groups), err
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// RenameGroup is a fleet.GroupRenamed: rules for the group go on to be for it. What is in memory is dropped with the notice of
// the change (fleet.TopicGroups).
func (s *Service) RenameGroup(ctx context.Context, tx *store.Tx, accountID int64, from, to string) error {
	changed := map[int64]string{}
	err := tx.Rows(ctx, `SELECT id, applies_to FROM alert_rules WHERE account_id = $1 AND applies_to IS NOT NULL ORDER BY id`+s.store.forUpdate(), []any{accountID}, func(rows *sql.Rows) error {
		var id int64
		var text string
		var targets fleet.Targets
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(text), &targets); err != nil {
			return err
		}
		at := slices.Index(targets.Groups, from)
		if at < 0 {
			return nil
		}
		if targets.Groups[at] = to; slices.Index(targets.Groups, to) != at || slices.Contains(targets.Groups[at+1:], to) {
			targets.Groups = slices.Delete(targets.Groups, at, at+1) // it is for the new group already
		}
		b, err := json.Marshal(targets)
		changed[id] = string(b)
		return err
	})
	if err != nil {
		return err
	}
	for id, text := range changed {
		if _, err := tx.ExecContext(ctx, `UPDATE alert_rules SET applies_to = $3, version = version + 1, updated_at = $4 WHERE account_id = $1 AND id = $2`,
			accountID, id, text, s.db.Now()); err != nil {
			return err
		}
	}
	return nil
}
