package store_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"

	"github.com/yipii/yipii/internal/store"
)

// TestCheckpointsBesideCommits: while somebody writes without a pause, what is written reaches the database itself, and the log
// beside it stays short.
func TestCheckpointsBesideCommits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "yipii.db")
	db := open(t, "sqlite:"+path)
	if err := db.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `CREATE TABLE papers (id INTEGER PRIMARY KEY, text BLOB)`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	const written = 256 << 20
	paper := make([]byte, 1<<20)
	_, _ = rand.Read(paper)
	for range written / len(paper) {
		if err := db.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(t.Context(), `INSERT INTO papers (text) VALUES ($1)`, paper)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if log.Size() > written*3/4 { // commits would begin to copy at 128 MB
		t.Errorf("the log has %d MB of the %d that were written", log.Size()>>20, written>>20)
	}
}
