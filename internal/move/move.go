package move

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/yipii/yipii/internal/reporting"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
)

// Copied is how many rows of a table were copied.
type Copied struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
}

// Move copies all that from holds, opened by store.OpenAlone, into to, a PostgreSQL database, which it migrates first. server is the
// secret that from was made with. tell hears, before each table that has rows and in the middle of long ones, how many of its rows are copied.
// An error leaves to empty: the same call may be tried again.
func Move(ctx context.Context, from, to *store.DB, server secret.Server, tell func(table string, done, all int64)) ([]Copied, error) {
	if to.Dialect != store.Postgres {
		return nil, errors.New("the data can be moved to PostgreSQL only: give its address by --database-url, or better by YIPII_DATABASE_URL or the settings file")
	}
	if err := checkSource(ctx, from, server); err != nil {
		return nil, err
	}
	if _, err := to.Migrate(ctx); err != nil {
		return nil, err
	}
	source, _ := from.Pools()
	_, target := to.Pools()
	var copied []Copied
	err := pgx.BeginFunc(ctx, target, func(tx pgx.Tx) error {
		tables, err := tablesOf(ctx, source, tx)
		if err != nil {
			return err
		}
		if err := holdEmpty(ctx, tx, tables); err != nil {
			return err
		}
		if err := trail.TakeOver(ctx, source, tx); err != nil {
			return err
		}
		for _, t := range tables {
			rows, err := copyTable(ctx, source, tx, t, tell)
			if err != nil {
				return err
			}
			copied = append(copied, Copied{t.name, rows})
		}
		if err := reporting.PutJobs(ctx, tx); err != nil {
			return fmt.Errorf("put the jobs of reports that wait: %w", err)
		}
		return analyze(ctx, tx, tables)
	})
	if err != nil {
		return nil, err
	}
	return copied, nil
}

// checkSource makes sure that a database is of this program's schema and was used with the secret.
//
// An older one is not brought forward: it is to stay as it was, for the program that served it.
func checkSource(ctx context.Context, from *store.DB, server secret.Server) error {
	have, want, err := from.SchemaVersions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("what is to be moved is not a database of this program: %w", err)
	case have > want:
		return fmt.Errorf("the SQLite database has schema version %d, this program knows up to %d: use the newer program", have, want)
	case have < want:
		return fmt.Errorf(`the SQLite database has schema version %d, this program needs %d: make a backup, and let "yipii migrate" bring it forward first`, have, want)
	}
	bound, err := secret.Bound(ctx, from)
	if err != nil || !bound {
		return err
	}
	return server.Bind(ctx, from) // it is bound: this only compares
}
