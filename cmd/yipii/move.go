package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"

	"github.com/yipii/yipii/internal/move"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
)

// moveCommand copies all that a SQLite database holds into an empty PostgreSQL database.
type moveCommand struct {
	onDatabase `embed:""`
	From       string `name:"from" required:"" help:"The SQLite database: sqlite:PATH" placeholder:"URL"`
}

// Help is shown by --help.
func (*moveCommand) Help() string {
	return `The settings are those of the nodes that will serve the PostgreSQL database: its address has a password, so give it by YIPII_DATABASE_URL or the settings file. The server secret stays what it was: where no setting names it, it is read from the file beside the SQLite database, and the nodes need it by setting.

Stop the server first; the command refuses a database that another program has open. The SQLite database is left as it is. A move that is broken off leaves the PostgreSQL database empty, and can be made again.`
}

// moved is what was done.
type moved struct {
	From             string        `json:"from"`
	To               string        `json:"to"`
	Rows             int64         `json:"rows"`
	Tables           []move.Copied `json:"tables"`
	ServerSecretFile string        `json:"server_secret_file,omitempty"` // which the nodes must be given
}

// Run moves.
func (c *moveCommand) Run(ctx context.Context, con *console) error {
	path, ok := store.SQLitePath(c.From)
	if !ok {
		return errors.New("--from must be a SQLite database: sqlite:PATH")
	}
	if _, ok := store.SQLitePath(c.DatabaseURL); ok {
		return errors.New("the data can be moved to PostgreSQL only: give its address by YIPII_DATABASE_URL or the settings file, as for the nodes that will serve it")
	}
	if err := mustExist(c.From); err != nil {
		return fmt.Errorf("there is no database %s", path)
	}
	out := moved{From: path, To: maskURL(c.DatabaseURL), ServerSecretFile: c.ServerSecretFile}
	server, err := c.secret(path, &out)
	if err != nil {
		return err
	}
	from, err := store.OpenAlone(ctx, c.From)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := openDatabase(ctx, c.Database)
	if err != nil {
		return err
	}
	defer to.Close()
	out.Tables, err = move.Move(ctx, from, to, server, func(table string, done, all int64) {
		if done == 0 {
			fmt.Fprintf(con.err, "copying %s, %d rows\n", table, all)
		} else {
			fmt.Fprintf(con.err, "copying %s, %d of %d rows are there\n", table, done, all)
		}
	})
	if err != nil {
		return fmt.Errorf("nothing was moved: %w", err)
	}
	for _, t := range out.Tables {
		out.Rows += t.Rows
	}
	return c.print(con, out, out.text)
}

// secret is the server secret that the SQLite database was made with, which is the nodes' too.
func (c *moveCommand) secret(path string, out *moved) (secret.Server, error) {
	if c.ServerSecret != "" {
		return secret.Parse(c.ServerSecret)
	}
	if c.ServerSecretFile != "" {
		return secret.LoadFile(c.ServerSecretFile, true)
	}
	file, err := filepath.Abs(secret.FilePath(path))
	if err != nil {
		return secret.Server{}, err
	}
	server, err := secret.LoadFile(file, true)
	if errors.Is(err, fs.ErrNotExist) {
		return server, fmt.Errorf("the server secret is not in %s: give the one that the database was made with by YIPII_SERVER_SECRET or --server-secret-file", file)
	}
	out.ServerSecretFile = file
	return server, err
}

func (m moved) text(w io.Writer) {
	rows := make([][]string, len(m.Tables))
	for i, t := range m.Tables {
		rows[i] = []string{t.Table, strconv.FormatInt(t.Rows, 10)}
	}
	table(w, "TABLE ROWS", rows)
	fmt.Fprintf(w, "\nAll of %s is in %s now: %d rows.\n", m.From, m.To, m.Rows)
	if m.ServerSecretFile != "" {
		fmt.Fprintf(w, "Give each node the server secret of %s: copy the file, for its owner alone (chmod 600), and name it by YIPII_SERVER_SECRET_FILE or in the settings file.\n", m.ServerSecretFile)
	} else {
		fmt.Fprintln(w, "Give each node the same server secret as now, by YIPII_SERVER_SECRET or the settings file.")
	}
	fmt.Fprintf(w, "Don't serve %s any more: what comes in there would be missing here.\n", m.From)
}
