package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/yipii/yipii/internal/background"
	"github.com/yipii/yipii/internal/fault"
)

// Tx is a writing transaction.
type Tx struct {
	*sql.Tx
	db      *DB
	changes []change
	after   []func()
}

// txTimeout bounds a transaction. It also bounds how long a change may lie between its number and its commit.
const txTimeout = 30 * time.Second

// Tx runs fn in one writing transaction and commits it if fn returns nil. What fn announced reaches this process's
// subscribers before Tx returns. A database that can't be reached is an Unavailable fault.
func (db *DB) Tx(ctx context.Context, fn func(*Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, txTimeout)
	defer cancel()
	sqlTx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return Fault(err)
	}
	defer sqlTx.Rollback()
	tx := &Tx{Tx: sqlTx, db: db}
	if err := fn(tx); err != nil {
		return Fault(err)
	}
	if err := tx.Commit(); err != nil {
		return Fault(err)
	}
	db.commits.Add(1)
	for _, c := range tx.changes {
		db.dispatch(c)
	}
	for _, fn := range tx.after {
		fn()
	}
	return nil
}

// PostgresTx runs fn in a transaction on a connection of pgx's own, for what database/sql lacks, such as COPY.
func (db *DB) PostgresTx(ctx context.Context, fn func(pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, txTimeout)
	defer cancel()
	var after []func()
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		c := &committed{Tx: tx}
		err := fn(c)
		after = c.after
		return err
	})
	if err != nil {
		return Fault(err)
	}
	for _, fn := range after {
		fn()
	}
	return nil
}

// Announce tells every process that subject of topic has changed, once the transaction commits.
func (tx *Tx) Announce(ctx context.Context, topic, subject string) error {
	if tx.db.Dialect == Postgres {
		// Numbers are given before commit, so two transactions could commit against their order, and a reader that
		// goes on from the highest number would miss one. Announcing is rare: let one do it at a time until it commits.
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(7946100)`); err != nil {
			return err
		}
		// The notice only wakes the readers; the row is what they read.
		if _, err := tx.ExecContext(ctx, `SELECT pg_notify('yipii_changes', '')`); err != nil {
			return err
		}
	}
	c := change{topic: topic, subject: subject}
	_, err := tx.ExecContext(ctx, `INSERT INTO changes (topic, subject, at) VALUES ($1, $2, $3)`, topic, subject, tx.db.Now())
	if err == nil {
		tx.changes = append(tx.changes, c)
	}
	return err
}

// Announced reports whether the transaction has announced anything yet.
func (tx *Tx) Announced() bool { return len(tx.changes) > 0 }

// Fault turns an error of the database into a fault where the kind is known: a connection that is lost or can't be
// had is Unavailable. Faults pass unchanged, and so does sql.ErrNoRows, which only the query's author can name.
func Fault(err error) error {
	var already *fault.Error
	switch {
	case err == nil || errors.As(err, &already) || errors.Is(err, sql.ErrNoRows):
		return err
	case unreachable(err):
		f := fault.Wrap(fault.Unavailable, "The service is temporarily unavailable.", err)
		f.RetryAfter = 5 * time.Second
		return f
	}
	return err
}

func unreachable(err error) bool {
	var connecting *pgconn.ConnectError
	var server *pgconn.PgError
	var file *sqlite.Error
	switch {
	case errors.As(err, &connecting), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, sql.ErrConnDone), pgconn.Timeout(err):
		return true
	case errors.As(err, &server):
		class := server.Code[:2] // 08 connection, 53 resources, 57 shutdown
		return class == "08" || class == "53" || class == "57"
	case errors.As(err, &file):
		code := file.Code() & 0xff
		return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_CANTOPEN || code == sqlite3.SQLITE_IOERR || code == sqlite3.SQLITE_FULL
	}
	return connectionLost(err)
}

// connectionLost reports a connection that broke under a query: pgx gives the bare network error then.
func connectionLost(err error) bool {
	var network interface{ Timeout() bool }
	return errors.As(err, &network) || pgconn.SafeToRetry(err) || errors.Is(err, io.ErrUnexpectedEOF)
}

// IsDuplicate reports a violated unique key.
func IsDuplicate(err error) bool {
	var server *pgconn.PgError
	var file *sqlite.Error
	if errors.As(err, &server) {
		return server.Code == "23505"
	}
	return errors.As(err, &file) &&
		(file.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || file.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// IsFull reports that there is no space left where the database is.
func IsFull(err error) bool {
	var server *pgconn.PgError
	var file *sqlite.Error
	if errors.As(err, &server) {
		return server.Code == "53100"
	}
	return errors.As(err, &file) && file.Code()&0xff == sqlite3.SQLITE_FULL || errors.Is(err, syscall.ENOSPC)
}

// IsDeadlock reports a transaction that the database ended because it and another one waited for each other. It may be run
// again.
func IsDeadlock(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == "40P01"
}

// Rows runs a query and hands each row to scan.
func (db *DB) Rows(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := db.read.QueryContext(ctx, query, args...)
	return eachRow(background.Of(ctx), rows, err, scan)
}

func eachRow(pacer *background.Pacer, rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return Fault(err)
	}
	defer rows.Close()
	for rows.Next() {
		pacer.Pause()
		if err := scan(rows); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
	}
	return Fault(rows.Err())
}

// Rows is DB.Rows inside the transaction.
func (tx *Tx) Rows(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	return eachRow(nil, rows, err, scan) // nobody waits while a transaction is open
}

// Placeholders writes "$from, $from+1, …" for n values of an IN list.
func Placeholders(from, n int) string {
	b := make([]byte, 0, 5*n)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, "$%d", from+i)
	}
	return string(b)
}

// OneRow is the error of a statement that was to change one row of a noun: a NotFound fault if it changed none.
func OneRow(result sql.Result, err error, noun string) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return fault.Missing(noun)
	}
	return err
}
