package reporting

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// TestDatabaseRestart: PostgreSQL is killed and comes back while a report is made: it is made, and told once.
func TestDatabaseRestart(t *testing.T) {
	t.Parallel() // mostly it waits for the database
	cluster := testkit.StartPostgres(t, true)
	db, err := store.Open(t.Context(), cluster.URL("yipii"), store.Options{})
	must(t, err)
	t.Cleanup(func() { db.Close() })
	_, err = db.Migrate(t.Context())
	must(t, err)
	w := newWorld(t, db)
	begun, goOn := make(chan struct{}, 100), make(chan struct{})
	w.maker.wait = func(ctx context.Context) error {
		begun <- struct{}{}
		select {
		case <-goOn:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	id := w.want(201, "POST", prefix+"/generate", mileage)["id"].(string)
	w.run(w.node)
	<-begun
	cluster.Kill()
	cluster.Restart()
	close(goOn)
	w.until(id, Completed)
	if got := w.told(id); !slices.Equal(got, []string{"report.completed"}) {
		t.Errorf("told %v", got)
	}
}

// TestFullDisk: a report for which there is no space left fails at once with a plain reason, as the last space isn't for reports; its pieces are deleted,
// and the next report is made.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("a file system of its own needs root")
	}
	folder := filepath.Join(t.TempDir(), "small")
	must(t, os.Mkdir(folder, 0o700))
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", folder).CombinedOutput(); err != nil {
		t.Skipf("no file system can be mounted: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", folder).Run() })
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(folder, "yipii.db"), store.Options{})
	must(t, err)
	t.Cleanup(func() { db.Close() })
	_, err = db.Migrate(t.Context())
	must(t, err)
	w := newWorld(t, db)
	w.pace.lease = 20 * time.Second                         // nobody is overtaken here
	w.maker.words = strings.Repeat("0123456789", 4_000_000) // of 96 MB, 64 are not for reports
	w.run(w.node)
	id := w.want(201, "POST", prefix+"/generate", mileage)["id"].(string)
	w.until(id, Failed)
	if got := w.want(200, "GET", prefix+"/"+id, "")["error"]; got != "There is no space left to keep the report." {
		t.Errorf("it failed by: %v", got)
	}
	// The server lives on. What the failed one had written is deleted, and its pages are room again.
	must(t, w.Tidy(t.Context()))
	w.maker.words = ""
	w.until(w.want(201, "POST", prefix+"/generate", mileage)["id"].(string), Completed)
}
