package main

import (
	"context"
	"io"
	"strconv"
	"time"
)

// trackerCommand holds what is done with trackers of the whole installation.
type trackerCommand struct {
	Unknown trackerUnknown `cmd:"" help:"List trackers that sent and that no asset has, those that tried last first."`
}

type trackerUnknown struct {
	onDatabase `embed:""`
	Limit      int `name:"limit" default:"100" help:"Most trackers to list."`
}

// Help is shown by --help.
func (*trackerUnknown) Help() string {
	return `Devices of Teltonika and phones say who they are by an identity alone. One that no asset has is refused, and remembered here for 90 days. Give its identity to an asset ("yipii asset create --tracker"), and the next time it is taken.

A running server writes what it has seen every 10 seconds.`
}

// Run lists unknown trackers.
func (c *trackerUnknown) Run(ctx context.Context, con *console) error {
	rooms, err := c.rooms(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	list, err := rooms.Unknown.List(ctx, max(0, c.Limit))
	if err != nil {
		return err
	}
	return c.print(con, list, func(w io.Writer) {
		rows := make([][]string, len(list))
		for i, u := range list {
			rows[i] = []string{u.Identity, u.Protocol, strconv.FormatInt(u.Attempts, 10), u.FirstAt.Format(time.RFC3339), u.LastAt.Format(time.RFC3339), u.Address}
		}
		table(w, "IDENTITY PROTOCOL ATTEMPTS FIRST LAST ADDRESS", rows)
	})
}
