package trip

import (
	"context"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/web"
)

// Kinds of segment. An asset's segments never overlap, and time between two of them is time of which nothing is known.
const (
	Going    = "trip"
	Standing = "stop"
)

// Reasons why a segment began or ended. A stop that follows a trip began for the reason for which the trip ended, and
// the other way round.
const (
	IgnitionOn  = "ignition_on"  // the ignition went on, and then the asset moved
	Movement    = "movement"     // the asset moved
	AfterGap    = "after_gap"    // there was nothing before it, or nothing for long, and then the asset was somewhere else
	IgnitionOff = "ignition_off" // the ignition went off
	Stood       = "standing"     // the asset had stood for the time that ends a trip
	Gap         = "gap"          // no position came for the time that ends a trip
)

// TripPlace is where an asset was at a moment.
type TripPlace struct {
	Time      time.Time `json:"time" example:"2026-03-01T08:30:00Z"`
	Latitude  float64   `json:"latitude" minimum:"-90" maximum:"90" doc:"Degrees, WGS 84." example:"52.5200"`
	Longitude float64   `json:"longitude" minimum:"-180" maximum:"180" doc:"Degrees, WGS 84." example:"13.4050"`
	Address   *string   `json:"address" doc:"In lists, where the installation has a provider of addresses: what it said, or null until it was asked, which listing the trip brings about. Else null." example:"Alexanderplatz, Berlin, Germany"`
}

// Trip is a trip or a stop. Of one that goes on, what is told is what is known so far.
type Trip struct {
	AssetID     int64      `json:"asset_id" example:"7"`
	Kind        string     `json:"kind" enum:"trip,stop"`
	Start       TripPlace  `json:"start"`
	End         *TripPlace `json:"end" doc:"Null while it goes on."`
	StartReason string     `json:"start_reason" doc:"Of a trip ignition_on, movement or after_gap; of a stop ignition_off, standing, gap or after_gap. Others may be added." example:"ignition_on"`
	EndReason   *string    `json:"end_reason" doc:"Of a trip ignition_off, standing or gap; of a stop ignition_on, movement or gap. Null while it goes on." example:"standing"`
	Distance    float64    `json:"distance" doc:"Kilometres; 0 of a stop." example:"12.4"`
	Duration    float64    `json:"duration" doc:"Seconds." example:"1260"`
	IdleTime    float64    `json:"idle_time" doc:"Seconds: of a trip those in which the asset stood on the way, of a stop those in which the engine ran." example:"180"`
	TopSpeed    float64    `json:"top_speed" doc:"km/h, as reported; where no speed is reported, what was held for 40 seconds. 0 of a stop." example:"72"`
	MeanSpeed   float64    `json:"mean_speed" doc:"km/h: distance over duration, with the time in which the asset stood. 0 of a stop." example:"41.3"`
	DriverID    *int64     `json:"driver_id" doc:"Who drove when the trip began; null if nobody was known to, and of a stop."`
}

// TransformSchema says that end may be null, which the tags of a struct can't.
func (Trip) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return web.OrNull(s, "end")
}

// Service is the room's front: trail.Follower, and what other rooms call.
type Service struct {
	Tell trail.Tell // told of trips that begin and end; nil for nobody. It is set before the room is used.

	// Current, where it is set, tells the segment that goes on for an asset as its memory has it now, nil for none. The
	// list of an asset's trips asks it for the figures so far; a row has those of the segment's beginning.
	Current func(ctx context.Context, accountID, assetID int64) (*Trip, error)

	// Addresses, where it is set, gives places the addresses that are known by now. It waits for no other server.
	Addresses func(ctx context.Context, places []*TripPlace) error

	store   tripStore
	fleet   *fleet.Service
	log     *audit.Log
	limits  *store.Cache[int64, Thresholds]
	baseURL string
}

// thresholdsKept is how many accounts' thresholds are held in memory.
const thresholdsKept = 10_000

// New makes the service. baseURL is the public URL of the API without a path, which links in answers begin with.
func New(db *store.DB, fleet *fleet.Service, log *audit.Log, baseURL string) *Service {
	s := &Service{store: tripStore{db}, fleet: fleet, log: log, baseURL: strings.TrimRight(baseURL, "/")}
	s.limits = store.NewCache(thresholdsKept, func(ctx context.Context, accountID int64) (Thresholds, error) {
		set, err := s.store.settings(ctx, accountID)
		return set.thresholds(), err
	})
	db.Subscribe(settingTopic, store.Subscriber{Changed: s.dropThresholds, Reset: s.limits.Reset})
	return s
}

// segment is a trip or a stop as memory and table have it. Times are Unix milliseconds.
type segment struct {
	Kind        string
	Start, End  spot // End.Time is 0 while it goes on
	StartReason string
	EndReason   string
	Figures     figures
	Driver      int64 // 0 for nobody known
	// Settled is the time of the position at which the segment's present state, open or closed, was concluded.
	Settled int64
}

// spot is a TripPlace in numbers.
type spot struct {
	Time int64   `json:"t"` // Unix milliseconds; 0 for no spot
	Lat  float64 `json:"a"`
	Lon  float64 `json:"o"`
}

func (s spot) place() TripPlace {
	return TripPlace{Time: time.UnixMilli(s.Time).UTC(), Latitude: s.Lat, Longitude: s.Lon}
}

// figures add up along a segment.
type figures struct {
	Distance float64 `json:"d"` // kilometres
	Idle     int64   `json:"i"` // milliseconds without movement
	Engine   int64   `json:"e"` // milliseconds during which the engine ran
	Top      float64 `json:"s"` // km/h
}

// told is the segment as the API gives it out. until, Unix milliseconds, is where the time of one that goes on is counted to.
func (g *segment) told(assetID, until int64) Trip {
	t := Trip{AssetID: assetID, Kind: g.Kind, Start: g.Start.place(), StartReason: g.StartReason}
	if g.End.Time != 0 {
		end, reason := g.End.place(), g.EndReason
		t.End, t.EndReason, until = &end, &reason, g.End.Time
	}
	if g.Driver != 0 {
		driver := g.Driver
		t.DriverID = &driver
	}
	t.Duration, t.IdleTime = seconds(until-g.Start.Time), seconds(g.Figures.Idle)
	if g.Kind == Going {
		t.Distance = g.Figures.Distance
		if t.Duration > 0 {
			t.MeanSpeed = t.Distance / t.Duration * 3600
		}
		t.TopSpeed = max(g.Figures.Top, t.MeanSpeed) // of few positions, the mean between two may be above all that were reported
	}
	return t
}

func seconds(ms int64) float64 { return float64(ms) / 1000 }
