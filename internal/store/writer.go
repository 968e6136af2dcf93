package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/yipii/yipii/internal/background"
)

// Writer is a writing transaction on either database, whichever library opened it: Tx is one, and PostgresWriter makes one of
// a transaction of pgx's own. What is written by it is committed with the rest of the transaction, or not at all.
type Writer interface {
	// Do runs one statement and returns how many rows it changed.
	Do(ctx context.Context, query string, args ...any) (int64, error)
	// DoEach runs one statement for each list of arguments, in their order, in the way that is quickest on the database.
	DoEach(ctx context.Context, query string, rows [][]any) error
	// Insert inserts rows, no two with the same key. into is a table with its columns, types are PostgreSQL's of these columns,
	// and conflict is what the statement ends with.
	Insert(ctx context.Context, into string, types []string, conflict string, rows [][]any) error
	// Each runs a query and hands each row's Scan to fn.
	Each(ctx context.Context, query string, args []any, fn func(scan func(...any) error) error) error
	// After has fn called once the transaction is committed, and never if it isn't.
	After(fn func())
}

// After implements Writer.
func (tx *Tx) After(fn func()) { tx.after = append(tx.after, fn) }

// Do implements Writer.
func (tx *Tx) Do(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// DoEach implements Writer.
func (tx *Tx) DoEach(ctx context.Context, query string, rows [][]any) error {
	return tx.doEach(ctx, query, rows, func(sql.Result) error { return nil })
}

// Insert implements Writer.
func (tx *Tx) Insert(ctx context.Context, into string, types []string, conflict string, rows [][]any) error {
	return tx.DoEach(ctx, `INSERT INTO `+into+` VALUES (`+Placeholders(1, len(types))+`) `+conflict, rows)
}

func (tx *Tx) doEach(ctx context.Context, query string, rows [][]any, each func(sql.Result) error) error {
	if len(rows) == 0 {
		return nil
	}
	statement, err := tx.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer statement.Close()
	for _, args := range rows {
		// Without a context of its own a statement needs no goroutine that watches it; the transaction has its deadline.
		result, err := statement.ExecContext(context.Background(), args...)
		if err != nil {
			return err
		}
		if err := each(result); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// DoEachCounted is DoEach that tells how many rows each run changed. PostgreSQL tells it at less cost by RETURNING.
func (tx *Tx) DoEachCounted(ctx context.Context, query string, rows [][]any) ([]int64, error) {
	counts := make([]int64, 0, len(rows))
	err := tx.doEach(ctx, query, rows, func(result sql.Result) error {
		n, err := result.RowsAffected()
		counts = append(counts, n)
		return err
	})
	return counts, err
}

// Each implements Writer.
func (tx *Tx) Each(ctx context.Context, query string, args []any, fn func(scan func(...any) error) error) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// View runs fn on one view of the database, whatever others write meanwhile. fn is to read alone.
func (db *DB) View(ctx context.Context, fn func(Writer) error) error {
	sqlTx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: db.viewIsolation()})
	if err != nil {
		return Fault(err)
	}
	defer sqlTx.Rollback()
	return Fault(fn(&Tx{Tx: sqlTx, db: db}))
}

// viewIsolation keeps a transaction to one view. On SQLite every transaction has one, and its driver knows no names for it.
func (db *DB) viewIsolation() sql.IsolationLevel {
	if db.Dialect == Postgres {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

// PostgresWriter makes a Writer of a transaction that PostgresTx opened.
func PostgresWriter(tx pgx.Tx) Writer { return postgresWriter{tx} }

type postgresWriter struct{ tx pgx.Tx }

// After implements Writer.
func (w postgresWriter) After(fn func()) {
	tx := w.tx.(*committed)
	tx.after = append(tx.after, fn)
}

// committed is a transaction of pgx's own, with what is to be called after its commit.
type committed struct {
	pgx.Tx
	after []func()
}

func (w postgresWriter) Do(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := w.tx.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

func (w postgresWriter) DoEach(ctx context.Context, query string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for _, args := range rows {
		batch.Queue(query, args...)
	}
	return w.tx.SendBatch(ctx, batch).Close() // Close reads every result, and returns the first error
}

// Insert is one statement for all rows, whose columns are arrays: a third of what a statement a row costs.
func (w postgresWriter) Insert(ctx context.Context, into string, types []string, conflict string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	args, arrays := make([]any, len(types)), make([]string, len(types))
	for i, name := range types {
		column := make([]any, len(rows))
		for j, row := range rows {
			column[j] = row[i]
		}
		args[i], arrays[i] = column, fmt.Sprintf("$%d::%s[]", i+1, name)
	}
	_, err := w.tx.Exec(ctx, `INSERT INTO `+into+` SELECT * FROM unnest(`+strings.Join(arrays, ", ")+`) `+conflict, args...)
	return err
}

func (w postgresWriter) Each(ctx context.Context, query string, args []any, fn func(scan func(...any) error) error) error {
	rows, err := w.tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	return eachPostgres(nil, rows, fn)
}

func eachPostgres(pacer *background.Pacer, rows pgx.Rows, fn func(scan func(...any) error) error) error {
	defer rows.Close()
	for rows.Next() {
		pacer.Pause()
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
