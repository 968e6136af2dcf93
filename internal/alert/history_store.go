package alert

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// What reports read: all of it, whoever asks. It is for the caller to know who may read it.

// historyPage is how many alerts are read at a time.
const historyPage = 1000

// History hands to each the account's alerts that were triggered from from until before to, in order, but those that were withdrawn.
// It may take as long as it likes: no query is open meanwhile. An error of each ends it.
func (s *Service) History(ctx context.Context, accountID int64, from, to time.Time, each func(*Alert) error) error {
	at, id := upMilli(from), int64(0)
	for {
		page := make([]Alert, 0, historyPage)
		err := s.db.Rows(ctx, `SELECT `+alertColumns+` FROM alerts WHERE account_id = $1 AND (triggered_at, id) > ($2, $3) AND triggered_at < $4
			AND withdrawn_at IS NULL ORDER BY triggered_at, id LIMIT $5`, []any{accountID, at, id, upMilli(to), historyPage}, func(rows *sql.Rows) error {
			a, err := scanAlert(rows.Scan)
			page = append(page, a)
			return err
		})
		if err != nil {
			return err
		}
		for i := range page {
			if err := each(&page[i]); err != nil {
				return err
			}
		}
		if len(page) < historyPage {
			return nil
		}
		at, id = page[len(page)-1].at, page[len(page)-1].ID
	}
}

// upMilli is a time in Unix milliseconds, rounded up, so that a bound between two of them parts them where it should.
func upMilli(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }

// RulesFor returns the account's active rules of a type that are for each of these assets, in the order of the rules' ids, whoever asks.
// Assets without one aren't there.
func (s *Service) RulesFor(ctx context.Context, accountID int64, kind string, assets []int64) (map[int64][]Rule, error) {
	var rules []Rule
	err := s.db.Rows(ctx, `SELECT `+ruleColumns+` FROM alert_rules WHERE account_id = $1 AND type = $2 AND active = 1 ORDER BY id`,
		[]any{accountID, kind}, func(rows *sql.Rows) error {
			r, err := scanRule(rows)
			if err == nil {
				rules = append(rules, *r)
			}
			return err
		})
	found := map[int64][]Rule{}
	if err != nil || len(rules) == 0 {
		return found, err
	}
	groups, err := s.groupsOf(ctx, accountID)
	if err != nil {
		return nil, err
	}
	for _, id := range assets {
		for _, r := range rules {
			to := r.AppliesTo
			if group, grouped := groups[id]; to == nil || slices.Contains(to.Assets, id) || grouped && slices.Contains(to.Groups, group) {
				found[id] = append(found[id], r)
			}
		}
	}
	return found, nil
}

// groupsOf returns the group of each asset that has one.
func (s *Service) groupsOf(ctx context.Context, accountID int64) (map[int64]string, error) {
	groups := map[int64]string{}
	err := s.db.Rows(ctx, `SELECT id, group_name FROM assets WHERE account_id = $1 AND group_name IS NOT NULL`, []any{accountID}, func(rows *sql.Rows) error {
		var id int64
		var group string
		err := rows.Scan(&id, &group)
		groups[id] = group
		return err
	})
	return groups, err
}
