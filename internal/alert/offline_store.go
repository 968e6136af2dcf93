package alert

import (
	"context"
	"database/sql"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
)

// offlineRules reads the rules of all accounts that look for silence.
func (s alertStore) offlineRules(ctx context.Context) ([]*Rule, error) {
	var rules []*Rule
	err := s.db.Rows(ctx, `SELECT `+ruleColumns+` FROM alert_rules WHERE type = 'offline' AND active = 1 ORDER BY account_id, id`, nil, func(rows *sql.Rows) error {
		r, err := scanRule(rows)
		rules = append(rules, r)
		return err
	})
	return rules, err
}

// silent lists the assets of a rule that have been silent for long enough at now, and of which it hasn't raised that yet nor, within
// its cool-down, something before.
func (s alertStore) silent(ctx context.Context, r *Rule, now int64) ([]silence, error) {
	after := value(r.Config.Minutes) * minute
	args := []any{r.AccountID, r.ID, now - after, r.ValidFrom.UnixMilli() - after, after, r.CoolDown * minute}
	where := ``
	if to := r.AppliesTo; to != nil {
		where = ` AND (1 = 0`
		if n := len(to.Groups); n > 0 {
			where += ` OR a.group_name IN (` + store.Placeholders(len(args)+1, n) + `)`
			for _, group := range to.Groups {
				args = append(args, group)
			}
		}
		if n := len(to.Assets); n > 0 {
			where += ` OR a.id IN (` + store.Placeholders(len(args)+1, n) + `)`
			for _, id := range to.Assets {
				args = append(args, id)
			}
		}
		where += `)`
	}
	var found []silence
	err := s.db.Rows(ctx, `SELECT l.asset_id, l.time, l.latitude, l.longitude FROM last_positions l
		JOIN assets a ON a.account_id = l.account_id AND a.id = l.asset_id
		WHERE l.account_id = $1 AND l.time <= $3 AND l.time >= $4`+where+` AND NOT EXISTS (
			SELECT 1 FROM alerts x WHERE x.rule_id = $2 AND x.asset_id = l.asset_id AND x.triggered_at <= l.time + $5
			AND (x.triggered_at = l.time + $5 OR x.triggered_at > l.time + $5 - $6))
		ORDER BY l.asset_id`, args, func(rows *sql.Rows) error {
		var a silence
		err := rows.Scan(&a.assetID, &a.time, &a.latitude, &a.longitude)
		found = append(found, a)
		return err
	})
	return found, err
}

// heard is the condition that an asset has reported since an alert of its silence, whose settled is its last position before.
const heard = `type = 'offline' AND ended_at IS NULL AND EXISTS (SELECT 1 FROM last_positions l
	WHERE l.account_id = alerts.account_id AND l.asset_id = alerts.asset_id AND l.time > alerts.settled)`

// reporting lists the accounts in which alerts of silence are to be ended.
func (s alertStore) reporting(ctx context.Context) ([]int64, error) {
	var accounts []int64
	err := s.db.Rows(ctx, `SELECT DISTINCT account_id FROM alerts WHERE `+heard+` ORDER BY account_id`, nil, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		accounts = append(accounts, id)
		return err
	})
	return accounts, err
}

// endOffline ends the alerts of silence of an account's assets that have reported since, at the first
// position after it, or the last where that isn't kept any more.
func (s alertStore) endOffline(ctx context.Context, tx store.Writer, accountID int64) ([]Alert, error) {
	var over []Alert
	err := tx.Each(ctx, `UPDATE alerts SET ended_at = COALESCE(
			(`+trail.FirstAfterSQL(s.db.Dialect, `alerts.account_id`, `alerts.asset_id`, `alerts.settled`)+`),
			(SELECT l.time FROM last_positions l WHERE l.account_id = alerts.account_id AND l.asset_id = alerts.asset_id))
		WHERE account_id = $1 AND `+heard+` RETURNING `+alertColumns, []any{accountID}, func(scan func(...any) error) error {
		a, err := scanAlert(scan)
		over = append(over, a)
		return err
	})
	return over, err
}
