package server

import (
	"context"
	"time"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/trip"
	"github.com/yipii/yipii/internal/webhook"
)

// What becomes of a position, in this order, within the transaction that stores it:
//
//	trail → drivers → trips → geofences → alerts
//	           what they tell → webhooks

// followers are the rooms that follow positions, each after those whose conclusions it builds on.
func (r *Rooms) followers() []trail.Follower {
	return []trail.Follower{r.Trips.Drivers(), r.Trips, r.Geofences}
}

// newsLasts is how old a thing may be to be told to the outside: the history that an import or a tracker's memory brings
// is no news.
const newsLasts = 24 * time.Hour

// eventTypes are those that rooms hand to webhooks.
func eventTypes() []string {
	return []string{"alert.triggered", "geofence.entered", "geofence.exited", "geofence.dwelled", "trip.started", "trip.ended"}
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

// currentTrip tells the trip or stop that goes on for an asset, nil for none.
func (r *Rooms) currentTrip(ctx context.Context, accountID, assetID int64) (*trip.Trip, error) {
	memory, _, err := r.Trail.Recall(ctx, accountID, assetID, r.Trips.Key())
	if open, ok := memory.(interface{ Open() *trip.Trip }); ok && err == nil {
		return open.Open(), nil
	}
	return nil, err
}
