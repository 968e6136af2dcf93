package trail

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"github.com/yipii/yipii/internal/store"
)

// settingsTopic is what a change of an account's settings is announced under; the subject is the account's id.
const settingsTopic = "trail.settings"

// settingsHeld is how many accounts' settings are in memory.
const settingsHeld = 10_000

// watchSettings makes the cache of settings, which changes keep current.
func watchSettings(db *store.DB) *store.Cache[int64, Settings] {
	cache := store.NewCache(settingsHeld, func(ctx context.Context, accountID int64) (Settings, error) {
		return loadSettings(ctx, db, accountID)
	})
	db.Subscribe(settingsTopic, store.Subscriber{Reset: cache.Reset, Changed: func(subject string) {
		if id, err := strconv.ParseInt(subject, 10, 64); err == nil {
			cache.Drop(id)
		}
	}})
	return cache
}

func loadSettings(ctx context.Context, db *store.DB, accountID int64) (Settings, error) {
	var in Settings
	var offline, disconnected int64
	err := db.Read().QueryRowContext(ctx, `SELECT still_below, moving_above, offline_after, disconnected_after, retention_days
		FROM trail_settings WHERE account_id = $1`, accountID).Scan(&in.StillBelow, &in.MovingAbove, &offline, &disconnected, &in.RetentionDays)
	if errors.Is(err, sql.ErrNoRows) {
		return DefaultSettings(), nil
	}
	in.OfflineAfter, in.DisconnectedAfter = offline/1000, disconnected/1000
	return in, store.Fault(err)
}

func putSettings(ctx context.Context, tx *store.Tx, accountID int64, in Settings) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO trail_settings (account_id, still_below, moving_above, offline_after, disconnected_after, retention_days)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id) DO UPDATE SET still_below = excluded.still_below, moving_above = excluded.moving_above,
		offline_after = excluded.offline_after, disconnected_after = excluded.disconnected_after, retention_days = excluded.retention_days`,
		accountID, in.StillBelow, in.MovingAbove, in.OfflineAfter*1000, in.DisconnectedAfter*1000, in.RetentionDays)
	return err
}
