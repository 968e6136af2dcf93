package server

import (
	"context"
	"fmt"
	"time"

	"github.com/yipii/yipii/internal/alert"
	"github.com/yipii/yipii/internal/geocode"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/trip"
	"github.com/yipii/yipii/internal/webhook"
)

// What becomes of a position, in this order, within the transaction that stores it:
//
//	trail → drivers → trips → geofences → alerts
//	           what they tell → webhooks
//
// and once it is committed: positions and alerts → live.

// followers are the rooms that follow positions, each after those whose conclusions it builds on.
func (r *Rooms) followers() []trail.Follower {
	return []trail.Follower{r.Trips.Drivers(), r.Trips, r.Geofences, r.Alerts}
}

// newsLasts is how old a thing may be to be told to the outside: the history that an import or a tracker's memory brings
// is no news.
const newsLasts = 24 * time.Hour

// eventTypes are those that rooms hand to webhooks.
func eventTypes() []string {
	return []string{"alert.triggered", "alert.ended", "alert.withdrawn",
		"geofence.entered", "geofence.exited", "geofence.dwelled", "trip.started", "trip.ended", "report.completed", "report.failed"}
}

// tell hands what followers conclude to the webhooks.
func (r *Rooms) tell(ctx context.Context, tx store.Writer, news []trail.News) error {
	var events []webhook.Event
	oldest := r.now().Add(-newsLasts).UnixMilli()
	for _, n := range news {
		if n.Time >= oldest {
			events = append(events, webhook.Event{AccountID: n.AccountID, AssetID: n.AssetID, Type: n.Type, Time: time.UnixMilli(n.Time).UTC(), Data: n.Data, Key: n.Key})
		}
	}
	return r.Webhooks.Enqueue(ctx, tx, events)
}

// tellAlerts hands what becomes of alerts to the webhooks. It is called once for each change, so each has a key of its own: an
// alert that was withdrawn can be triggered again.
func (r *Rooms) tellAlerts(ctx context.Context, tx store.Writer, kind string, alerts []alert.Alert) error {
	news := make([]trail.News, len(alerts))
	now := r.now()
	if kind == "alert.triggered" && r.Live != nil {
		tx.After(func() { r.tellLive(alerts, now) })
	}
	for i := range alerts {
		a := &alerts[i]
		at := a.TriggeredAt
		if kind != "alert.triggered" {
			at = now
		}
		news[i] = trail.News{AccountID: a.AccountID, AssetID: a.AssetID, Type: kind, Time: at.UnixMilli(), Data: *a,
			Key: fmt.Sprintf("alert:%d:%s:%d", a.ID, kind, now.UnixMilli())}
	}
	return r.tell(ctx, tx, news)
}

// tellLive tells who follows an account what was triggered.
func (r *Rooms) tellLive(alerts []alert.Alert, now time.Time) {
	for i := range alerts {
		if a := &alerts[i]; now.Sub(a.TriggeredAt) < newsLasts {
			r.Live.Alert(a.AccountID, a.AssetID, a)
		}
	}
}

// currentTrip tells the trip or stop that goes on for an asset, nil for none.
func (r *Rooms) currentTrip(ctx context.Context, accountID, assetID int64) (*trip.Trip, error) {
	memory, _, err := r.Trail.Recall(ctx, accountID, assetID, r.Trips.Key())
	if open, ok := memory.(interface{ Open() *trip.Trip }); ok && err == nil {
		return open.Open(), nil
	}
	return nil, err
}

// tripAddresses gives places of trips the addresses that are known; the others are looked up for the next time.
func (s *Server) tripAddresses(ctx context.Context, places []*trip.TripPlace) error {
	asked := make([]geocode.Place, len(places))
	for i, p := range places {
		asked[i] = geocode.PlaceOf(p.Latitude, p.Longitude)
	}
	known, err := s.geocode.Known(ctx, asked)
	for i, p := range places {
		if address := known[asked[i]]; address != "" {
			p.Address = &address
		}
	}
	return err
}
