package trail

import (
	"math"
	"strconv"

	"github.com/yipii/yipii/internal/store"
)

// On SQLite the key of positions has the day (UTC, by its number since 1970) before the asset: what comes in today lies together,
// on few pages of the file, however much is stored of the days before. On PostgreSQL each month has a partition, which does
// the same. So on SQLite a query for an asset's positions also has to say in which days they lie: without, it reads all that
// the account has.

// latest is a time that no position comes up to, as an expression.
var latest = strconv.FormatInt(math.MaxInt64, 10)

// inDays is that condition: the day is one of those on which the account has positions, from the one of from to the one of to. All
// three are expressions, the two of times in Unix milliseconds. It finds the days by a leap through the key for each.
// PostgreSQL has no such column.
func inDays(dialect store.Dialect, account, from, to string) string {
	if dialect == store.Postgres {
		return ""
	}
	return ` AND day IN (WITH RECURSIVE stored (day) AS (
		SELECT MIN(day) FROM positions WHERE account_id = ` + account + ` AND day >= (` + from + `) / 86400000 UNION ALL
		SELECT (SELECT MIN(later.day) FROM positions later WHERE later.account_id = ` + account + ` AND later.day > stored.day) FROM stored
			WHERE stored.day < ` + to + ` / 86400000)
		SELECT day FROM stored WHERE day <= ` + to + ` / 86400000)`
}

// ofAsset is the condition that selects positions of asset $2 of account $1, in the days from from to to, as inDays takes them.
func (s *Store) ofAsset(from, to string) string {
	return `account_id = $1 AND asset_id = $2` + inDays(s.db.Dialect, `$1`, from, to)
}

// byTime is what an asset's positions are ordered by: their time, said in the way of the key, so that nothing is sorted.
func byTime(dialect store.Dialect) string {
	if dialect == store.Postgres {
		return `time`
	}
	return `day, time`
}

// FirstAfterSQL is the query, to stand inside another, for the time of an asset's first position later than a time, which finds
// nothing if there is none. account, asset and after are expressions.
func FirstAfterSQL(dialect store.Dialect, account, asset, after string) string {
	return `SELECT time FROM positions WHERE account_id = ` + account + ` AND asset_id = ` + asset + inDays(dialect, account, after, latest) +
		` AND time > ` + after + ` ORDER BY ` + byTime(dialect) + ` LIMIT 1`
}
