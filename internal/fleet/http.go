package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

// Routes declares the room's routes.
func (s *Service) Routes(r *web.Router) {
	read := web.Access{Scope: "read:assets", Role: "viewer"}
	write := web.Access{Scope: "write:assets", Role: "manager"}
	const all, one, tag = web.AccountPrefix + "asset", web.AccountPrefix + "asset/{id}", "Assets"

	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: read, ID: "list-assets", Tag: tag,
		Summary:     "List assets",
		Description: "The account's assets, each with its status and last position."}, s.serveList)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: all, Access: write, ID: "create-asset", Tag: tag,
		Summary: "Create an asset", Description: "Makes an asset. Give it the identity of its tracker, and what the tracker sends is its.", Document: created}, s.serveCreate)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: read, ID: "get-asset", Tag: tag,
		Summary: "Read an asset", Description: "One asset, with its status and last position.", Document: DocumentID}, s.serveFind)
	web.Operation(r, web.Route{Method: http.MethodPatch, Pattern: one, Access: write, ID: "update-asset", Tag: tag,
		Summary:     "Change an asset",
		Description: "Changes the fields that are given. Null or an empty text clears one. If-Match looks at these fields alone: a position that has come in since refuses nothing.",
		Document:    DocumentID}, s.serveUpdate)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: one, Access: write, ID: "delete-asset", Tag: tag,
		Summary:     "Delete an asset",
		Description: "Deletes the asset, all of its positions, the history of its trackers and the assignments of drivers to it. This can't be undone.",
		Document:    DocumentID}, s.serveDelete)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one + "/tracker", Access: read, ID: "list-asset-trackers", Tag: tag,
		Summary:     "List an asset's trackers",
		Description: "Which trackers the asset has and had, and when; the newest first.",
		Document:    DocumentID}, s.serveTrackers)
	s.groupRoutes(r)
	s.driverRoutes(r)
	s.beaconRoutes(r)
	s.bulkRoutes(r)
}

// DocumentID describes the path parameter id of an operation as the integer that it is. To the decoder it is a text,
// because one that is no integer is an asset that doesn't exist, not an invalid request.
func DocumentID(op *huma.Operation, _ huma.Registry) {
	documentNumber(op, "id", "The asset's id.")
}

// ParseID reads the id in a path. What can be no asset's id is "Asset not found.", as an unknown one is.
func ParseID(text string) (int64, error) { return web.ParseID(text, "Asset") }

// Text is a text of a JSON body that may be left out, null or empty. Null and empty say the same.
type Text struct {
	given bool
	value string
}

// UnmarshalJSON reads a text or null.
func (t *Text) UnmarshalJSON(data []byte) error {
	t.given, t.value = true, ""
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	return json.Unmarshal(data, &t.value)
}

// Schema describes a text or null.
func (Text) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Nullable: true}
}

func (t Text) change() *string {
	if !t.given {
		return nil
	}
	return &t.value
}

// OptionalFields are those of an asset beside its name. The longest texts stand in asset.go, which checks them after
// trimming; the descriptions here repeat them for readers. (Exported, as the describer of the API skips what is not.)
type OptionalFields struct {
	Type         Text `json:"type,omitzero" doc:"Up to 40 lower-case letters, digits, hyphens and underscores; vehicle if left out." example:"truck"`
	Group        Text `json:"group,omitzero" doc:"Up to 100 characters." example:"North depot"`
	Registration Text `json:"registration,omitzero" doc:"Up to 32 characters." example:"B-YP 1234"`
	VIN          Text `json:"vin,omitzero" doc:"Up to 32 characters." example:"WVWZZZ1JZXW000001"`
	Tracker      Text `json:"tracker,omitzero" doc:"Identity of the tracker, such as its IMEI: up to 64 printable ASCII characters without spaces, unique in the account." example:"356307042441013"`
}

type createAssetInput struct {
	AccountKey string `path:"account_key"`
	Body       struct {
		Name string `json:"name" doc:"1 to 200 characters." example:"Van 12"`
		OptionalFields
	}
}

type updateAssetInput struct {
	ID string `path:"id"`
	web.Precondition
	Move bool `query:"move" doc:"Whether tracker is taken from the asset that has it. Without it, a tracker that another asset has is refused."`
	Body struct {
		Name Text `json:"name,omitzero" doc:"1 to 200 characters." example:"Van 12"`
		OptionalFields
	}
}

type listInput struct {
	AccountKey string `path:"account_key"`
	web.PageInput
	Type         string `query:"type" doc:"Only assets of this type."`
	Group        string `query:"group" doc:"Only assets of this group."`
	Registration string `query:"registration" doc:"Only the asset with this registration."`
	VIN          string `query:"vin" doc:"Only the asset with this VIN."`
	Tracker      string `query:"tracker" doc:"Only the asset with this tracker."`
	Search       string `query:"search" maxLength:"200" doc:"Only assets whose name or registration contains this text. Latin letters match whatever their case."`
}

type findInput struct {
	ID string `path:"id"`
	web.Revalidation
}

type deleteInput struct {
	ID string `path:"id"`
	web.Precondition
}

type trackersInput struct {
	AccountKey string `path:"account_key"`
	ID         string `path:"id"`
	web.PageInput
}

func (s *Service) serveList(ctx context.Context, in *listInput) (*pageOutput[Asset], error) {
	filter := Filter{in.Type, in.Group, in.Registration, in.VIN, in.Tracker, in.Search}
	assets, total, err := s.List(ctx, bearer.AccountID(ctx), filter, in.PageInput)
	if err != nil {
		return nil, err
	}
	query := queryOf("type", in.Type, "group", in.Group, "registration", in.Registration, "vin", in.VIN, "tracker", in.Tracker, "search", in.Search)
	return &pageOutput[Asset]{web.NewPage(assets, total, in.PageInput, s.url(in.AccountKey, "asset"), query)}, nil
}

func (s *Service) serveCreate(ctx context.Context, in *createAssetInput) (*web.Made[Asset], error) {
	b := in.Body
	asset, err := s.Create(ctx, bearer.AccountID(ctx), Draft{Name: b.Name, Type: b.Type.value, Group: b.Group.value,
		Registration: b.Registration.value, VIN: b.VIN.value, Tracker: b.Tracker.value})
	if err != nil {
		return nil, err
	}
	tag, err := web.LiveTag(asset.Version, asset)
	return &web.Made[Asset]{Location: s.url(in.AccountKey, "asset/%d", asset.ID), ETag: tag, Body: web.Record[Asset]{Data: *asset}}, err
}

func (s *Service) serveFind(ctx context.Context, in *findInput) (*web.Tagged[Asset], error) {
	id, err := ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	out, err := answer(s.Find(ctx, bearer.AccountID(ctx), id))
	if err != nil {
		return nil, err
	}
	return out.Unless(in.Revalidation), nil
}

func (s *Service) serveUpdate(ctx context.Context, in *updateAssetInput) (*web.Tagged[Asset], error) {
	id, err := ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	return answer(s.Update(ctx, bearer.AccountID(ctx), id, Change{Name: b.Name.change(), Type: b.Type.change(), Group: b.Group.change(),
		Registration: b.Registration.change(), VIN: b.VIN.change(), Tracker: b.Tracker.change(), If: in.Precondition, Move: in.Move}))
}

func (s *Service) serveDelete(ctx context.Context, in *deleteInput) (*struct{}, error) {
	id, err := ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.DeleteIf(ctx, bearer.AccountID(ctx), id, in.Precondition)
}

func answer(asset *Asset, err error) (*web.Tagged[Asset], error) {
	if err != nil {
		return nil, err
	}
	tag, err := web.LiveTag(asset.Version, asset)
	return web.NewTagged(*asset, tag), err
}

func (s *Service) serveTrackers(ctx context.Context, in *trackersInput) (*pageOutput[Binding], error) {
	id, err := ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	bindings, total, err := s.Trackers(ctx, bearer.AccountID(ctx), id, in.PageInput)
	if err != nil {
		return nil, err
	}
	return &pageOutput[Binding]{web.NewPage(bindings, total, in.PageInput, s.url(in.AccountKey, "asset/%d/tracker", id), queryOf())}, nil
}
