package intake

import (
	"context"
	"database/sql"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// unknownStore holds the SQL of unknown trackers.
type unknownStore struct{ db *store.DB }

// write adds counts of sorted keys, and deletes rows that were last seen before a time (Unix ms) and those too many.
func (s unknownStore) write(ctx context.Context, keys []unknownKey, counts map[unknownKey]unknownCount, before int64) error {
	rows := make([][]any, len(keys))
	for i, k := range keys {
		one := counts[k]
		rows[i] = []any{k.protocol, k.identity, one.address, one.first, one.last, one.attempts}
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.DoEach(ctx, `INSERT INTO unknown_trackers (protocol, identity, address, first_at, last_at, attempts) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (protocol, identity) DO UPDATE SET
			address = CASE WHEN excluded.last_at >= unknown_trackers.last_at THEN excluded.address ELSE unknown_trackers.address END,
			first_at = CASE WHEN excluded.first_at < unknown_trackers.first_at THEN excluded.first_at ELSE unknown_trackers.first_at END,
			last_at = CASE WHEN excluded.last_at > unknown_trackers.last_at THEN excluded.last_at ELSE unknown_trackers.last_at END,
			attempts = unknown_trackers.attempts + excluded.attempts`, rows); err != nil {
			return err
		}
		if _, err := tx.Do(ctx, `DELETE FROM unknown_trackers WHERE last_at < $1`, before); err != nil {
			return err
		}
		_, err := tx.Do(ctx, `DELETE FROM unknown_trackers WHERE (protocol, identity) IN
			(SELECT protocol, identity FROM unknown_trackers ORDER BY last_at DESC, protocol DESC, identity DESC LIMIT $1 OFFSET $2)`, maxUnknown, maxUnknown)
		return err
	})
}

// list reads the rows that were seen last.
func (s unknownStore) list(ctx context.Context, limit int) ([]UnknownTracker, error) {
	list := []UnknownTracker{}
	err := s.db.Rows(ctx, `SELECT protocol, identity, address, first_at, last_at, attempts FROM unknown_trackers
		ORDER BY last_at DESC, protocol DESC, identity DESC LIMIT $1`, []any{limit}, func(rows *sql.Rows) error {
		var u UnknownTracker
		var first, last int64
		err := rows.Scan(&u.Protocol, &u.Identity, &u.Address, &first, &last, &u.Attempts)
		u.FirstAt, u.LastAt = time.UnixMilli(first).UTC(), time.UnixMilli(last).UTC()
		list = append(list, u)
		return err
	})
	return list, err
}
