package store_test

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/yipii/yipii/internal/store"
)

// TestRoomOfALongLog: a log that grew while somebody read is room again. That what is written isn't, reports on a full disk tell.
func TestRoomOfALongLog(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("a file system of its own needs root")
	}
	folder := filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", folder).CombinedOutput(); err != nil {
		t.Skipf("no file system can be mounted: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", folder).Run() })
	db := open(t, "sqlite:"+filepath.Join(folder, "yipii.db"))
	write := func(query string, args ...any) {
		t.Helper()
		if err := db.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(t.Context(), query, args...)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	write(`CREATE TABLE written (data BLOB)`)
	write(`INSERT INTO written VALUES ('')`)
	if err := db.Rows(t.Context(), `SELECT data FROM written`, nil, func(*sql.Rows) error {
		for range 4 { // the log can't begin anew while somebody reads
			write(`INSERT INTO written VALUES ($1)`, make([]byte, 12<<20))
			write(`DELETE FROM written`)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.CheckRoom(t.Context()); err != nil {
		t.Error(err)
	}
}
