package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/web"
)

// assetCommand holds what is done with assets.
type assetCommand struct {
	List   assetList   `cmd:"" help:"List an account's assets with their last positions."`
	Create assetCreate `cmd:"" help:"Make an asset."`
	Delete assetDelete `cmd:"" help:"Delete an asset and all of its positions."`
	Import assetImport `cmd:"" help:"Make and change assets from a CSV file."`
}

type assetList struct {
	inAccount `embed:""`
}

// listPage is how many assets are asked for at a time.
const listPage = 500

// Run lists all assets by id.
func (c *assetList) Run(ctx context.Context, con *console) error {
	rooms, in, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	assets := []fleet.Asset{}
	for page := (web.PageInput{Page: 1, PerPage: listPage, Sort: "id"}); ; page.Page++ {
		part, _, err := rooms.Fleet.List(ctx, in.ID, fleet.Filter{}, page)
		if err != nil {
			return err
		}
		assets = append(assets, part...)
		if len(part) < listPage {
			break
		}
	}
	return c.print(con, assets, func(w io.Writer) {
		rows := make([][]string, len(assets))
		for i, a := range assets {
			last := "-"
			if a.Position != nil {
				last = moment(a.Position.Timestamp, "-")
			}
			rows[i] = []string{strconv.FormatInt(a.ID, 10), a.Type, a.Status, last, orNone(a.Registration), orNone(a.Tracker), a.Name}
		}
		table(w, "ID TYPE STATUS LAST REGISTRATION TRACKER NAME", rows)
	})
}

type assetCreate struct {
	inAccount    `embed:""`
	Name         string `name:"name" required:"" help:"Name of the asset."`
	Type         string `name:"type" help:"What it is, in a word. Default: vehicle." placeholder:"TYPE"`
	Group        string `name:"group" help:"Group that it belongs to."`
	Registration string `name:"registration" help:"Its number plate."`
	VIN          string `name:"vin" help:"Its vehicle identification number."`
	Tracker      string `name:"tracker" help:"Identity of its tracker, such as an IMEI."`
}

// Run makes the asset.
func (c *assetCreate) Run(ctx context.Context, con *console) error {
	rooms, in, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	made, err := rooms.Fleet.Create(ctx, in.ID, fleet.Draft{Name: c.Name, Type: c.Type, Group: c.Group, Registration: c.Registration, VIN: c.VIN, Tracker: c.Tracker})
	if err != nil {
		return err
	}
	return c.print(con, made, func(w io.Writer) {
		facts(w, [2]string{"id", strconv.FormatInt(made.ID, 10)}, [2]string{"name", made.Name}, [2]string{"type", made.Type}, [2]string{"tracker", orNone(made.Tracker)})
	})
}

type assetDelete struct {
	inAccount `embed:""`
	ID        int64 `arg:"" help:"The asset's id." placeholder:"ID"`
}

// Run deletes the asset.
func (c *assetDelete) Run(ctx context.Context, con *console) error {
	rooms, in, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	if err := rooms.Fleet.Delete(ctx, in.ID, c.ID); err != nil {
		return err
	}
	return c.print(con, map[string]any{"id": c.ID, "done": "deleted"}, func(w io.Writer) {
		fmt.Fprintf(w, "The asset %d is deleted, and its positions with it.\n", c.ID)
	})
}
