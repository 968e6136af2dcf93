package store

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// SQLite writes to a side file, the write-ahead log, and a checkpoint copies what is new there into the database. By default
// the commit that fills the log does that, and everybody behind it waits. Here it is done beside the commits.
const (
	checkpointEvery = 250 * time.Millisecond
	// The log begins again at its start when all of it is copied and nobody writes meanwhile. Beyond so many pages (16 MB) the rest
	// is copied between two transactions, so that it doesn't grow for as long as the writing lasts.
	longLog = 4_000
	// Should checkpoints fail, commits do them from 128 MB on.
	autoCheckpoint = "&_pragma=wal_autocheckpoint(32000)"
)

// runCheckpoints starts them; Close ends them.
func (db *DB) runCheckpoints(path string) error {
	pool, err := openSQLitePool(path, "&_pragma=synchronous(FULL)", 1)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(checkpointEvery)
		defer tick.Stop()
		for copied := uint64(0); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			commits := db.commits.Load()
			if commits == copied {
				continue
			}
			copied = commits
			// An error is not reported here: nothing is lost by it, and what ails the database the next commit says.
			if pages, err := checkpoint(ctx, pool); err == nil && pages > longLog {
				_, _ = checkpoint(ctx, db.write)
			}
		}
	})
	db.endCheckpoints = func() {
		cancel()
		running.Wait()
		_ = pool.Close()
	}
	return nil
}

// checkpoint copies what it can without waiting for anybody, and returns how many pages the log holds.
func checkpoint(ctx context.Context, pool *sql.DB) (pages int, err error) {
	var busy, copied int
	err = pool.QueryRowContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &pages, &copied)
	return pages, err
}
