package store

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
)

// spareRoom is what CheckRoom wants to be left on the disk of a SQLite database: four times what the write-ahead log usually takes.
const spareRoom = 64 << 20

// CheckRoom returns an error that IsFull knows where a SQLite database has less than 64 MB to grow into. Who writes much that can
// be made again asks before each write, so that the last room is left to positions, which can't, and to the word that it failed.
// Of a PostgreSQL server's disk nothing is known here: its own errors tell.
func (db *DB) CheckRoom(ctx context.Context) error {
	if db.Dialect != SQLite {
		return nil
	}
	free, known := freeBytes(filepath.Dir(db.path))
	if !known || free >= spareRoom {
		return nil
	}
	// Pages of what was deleted are written again before the file grows.
	var reusable int64
	if err := db.read.QueryRowContext(ctx, `SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size`).Scan(&reusable); err != nil {
		return Fault(err)
	}
	if free+reusable < spareRoom {
		return fmt.Errorf("the database has %d MB left to grow into, and the last %d MB are kept for positions: %w", (free+reusable)>>20, spareRoom>>20, syscall.ENOSPC)
	}
	return nil
}
