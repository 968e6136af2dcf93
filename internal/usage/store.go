package usage

import (
	"context"
	"database/sql"
	"fmt"
	"math/bits"
	"strings"

	"github.com/yipii/yipii/internal/store"
)

// usageStore holds the room's SQL.
type usageStore struct{ db *store.DB }

// useName names a credential.
type useName struct {
	accountID  int64
	credential string
}

func (n useName) name() useName { return n }

// useRow is a row of credential_uses.
type useRow struct {
	useName
	firstAt, lastAt int64
	ip, userAgent   string
}

// hourRow is what is added to a row of usage_hours, or of usage_days, where hour is a day.
type hourRow struct {
	key
	requests, refusals int64
}

// maxRows is how many rows go into one statement. Larger ones gain nothing on PostgreSQL, and SQLite's driver takes the
// longer for each parameter the more there are.
const maxRows = 32

// inChunks hands rows on in pieces of 32, 16 and so on down to 1, so that there are few statements, and so few different
// texts that PostgreSQL's connections keep them all prepared.
func inChunks[T any](rows []T, write func([]T) error) error {
	for len(rows) > 0 {
		n := min(maxRows, 1<<(bits.Len(uint(len(rows)))-1))
		if err := write(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// tuples writes n tuples of width placeholders each.
func tuples(n, width int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		b.WriteString(store.Placeholders(i*width+1, width))
		b.WriteByte(')')
	}
	return b.String()
}

const useColumns = `account_id, credential, first_at, last_at, ip, user_agent`

func useArgs(rows []useRow) []any {
	args := make([]any, 0, 6*len(rows))
	for _, r := range rows {
		args = append(args, r.accountID, r.credential, r.firstAt, r.lastAt, r.ip, r.userAgent)
	}
	return args
}

// insertUses inserts the rows that aren't there yet and answers which those were.
func insertUses(ctx context.Context, tx *store.Tx, rows []useRow) (map[useName]bool, error) {
	fresh := map[useName]bool{}
	err := inChunks(rows, func(part []useRow) error {
		found, err := tx.QueryContext(ctx, `INSERT INTO credential_uses (`+useColumns+`) VALUES `+tuples(len(part), 6)+
			` ON CONFLICT (account_id, credential) DO NOTHING RETURNING account_id, credential`, useArgs(part)...)
		if err != nil {
			return err
		}
		defer found.Close()
		for found.Next() {
			var n useName
			if err := found.Scan(&n.accountID, &n.credential); err != nil {
				return err
			}
			fresh[n] = true
		}
		return found.Err()
	})
	return fresh, err
}

// updateUses brings rows that are there forward. Another node may have written a later use, or an earlier first one.
func updateUses(ctx context.Context, tx *store.Tx, rows []useRow) error {
	return inChunks(rows, func(part []useRow) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO credential_uses (`+useColumns+`) VALUES `+tuples(len(part), 6)+`
			ON CONFLICT (account_id, credential) DO UPDATE SET
			first_at = CASE WHEN excluded.first_at < credential_uses.first_at THEN excluded.first_at ELSE credential_uses.first_at END,
			ip = CASE WHEN excluded.last_at >= credential_uses.last_at THEN excluded.ip ELSE credential_uses.ip END,
			user_agent = CASE WHEN excluded.last_at >= credential_uses.last_at THEN excluded.user_agent ELSE credential_uses.user_agent END,
			last_at = CASE WHEN excluded.last_at > credential_uses.last_at THEN excluded.last_at ELSE credential_uses.last_at END`, useArgs(part)...)
		return err
	})
}

func addHours(ctx context.Context, tx *store.Tx, rows []hourRow) error {
	return addTimes(ctx, tx, "usage_hours", "hour", rows)
}

// addDays adds sorted rows to the days of their credentials. An account's own days are nobody's question.
func addDays(ctx context.Context, tx *store.Tx, rows []hourRow) error {
	var days []hourRow
	for _, r := range rows {
		if r.credential == "" {
			continue
		}
		r.hour /= 24
		if n := len(days); n > 0 && days[n-1].key == r.key {
			days[n-1].requests += r.requests
			days[n-1].refusals += r.refusals
			continue
		}
		days = append(days, r)
	}
	return addTimes(ctx, tx, "usage_days", "day", days)
}

// addTimes adds rows to a table whose column tells the time.
func addTimes(ctx context.Context, tx *store.Tx, table, column string, rows []hourRow) error {
	return inChunks(rows, func(part []hourRow) error {
		args := make([]any, 0, 5*len(part))
		for _, r := range part {
			args = append(args, r.accountID, r.credential, r.hour, r.requests, r.refusals)
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf(`INSERT INTO %[1]s (account_id, credential, %[2]s, requests, refusals) VALUES %[3]s
			ON CONFLICT (account_id, credential, %[2]s) DO UPDATE SET
			requests = %[1]s.requests + excluded.requests, refusals = %[1]s.refusals + excluded.refusals`, table, column, tuples(len(part), 5)), args...)
		return err
	})
}

func (s usageStore) purge(ctx context.Context, before int64) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM usage_hours WHERE hour < $1`, before); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM usage_days WHERE day < $1`, before/24)
		return err
	})
}

// last hands to each the uses of an account's credentials.
func (s usageStore) last(ctx context.Context, accountID int64, credentials []string, each func(useRow)) error {
	query := `SELECT ` + useColumns + ` FROM credential_uses WHERE account_id = $1 AND credential IN (` + store.Placeholders(2, len(credentials)) + `)`
	return s.db.Rows(ctx, query, namedArgs(accountID, credentials), func(rows *sql.Rows) error {
		var r useRow
		err := rows.Scan(&r.accountID, &r.credential, &r.firstAt, &r.lastAt, &r.ip, &r.userAgent)
		each(r)
		return err
	})
}

func namedArgs(accountID int64, credentials []string) []any {
	args := make([]any, 0, 3+len(credentials))
	args = append(args, accountID)
	for _, credential := range credentials {
		args = append(args, credential)
	}
	return args
}

// sums hands to each the requests and refusals of an account's credentials in the hours from hour on, and in the days from
// day on.
func (s usageStore) sums(ctx context.Context, accountID int64, credentials []string, hour, day int64, each func(credential string, inDay, inWeek Times)) error {
	n := len(credentials)
	query := fmt.Sprintf(`SELECT credential, SUM(day_requests), SUM(day_refusals), SUM(week_requests), SUM(week_refusals) FROM (
		SELECT credential, requests AS day_requests, refusals AS day_refusals, 0 AS week_requests, 0 AS week_refusals
			FROM usage_hours WHERE account_id = $1 AND credential IN (%[1]s) AND hour >= $%[2]d
		UNION ALL SELECT credential, 0, 0, requests, refusals
			FROM usage_days WHERE account_id = $1 AND credential IN (%[1]s) AND day >= $%[3]d) AS times GROUP BY credential`,
		store.Placeholders(2, n), n+2, n+3)
	return s.db.Rows(ctx, query, append(namedArgs(accountID, credentials), hour, day), func(rows *sql.Rows) error {
		var credential string
		var inDay, inWeek Times
		err := rows.Scan(&credential, &inDay.Requests, &inDay.Refusals, &inWeek.Requests, &inWeek.Refusals)
		each(credential, inDay, inWeek)
		return err
	})
}

// hours hands to each the hours of an account from from on, in order.
func (s usageStore) hours(ctx context.Context, accountID, from int64, each func(hour int64, t Times)) error {
	return s.db.Rows(ctx, `SELECT hour, requests, refusals FROM usage_hours WHERE account_id = $1 AND credential = '' AND hour >= $2 ORDER BY hour`,
		[]any{accountID, from}, func(rows *sql.Rows) error {
			var at int64
			var t Times
			err := rows.Scan(&at, &t.Requests, &t.Refusals)
			each(at, t)
			return err
		})
}
