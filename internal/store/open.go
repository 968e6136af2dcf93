package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the "sqlite" driver
)

// Dialect names the database's kind.
type Dialect string

// The two databases.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// DB is an open database. Its methods may be called from many goroutines.
type DB struct {
	Dialect Dialect

	read  *sql.DB
	write *sql.DB
	pool  *pgxpool.Pool // nil on SQLite
	path  string        // the SQLite file

	commits        atomic.Uint64 // on SQLite: transactions committed so far
	endCheckpoints func()        // nil on PostgreSQL

	now func() time.Time

	mu          sync.RWMutex
	subscribers map[string][]Subscriber
	lastSync    atomic.Int64 // Unix ms of the last successful look at the changes
	heard       atomic.Uint64
	syncing     sync.Mutex
	seen        int64 // id of the newest change that was read; under syncing
}

// Options of Open.
type Options struct {
	// MaxConns bounds the PostgreSQL pool, and SQLite's readers; 0 stands for 4 a core, at least 8.
	MaxConns int
	// Now tells the time; nil stands for time.Now.
	Now func() time.Time
}

// Open opens "sqlite:PATH" or "postgres://…". It makes a missing SQLite file and its folder; it does not migrate.
func Open(ctx context.Context, databaseURL string, opt Options) (*DB, error) {
	db := newDB(opt)
	if opt.MaxConns == 0 {
		opt.MaxConns = max(8, 4*runtime.GOMAXPROCS(0))
	}
	path, isFile := strings.CutPrefix(databaseURL, "sqlite:")
	switch {
	case isFile:
		return db, db.openSQLite(ctx, path, opt)
	case strings.HasPrefix(databaseURL, "postgres://"), strings.HasPrefix(databaseURL, "postgresql://"):
		return db, db.openPostgres(ctx, databaseURL, opt)
	}
	return nil, errors.New("the database URL must be sqlite:PATH or postgres://…")
}

func newDB(opt Options) *DB {
	db := &DB{now: opt.Now, subscribers: map[string][]Subscriber{}}
	if db.now == nil {
		db.now = time.Now
	}
	return db
}

// SQLitePath is the file of a "sqlite:" URL, and false for any other.
func SQLitePath(databaseURL string) (string, bool) { return strings.CutPrefix(databaseURL, "sqlite:") }

func (db *DB) openSQLite(ctx context.Context, path string, opt Options) error {
	if path == "" {
		return errors.New("the database URL names no file: sqlite:PATH")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the database's folder: %w", err)
	}
	// Made here, so that nobody else on the machine can read it; SQLite gives its side files the same mode.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	f.Close()

	db.Dialect, db.path = SQLite, path
	// synchronous(FULL): what was acknowledged survives a power cut, not only the end of the process.
	// One writing connection: SQLite lets one write at a time anyway, and a queue in Go is fairer than its retries.
	if db.write, err = openSQLitePool(path, "&_txlock=immediate&_pragma=synchronous(FULL)&_pragma=cache_size(-16000)"+autoCheckpoint, 1); err != nil {
		return err
	}
	if db.read, err = openSQLitePool(path, "&_pragma=query_only(1)&_pragma=cache_size(-4000)", opt.MaxConns); err != nil {
		return err
	}
	if err := db.write.PingContext(ctx); err != nil {
		return fmt.Errorf("open the database %s: %w", path, err)
	}
	return db.runCheckpoints(path)
}

func openSQLitePool(path, extra string, conns int) (*sql.DB, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)" + extra
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return pool, nil
}

func (db *DB) openPostgres(ctx context.Context, databaseURL string, opt Options) error {
	config, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return errors.New("the database URL can't be read as a PostgreSQL URL") // err repeats the URL, and with it the password
	}
	config.MaxConns = int32(opt.MaxConns)
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "yipii"
	}
	if db.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return err
	}
	db.Dialect = Postgres
	db.write = stdlib.OpenDBFromPool(db.pool)
	db.read = db.write
	if err := db.pool.Ping(ctx); err != nil {
		db.Close()
		return fmt.Errorf("open the database: %w", err)
	}
	return nil
}

// Close closes all connections.
func (db *DB) Close() error {
	if db.endCheckpoints != nil {
		db.endCheckpoints()
	}
	err := db.write.Close()
	if db.read != db.write {
		err = errors.Join(err, db.read.Close())
	}
	if db.pool != nil {
		db.pool.Close()
	}
	return err
}

// Read is the pool for queries outside a transaction.
func (db *DB) Read() *sql.DB { return db.read }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	return db.read.QueryRowContext(ctx, `SELECT 1`).Scan(&one)
}

// Now is the database's clock in Unix milliseconds, the unit of every time column.
func (db *DB) Now() int64 { return db.now().UnixMilli() }

// Vacuum writes a complete, consistent copy of a SQLite database to a new file, while others go on using it.
func (db *DB) Vacuum(ctx context.Context, file string) error {
	if db.Dialect != SQLite {
		return errors.New("only a SQLite database is copied this way")
	}
	_, err := db.write.ExecContext(ctx, `VACUUM INTO $1`, file)
	return err
}
