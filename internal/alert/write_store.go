package alert

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/yipii/yipii/internal/store"
)

// chunk is how many rows one statement takes.
const chunk = 50

// values writes n rows of placeholders from $from on; each row is written by the format, whose verbs are its numbers.
func values(from, n, width int, format string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		numbers := make([]any, width)
		for j := range numbers {
			numbers[j] = from + i*width + j
		}
		fmt.Fprintf(&b, format, numbers...)
	}
	return b.String()
}

// within reads the alerts that were concluded, or ended, in the windows of a change, but those of silence, which is not concluded
// from positions.
func (s alertStore) within(ctx context.Context, tx store.Writer, c *change) ([]Alert, error) {
	var found []Alert
	assets := make([]int64, 0, len(c.windows))
	for id := range c.windows {
		assets = append(assets, id)
	}
	slices.Sort(assets)
	for part := range slices.Chunk(assets, chunk) {
		args := []any{c.accountID}
		for _, id := range part {
			args = append(args, id, c.windows[id].after, c.windows[id].through)
		}
		// Two halves, so that each is found by its index.
		half := `SELECT ` + alertColumns + ` FROM w JOIN alerts ON account_id = $1 AND asset_id = w_asset AND type <> 'offline' AND `
		query := `WITH w (w_asset, w_after, w_through) AS (VALUES ` +
			values(2, len(part), 3, `(CAST($%d AS BIGINT), CAST($%d AS BIGINT), CAST($%d AS BIGINT))`) + `) ` +
			half + `settled > w_after AND settled <= w_through UNION ALL ` +
			half + `settled <= w_after AND ended_at > w_after AND ended_at <= w_through`
		err := tx.Each(ctx, query, args, func(scan func(...any) error) error {
			a, err := scanAlert(scan)
			found = append(found, a)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// reopen takes the end from alerts that were concluded before a window and ended in it. If they end again, finish says so.
func (s alertStore) reopen(ctx context.Context, tx store.Writer, c *change, stored []Alert) error {
	var rows [][]any
	for i := range stored {
		w := c.windows[stored[i].AssetID]
		if a := &stored[i]; a.settled <= w.after && w.memory.judges(a.RuleID, a.ruleFrom) {
			rows = append(rows, []any{c.accountID, a.ID})
		}
	}
	return tx.DoEach(ctx, `UPDATE alerts SET ended_at = NULL WHERE account_id = $1 AND id = $2`, rows)
}

// withdraw marks alerts as withdrawn, here too.
func (s alertStore) withdraw(ctx context.Context, tx store.Writer, accountID int64, gone []Alert, now int64) error {
	rows := make([][]any, len(gone))
	for i := range gone {
		t := moment(now)
		gone[i].WithdrawnAt, gone[i].State = &t, stateWithdrawn
		rows[i] = []any{accountID, gone[i].ID, now}
	}
	return tx.DoEach(ctx, `UPDATE alerts SET withdrawn_at = $3 WHERE account_id = $1 AND id = $2`, rows)
}

const insertColumns = `account_id, asset_id, rule_id, rule_from, rule_name, type, severity, occasion, triggered_at, settled, ended_at,
	latitude, longitude, message, data`

// insert stores what was raised and returns those that are new. The others are rewritten: known are some of those that exist.
func (s alertStore) insert(ctx context.Context, tx store.Writer, c *change, known map[key]*Alert) ([]Alert, error) {
	var fresh []Alert
	var candidates, again []*raised
	for i := range c.raised {
		if r := &c.raised[i]; known[r.key()] == nil {
			candidates = append(candidates, r)
		} else {
			again = append(again, r)
		}
	}
	for part := range slices.Chunk(candidates, chunk) {
		rows := make([][]any, len(part))
		for i, r := range part {
			rule := r.watch.rule
			rows[i] = []any{c.accountID, r.asset, rule.ID, r.watch.from, rule.Name, rule.Type, rule.Severity, r.occasion, r.at, r.settled, orNull(r.endedAt),
				r.latitude, r.longitude, r.message, r.data}
		}
		inserted, err := s.insertRows(ctx, tx, rows)
		if err != nil {
			return nil, err
		}
		fresh = append(fresh, inserted...)
		newly := make(map[key]struct{}, len(inserted))
		for i := range inserted {
			newly[inserted[i].key()] = struct{}{}
		}
		for _, r := range part {
			if _, ok := newly[r.key()]; !ok {
				again = append(again, r)
			}
		}
	}
	rows := make([][]any, len(again))
	for i, r := range again {
		rows[i] = []any{c.accountID, r.watch.rule.ID, r.asset, r.at, r.occasion, r.watch.from, r.settled, orNull(r.endedAt), r.latitude, r.longitude, r.message, r.data}
	}
	return fresh, tx.DoEach(ctx, `UPDATE alerts SET rule_from = $6, settled = $7, ended_at = $8, latitude = $9, longitude = $10, message = $11, data = $12,
		withdrawn_at = NULL WHERE account_id = $1 AND rule_id = $2 AND asset_id = $3 AND triggered_at = $4 AND occasion = $5`, rows)
}

// insertRows inserts rows of insertColumns and returns those that weren't there.
func (s alertStore) insertRows(ctx context.Context, tx store.Writer, rows [][]any) ([]Alert, error) {
	var fresh []Alert
	query := `INSERT INTO alerts (` + insertColumns + `) VALUES ` +
		values(1, len(rows), 15, `($%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d)`) +
		` ON CONFLICT (rule_id, asset_id, triggered_at, occasion) DO NOTHING RETURNING ` + alertColumns
	err := tx.Each(ctx, query, slices.Concat(rows...), func(scan func(...any) error) error {
		a, err := scanAlert(scan)
		fresh = append(fresh, a)
		return err
	})
	return fresh, err
}

// finish stores the ends of alerts that were raised before, and returns these.
func (s alertStore) finish(ctx context.Context, tx store.Writer, c *change) ([]Alert, error) {
	var over []Alert
	for _, e := range c.ended { // one by one: few end at once, and a plan for several may be made while the table is still empty
		err := tx.Each(ctx, `UPDATE alerts SET ended_at = $5 WHERE account_id = $1 AND rule_id = $2 AND asset_id = $3 AND triggered_at = $4 AND occasion = ''
			RETURNING `+alertColumns, []any{c.accountID, e.rule, e.asset, e.at, e.endedAt}, func(scan func(...any) error) error {
			a, err := scanAlert(scan)
			over = append(over, a)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return over, nil
}

// endAll ends all alerts of a rule that go on, now.
func (s alertStore) endAll(ctx context.Context, tx store.Writer, r *Rule) ([]Alert, error) {
	if r.Type == Geofence || r.Type == ServiceDue {
		return nil, nil // of a moment
	}
	var over []Alert
	err := tx.Each(ctx, `UPDATE alerts SET ended_at = CASE WHEN triggered_at > $3 THEN triggered_at ELSE CAST($3 AS BIGINT) END
		WHERE account_id = $1 AND rule_id = $2 AND ended_at IS NULL RETURNING `+alertColumns,
		[]any{r.AccountID, r.ID, s.db.Now()}, func(scan func(...any) error) error {
			a, err := scanAlert(scan)
			over = append(over, a)
			return err
		})
	return over, err
}

func orNull(ms int64) any {
	if ms == 0 {
		return nil
	}
	return ms
}
