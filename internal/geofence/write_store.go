package geofence

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
)

// The events are written once for an asset that no longer exists too: it may have been deleted since its position came in.
const (
	insertEvent = `INSERT INTO geofence_events (account_id, asset_id, geofence_id, geofence_name, kind, time, latitude, longitude, settled)
		SELECT a.account_id, a.id, CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS BIGINT),
			CAST($7 AS DOUBLE PRECISION), CAST($8 AS DOUBLE PRECISION), CAST($9 AS BIGINT)
		FROM assets a WHERE a.account_id = $1 AND a.id = $2
		ON CONFLICT (asset_id, geofence_id, kind, time) DO NOTHING`
	deleteEvent     = `DELETE FROM geofence_events WHERE account_id = $1 AND id = $2`
	deletePresences = `DELETE FROM geofence_presences WHERE account_id = $1 AND asset_id = $2`
	insertPresence  = `INSERT INTO geofence_presences (account_id, asset_id, geofence_id, since)
		SELECT a.account_id, a.id, CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM assets a WHERE a.account_id = $1 AND a.id = $2
		ON CONFLICT (asset_id, geofence_id) DO NOTHING`
)

// Write implements trail.Follower. Of what was concluded before and is taken back, only that goes which the geofence judges
// now: what it concluded while it had another shape stays.
func (s *Service) Write(ctx context.Context, tx store.Writer, outcomes []trail.Outcome) error {
	gone, err := s.compare(ctx, tx, outcomes)
	if err != nil {
		return err
	}
	var events, emptied, presences [][]any
	var news []trail.News
	for _, o := range outcomes {
		m := o.Memory.(*memory)
		for _, e := range m.events {
			if e.stored {
				continue
			}
			news = append(news, e.news(o))
			events = append(events, []any{o.AccountID, o.AssetID, e.geofence, e.name, e.kind, e.time, e.latitude, e.longitude, e.settled})
		}
		if m.changed || o.Redone {
			emptied = append(emptied, []any{o.AccountID, o.AssetID})
			for _, v := range m.inside {
				presences = append(presences, []any{o.AccountID, o.AssetID, v.id, v.since})
			}
		}
	}
	for _, batch := range [...]struct {
		query string
		rows  [][]any
	}{{deleteEvent, gone}, {insertEvent, events}, {deletePresences, emptied}, {insertPresence, presences}} {
		if err := tx.DoEach(ctx, batch.query, batch.rows); err != nil {
			return err
		}
	}
	for _, o := range outcomes {
		o.Memory.(*memory).written()
	}
	if s.Tell == nil || len(news) == 0 {
		return nil
	}
	return s.Tell(ctx, tx, news)
}

// news is the event for the outside.
func (e *event) news(o trail.Outcome) trail.News {
	at := time.UnixMilli(e.time).UTC()
	return trail.News{AccountID: o.AccountID, AssetID: o.AssetID, Type: "geofence." + e.kind, Time: e.time,
		Key:  fmt.Sprintf("geofence:%d:%d:%d:%s", o.AssetID, e.geofence, e.time, e.kind),
		Data: Happened{Kind: e.kind, Time: at, AssetID: o.AssetID, GeofenceID: e.geofence, GeofenceName: e.name, Latitude: e.latitude, Longitude: e.longitude}}
}

// written forgets what has been stored, and the account's geofences: an old set of them must not be held by assets that are silent.
func (m *memory) written() {
	m.events, m.changed, m.fences, m.found = m.events[:0], false, nil, m.found[:0]
	clear(m.found[:cap(m.found)])
	for i := range m.inside {
		m.inside[i].fence = nil
	}
}

// compared is how many assets one question asks about.
const compared = 32

// happening names an event of an asset.
type happening struct {
	geofence int64
	kind     string
	time     int64
}

func (e *event) happening() happening { return happening{e.geofence, e.kind, e.time} }

// compare finds the stored events that don't hold any more, and marks in the memories those that are stored already.
func (s *Service) compare(ctx context.Context, tx store.Writer, outcomes []trail.Outcome) (gone [][]any, err error) {
	var redone []trail.Outcome
	for _, o := range outcomes {
		if o.Redone {
			redone = append(redone, o)
		}
	}
	for chunk := range slices.Chunk(redone, compared) {
		size := 1
		for size < len(chunk) {
			size *= 2
		}
		byAsset := make(map[[2]int64]concluded, len(chunk))
		args := make([]any, 0, 4*size)
		conditions := make([]string, size)
		for i := range size { // filled up with the last one, so that few different statements are prepared
			o := chunk[min(i, len(chunk)-1)]
			if i < len(chunk) {
				byAsset[[2]int64{o.AccountID, o.AssetID}] = newConcluded(o.Memory.(*memory))
			}
			args = append(args, o.AccountID, o.AssetID, o.After, o.Through)
			conditions[i] = fmt.Sprintf(`account_id = $%d AND asset_id = $%d AND settled > $%d AND settled <= $%d`, 4*i+1, 4*i+2, 4*i+3, 4*i+4)
		}
		query := `SELECT account_id, asset_id, id, geofence_id, kind, time, latitude, longitude, settled FROM geofence_events WHERE ` + strings.Join(conditions, ` OR `)
		err := tx.Each(ctx, query, args, func(scan func(...any) error) error {
			var accountID, assetID, id int64
			var e event
			if err := scan(&accountID, &assetID, &id, &e.geofence, &e.kind, &e.time, &e.latitude, &e.longitude, &e.settled); err != nil {
				return err
			}
			if !byAsset[[2]int64{accountID, assetID}].holds(e) {
				gone = append(gone, []any{accountID, id})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return gone, nil
}

// concluded is a memory with its events by name.
type concluded struct {
	*memory
	again map[happening]*event
}

func newConcluded(m *memory) concluded {
	c := concluded{m, make(map[happening]*event, len(m.events))}
	for i := range m.events {
		c.again[m.events[i].happening()] = &m.events[i]
	}
	return c
}

// holds reports whether a stored event stays: it was concluded again, or is none of what the geofence judges now.
func (c concluded) holds(e event) bool {
	if again := c.again[e.happening()]; again != nil && again.settled == e.settled && again.latitude == e.latitude && again.longitude == e.longitude {
		again.stored = true
		return true
	}
	if c.fences == nil {
		return true
	}
	f := c.fences.byID[e.geofence]
	return f == nil || e.settled < f.since || !f.appliesTo(c.assetID)
}
