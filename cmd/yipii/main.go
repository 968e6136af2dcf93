// Command yipii is the whole product in one program: the server, and what its operator needs beside it.
//
// Read cli.go first: it is the picture of all commands. Each command is a file of its own; what several share is in
// operator.go (an open database, an account), output.go (text and JSON) and settings.go (flags, YIPII_ variables and
// the settings file). Commands that change something do it in the database, where a running server learns of it
// within a second. Only api.go talks to a server, as any program of a customer's does.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(program()) }

// program runs the command line of this process and answers its exit code.
func program() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal asks for an end in order. From then on signals do what they usually do: a second one ends the
	// program at once.
	context.AfterFunc(ctx, stop)
	return run(ctx, newConsole(), os.Args[1:])
}
