package geocode

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// addressStore holds all SQL of the room.
type addressStore struct{ db *store.DB }

// chunk is the most places of one question.
const chunk = 200

func (s addressStore) find(ctx context.Context, places []Place) (map[Place]string, error) {
	found := make(map[Place]string, len(places))
	for part := range slices.Chunk(places, chunk) {
		// Row values in an IN list are not known to both databases in one spelling; a join with VALUES is.
		query, args := `WITH k (latitude, longitude) AS (VALUES `, make([]any, 0, 2*len(part))
		for i, place := range part {
			if i > 0 {
				query += `, `
			}
			query += `(CAST(` + store.Placeholders(2*i+1, 1) + ` AS BIGINT), CAST(` + store.Placeholders(2*i+2, 1) + ` AS BIGINT))`
			args = append(args, place.latitude, place.longitude)
		}
		query += `) SELECT a.latitude, a.longitude, a.address FROM k JOIN addresses a ON a.latitude = k.latitude AND a.longitude = k.longitude`
		err := s.db.Rows(ctx, query, args, func(rows *sql.Rows) error {
			var place Place
			var address string
			err := rows.Scan(&place.latitude, &place.longitude, &address)
			found[place] = address
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (s addressStore) put(ctx context.Context, place Place, address string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO addresses (latitude, longitude, address, asked_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (latitude, longitude) DO UPDATE SET address = excluded.address, asked_at = excluded.asked_at`,
			place.latitude, place.longitude, address, s.db.Now())
		return err
	})
}

// purge deletes addresses that are older than age, at most some thousands at a time.
func (s addressStore) purge(ctx context.Context, age time.Duration) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM addresses WHERE (latitude, longitude) IN
			(SELECT latitude, longitude FROM addresses WHERE asked_at < $1 ORDER BY asked_at LIMIT 5000)`, s.db.Now()-age.Milliseconds())
		return err
	})
}
