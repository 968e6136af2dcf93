package testkit

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
)

// Databases runs test twice, each time on a fresh, migrated database: on SQLite, and on PostgreSQL, which is skipped or
// required as [PostgresURL] says.
func Databases(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite answers a fresh, migrated SQLite database, closed when t ends.
func SQLite(t testing.TB) *store.DB {
	t.Helper()
	return openDatabase(t, "sqlite:"+filepath.Join(t.TempDir(), "yipii.db"), true)
}

// Postgres answers a fresh, migrated PostgreSQL database on the server that the tests share, closed when t ends.
func Postgres(t testing.TB) *store.DB {
	t.Helper()
	return openDatabase(t, PostgresCopy(t, "migrated", migrate), false)
}

// OpenPostgres opens and migrates the database of a URL, such as one of a [Cluster]'s, or one that a test has open
// already: two of them are two nodes on one database. It is closed when t ends.
func OpenPostgres(t testing.TB, url string) *store.DB {
	t.Helper()
	return openDatabase(t, url, true)
}

func openDatabase(t testing.TB, url string, migrate bool) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatalf("open the database: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	if migrate {
		if _, err := db.Migrate(t.Context()); err != nil {
			t.Fatalf("migrate the database: %v", err)
		}
	}
	return db
}

func migrate(url string) error {
	db, err := store.Open(context.Background(), url, store.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Migrate(context.Background())
	return err
}

// Account adds an account with no user to db and answers its id.
func Account(t testing.TB, db *store.DB, key string) int64 {
	t.Helper()
	var id int64
	err := db.Tx(t.Context(), func(tx *store.Tx) error {
		return tx.QueryRowContext(t.Context(), `INSERT INTO accounts (key, name, created_at) VALUES ($1, $1, $2) RETURNING id`,
			key, db.Now()).Scan(&id)
	})
	if err != nil {
		t.Fatalf("add the account %s: %v", key, err)
	}
	return id
}

// Audit answers an audit log on db, under a server secret of its own.
func Audit(t testing.TB, db *store.DB) *audit.Log {
	t.Helper()
	server, _ := secret.New()
	return audit.New(db, server)
}
