package report

import (
	"context"
	"math"
	"time"

	"github.com/yipii/yipii/internal/alert"
	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/geofence"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/trip"
)

// Request is what a report is to be about, after the names in it were resolved and what the caller may see was checked.
type Request struct {
	AccountID   int64
	AccountKey  string
	AccountName string
	Zone        *time.Location
	Units       document.Units

	Type     string
	Title    string    // "" for the type's own
	Assets   []int64   // their ids, in ascending order, never empty: those that were named, or all that the caller may see
	AllOf    bool      // nobody named assets: the report is about the whole account as its maker sees it
	BeaconID int64     // 0 for none
	DriverID int64     // 0 for none
	From, To time.Time // half open

	// Progress is told, now and then, which part of the work is done, from 0 to 1. It may be nil.
	Progress func(part float64)
}

// Maker makes reports. Its methods may be called from many goroutines.
type Maker struct {
	fleet     *fleet.Service
	trail     *trail.Service
	trips     *trip.Service
	geofences *geofence.Service
	alerts    *alert.Service
	now       func() time.Time
	mostRows  int // trips or stops that a report lists
}

// New makes a Maker that reads by the services of the rooms below. now tells when a report was made.
func New(fleet *fleet.Service, trail *trail.Service, trips *trip.Service, geofences *geofence.Service, alerts *alert.Service, now func() time.Time) *Maker {
	return &Maker{fleet, trail, trips, geofences, alerts, now, mostParts}
}

// kind is a type of report.
type kind struct {
	name, title string
	most        int       // assets that it can be about
	of          []subject // what goes into it beside the names: what its fingerprint is made of
	fill        func(*work, context.Context) error
}

// subject is a part of an account's data.
type subject int

// The parts of an account's data that reports are made of.
const (
	ofTrips subject = iota // trips and stops
	ofDrivers
	ofDriver // the one that the report is about
	ofBeacon
	ofAlerts
	ofGeofences
	ofSpeedRules
	ofTemperatureRules
)

// How many assets a report can be about, by how much is read of each.
const (
	mostSummed = 1000 // sums
	mostListed = 100  // a row for each trip
	mostRead   = 25   // positions are gone through, by the database
)

func kinds() []kind {
	return []kind{
		{"trail", "Trail", 1, []subject{ofTrips}, (*work).trailReport},
		{"trips", "Trips", mostListed, []subject{ofTrips, ofDrivers}, (*work).tripsReport},
		{"stops", "Stops", mostListed, []subject{ofTrips}, (*work).stopsReport},
		{"mileage", "Mileage", mostSummed, []subject{ofTrips}, (*work).mileageReport},
		{"summary", "Summary", mostSummed, []subject{ofTrips}, (*work).summaryReport},
		{"utilization", "Utilization", mostSummed, []subject{ofTrips}, (*work).utilizationReport},
		{"speeding", "Speeding", mostListed, []subject{ofTrips, ofDrivers, ofSpeedRules}, (*work).speedingReport},
		{"geofence", "Geofences", mostSummed, []subject{ofGeofences}, (*work).geofenceReport},
		{"alerts", "Alerts", math.MaxInt, []subject{ofAlerts}, (*work).alertsReport},
		{"beacon", "Beacon", mostRead, []subject{ofBeacon}, (*work).beaconReport},
		{"temperature", "Temperatures", mostRead, []subject{ofTemperatureRules}, (*work).temperatureReport},
		{"driver", "Driver", mostSummed, []subject{ofTrips, ofDriver}, (*work).driverReport},
	}
}

// Types lists the types of report, as the API names them.
func Types() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// work is one report that is being made.
type work struct {
	*Maker
	Request
	kind       kind
	doc        *document.Document
	extents    map[int64]trail.Extent
	thresholds trip.Thresholds
	names      map[int64]string  // of the assets
	beacons    map[string]string // names by identity, where a type needs them
}

// begin reads what every report needs.
func (m *Maker) begin(ctx context.Context, r Request) (*work, error) {
	w := &work{Maker: m, Request: r}
	var err error
	if w.kind, err = find(r.Type); err != nil {
		return nil, err
	}
	if w.extents, err = m.trail.Extents(ctx, r.AccountID, r.Assets); err != nil {
		return nil, err
	}
	if w.thresholds, err = m.trips.Thresholds(ctx, r.AccountID); err != nil {
		return nil, err
	}
	w.names, err = m.fleet.Names(ctx, r.AccountID, r.Assets)
	return w, err
}

// Make makes a report. A range without data makes a document that says so. What Check refuses comes back as a fault.
func (m *Maker) Make(ctx context.Context, r Request) (*document.Document, error) {
	if err := m.Check(ctx, r); err != nil {
		return nil, err
	}
	w, err := m.begin(ctx, r)
	if err != nil {
		return nil, err
	}
	w.doc = &document.Document{Type: r.Type, Title: r.Title, Account: r.AccountName, From: r.From, To: r.To, Zone: r.Zone, Units: r.Units, MadeAt: m.now()}
	if w.doc.Title == "" {
		w.doc.Title = w.kind.title
	}
	if !r.AllOf {
		w.doc.Subjects = w.assetNames()
	}
	if err := w.kind.fill(w, ctx); err != nil {
		return nil, err
	}
	if w.doc.MadeAt.Before(r.To) {
		w.note("The range isn't over yet: the report says what was known when it was made.")
	}
	w.progress(1, 1)
	return w.doc, nil
}

// progress tells that so many of so many steps are done.
func (w *work) progress(done, of int) {
	if w.Progress != nil {
		w.Progress(float64(done) / float64(max(of, 1)))
	}
}

func (w *work) note(sentence string) {
	if sentence != "" {
		w.doc.Notes = append(w.doc.Notes, sentence)
	}
}

func (w *work) figure(key, label string, kind document.Kind, value any) {
	w.doc.Figures = append(w.doc.Figures, document.Figure{Key: key, Label: label, Kind: kind, Value: value})
}

func (w *work) section(s document.Section) { w.doc.Sections = append(w.doc.Sections, s) }

// nothing says that there is no data in the range.
func (w *work) nothing(sentence string) { w.doc.Nothing = sentence }
