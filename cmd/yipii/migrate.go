package main

import (
	"context"
	"fmt"
	"io"

	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/store"
)

// migrateCommand brings the schema forward, which the server also does when it starts.
type migrateCommand struct {
	onDatabase `embed:""`
}

// migrated is what was done.
type migrated struct {
	From int64    `json:"from"`
	To   int64    `json:"to"`
	Ran  []string `json:"ran"`
}

// Run migrates.
func (c *migrateCommand) Run(ctx context.Context, con *console) error {
	db, err := openDatabase(ctx, c.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	out := migrated{Ran: []string{}}
	if out.From, _, err = db.SchemaVersions(ctx); err != nil {
		return err
	}
	ran, err := db.Migrate(ctx)
	if err != nil {
		return err
	}
	out.Ran = append(out.Ran, ran...)
	if out.To, _, err = db.SchemaVersions(ctx); err != nil {
		return err
	}
	return c.print(con, out, func(w io.Writer) {
		for _, name := range out.Ran {
			fmt.Fprintln(w, "ran", name)
		}
		fmt.Fprintf(w, "The schema is at version %d.\n", out.To)
	})
}

// openDatabase opens the database alone, without migrating it.
func openDatabase(ctx context.Context, d server.Database) (*store.DB, error) {
	db, err := store.Open(ctx, d.DatabaseURL, store.Options{MaxConns: d.MaxConns})
	if err != nil {
		return nil, err
	}
	return db, nil
}
