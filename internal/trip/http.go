package trip

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/web"
)

// Routes declares the room's routes.
func (s *Service) Routes(r *web.Router) {
	read := web.Access{Scope: "read:trips", Role: "viewer"}
	const tag = "Trips"
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: web.AccountPrefix + "asset/{id}/trip", Access: read, ID: "list-asset-trips", Tag: tag,
		Summary: "List an asset's trips and stops",
		Description: "The asset's trips and the stops between them, the newest first. With from and to, those that overlap the range. " +
			"They may change when positions come late. Sorts by start, duration, distance, idle_time or top_speed.",
		Document: fleet.DocumentID}, s.serveOfAsset)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: web.AccountPrefix + "trip", Access: read, ID: "list-trips", Tag: tag,
		Summary: "List the trips and stops of all assets",
		Description: "The trips and stops that began in the range, which is of the last 24 hours where it isn't given and of at most 31 days. " +
			"The figures of one that goes on are told when it has ended, or by the list of its asset."}, s.serveAll)
	s.settingRoutes(r)
}

// maxRange bounds the time that one list of the whole account covers, defaultRange is that of one that names none.
const (
	maxRange     = 31 * 24 * time.Hour
	defaultRange = 24 * time.Hour
)

// Span is the range of a list's query. (Exported, as the describer of the API skips what is not.)
type Span struct {
	From time.Time `query:"from" doc:"Where the range begins, RFC 3339."`
	To   time.Time `query:"to" doc:"Where the range ends, RFC 3339; itself not in it."`
}

// bounds are the range's ends in Unix milliseconds, 0 for one that isn't given.
func (r Span) bounds() (from, to int64, err error) {
	if !r.From.IsZero() && !r.To.IsZero() && r.To.Before(r.From) {
		return 0, 0, fault.InvalidField("to", "The to field must not be before from.")
	}
	return milliseconds(r.From), milliseconds(r.To), nil
}

// milliseconds rounds up, so that a bound between two milliseconds parts them where it should.
func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(1, t.Add(time.Millisecond-1).UnixMilli())
}

func (r Span) query() url.Values {
	query := url.Values{}
	for name, t := range map[string]time.Time{"from": r.From, "to": r.To} {
		if !t.IsZero() {
			query.Set(name, t.UTC().Format(time.RFC3339Nano))
		}
	}
	return query
}

type ofAssetInput struct {
	AccountKey string `path:"account_key"`
	ID         string `path:"id"`
	web.PageInput
	Span
	Kind string `query:"kind" enum:"trip,stop" doc:"Only trips, or only stops."`
}

type listOutput struct{ Body web.Page[Trip] }

func (s *Service) serveOfAsset(ctx context.Context, in *ofAssetInput) (*listOutput, error) {
	id, err := fleet.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	from, to, err := in.bounds()
	if err != nil {
		return nil, err
	}
	accountID := bearer.AccountID(ctx)
	if _, err := s.fleet.Name(ctx, accountID, id); err != nil {
		return nil, err
	}
	trips, total, err := s.store.list(ctx, accountID, question{assetID: id, from: from, to: to, kind: in.Kind}, in.PageInput)
	if err != nil {
		return nil, err
	}
	if err := s.upToNow(ctx, accountID, id, trips); err != nil {
		return nil, err
	}
	if err := s.assigned(ctx, accountID, id, trips); err != nil {
		return nil, err
	}
	if err := s.addressed(ctx, trips); err != nil {
		return nil, err
	}
	query := in.query()
	if in.Kind != "" {
		query.Set("kind", in.Kind)
	}
	base := s.baseURL + "/api/" + in.AccountKey + "/asset/" + strconv.FormatInt(id, 10) + "/trip"
	return &listOutput{web.NewPage(trips, total, in.PageInput, base, query)}, nil
}

// upToNow gives the segment that goes on the figures that its memory has.
func (s *Service) upToNow(ctx context.Context, accountID, assetID int64, trips []Trip) error {
	for i := range trips {
		t := &trips[i]
		if t.End != nil || s.Current == nil {
			continue
		}
		now, err := s.Current(ctx, accountID, assetID)
		if err != nil {
			return err
		}
		// Between the two questions it may have ended.
		if now != nil && now.Kind == t.Kind && now.Start.Time.Equal(t.Start.Time) {
			*t = *now
		}
		return nil
	}
	return nil
}

// addressed gives the places of trips their addresses, as far as they are known.
func (s *Service) addressed(ctx context.Context, trips []Trip) error {
	if s.Addresses == nil || len(trips) == 0 {
		return nil
	}
	places := make([]*TripPlace, 0, 2*len(trips))
	for i := range trips {
		places = append(places, &trips[i].Start)
		if trips[i].End != nil {
			places = append(places, trips[i].End)
		}
	}
	return s.Addresses(ctx, places)
}

type allInput struct {
	AccountKey string `path:"account_key"`
	web.PageInput
	Span
	Kind   string `query:"kind" enum:"trip,stop" doc:"Only trips, or only stops."`
	Asset  int64  `query:"asset" minimum:"1" doc:"Only those of this asset, by its id."`
	Driver int64  `query:"driver" minimum:"1" doc:"Only those with this driver, by the id."`
}

func (s *Service) serveAll(ctx context.Context, in *allInput) (*listOutput, error) {
	if _, _, err := in.bounds(); err != nil {
		return nil, err
	}
	if in.To.IsZero() {
		in.To = time.UnixMilli(s.store.db.Now() + 1).UTC()
		if !in.From.IsZero() {
			in.To = in.From.Add(defaultRange)
		}
	}
	if in.From.IsZero() {
		in.From = in.To.Add(-defaultRange)
	}
	if in.To.Sub(in.From) > maxRange {
		return nil, fault.InvalidField("to", "The range must not be longer than 31 days.")
	}
	from, to, err := in.bounds()
	if err != nil {
		return nil, err
	}
	q := question{began: true, assetID: in.Asset, from: from, to: to, kind: in.Kind, driver: in.Driver}
	trips, total, err := s.store.list(ctx, bearer.AccountID(ctx), q, in.PageInput)
	if err != nil {
		return nil, err
	}
	if err := s.addressed(ctx, trips); err != nil {
		return nil, err
	}
	query := in.query()
	if in.Kind != "" {
		query.Set("kind", in.Kind)
	}
	for name, id := range map[string]int64{"asset": in.Asset, "driver": in.Driver} {
		if id != 0 {
			query.Set(name, strconv.FormatInt(id, 10))
		}
	}
	return &listOutput{web.NewPage(trips, total, in.PageInput, s.baseURL+"/api/"+in.AccountKey+"/trip", query)}, nil
}
