package main

import (
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// console is all that a command sees of the machine around it: where it reads and writes, its variables and the clock.
type console struct {
	in      io.Reader
	out     io.Writer
	err     io.Writer
	environ []string // "NAME=value" each
	now     func() time.Time
}

func newConsole() *console {
	return &console{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ(), now: time.Now}
}

// isTerminal reports whether what is written to w is seen by a person.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
