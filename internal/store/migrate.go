package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/yipii/yipii/internal/schema"
)

// Migrate brings the schema forward to this program's version, under a lock, so that two processes may start at
// once. It returns the names of the migrations that it ran, and refuses a database that a newer program has migrated.
func (db *DB) Migrate(ctx context.Context) ([]string, error) {
	options := []goose.ProviderOption{goose.WithVerbose(false)}
	if db.Dialect == Postgres {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	} else {
		guard := flock.New(db.path + ".lock")
		if err := guard.Lock(); err != nil {
			return nil, fmt.Errorf("lock the database for its migration: %w", err)
		}
		defer guard.Unlock()
	}
	provider, err := db.migrations(options...)
	if err != nil {
		return nil, err
	}
	have, want, err := provider.GetVersions(ctx)
	if err != nil {
		return nil, Fault(err)
	}
	if have > want {
		return nil, fmt.Errorf("the database has schema version %d, this program knows up to %d: use the newer program", have, want)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return nil, Fault(err)
	}
	var ran []string
	for _, result := range results {
		name := result.Source.Path
		if name == "" {
			name = fmt.Sprintf("%04d_river", result.Source.Version)
		}
		ran = append(ran, name)
	}
	return ran, nil
}

// SchemaVersions returns the version that the database has and the one that this program needs.
func (db *DB) SchemaVersions(ctx context.Context) (have, want int64, err error) {
	provider, err := db.migrations()
	if err != nil {
		return 0, 0, err
	}
	return provider.GetVersions(ctx)
}

func (db *DB) migrations(options ...goose.ProviderOption) (*goose.Provider, error) {
	dialect := goose.DialectSQLite3
	if db.Dialect == Postgres {
		dialect = goose.DialectPostgres
	}
	files, err := fs.Sub(schema.Files, string(db.Dialect))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, db.write, files, append(options, goose.WithGoMigrations(db.riverMigrations()...))...)
}

// Setting returns a value of the table settings, "" if there is none.
func (db *DB) Setting(ctx context.Context, name string) (string, error) {
	var value string
	err := db.read.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = $1`, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, Fault(err)
}

// SetSettingOnce stores value unless the name has one, and returns what is stored now.
func (db *DB) SetSettingOnce(ctx context.Context, name, value string) (string, error) {
	err := db.Tx(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, value)
		return err
	})
	if err != nil {
		return "", err
	}
	return db.Setting(ctx, name)
}
