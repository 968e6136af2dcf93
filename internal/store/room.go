package store

import (
	"context"
	"fmt"
	"os"
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
	free, known := FreeSpace(filepath.Dir(db.path))
	if !known || free >= spareRoom {
		return nil
	}
	// Pages of what was deleted are written again before the file grows, and so is the log from its start, once what is in it was copied: the
	// file grows then by what isn't there yet.
	var size, deleted int64
	if err := db.read.QueryRowContext(ctx, `SELECT page_count * page_size, freelist_count * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size`).
		Scan(&size, &deleted); err != nil {
		return Fault(err)
	}
	room := free + deleted + fileSize(db.path+"-wal") - max(0, size-fileSize(db.path))
	if room < spareRoom {
		return fmt.Errorf("the database has %d MB left to grow into, and the last %d MB are kept for positions: %w", room>>20, spareRoom>>20, syscall.ENOSPC)
	}
	return nil
}

// fileSize is how long a file is; 0 for none.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
