package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
)

// backupCommand copies a SQLite database while others go on using it.
type backupCommand struct {
	onDatabase `embed:""`
	File       string `arg:"" help:"The new file." placeholder:"FILE"`
}

// Help is shown by --help.
func (*backupCommand) Help() string {
	return `The server secret is not copied: beside it, the copy would open everything that the database keeps closed. Keep the secret's file too, in another place; without it no client can log in with the copy.

A PostgreSQL database is backed up with its own tools, such as pg_dump.`
}

// copied is what was done.
type copied struct {
	File             string `json:"file"`
	Bytes            int64  `json:"bytes"`
	ServerSecretFile string `json:"server_secret_file,omitempty"` // which must be kept too
}

// Run makes the copy.
func (c *backupCommand) Run(ctx context.Context, con *console) error {
	path, ok := store.SQLitePath(c.DatabaseURL)
	if !ok {
		return errors.New("only a SQLite database is copied this way: use pg_dump for PostgreSQL, and keep the server secret too")
	}
	if err := mustExist(c.DatabaseURL); err != nil {
		return err
	}
	db, err := openDatabase(ctx, c.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	out := copied{File: c.File}
	if out.Bytes, err = copyDatabase(ctx, db, c.File); err != nil {
		return err
	}
	switch {
	case c.ServerSecretFile != "":
		out.ServerSecretFile = c.ServerSecretFile
	case c.ServerSecret == "":
		out.ServerSecretFile = secret.FilePath(path)
	}
	return c.print(con, out, func(w io.Writer) {
		fmt.Fprintf(w, "%s has the database, %d bytes.\n", out.File, out.Bytes)
		if out.ServerSecretFile != "" {
			fmt.Fprintf(w, "Keep %s too, in another place: the copy is of no use without it, and open to whoever has both.\n", out.ServerSecretFile)
		} else {
			fmt.Fprintln(w, "Keep the server secret too, in another place: the copy is of no use without it, and open to whoever has both.")
		}
	})
}

// copyDatabase makes a copy that is whole or not there. Its name is taken first, so that no file is overwritten.
func copyDatabase(ctx context.Context, db *store.DB, file string) (size int64, err error) {
	name, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return 0, fmt.Errorf("%s is there already: a backup overwrites nothing", file)
	}
	if err != nil {
		return 0, err
	}
	name.Close()
	draft, err := os.CreateTemp(filepath.Dir(file), ".yipii-backup-*") // mode 0600, which SQLite keeps
	if err != nil {
		return 0, errors.Join(err, os.Remove(file))
	}
	defer func() {
		if err != nil {
			os.Remove(draft.Name())
			os.Remove(file)
		}
	}()
	defer draft.Close()
	if err := db.Vacuum(ctx, draft.Name()); err != nil {
		return 0, err
	}
	if err := draft.Sync(); err != nil {
		return 0, err
	}
	info, err := draft.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), os.Rename(draft.Name(), file)
}
