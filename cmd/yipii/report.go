package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/yipii/yipii/internal/reporting"
	"github.com/yipii/yipii/internal/server"
)

// reportCommand makes a report beside the server, and keeps no record of it.
type reportCommand struct {
	server.Database `embed:""`
	Account         string  `name:"account" help:"The account's key." placeholder:"KEY"`
	Types           bool    `name:"types" help:"List the types of reports and end."`
	Type            string  `name:"type" help:"The type of the report." placeholder:"TYPE"`
	From            string  `name:"from" help:"Where its range begins: a date, or a date and time (ISO 8601). Without an offset it is in the account's zone." placeholder:"DATE"`
	To              string  `name:"to" help:"Where its range ends; a date alone has that day in it." placeholder:"DATE"`
	Format          string  `name:"format" default:"pdf" help:"json, pdf, excel or html."`
	Out             string  `name:"out" short:"o" help:"File to write. Default: to the output." placeholder:"PATH"`
	Asset           []int64 `name:"asset" help:"Ids of the assets that it is about. Default: all." placeholder:"ID"`
	Driver          int64   `name:"driver" help:"Id of the driver that it is about." placeholder:"ID"`
	Beacon          int64   `name:"beacon" help:"Id of the beacon that it is about." placeholder:"ID"`
	Title           string  `name:"title" help:"Its title. Default: the type's." placeholder:"TEXT"`
}

// Run makes the report.
func (c *reportCommand) Run(ctx context.Context, con *console) error {
	if c.Types {
		for _, name := range reporting.Types() {
			fmt.Fprintln(con.out, name)
		}
		return nil
	}
	for name, value := range map[string]string{"account": c.Account, "type": c.Type, "from": c.From, "to": c.To} {
		if value == "" {
			return fmt.Errorf("--%s is required", name)
		}
	}
	rooms, found, err := openAccount(ctx, con, &onDatabase{Database: c.Database}, c.Account)
	if err != nil {
		return err
	}
	defer rooms.Close()
	request := reporting.Request{Type: c.Type, Format: c.Format, Title: c.Title, AssetIDs: c.Asset, DriverID: c.Driver, BeaconID: c.Beacon, DateFrom: c.From, DateTo: c.To}
	in := reporting.Account{ID: found.ID, Key: found.Key, Name: found.Name}
	if c.Out == "" {
		return rooms.Reports.Write(ctx, in, request, con.out)
	}
	// A file that is there whole, or not at all.
	draft, err := os.CreateTemp(filepath.Dir(c.Out), ".report-*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	if err := errors.Join(rooms.Reports.Write(ctx, in, request, draft), draft.Close()); err != nil {
		return err
	}
	if err := os.Chmod(draft.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(draft.Name(), c.Out)
}
