package store

import (
	"context"
	"database/sql"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// River, the queue of jobs, has tables of its own in the same database. They are made by its own library, but as a step of our
// migrations: under our lock, and with a number of ours for each version of them.

// riverSteps are the versions of River's tables, by the number of the migration that brings them. Files can't have these numbers.
var riverSteps = map[int64]int{
	28: 8, // v0.49.0
}

// riverMigrations are the steps as goose takes them.
func (db *DB) riverMigrations() []*goose.Migration {
	var list []*goose.Migration
	for number, version := range riverSteps {
		list = append(list, goose.NewGoMigration(number, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			return db.migrateRiver(ctx, tx, version)
		}}, nil))
	}
	return list
}

// migrateRiver runs River's migrations up to a version of its. On SQLite they are part of the step's transaction; on PostgreSQL
// they have their own, as River's library takes pgx's alone, and one that is there already is passed over.
func (db *DB) migrateRiver(ctx context.Context, tx *sql.Tx, version int) error {
	config := &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)}
	to := &rivermigrate.MigrateOpts{TargetVersion: version}
	if db.Dialect == Postgres {
		migrator, err := rivermigrate.New(riverpgxv5.New(db.pool), config)
		if err == nil {
			_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, to)
		}
		return err
	}
	migrator, err := rivermigrate.New(riversqlite.New(db.write), config)
	if err == nil {
		//lint:ignore SA1019 no step of River's for SQLite is one of those that must not share a transaction
		_, err = migrator.MigrateTx(ctx, tx, rivermigrate.DirectionUp, to)
	}
	return err
}

// Pools are the pools that a library works on which brings its own SQL: on SQLite the one writing connection, on PostgreSQL the
// pool of pgx. The other is nil.
func (db *DB) Pools() (sqlite *sql.DB, postgres *pgxpool.Pool) {
	if db.Dialect == Postgres {
		return nil, db.pool
	}
	return db.write, nil
}
