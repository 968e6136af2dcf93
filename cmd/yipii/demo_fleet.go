package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/demo"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/trail"
)

const (
	// demoHistory is how far back the demonstration's past goes.
	demoHistory = 30 * 24 * time.Hour
	// demoFine is how far back it has every report; what lies before is stored a little coarser, so that the first start
	// is quick.
	demoFine   = 2 * 24 * time.Hour
	demoCoarse = 30 * time.Second
	// demoEvery is how often a vehicle on the move reports while the demonstration runs.
	demoEvery = 5 * time.Second
)

// demoFleet is the vehicles of the demonstration in an account.
type demoFleet struct {
	rooms     *server.Rooms
	accountID int64
	vehicles  []demoVehicle
}

type demoVehicle struct {
	demo.Vehicle
	assetID int64
	known   time.Time // until when its past is stored
}

// parkFleet finds or makes the vehicles' assets, and finds how far each one's past is stored.
func parkFleet(ctx context.Context, rooms *server.Rooms, accountKey string) (*demoFleet, error) {
	in, err := rooms.Accounts.FindByKey(ctx, accountKey)
	if err != nil {
		return nil, err
	}
	f := &demoFleet{rooms: rooms, accountID: in.ID}
	for _, v := range demo.Fleet() {
		made, _, err := rooms.Fleet.EnsureByTracker(ctx, in.ID, v.Tracker, fleet.Draft{Name: v.Name, Type: strings.ReplaceAll(v.Type, " ", "-"),
			Group: v.Group, Registration: v.Registration, VIN: v.VIN})
		if err != nil {
			return nil, fmt.Errorf("the vehicle %s: %w", v.Name, err)
		}
		asset, err := rooms.Fleet.Find(ctx, in.ID, made.ID)
		if err != nil {
			return nil, err
		}
		one := demoVehicle{Vehicle: v, assetID: asset.ID}
		if asset.Position != nil {
			one.known = asset.Position.Timestamp
		}
		f.vehicles = append(f.vehicles, one)
	}
	return f, nil
}

// catchUp stores what the vehicles' trackers report from where each one's past ends until now.
func (f *demoFleet) catchUp(ctx context.Context, now time.Time) error {
	for i := range f.vehicles {
		if v, earliest := &f.vehicles[i], now.Add(-demoHistory); v.known.Before(earliest) {
			v.known = earliest
		}
	}
	if err := f.report(ctx, now.Add(-demoFine), demoCoarse); err != nil {
		return err
	}
	return f.report(ctx, now, demo.Step)
}

// report stores what the trackers report until a moment, those on the move at every step.
func (f *demoFleet) report(ctx context.Context, until time.Time, step time.Duration) error {
	batch := make([]trail.Position, 0, importBatch)
	for _, v := range f.vehicles {
		for fix := range v.History(v.known, until, step) {
			p, err := position(v.assetID, fix)
			if err != nil {
				return err
			}
			if batch = append(batch, p); len(batch) == cap(batch) {
				if err := f.store(ctx, batch); err != nil {
					return err
				}
				batch = batch[:0]
			}
		}
	}
	if err := f.store(ctx, batch); err != nil {
		return err
	}
	for i := range f.vehicles {
		if v := &f.vehicles[i]; v.known.Before(until) {
			v.known = until
		}
	}
	return nil
}

// store stores positions. Those of a vehicle that somebody has deleted, to see what happens, are refused and forgotten.
func (f *demoFleet) store(ctx context.Context, batch []trail.Position) error {
	_, err := f.rooms.Trail.Ingest(ctx, f.accountID, batch)
	return err
}

// position is a report as it is taken in.
func position(assetID int64, fix demo.Fix) (trail.Position, error) {
	sensors, err := trail.MakeSensors(fix.Sensors)
	return trail.Position{AssetID: assetID, Time: fix.Time.UnixMilli(), Latitude: fix.Latitude, Longitude: fix.Longitude,
		Speed: trail.Some(fix.Speed), Heading: trail.Some(fix.Heading), Altitude: trail.Some(fix.Altitude), Odometer: trail.Some(fix.Odometer),
		Battery: trail.Some(fix.Battery), Ignition: trail.Some(fix.Ignition), Sensors: sensors}, err
}

// drive goes on storing what the trackers report until ctx ends. After a pause, such as a machine that slept, nothing is
// missing. What can't be stored now is stored with the next.
func (f *demoFleet) drive(ctx context.Context, con *console) {
	tick := time.NewTicker(demoEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := f.report(ctx, con.now(), demoEvery); err != nil && ctx.Err() == nil {
			fmt.Fprintln(con.err, "yipii: the vehicles stand: "+explain(err))
		}
	}
}
