package testkit_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/yipii/yipii/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestDatabasesAreSeparateAndEmpty(t *testing.T) {
	first, second := testkit.PostgresURL(t), testkit.PostgresURL(t)
	if first == second {
		t.Fatalf("both databases have the URL %s", first)
	}
	run(t, first, "CREATE TABLE note (text TEXT)", "INSERT INTO note VALUES ('first')")
	run(t, second, "CREATE TABLE note (text TEXT)", "INSERT INTO note VALUES ('second')")
	if got := read(t, first); got != "first" {
		t.Errorf("the first database has %q", got)
	}
	if got := read(t, second); got != "second" {
		t.Errorf("the second database has %q", got)
	}
}

func TestDatabaseIsDroppedWithItsConnections(t *testing.T) {
	var url string
	t.Run("leaves a connection open", func(t *testing.T) {
		url = testkit.PostgresURL(t)
		open := connect(t, url)
		if err := open.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if url == "" {
		t.Skip("no PostgreSQL")
	}
	if _, err := pgx.Connect(t.Context(), url); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("connecting to a dropped database: %v", err)
	}
}

func TestDatabasesAreMadeInParallel(t *testing.T) {
	for i := range 8 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			url := testkit.PostgresCopy(t, "parallel", func(url string) error {
				return execute(url, "CREATE TABLE note (text TEXT)")
			})
			run(t, url, fmt.Sprintf("INSERT INTO note VALUES ('%d')", i))
			if got := read(t, url); got != fmt.Sprint(i) {
				t.Errorf("the database of test %d has %q", i, got)
			}
		})
	}
}

func TestRoleIsNoSuperuserAndOwnsItsDatabase(t *testing.T) {
	conn := connect(t, testkit.PostgresURL(t))
	var super, owner bool
	err := conn.QueryRow(t.Context(), `SELECT rolsuper, pg_get_userbyid(datdba) = current_user
		FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()`).Scan(&super, &owner)
	if err != nil {
		t.Fatal(err)
	}
	if super || !owner {
		t.Errorf("superuser %v, owner %v; want false and true", super, owner)
	}
}

func TestCopyIsPreparedOnceAndSeparate(t *testing.T) {
	var prepared atomic.Int32
	prepare := func(url string) error {
		prepared.Add(1)
		conn, err := pgx.Connect(context.Background(), url)
		if err != nil {
			return err
		}
		// The connection stays open: a forgetful prepare must not block the copies.
		_, err = conn.Exec(context.Background(), "CREATE TABLE note (text TEXT); INSERT INTO note VALUES ('prepared')")
		return err
	}
	first := testkit.PostgresCopy(t, t.Name(), prepare)
	second := testkit.PostgresCopy(t, t.Name(), prepare)
	run(t, first, "UPDATE note SET text = 'changed'")
	if got := read(t, second); got != "prepared" {
		t.Errorf("the second copy has %q", got)
	}
	if third := testkit.PostgresCopy(t, t.Name(), prepare); read(t, third) != "prepared" {
		t.Errorf("a copy made after a change to another has %q", read(t, third))
	}
	if n := prepared.Load(); n != 1 {
		t.Errorf("prepared %d times", n)
	}
	// The role owns what is in the copy too.
	run(t, second, "ALTER TABLE note ADD COLUMN size BIGINT")
}

func TestFailedPreparationFailsEveryTestThatAsks(t *testing.T) {
	testkit.PostgresURL(t) // skips where there is no PostgreSQL
	prepare := func(string) error { return errors.New("the third migration is wrong") }
	for range 2 {
		f := &fatal{TB: t}
		f.run(func() { testkit.PostgresCopy(f, t.Name(), prepare) })
		if !strings.Contains(f.message, "the third migration is wrong") {
			t.Errorf("failed with %q", f.message)
		}
	}
}

func TestStopAndRestart(t *testing.T) {
	for name, end := range map[string]func(*testkit.Cluster){
		"stopped": (*testkit.Cluster).Stop,
		"killed":  (*testkit.Cluster).Kill,
	} {
		t.Run(name, func(t *testing.T) {
			cluster := testkit.StartPostgres(t, true)
			url := cluster.URL("yipii")
			held := connect(t, url)
			run(t, url, "CREATE TABLE note (text TEXT)", "INSERT INTO note VALUES ('kept')")

			end(cluster)
			if conn, err := pgx.Connect(t.Context(), url); err == nil {
				conn.Close(t.Context())
				t.Error("connected to a server that is down")
			}
			end(cluster) // a second time changes nothing

			cluster.Restart()
			if cluster.URL("yipii") != url {
				t.Errorf("the URL was %s and is %s", url, cluster.URL("yipii"))
			}
			if got := read(t, url); got != "kept" {
				t.Errorf("after the restart the database has %q", got)
			}
			if err := held.Ping(t.Context()); err == nil {
				t.Error("a connection outlived its server")
			}
		})
	}
}

func TestRestartOfARunningServer(t *testing.T) {
	cluster := testkit.StartPostgres(t, true)
	run(t, cluster.URL("yipii"), "CREATE TABLE note (text TEXT)", "INSERT INTO note VALUES ('kept')")
	cluster.Restart()
	if got := read(t, cluster.URL("yipii")); got != "kept" {
		t.Errorf("after the restart the database has %q", got)
	}
}

func TestDurability(t *testing.T) {
	for durable, want := range map[bool]string{true: "on", false: "off"} {
		conn := connect(t, testkit.StartPostgres(t, durable).URL("yipii"))
		for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
			var got string
			if err := conn.QueryRow(t.Context(), "SHOW "+setting).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("durable %v: %s is %s", durable, setting, got)
			}
		}
	}
}

func TestWithoutPrograms(t *testing.T) {
	t.Setenv("YIPII_TEST_PG_BINDIR", filepath.Join(t.TempDir(), "nothing"))
	f := &fatal{TB: t}
	f.run(func() { testkit.StartPostgres(f, false) })
	if !strings.Contains(f.message, "YIPII_TEST_PG_BINDIR") || f.skipped {
		t.Errorf("a wrong YIPII_TEST_PG_BINDIR: skipped %v, %q", f.skipped, f.message)
	}

	for variable, skips := range map[string]bool{"": true, "CI": false, "YIPII_REQUIRE_POSTGRES": false} {
		t.Run("with "+variable, func(t *testing.T) {
			t.Setenv("CI", "")
			t.Setenv("YIPII_REQUIRE_POSTGRES", "")
			if variable != "" {
				t.Setenv(variable, "1")
			}
			f := &fatal{TB: t}
			f.run(func() { testkit.NeedServer(f, testkit.ErrNoPrograms) })
			if f.skipped != skips || !strings.Contains(f.message, "PostgreSQL server programs not found") {
				t.Errorf("skipped %v, %q", f.skipped, f.message)
			}
		})
	}
}

// fatal is a test whose end is looked at instead of suffered.
type fatal struct {
	testing.TB
	message string
	skipped bool
}

func (f *fatal) run(body func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		body()
	}()
	<-done
}

func (f *fatal) Fatalf(format string, arguments ...any) {
	f.message = fmt.Sprintf(format, arguments...)
	runtime.Goexit()
}

func (f *fatal) Skipf(format string, arguments ...any) {
	f.skipped = true
	f.Fatalf(format, arguments...)
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func execute(url string, statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func run(t *testing.T, url string, statements ...string) {
	t.Helper()
	if err := execute(url, statements...); err != nil {
		t.Fatal(err)
	}
}

// read answers the text of the only note.
func read(t *testing.T, url string) string {
	t.Helper()
	conn := connect(t, url)
	defer conn.Close(t.Context())
	var text string
	if err := conn.QueryRow(t.Context(), "SELECT text FROM note").Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}
