package trip

import (
	"context"
	"database/sql"
	"errors"

	"github.com/yipii/yipii/internal/store"
)

const settingColumns = `stop_after, gap_after, moving_speed, stay_radius`

func scanSettings(row *sql.Row) (s settings, err error) {
	err = row.Scan(&s.stopAfter, &s.gapAfter, &s.movingSpeed, &s.stayRadius)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil // nothing is set
	}
	return s, store.Fault(err)
}

func (s tripStore) settings(ctx context.Context, accountID int64) (settings, error) {
	return scanSettings(s.db.Read().QueryRowContext(ctx, `SELECT `+settingColumns+` FROM trip_settings WHERE account_id = $1`, accountID))
}

// holdSettings reads an account's settings and keeps others from changing them until the transaction ends.
func holdSettings(ctx context.Context, tx *store.Tx, accountID int64) (settings, error) {
	return scanSettings(tx.QueryRowContext(ctx, `INSERT INTO trip_settings (account_id) VALUES ($1)
		ON CONFLICT (account_id) DO UPDATE SET account_id = excluded.account_id RETURNING `+settingColumns, accountID))
}

func writeSettings(ctx context.Context, tx *store.Tx, accountID int64, s settings) error {
	_, err := tx.ExecContext(ctx, `UPDATE trip_settings SET stop_after = $2, gap_after = $3, moving_speed = $4, stay_radius = $5
		WHERE account_id = $1`, accountID, s.stopAfter, s.gapAfter, s.movingSpeed, s.stayRadius)
	return err
}
