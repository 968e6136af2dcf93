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

// hourRow is what is added to a row of usage_hours.
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
	return inChunks(rows, func(part []hourRow) error {
		args := make([]any, 0, 5*len(part))
		for _, r := range part {
			args = append(args, r.accountID, r.credential, r.hour, r.requests, r.refusals)
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO usage_hours (account_id, credential, hour, requests, refusals) VALUES `+tuples(len(part), 5)+`
			ON CONFLICT (account_id, credential, hour) DO UPDATE SET
			requests = usage_hours.requests + excluded.requests, refusals = usage_hours.refusals + excluded.refusals`, args...)
		return err
	})
}

func (s usageStore) purge(ctx context.Context, before int64) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM usage_hours WHERE hour < $1`, before)
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

// sums hands to each the requests and refusals of an account's credentials in the hours from day on, and from week on.
func (s usageStore) sums(ctx context.Context, accountID int64, credentials []string, day, week int64, each func(credential string, day, week Times)) error {
	n := len(credentials)
	query := fmt.Sprintf(`SELECT credential, SUM(CASE WHEN hour >= $%[1]d THEN requests ELSE 0 END), SUM(CASE WHEN hour >= $%[1]d THEN refusals ELSE 0 END),
		SUM(requests), SUM(refusals) FROM usage_hours WHERE account_id = $1 AND credential IN (%[2]s) AND hour >= $%[3]d GROUP BY credential`,
		n+2, store.Placeholders(2, n), n+3)
	return s.db.Rows(ctx, query, append(namedArgs(accountID, credentials), day, week), func(rows *sql.Rows) error {
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
