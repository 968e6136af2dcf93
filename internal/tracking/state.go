package tracking

import (
	"context"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/geo"
	"github.com/yipii/yipii/internal/trail"
)

// TrackingState is what an open link shows now.
type TrackingState struct {
	Name        string         `json:"name"`
	From        time.Time      `json:"from"`
	Until       time.Time      `json:"until"`
	Show        string         `json:"show" enum:"position,trail,arrival"`
	Destination *Destination   `json:"destination,omitempty" doc:"Where the assets are going, if the link shows an arrival."`
	Assets      []TrackedAsset `json:"assets"`
}

// TrackedAsset is an asset of a link, as the public sees it.
type TrackedAsset struct {
	AssetID  int64            `json:"asset_id" example:"7"`
	Name     string           `json:"name" example:"Van 7"`
	Position *TrackedPosition `json:"position,omitempty" doc:"The last in the link's time; left out if there is none."`
	Trail    []TrackedPoint   `json:"trail,omitempty" doc:"The last 12 hours of the link's time, simplified, in order; left out unless the link shows it."`
	Arrival  *TrackedArrival  `json:"arrival,omitempty" doc:"Left out unless the link shows it and there is a position."`
}

// TrackedPosition is where an asset of a link was at one moment.
type TrackedPosition struct {
	Timestamp time.Time `json:"timestamp" doc:"When, UTC."`
	Latitude  float64   `json:"latitude"`
	Longitude float64   `json:"longitude"`
	Speed     *float64  `json:"speed" doc:"km/h; null if the tracker didn't say."`
	Heading   *float64  `json:"heading" doc:"Degrees clockwise from north; null if the tracker didn't say."`
}

// TrackedPoint is a point of a trail.
type TrackedPoint struct {
	Timestamp time.Time `json:"timestamp"`
	Latitude  float64   `json:"latitude"`
	Longitude float64   `json:"longitude"`
}

// TrackedArrival is an estimate: the straight way to the destination, longer by 3/10 as roads are, at the mean speed of the last
// half hour. It knows no roads, no traffic and no stops on the way.
type TrackedArrival struct {
	Distance    float64    `json:"distance" doc:"Kilometres to the destination, as the crow flies."`
	Arrived     bool       `json:"arrived" doc:"Whether it is within 150 m of the destination."`
	EstimatedAt *time.Time `json:"estimated_at" doc:"An estimate by distance and recent speed; null while the asset stands, has arrived, or hasn't reported of late."`
}

// Bounds of what is shown.
const (
	trailBack   = 12 * time.Hour
	trailRead   = 50_000 // positions of an asset: one each second, and some
	trailPoints = 300
	trailOff    = 10 // metres that a simplified trail may be off, at least

	recently  = 30 * time.Minute
	detour    = 1.3
	slowest   = 5.0 // km/h: below it an arrival is no estimate
	arrivedAt = 0.150
	longest   = 7 * 24 * time.Hour

	// Many people follow one link, and each page asks every few seconds: what was found is kept for a moment.
	stateKept = 2 * time.Second
	trailKept = 20 * time.Second
)

// recent keeps what was found for a moment, by key. Who asks while somebody is finding it waits for that. Its zero value is ready.
type recent[V any] struct {
	mu    sync.Mutex
	slots map[string]*slot[V]
}

type slot[V any] struct {
	mu    sync.Mutex
	at    time.Time
	known bool
	value V
}

// maxRecent bounds the keys.
const maxRecent = 2000

func (r *recent[V]) get(key string, now time.Time, kept time.Duration, find func() (V, error)) (V, error) {
	r.mu.Lock()
	if r.slots == nil || len(r.slots) >= maxRecent {
		r.slots = map[string]*slot[V]{}
	}
	s := r.slots[key]
	if s == nil {
		s = &slot[V]{}
		r.slots[key] = s
	}
	r.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if age := now.Sub(s.at); s.known && age >= 0 && age < kept {
		return s.value, nil
	}
	value, err := find()
	if err == nil {
		s.value, s.at, s.known = value, now, true
	}
	return value, err
}

// state is what an active link shows.
func (s *Service) state(ctx context.Context, l *Link) (TrackingState, error) {
	now := s.opt.Now()
	// A changed link is another one: what it showed before isn't shown any more.
	key := l.hash + " " + strconv.FormatInt(l.Version, 10)
	return s.states.get(key, now, stateKept, func() (TrackingState, error) { return s.newState(ctx, l, key, now) })
}

func (s *Service) newState(ctx context.Context, l *Link, key string, now time.Time) (TrackingState, error) {
	state := TrackingState{Name: l.Name, From: l.From, Until: l.Until, Show: l.Show, Destination: l.Destination, Assets: []TrackedAsset{}}
	names, err := s.names(ctx, l.AccountID, l.Assets)
	if err != nil {
		return state, err
	}
	fixes, err := s.last.Last(ctx, l.AccountID, l.Assets)
	if err != nil {
		return state, err
	}
	var trails map[int64][]TrackedPoint
	if l.Show == Trail {
		trails, err = s.trails.get(key, now, trailKept, func() (map[int64][]TrackedPoint, error) { return s.trailsOf(ctx, l, now) })
		if err != nil {
			return state, err
		}
	}
	for _, id := range l.Assets {
		name, there := names[id]
		if !there {
			continue // deleted a moment ago
		}
		asset := TrackedAsset{AssetID: id, Name: name, Trail: trails[id]}
		if p := fixes[id].Position; p != nil && !p.Timestamp.Before(l.From) && p.Timestamp.Before(l.Until) {
			asset.Position = &TrackedPosition{Timestamp: p.Timestamp, Latitude: p.Latitude, Longitude: p.Longitude, Speed: p.Speed, Heading: p.Heading}
		}
		if l.Show == Arrival && asset.Position != nil {
			if asset.Arrival, err = s.arrival(ctx, l, asset, now); err != nil {
				return state, err
			}
		}
		state.Assets = append(state.Assets, asset)
	}
	if len(state.Assets) == 0 {
		return state, fault.New(fault.Forbidden, revokedMessage)
	}
	return state, nil
}

// window is the part of a link's time that lies no longer back than back.
func (l *Link) window(now time.Time, back time.Duration) (from, to time.Time) {
	from, to = now.Add(-back), now.Add(time.Millisecond)
	if from.Before(l.From) {
		from = l.From
	}
	if to.After(l.Until) {
		to = l.Until
	}
	return from, to
}

func (s *Service) trailsOf(ctx context.Context, l *Link, now time.Time) (map[int64][]TrackedPoint, error) {
	trails := make(map[int64][]TrackedPoint, len(l.Assets))
	from, to := l.window(now, trailBack)
	for _, id := range l.Assets {
		line := geo.NewSimplifier(trailOff, trailPoints, func(p *TrackedPoint) (float64, float64) { return p.Latitude, p.Longitude })
		err := s.trail.Between(ctx, l.AccountID, id, from, to, trailRead, func(p *trail.Position) {
			line.Add(TrackedPoint{Timestamp: timeOf(p.Time), Latitude: p.Latitude, Longitude: p.Longitude})
		})
		if err != nil {
			return nil, err
		}
		trails[id] = line.Finish()
	}
	return trails, nil
}

// arrival estimates when an asset arrives; see TrackedArrival.
func (s *Service) arrival(ctx context.Context, l *Link, asset TrackedAsset, now time.Time) (*TrackedArrival, error) {
	to, at := l.Destination, asset.Position
	away := geo.Distance(at.Latitude, at.Longitude, to.Latitude, to.Longitude)
	out := &TrackedArrival{Distance: math.Round(away*100) / 100, Arrived: away <= arrivedAt}
	if out.Arrived || now.Sub(at.Timestamp) > recently {
		return out, nil
	}
	var first, last trail.Position
	var way float64 // kilometres
	from, until := l.window(now, recently)
	err := s.trail.Between(ctx, l.AccountID, asset.AssetID, from, until, trailRead, func(p *trail.Position) {
		if first.Time == 0 {
			first = *p
		} else {
			way += geo.Distance(last.Latitude, last.Longitude, p.Latitude, p.Longitude)
		}
		last = *p
	})
	if err != nil {
		return nil, err
	}
	took := time.Duration(last.Time-first.Time) * time.Millisecond
	if took <= 0 {
		return out, nil
	}
	speed := way / took.Hours()
	if speed < slowest {
		return out, nil
	}
	if left := time.Duration(away * detour / speed * float64(time.Hour)); left <= longest {
		arrives := at.Timestamp.Add(left).UTC().Truncate(time.Second)
		if arrives.Before(now) {
			arrives = now.UTC().Truncate(time.Second)
		}
		out.EstimatedAt = &arrives
	}
	return out, nil
}
