package geofence

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/web"
)

// Event is something that happened between an asset and a geofence, as it is kept.
type Event struct {
	ID int64 `json:"id"`
	Happened
}

// Happened is something that happened between an asset and a geofence.
type Happened struct {
	Kind         string    `json:"kind" enum:"entered,exited,dwelled"`
	Time         time.Time `json:"time" doc:"When it happened; of dwelled, when the time was over."`
	AssetID      int64     `json:"asset_id"`
	GeofenceID   int64     `json:"geofence_id" doc:"It may have been deleted since."`
	GeofenceName string    `json:"geofence_name" doc:"As it was then."`
	Latitude     float64   `json:"latitude" doc:"Of the position at which it was concluded."`
	Longitude    float64   `json:"longitude"`
}

// Presence is an asset that is inside of a geofence.
type Presence struct {
	AssetID   int64     `json:"asset_id"`
	AssetName string    `json:"asset_name"`
	Since     time.Time `json:"since" doc:"When it entered; or since when the geofence is as it is, if the asset was there already."`
}

// EventFilter picks events; what is zero picks all. From is the first moment, To the one after the last.
type EventFilter struct {
	GeofenceID, AssetID int64
	Kind                string
	From, To            time.Time
}

// Events returns one page of events and how many match in all. They are sorted by time, the newest first, unless page says
// time. It is for the caller to know that the asset and the geofence are there.
func (s *Service) Events(ctx context.Context, accountID int64, filter EventFilter, page web.PageInput) ([]Event, int, error) {
	return s.store.events(ctx, accountID, filter, page)
}

// Inside returns one page of the assets that are inside of a geofence, as of the newest position of each, and how many there are.
func (s *Service) Inside(ctx context.Context, accountID, id int64, page web.PageInput) ([]Presence, int, error) {
	return s.store.inside(ctx, accountID, id, page)
}

func (s *Service) eventRoutes(r *web.Router) {
	read := web.Access{Scope: "read:geofences", Role: "viewer"}
	const one, tag = web.AccountPrefix + "geofence/{id}", "Geofences"
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one + "/event", Access: read, ID: "list-geofence-events", Tag: tag,
		Summary: "List what happened at a geofence", Description: "Which assets entered, exited and dwelled; the newest first.", Document: documentID}, s.serveEvents)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one + "/asset", Access: read, ID: "list-geofence-assets", Tag: tag,
		Summary: "List who is inside of a geofence", Description: "As of the newest position of each asset.", Document: documentID}, s.serveInside)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: web.AccountPrefix + "asset/{id}/geofence-event", Access: read, ID: "list-asset-geofence-events", Tag: tag,
		Summary:     "List what an asset did at geofences",
		Description: "What it entered, exited and dwelled in; the newest first. Geofences that were deleted since are among them.", Document: fleet.DocumentID}, s.serveAssetEvents)
}

func documentID(op *huma.Operation, _ huma.Registry) {
	op.Parameters = append(op.Parameters, &huma.Param{Name: "id", In: "path", Required: true,
		Description: "The geofence's id.", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}, Example: 3})
}

type eventsInput struct {
	AccountKey string `path:"account_key"`
	ID         string `path:"id"`
	web.PageInput
	Kind string    `query:"kind" enum:"entered,exited,dwelled" doc:"Only events of this kind."`
	From time.Time `query:"from" doc:"The first moment, RFC 3339."`
	To   time.Time `query:"to" doc:"The moment after the last, RFC 3339."`
}

// filter is what the query asks for.
func (in *eventsInput) filter() (EventFilter, error) {
	if !in.From.IsZero() && !in.To.IsZero() && in.To.Before(in.From) {
		return EventFilter{}, fault.InvalidField("to", "The to field must not be before from.")
	}
	return EventFilter{Kind: in.Kind, From: in.From, To: in.To}, nil
}

// query is the filter as links repeat it.
func (in *eventsInput) query() url.Values {
	query := url.Values{}
	if in.Kind != "" {
		query.Set("kind", in.Kind)
	}
	for name, at := range map[string]time.Time{"from": in.From, "to": in.To} {
		if !at.IsZero() {
			query.Set(name, at.UTC().Format(time.RFC3339Nano))
		}
	}
	return query
}

type eventsOutput struct{ Body web.Page[Event] }

func (s *Service) serveEvents(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	id, err := s.known(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	filter.GeofenceID = id
	return s.answerEvents(ctx, in, filter, s.listURL(in.AccountKey)+"/"+in.ID+"/event")
}

func (s *Service) serveAssetEvents(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	id, err := fleet.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	if _, err := s.assets.Name(ctx, bearer.AccountID(ctx), id); err != nil {
		return nil, err
	}
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	filter.AssetID = id
	return s.answerEvents(ctx, in, filter, s.baseURL+"/api/"+in.AccountKey+"/asset/"+in.ID+"/geofence-event")
}

func (s *Service) answerEvents(ctx context.Context, in *eventsInput, filter EventFilter, base string) (*eventsOutput, error) {
	list, total, err := s.Events(ctx, bearer.AccountID(ctx), filter, in.PageInput)
	if err != nil {
		return nil, err
	}
	return &eventsOutput{web.NewPage(list, total, in.PageInput, base, in.query())}, nil
}

type insideInput struct {
	AccountKey string `path:"account_key"`
	ID         string `path:"id"`
	web.PageInput
}

type insideOutput struct{ Body web.Page[Presence] }

func (s *Service) serveInside(ctx context.Context, in *insideInput) (*insideOutput, error) {
	id, err := s.known(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	list, total, err := s.Inside(ctx, bearer.AccountID(ctx), id, in.PageInput)
	if err != nil {
		return nil, err
	}
	return &insideOutput{web.NewPage(list, total, in.PageInput, s.listURL(in.AccountKey)+"/"+strconv.FormatInt(id, 10)+"/asset", nil)}, nil
}

// known reads the id in a path, of a geofence that the caller sees.
func (s *Service) known(ctx context.Context, text string) (int64, error) {
	id, err := parseID(text)
	if err != nil {
		return 0, err
	}
	_, err = s.Find(ctx, bearer.AccountID(ctx), id)
	return id, err
}

func parseID(text string) (int64, error) { return web.ParseID(text, "Geofence") }
