package reporting

import (
	"context"
	"database/sql"

	"github.com/yipii/yipii/internal/store"
)

// sqliteWrite begins transactions that database/sql opens, as River's driver for SQLite takes them.
func sqliteWrite(db *store.DB) func(context.Context, func(store.Writer, *sql.Tx) error) error {
	return func(ctx context.Context, fn func(store.Writer, *sql.Tx) error) error {
		return db.Tx(ctx, func(tx *store.Tx) error { return fn(tx, tx.Tx) })
	}
}
