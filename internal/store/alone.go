package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// OpenAlone opens the SQLite file of a "sqlite:" URL to be read alone: it fails while any other connection, of this process or another,
// has it open, and none can be opened until Close. The file must be there. What is returned has one connection, and can't write.
func OpenAlone(ctx context.Context, databaseURL string) (*DB, error) {
	path, ok := SQLitePath(databaseURL)
	if !ok || path == "" {
		return nil, errors.New("it must be a SQLite database: sqlite:PATH")
	}
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// A connection to a file in WAL mode keeps a shared lock on it for as long as it is open, even if it never does anything. In the
	// exclusive mode the first access takes the lock that goes with no other, and keeps it.
	dsn := "file:" + (&url.URL{Path: absolute}).EscapedPath() + "?_pragma=busy_timeout(2000)&_pragma=locking_mode(EXCLUSIVE)&_pragma=query_only(1)"
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	db, err := newDB(Options{}), pool.PingContext(ctx)
	db.Dialect, db.path, db.read, db.write = SQLite, path, pool, pool
	if err == nil {
		var tables int
		err = pool.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_schema`).Scan(&tables)
	}
	if err != nil {
		pool.Close()
		var file *sqlite.Error
		if errors.As(err, &file) && file.Code()&0xff == sqlite3.SQLITE_BUSY {
			return nil, fmt.Errorf("another program has %s open: stop the server, and every other yipii that uses it", path)
		}
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	return db, nil
}
