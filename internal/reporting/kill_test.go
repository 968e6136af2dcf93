package reporting

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/trail"
)

// nodeVariable makes the test's program a node that makes reports on the database that it names, and never ends one.
const nodeVariable = "YIPII_TEST_REPORT_NODE"

// runNode is such a node. It says "making" when it has begun.
func runNode(url string) {
	ctx := context.Background()
	db, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server, _ := secret.New()
	log := audit.New(db, server)
	s := New(db, server, fleet.New(db, log, trail.OpenStore(db, time.Now), ""), log, Options{Now: time.Now, Log: slog.New(slog.DiscardHandler), Write: write,
		Types: []string{"mileage"}, Maker: &maker{wait: func(ctx context.Context) error { fmt.Println("making"); <-ctx.Done(); return ctx.Err() }}})
	s.pace.lease, s.pace.beat = 2*time.Second, 100*time.Millisecond // how long the survivor waits
	s.Run(ctx)
}

// TestKilledWorker: a report whose worker's process was killed in the middle is made by another process, within seconds and once: on
// PostgreSQL by a node beside it, on SQLite after a restart.
func TestKilledWorker(t *testing.T) {
	t.Parallel() // mostly it waits until the dead are known to be
	for name, url := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "yipii.db"), "postgres": testkit.PostgresURL(t)} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(t.Context(), url, store.Options{})
			must(t, err)
			t.Cleanup(func() { db.Close() })
			_, err = db.Migrate(t.Context())
			must(t, err)
			w := newWorld(t, db)
			id := w.want(201, "POST", prefix+"/generate", mileage)["id"].(string)
			program, err := os.Executable()
			must(t, err)
			doomed := exec.Command(program)
			doomed.Env = append(os.Environ(), nodeVariable+"="+url)
			out, err := doomed.StdoutPipe()
			must(t, err)
			must(t, doomed.Start())
			lines := bufio.NewScanner(out)
			if !lines.Scan() || lines.Text() != "making" {
				t.Fatalf("the node says %q", lines.Text())
			}
			if name == "postgres" {
				w.run(w.node) // it finds nothing to do yet
			}
			w.until(id, Processing)
			must(t, doomed.Process.Kill())
			_ = doomed.Wait()
			began := time.Now()
			if name == "sqlite" {
				w.run(w.node)
			}
			w.until(id, Completed)
			t.Logf("made %s after the kill", time.Since(began).Round(100*time.Millisecond))
			if got := w.told(id); !slices.Equal(got, []string{"report.completed"}) {
				t.Errorf("told %v", got)
			}
			if n := w.maker.made.Load(); n != 1 {
				t.Errorf("made %d times by the survivor", n)
			}
		})
	}
}
