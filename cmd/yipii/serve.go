package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"syscall"

	"github.com/yipii/yipii/internal/server"
)

// serveCommand runs the server until it is told to stop.
type serveCommand struct {
	server.Config `embed:""`
}

// Help is shown by --help.
func (*serveCommand) Help() string {
	return `Every flag can also be a variable (in brackets) or a line of the settings file, such as: database-url = "sqlite:/var/lib/yipii/yipii.db". A flag goes before a variable, a variable before the file.

Port 0 takes a free port; the line "listening" of the log says which. SIGTERM or an interrupt ends the server once the requests that it has taken are answered, a second one at once.`
}

// Run serves.
func (c *serveCommand) Run(ctx context.Context, con *console) error {
	return serve(ctx, con, c.Config, nil)
}

// garbagePercent lets garbage grow to 1.6 times what is alive before it is collected. Little is alive in a server that
// keeps no state for each token, so this costs some 10 MB and saves collections. The variable GOGC overrules it.
const garbagePercent = 160

// serve opens everything, listens and answers until ctx ends. With ready, which prepares what is served and may start
// more in the background, a line of the log says nothing of the address: ready does, its own way.
func serve(ctx context.Context, con *console, config server.Config, ready func(*server.Server, server.Config) error) error {
	listener, err := listen(ctx, &config)
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	lines := server.NewLogWriter(con.err)
	defer lines.Close()
	log := server.NewLog(lines, config.LogLevel, config.LogFormat)
	s, err := server.New(ctx, config, buildVersion().Version, log, con.now)
	if err != nil {
		listener.Close()
		return err
	}
	if ready == nil {
		log.Info("listening", "addr", listener.Addr().String(), "url", config.PublicURL)
	} else if err := ready(s, config); err != nil {
		listener.Close()
		return errors.Join(err, s.Close())
	}
	return s.Serve(ctx, listener)
}

// listen checks the settings and takes the address. Where the port was left to the system, the settings name it from
// then on.
func listen(ctx context.Context, config *server.Config) (net.Listener, error) {
	draft := *config
	if err := draft.Check(); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", config.Addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another program: choose another address with --addr", config.Addr)
	case err != nil:
		return nil, err
	}
	if host, port, _ := net.SplitHostPort(config.Addr); port == "0" || port == "" {
		_, taken, _ := net.SplitHostPort(listener.Addr().String())
		config.Addr = net.JoinHostPort(host, taken)
	}
	if err := config.Check(); err != nil {
		listener.Close()
		return nil, err
	}
	return listener, nil
}
