package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// postgres is a private server with its default settings: what it has acknowledged survives a power cut.
type postgres struct {
	dir  string
	port string
}

var errNoPostgres = errors.New("the PostgreSQL server programs (initdb, postgres) were not found")

// postgresPrograms is the folder of the server programs.
func postgresPrograms() (string, error) {
	if dir := os.Getenv("YIPII_TEST_PG_BINDIR"); dir != "" {
		return dir, nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		path, err = filepath.EvalSymlinks(path)
		return filepath.Dir(path), err
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", errNoPostgres
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}

// postgresServer starts the run's server when it is first needed.
func (b *bench) postgresServer(ctx context.Context) (*postgres, error) {
	if b.server != nil {
		return b.server, nil
	}
	programs, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	// Not inside b.dir, which is for this user alone: the server may have to run as another.
	dir, err := os.MkdirTemp(b.options.dir, "yipii-bench-pg-")
	if err != nil {
		return nil, err
	}
	b.server = &postgres{dir: dir}
	data := filepath.Join(dir, "data")
	initdb := command(filepath.Join(programs, "initdb"), "--pgdata="+data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions")
	initdb.Dir, initdb.Env = dir, []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH")}
	if err := ordinaryUser(initdb, dir); err != nil {
		return nil, err
	}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	_, b.server.port, _ = strings.Cut(addr, ":")
	server := command(filepath.Join(programs, "postgres"), "-D", data, "-c", "listen_addresses=127.0.0.1", "-c", "port="+b.server.port, "-c", "unix_socket_directories="+dir)
	server.Dir, server.Env = dir, initdb.Env
	if err := ordinaryUser(server); err != nil {
		return nil, err
	}
	p, err := launch(server, filepath.Join(b.dir, "postgres.log"))
	if err != nil {
		return nil, err
	}
	return b.server, p.awaitReady(ctx, func() error { return b.server.exec(ctx, "SELECT 1") })
}

func (p *postgres) url(database string) string {
	return "postgres://postgres@127.0.0.1:" + p.port + "/" + database + "?sslmode=disable"
}

func (p *postgres) exec(ctx context.Context, statement string) error {
	c, err := pgx.Connect(ctx, p.url("postgres"))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, statement)
	return err
}

// postgresInstallation is a fresh installation on the run's server.
func (b *bench) postgresInstallation(ctx context.Context, name string) (*installation, error) {
	server, err := b.postgresServer(ctx)
	if err != nil {
		return nil, err
	}
	if err := server.exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return nil, err
	}
	return b.install(ctx, name+"-postgres", server.url(name))
}

// another is a fresh installation on the same kind of database.
func (b *bench) another(ctx context.Context, in *installation, name string) (*installation, error) {
	if isPostgres(in.url) {
		return b.postgresInstallation(ctx, name)
	}
	return b.sqlite(ctx, name)
}

// onBoth runs a measurement on a fresh SQLite and on a fresh PostgreSQL installation. Without server programs the
// latter is left out, loudly.
func (b *bench) onBoth(ctx context.Context, name string, run func(database string, in *installation) error) error {
	in, err := b.sqlite(ctx, name)
	if err != nil {
		return err
	}
	if err := run("SQLite", in); err != nil {
		return fmt.Errorf("SQLite: %w", err)
	}
	in, err = b.postgresInstallation(ctx, name)
	if errors.Is(err, errNoPostgres) {
		b.report(row{what: name + " on PostgreSQL: " + err.Error(), figure: nothing, baseline: nothing, ratio: nothing, bar: nothing, verdict: "NOT MEASURED"})
		return nil
	}
	if err != nil {
		return err
	}
	if err := run("PostgreSQL", in); err != nil {
		return fmt.Errorf("PostgreSQL: %w", err)
	}
	return nil
}
