package testkit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// shared is the one server that all tests of a process share. It starts with the first test that asks for a database.
var shared sharedServer

// Main runs the tests of a package, stops the PostgreSQL server that they used, removes its files, and exits. It is
// the whole of a package's TestMain.
func Main(m *testing.M) {
	os.Exit(Suite(m).Run())
}

// Suite is m with the clean-up of [Main] added to Run, for a TestMain that must hand the tests to another runner:
//
//	func TestMain(m *testing.M) { testscript.Main(testkit.Suite(m), commands) }
func Suite(m *testing.M) interface{ Run() int } {
	shared.mu.Lock()
	shared.cleanedUp = true
	shared.mu.Unlock()
	return suite{m}
}

type suite struct{ m *testing.M }

func (s suite) Run() int {
	code := s.m.Run()
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, "testkit:", err)
		code = max(code, 1)
	}
	return code
}

// PostgresURL answers the URL of a fresh, empty database for t, and drops it when t ends, with whatever connections it
// still has. All databases of a test process are on one server, which listens on 127.0.0.1 alone and whose durability
// is switched off; see [StartPostgres] for one that can be crashed.
//
// The role in the URL owns the database and may create more, but is not a superuser: a statement that would fail on an
// ordinary installation fails here too.
//
// The server programs (PostgreSQL 15 or newer) are taken from the folder that YIPII_TEST_PG_BINDIR names, or else are
// looked for on PATH, in `pg_config --bindir`, and in /usr/lib/postgresql/*/bin, newest first. Where there are none,
// t is skipped; or fails, if CI or YIPII_REQUIRE_POSTGRES is set.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return shared.database(t, shared.start(t), "template0")
}

// PostgresCopy is [PostgresURL] with content: a fresh copy of a database that prepare has filled, which is many times
// faster than filling each one. Prepare is called once for each name in a test process, with the URL of an empty
// database; it has to close its connections. If it fails, every test that asks for that name fails.
//
//	url := testkit.PostgresCopy(t, "migrated", migrate)
func PostgresCopy(t testing.TB, name string, prepare func(url string) error) string {
	t.Helper()
	s := shared.start(t)
	template, err := shared.template(s, name, prepare)
	if err != nil {
		t.Fatalf("prepare the PostgreSQL database %q: %v", name, err)
	}
	return shared.database(t, s, template)
}

// sharedServer is a server that starts when it is first needed, with the templates made on it.
type sharedServer struct {
	mu        sync.Mutex
	cleanedUp bool // Main or Suite will close it
	asked     bool
	server    *server
	err       error
	databases int
	templates map[string]*template
}

type template struct {
	once sync.Once
	name string
	err  error
}

func (s *sharedServer) start(t testing.TB) *server {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.cleanedUp {
		t.Fatal("nothing would stop the PostgreSQL server of this package's tests: add `func TestMain(m *testing.M) { testkit.Main(m) }`")
	}
	if !s.asked {
		s.asked = true
		s.server, s.err = startServer(false)
	}
	needServer(t, s.err)
	return s.server
}

// needServer ends t unless err is nil: with a skip where PostgreSQL is not installed and nobody said that it has to be.
func needServer(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case !errors.Is(err, errNoPrograms):
		t.Fatalf("start PostgreSQL: %v", err)
	case os.Getenv("CI") != "" || os.Getenv("YIPII_REQUIRE_POSTGRES") != "":
		t.Fatalf("%v, and CI or YIPII_REQUIRE_POSTGRES says that it has to be here", err)
	default:
		t.Skipf("SKIPPED: %v; install them or set YIPII_TEST_PG_BINDIR to run this test", err)
	}
}

// nextName answers a database name that is new on the server.
func (s *sharedServer) nextName() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.databases++
	return fmt.Sprintf("test_%d", s.databases)
}

// database makes a copy of the named template for t.
func (s *sharedServer) database(t testing.TB, server *server, template string) string {
	t.Helper()
	name := s.nextName()
	if err := server.createDatabase(name, template); err != nil {
		t.Fatalf("create a PostgreSQL database: %v", err)
	}
	t.Cleanup(func() {
		if err := server.exec("DROP DATABASE IF EXISTS " + quote(name) + " WITH (FORCE)"); err != nil {
			t.Errorf("drop the PostgreSQL database of this test: %v", err)
		}
	})
	return server.url(name)
}

// template answers the database that prepare fills, filling it at the first call for this name.
func (s *sharedServer) template(server *server, name string, prepare func(url string) error) (string, error) {
	s.mu.Lock()
	if s.templates == nil {
		s.templates = make(map[string]*template)
	}
	made, ok := s.templates[name]
	if !ok {
		made = &template{err: errors.New("the function that prepares it did not return")}
		s.templates[name] = made
	}
	s.mu.Unlock()

	made.once.Do(func() {
		made.name = s.nextName()
		if err := server.createDatabase(made.name, "template0"); err != nil {
			made.err = err
			return
		}
		if err := prepare(server.url(made.name)); err != nil {
			made.err = err
			return
		}
		// A template that is in use can't be copied: let nobody in any more, then end who is still there.
		made.err = server.exec(
			"ALTER DATABASE "+quote(made.name)+" WITH ALLOW_CONNECTIONS false",
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+made.name+"'",
		)
	})
	return made.name, made.err
}

func (s *sharedServer) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server == nil {
		return nil
	}
	err := s.server.close()
	s.server, s.err = nil, errors.New("the tests of this process have ended")
	return err
}

// Cluster is a PostgreSQL server of a test's own, to be stopped, killed and started again. Stop, Kill and
// Restart fail the test if they can't do what they say, so they are to be called from its own goroutine.
type Cluster struct {
	t      testing.TB
	server *server
}

// StartPostgres starts a PostgreSQL server for t alone, and stops it and removes its files when t ends. It has one empty
// database, "yipii". It skips or fails as [PostgresURL] does.
//
// A durable server keeps every commit that it has acknowledged through Stop and Kill, as a server in production does.
// One that is not durable starts and writes faster, but may lose the last second's commits.
func StartPostgres(t testing.TB, durable bool) *Cluster {
	t.Helper()
	s, err := startServer(durable)
	needServer(t, err)
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Errorf("stop PostgreSQL: %v", err)
		}
	})
	if err := s.createDatabase("yipii", "template0"); err != nil {
		t.Fatalf("create a PostgreSQL database: %v", err)
	}
	return &Cluster{t: t, server: s}
}

// URL answers the URL of the named database, whether the server runs or not; it stays the same through restarts.
func (c *Cluster) URL(database string) string {
	return c.server.url(database)
}

// Stop ends the server at once, with all its connections, and returns when it is gone. The next start recovers from
// its log, as after a crash. Stopping a stopped server does nothing.
func (c *Cluster) Stop() {
	c.t.Helper()
	if err := c.server.stop(); err != nil {
		c.t.Fatalf("stop PostgreSQL: %v", err)
	}
}

// Kill ends the server's main process without a warning (SIGKILL), and returns when it is gone. New connections fail
// from then on; a connection that is open lasts until its process notices, which is a moment later.
func (c *Cluster) Kill() {
	c.t.Helper()
	if err := c.server.kill(); err != nil {
		c.t.Fatalf("kill PostgreSQL: %v", err)
	}
}

// Restart starts the server again on the same port and the same data, after stopping it if it runs, and returns when it
// takes connections.
func (c *Cluster) Restart() {
	c.t.Helper()
	if err := c.server.stop(); err != nil {
		c.t.Fatalf("stop PostgreSQL: %v", err)
	}
	if err := c.server.start(); err != nil {
		c.t.Fatalf("start PostgreSQL again: %v", err)
	}
}

// createDatabase makes a database that the ordinary role owns. Without durability, copying the files of its template is faster by
// far than logging each of their pages, as durable servers do.
func (s *server) createDatabase(name, template string) error {
	statement := "CREATE DATABASE " + quote(name) + " OWNER " + ordinaryRole + " TEMPLATE " + quote(template)
	if !s.durable {
		statement += " STRATEGY file_copy"
	}
	return s.exec(statement)
}

// exec runs statements as the superuser, each in its own transaction, over a connection of their own.
func (s *server) exec(statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.adminURL())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func quote(identifier string) string {
	return pgx.Identifier{identifier}.Sanitize()
}
