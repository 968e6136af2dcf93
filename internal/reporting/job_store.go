package reporting

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/yipii/yipii/internal/store"
)

// sqliteWrite begins transactions that database/sql opens, as River's driver for SQLite takes them.
func sqliteWrite(db *store.DB) func(context.Context, func(store.Writer, *sql.Tx) error) error {
	return func(ctx context.Context, fn func(store.Writer, *sql.Tx) error) error {
		return db.Tx(ctx, func(tx *store.Tx) error { return fn(tx, tx.Tx) })
	}
}

// PutJobs puts a job for each report that waits, into a transaction that has brought the reports of another database: jobs stay where
// they were. A report that is paused there is tried again at once.
func PutJobs(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT id, paused FROM reports WHERE status = 'queued' ORDER BY created_at, id`)
	if err != nil {
		return err
	}
	jobs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (job river.InsertManyParams, err error) {
		var id string
		var paused int64
		err = row.Scan(&id, &paused)
		priority := riverTurn
		if paused != 0 {
			priority = riverWake
		}
		return river.InsertManyParams{Args: jobArgs{id}, InsertOpts: &river.InsertOpts{Queue: riverQueue, Priority: priority}}, err
	})
	if err != nil || len(jobs) == 0 {
		return err
	}
	client, err := river.NewClient(riverpgxv5.New(nil), &river.Config{})
	if err == nil {
		_, err = client.InsertManyTx(ctx, tx, jobs)
	}
	return err
}
