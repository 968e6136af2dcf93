package trail

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// TakeOver prepares a PostgreSQL database, in a transaction, for the positions of a SQLite one: each month has its partition, and
// the count of changes goes on from where it stands, so that programs that poll for changes go on with the cursors that they have.
func TakeOver(ctx context.Context, from *sql.DB, to pgx.Tx) error {
	var changes int64
	if err := from.QueryRowContext(ctx, `SELECT number FROM position_changes`).Scan(&changes); err != nil {
		return err
	}
	if _, err := to.Exec(ctx, fmt.Sprintf(`CREATE OR REPLACE FUNCTION position_changes_before() RETURNS BIGINT LANGUAGE sql IMMUTABLE AS 'SELECT %d::bigint'`, changes)); err != nil {
		return err
	}
	days, err := from.QueryContext(ctx, `SELECT DISTINCT day FROM positions`)
	if err != nil {
		return err
	}
	defer days.Close()
	made := map[int32]bool{}
	for days.Next() {
		var day int64
		if err := days.Scan(&day); err != nil {
			return err
		}
		month := monthOf(day * 86_400_000)
		if made[month] {
			continue
		}
		made[month] = true
		if err := makePartition(ctx, to, month); err != nil {
			return fmt.Errorf("make a partition of positions: %w", err)
		}
	}
	return days.Err()
}
