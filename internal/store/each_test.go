package store_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

func TestEach(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		var number sql.Null[int64]
		var text sql.Null[string]
		sum, words := int64(0), ""
		query := `SELECT n, w FROM (SELECT 1 AS n, 'a' AS w UNION ALL SELECT 2, NULL UNION ALL SELECT 3, 'c') AS t WHERE n >= $1 ORDER BY n LIMIT $2`
		read := func(scan func(...any) error) error {
			err := scan(&number, &text)
			sum, words = sum+number.V, words+text.V
			return err
		}
		if err := db.Each(t.Context(), query, []any{int64(2), 5}, read); err != nil || sum != 5 || words != "c" {
			t.Error(sum, words, err)
		}
		enough := errors.New("enough")
		if err := db.Each(t.Context(), query, []any{int64(1), 5}, func(func(...any) error) error { return enough }); !errors.Is(err, enough) {
			t.Error(err)
		}
		if err := db.Each(t.Context(), query, []any{int64(1), 5}, func(scan func(...any) error) error { return scan(&number) }); err == nil {
			t.Error("one target was enough for two columns")
		}
		if err := db.Each(t.Context(), `SELECT nothing FROM nowhere`, nil, read); err == nil {
			t.Error("a table that isn't there was read")
		}
		ctx, cancel := context.WithCancel(t.Context())
		rows := 0
		err := db.Each(ctx, query, []any{int64(1), 5}, func(scan func(...any) error) error {
			rows++
			cancel()
			return nil
		})
		if db.Dialect == store.SQLite && (err == nil || rows != 1) { // PostgreSQL may have sent all of them already
			t.Error(rows, err)
		}
		// What broke off leaves the connections usable.
		if err := db.Each(t.Context(), query, []any{int64(1), 5}, read); err != nil {
			t.Error(err)
		}
	})
}
