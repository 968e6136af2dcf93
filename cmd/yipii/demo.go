package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"

	"github.com/yipii/yipii/internal/server"
)

// demoCommand runs a server that has everything to try the API on: an account, a client and vehicles that drive.
type demoCommand struct {
	Dir  string `name:"dir" default:"yipii-demo" help:"Folder that keeps its data from one start to the next." placeholder:"PATH"`
	Addr string `name:"addr" default:"127.0.0.1:8080" help:"Address to listen on." placeholder:"HOST:PORT"`
}

// Help is shown by --help.
func (*demoCommand) Help() string {
	return `It makes the account acme-logistics with six vehicles on the roads of Malta and a month behind them, prints how to read them with curl, and goes on driving until it is ended. The next start goes on with the same folder, and with the same credentials.`
}

// Run runs the demonstration.
func (c *demoCommand) Run(ctx context.Context, con *console) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	return serve(ctx, con, config, func(s *server.Server, config server.Config) error {
		made, err := demoTenant(ctx, s.Rooms, filepath.Join(c.Dir, "credentials.json"))
		if err != nil {
			return err
		}
		fleet, err := parkFleet(ctx, s.Rooms, made.AccountKey)
		if err != nil {
			return err
		}
		if err := fleet.catchUp(ctx, con.now()); err != nil {
			return err
		}
		go fleet.drive(ctx, con)
		folder, err := filepath.Abs(c.Dir)
		if err != nil {
			return err
		}
		ready := banner{URL: config.PublicURL, Folder: folder, Tenant: made, Vehicles: len(fleet.vehicles), Asset: fleet.vehicles[0].assetID, Now: con.now().UTC()}
		return ready.write(con.out)
	})
}

// config is the server's: all defaults but what the demonstration needs otherwise. It logs only what has gone wrong,
// because its terminal is for reading.
func (c *demoCommand) config() (server.Config, error) {
	var config server.Config
	if err := kong.ApplyDefaults(&config); err != nil {
		return config, err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return config, fmt.Errorf("make the folder of the demonstration: %w", err)
	}
	config.DatabaseURL = "sqlite:" + filepath.Join(c.Dir, "yipii.db")
	config.Addr = c.Addr
	config.LogLevel, config.LogFormat = "warn", "text"
	return config, nil
}
