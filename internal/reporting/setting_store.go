package reporting

import (
	"context"
	"database/sql"
	"errors"

	"github.com/yipii/yipii/internal/store"
)

func scanSetting(row *sql.Row) (s Setting, err error) {
	err = row.Scan(&s.TimeZone, &s.Units)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil // nothing is set
	}
	return s, store.Fault(err)
}

func (s reportStore) setting(ctx context.Context, accountID int64) (Setting, error) {
	return scanSetting(s.db.Read().QueryRowContext(ctx, `SELECT zone, units FROM report_settings WHERE account_id = $1`, accountID))
}

// holdSetting reads what an account has set, and keeps others from changing it until the transaction ends.
func holdSetting(ctx context.Context, tx *store.Tx, accountID int64) (Setting, error) {
	return scanSetting(tx.QueryRowContext(ctx, `INSERT INTO report_settings (account_id) VALUES ($1)
		ON CONFLICT (account_id) DO UPDATE SET account_id = excluded.account_id RETURNING zone, units`, accountID))
}

func writeSetting(ctx context.Context, tx *store.Tx, accountID int64, s Setting) error {
	_, err := tx.ExecContext(ctx, `UPDATE report_settings SET zone = $2, units = $3 WHERE account_id = $1`, accountID, s.TimeZone, s.Units)
	return err
}
