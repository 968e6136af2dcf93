package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// urls are two empty databases, one of each kind.
func urls(t *testing.T) map[string]string {
	return map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "yipii.db"), "postgres": testkit.PostgresURL(t)}
}

func open(t *testing.T, url string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// TestNodesMigrateAtOnce: two nodes may start on one new database.
func TestNodesMigrateAtOnce(t *testing.T) {
	for name, url := range urls(t) {
		t.Run(name, func(t *testing.T) {
			var wait sync.WaitGroup
			errs := make([]error, 4)
			for i := range errs {
				db := open(t, url)
				wait.Go(func() { _, errs[i] = db.Migrate(t.Context()) })
			}
			wait.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			have, want, err := open(t, url).SchemaVersions(t.Context())
			if err != nil || have != want || want < 6 {
				t.Errorf("version %d of %d: %v", have, want, err)
			}
		})
	}
}

// TestNewerSchemaIsRefused: an older program leaves a newer one's database alone.
func TestNewerSchemaIsRefused(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		err := db.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, $1)`, true)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "newer program") {
			t.Errorf("got %v", err)
		}
	})
}

// TestChangesReachOtherNodes: in order, none missed, though many transactions announce at once; a rolled back one
// announces nothing; this node hears of its own before Tx returns.
func TestChangesReachOtherNodes(t *testing.T) {
	for name, url := range urls(t) {
		t.Run(name, func(t *testing.T) {
			here, there := open(t, url), open(t, url)
			if _, err := here.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			var mine, others heard
			here.Subscribe("thing", store.Subscriber{Changed: mine.add, Reset: func() {}})
			there.Subscribe("thing", store.Subscriber{Changed: others.add, Reset: func() {}})
			if err := there.StartWatching(t.Context()); err != nil {
				t.Fatal(err)
			}
			var wait sync.WaitGroup
			for writer := range 5 {
				wait.Go(func() {
					for i := range 20 {
						subject := fmt.Sprintf("%d.%d", writer, i)
						if err := announce(t.Context(), here, subject, nil); err != nil {
							t.Error(err)
						}
						if !mine.has(subject) {
							t.Errorf("%s was not heard here when Tx returned", subject)
						}
					}
				})
			}
			rollBack := errors.New("no")
			if err := announce(t.Context(), here, "rolled back", rollBack); !errors.Is(err, rollBack) {
				t.Errorf("got %v", err)
			}
			for range 50 { // reads while the writers write
				if err := there.Sync(t.Context()); err != nil {
					t.Error(err)
				}
			}
			wait.Wait()
			if err := there.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := others.sorted(); len(got) != 100 || !slices.Equal(got, mine.sorted()) {
				t.Errorf("the other node heard %d of 100 changes", len(got))
			}
			if there.Staleness() > time.Second {
				t.Errorf("staleness %v", there.Staleness())
			}
		})
	}
}

func announce(ctx context.Context, db *store.DB, subject string, then error) error {
	return db.Tx(ctx, func(tx *store.Tx) error { return errors.Join(tx.Announce(ctx, "thing", subject), then) })
}

type heard struct {
	mu   sync.Mutex
	list []string
}

func (h *heard) add(s string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, s)
}

func (h *heard) has(s string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.list, s)
}

func (h *heard) sorted() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(slices.Values(h.list))
}

// TestMissedChangesReset: a node that was away for longer than changes are kept forgets what it knows.
func TestMissedChangesReset(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		for _, subject := range []string{"a", "b", "c"} {
			if err := announce(t.Context(), db, subject, nil); err != nil {
				t.Fatal(err)
			}
		}
		resets := 0
		db.Subscribe("thing", store.Subscriber{Changed: func(string) {}, Reset: func() { resets++ }})
		if err := db.StartWatching(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, subject := range []string{"d", "e"} {
			if err := announce(t.Context(), db, subject, nil); err != nil {
				t.Fatal(err)
			}
		}
		err := db.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`DELETE FROM changes WHERE id < (SELECT MAX(id) FROM changes)`)
			return err
		})
		if err := errors.Join(err, db.Sync(t.Context())); err != nil {
			t.Fatal(err)
		}
		if resets != 1 {
			t.Errorf("%d resets, want one", resets)
		}
	})
}

// TestCacheNeverKeepsStaleCopies: a drop that happens while a copy is loaded wins.
func TestCacheNeverKeepsStaleCopies(t *testing.T) {
	loads := 0
	var c *store.Cache[string, int]
	c = store.NewCache(2, func(context.Context, string) (int, error) {
		loads++
		if loads == 1 {
			c.Drop("x") // another goroutine's change, in the middle of the load
		}
		return loads, nil
	})
	for want := 1; want <= 2; want++ {
		if v, err := c.Get(t.Context(), "x"); v != want || err != nil {
			t.Errorf("got %d, %v, want %d", v, err, want)
		}
	}
	if v, _ := c.Get(t.Context(), "x"); v != 2 {
		t.Errorf("a kept copy was loaded again: %d", v)
	}
	c.DropIf(func(_ string, v int) bool { return v == 2 })
	if v, _ := c.Get(t.Context(), "x"); v != 3 {
		t.Errorf("a dropped copy was used: %d", v)
	}
}

// TestUnreachableIsUnavailable: a database that can't be had is a fault that callers can name.
func TestUnreachableIsUnavailable(t *testing.T) {
	cluster := testkit.StartPostgres(t, false)
	db := open(t, cluster.URL("yipii"))
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	cluster.Stop()
	_, err := db.Setting(t.Context(), "x")
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("reading: %v", err)
	}
	if err := announce(t.Context(), db, "x", nil); !fault.Is(err, fault.Unavailable) {
		t.Errorf("writing: %v", err)
	}
}

// TestOpenErrors: clear, and without the password that a URL may hold.
func TestOpenErrors(t *testing.T) {
	for _, url := range []string{"", "mysql://x", "sqlite:", "yipii.db", "postgres://u:hidden-password@127.0.0.1:1/x?sslmode=nonsense", "postgres://u:hidden-password@127.0.0.1:1/x"} {
		_, err := store.Open(t.Context(), url, store.Options{})
		if err == nil || strings.Contains(err.Error(), "hidden-password") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
