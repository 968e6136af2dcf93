package main

import (
	"fmt"
	"io"

	"github.com/yipii/yipii/internal/secret"
)

// secretCommand makes a server secret for PostgreSQL, where every node must be given the same one.
type secretCommand struct {
	output `embed:""`
}

// Run prints a fresh secret; it is stored nowhere.
func (c *secretCommand) Run(con *console) error {
	_, text := secret.New()
	return c.print(con, map[string]string{"server_secret": text}, func(w io.Writer) { fmt.Fprintln(w, text) })
}
