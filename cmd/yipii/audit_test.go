package main

import (
	"context"
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/yipii/yipii/internal/store"
)

// tamper: sql FILE STATEMENT changes a SQLite database past the program.
func tamper(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite:"+ts.MkAbs(args[0]), store.Options{})
	ts.Check(err)
	defer db.Close()
	ts.Check(db.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, args[1])
		return err
	}))
}

// keepHead: head makes the variable HEAD of the first head that the last command printed.
func keepHead(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv("HEAD", regexp.MustCompile(`\d+:[0-9a-f]{64}`).FindString(ts.ReadFile("stdout")))
}
