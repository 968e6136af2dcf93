package fleet

import (
	"context"
	"net/http"
	"strconv"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

func (s *Service) beaconRoutes(r *web.Router) {
	read := web.Access{Scope: "read:beacons", Role: "viewer"}
	write := web.Access{Scope: "write:beacons", Role: "manager"}
	const all, one, tag = web.AccountPrefix + "beacon", web.AccountPrefix + "beacon/{id}", "Beacons"
	document := documentRecord("The beacon's id.")

	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: read, ID: "list-beacons", Tag: tag,
		Summary: "List beacons", Description: "The account's beacons. A member who is limited to some assets sees those that are fixed to them."}, s.serveBeacons)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: all, Access: write, ID: "create-beacon", Tag: tag,
		Summary: "Make a beacon", Description: "Makes a beacon, which trackers know by its identity.", Document: created}, s.serveCreateBeacon)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: read, ID: "get-beacon", Tag: tag,
		Summary: "Read a beacon", Description: "One beacon, and the asset that it is on.", Document: document}, s.serveBeacon)
	web.Operation(r, web.Route{Method: http.MethodPatch, Pattern: one, Access: write, ID: "update-beacon", Tag: tag,
		Summary: "Change a beacon", Description: "Changes the fields that are given.", Document: document}, s.serveUpdateBeacon)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: one, Access: write, ID: "delete-beacon", Tag: tag,
		Summary: "Delete a beacon", Description: "Deletes the beacon's record. What positions carry of it stays.", Document: document}, s.serveDeleteBeacon)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: web.AccountPrefix + "asset/{id}/sensor", Access: web.Access{Scope: "read:assets", Role: "viewer"},
		ID: "list-asset-sensors", Tag: "Assets", Summary: "List an asset's sensors",
		Description: "What the sensors of the asset's newest position read, by name, with type and unit. None if it has never reported.",
		Document:    DocumentID}, s.serveSensors)
}

type beaconsInput struct {
	AccountKey string `path:"account_key"`
	web.PageInput
	Kind     string `query:"kind" doc:"Only beacons of this kind."`
	Identity string `query:"identity" doc:"Only the beacon with this identity."`
	AssetID  int64  `query:"asset_id" minimum:"1" doc:"Only beacons that are fixed to this asset."`
	Search   string `query:"search" maxLength:"200" doc:"Only beacons whose name or identity contains this text. Latin letters match whatever their case."`
}

type createBeaconInput struct {
	AccountKey string `path:"account_key"`
	Body       struct {
		Identity string           `json:"identity" doc:"As positions name it: up to 64 printable ASCII characters without spaces, unique in the account." example:"7cd9f407f95c"`
		Name     string           `json:"name,omitempty" doc:"Up to 200 characters; the identity if left out." example:"Cold box, left"`
		Kind     string           `json:"kind,omitempty" doc:"temperature, humidity, battery, movement, identification or other; other if left out." example:"temperature"`
		AssetID  web.Maybe[int64] `json:"asset_id,omitzero" doc:"The asset that it is fixed to; null for none." example:"7"`
	}
}

type updateBeaconInput struct {
	ID string `path:"id"`
	web.Precondition
	Body struct {
		Identity *string          `json:"identity,omitempty" doc:"As positions name it." example:"7cd9f407f95c"`
		Name     *string          `json:"name,omitempty" doc:"1 to 200 characters." example:"Cold box, left"`
		Kind     *string          `json:"kind,omitempty" doc:"temperature, humidity, battery, movement, identification or other." example:"temperature"`
		AssetID  web.Maybe[int64] `json:"asset_id,omitzero" doc:"The asset that it is fixed to; null for none." example:"7"`
	}
}

func (s *Service) serveBeacons(ctx context.Context, in *beaconsInput) (*pageOutput[Beacon], error) {
	filter := BeaconFilter{Kind: in.Kind, Identity: in.Identity, Search: in.Search, AssetID: in.AssetID}
	beacons, total, err := s.ListBeacons(ctx, bearer.AccountID(ctx), filter, in.PageInput)
	if err != nil {
		return nil, err
	}
	asset := ""
	if in.AssetID != 0 {
		asset = strconv.FormatInt(in.AssetID, 10)
	}
	query := queryOf("kind", in.Kind, "identity", in.Identity, "asset_id", asset, "search", in.Search)
	return &pageOutput[Beacon]{web.NewPage(beacons, total, in.PageInput, s.url(in.AccountKey, "beacon"), query)}, nil
}

func (s *Service) serveCreateBeacon(ctx context.Context, in *createBeaconInput) (*web.Made[Beacon], error) {
	body := in.Body
	b, err := s.CreateBeacon(ctx, bearer.AccountID(ctx), BeaconChange{Identity: &body.Identity, Name: &body.Name, Kind: &body.Kind, AssetID: idChange(body.AssetID)})
	if err != nil {
		return nil, err
	}
	return &web.Made[Beacon]{Location: s.url(in.AccountKey, "beacon/%d", b.ID), ETag: web.Tag(b.Version), Body: web.Record[Beacon]{Data: b}}, nil
}

func (s *Service) serveBeacon(ctx context.Context, in *findInput) (*web.Tagged[Beacon], error) {
	id, err := web.ParseID(in.ID, "Beacon")
	if err != nil {
		return nil, err
	}
	b, err := s.FindBeacon(ctx, bearer.AccountID(ctx), id)
	return tagged(b, b.Version, err, in.Revalidation)
}

func (s *Service) serveUpdateBeacon(ctx context.Context, in *updateBeaconInput) (*web.Tagged[Beacon], error) {
	id, err := web.ParseID(in.ID, "Beacon")
	if err != nil {
		return nil, err
	}
	body := in.Body
	b, err := s.UpdateBeacon(ctx, bearer.AccountID(ctx), id,
		BeaconChange{Identity: body.Identity, Name: body.Name, Kind: body.Kind, AssetID: idChange(body.AssetID), If: in.Precondition})
	return tagged(b, b.Version, err, web.Revalidation{})
}

func (s *Service) serveDeleteBeacon(ctx context.Context, in *deleteInput) (*struct{}, error) {
	id, err := web.ParseID(in.ID, "Beacon")
	if err != nil {
		return nil, err
	}
	return nil, s.DeleteBeacon(ctx, bearer.AccountID(ctx), id, in.Precondition)
}

type sensorsOutput struct{ Body web.Record[[]Reading] }

func (s *Service) serveSensors(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*sensorsOutput, error) {
	id, err := ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	readings, err := s.Sensors(ctx, bearer.AccountID(ctx), id)
	return &sensorsOutput{web.Record[[]Reading]{Data: readings}}, err
}
