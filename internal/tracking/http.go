package tracking

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

const tag = "Tracking links"

// Routes declares the room's routes of the API. There are no scopes for links. Who reads one can follow its assets, so reading takes
// read:positions; making one changes what is known of assets outside, which takes write:assets, and read:positions too.
func (s *Service) Routes(r *web.Router) {
	read := web.Access{Scope: "read:positions", Role: "viewer"}
	write := web.Access{Scope: "write:assets", Role: "manager"}
	const all, one = web.AccountPrefix + "tracking-link", web.AccountPrefix + "tracking-link/{id}"

	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: read, ID: "list-tracking-links", Tag: tag,
		Summary: "List tracking links", Description: "Links that show nothing but assets that the caller sees."}, s.serveList)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: all, Access: write, ID: "create-tracking-link", Tag: tag,
		Summary:     "Make a tracking link",
		Description: "Whoever has its url follows these assets until the link ends, without credentials. It also takes the scope read:positions.",
		Document:    func(op *huma.Operation, _ huma.Registry) { op.DefaultStatus = http.StatusCreated }}, s.serveCreate)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: read, ID: "get-tracking-link", Tag: tag,
		Summary: "Read a tracking link", Description: "One link, with what it shows, and until when.", Document: documentID}, s.serveFind)
	web.Operation(r, web.Route{Method: http.MethodPatch, Pattern: one, Access: write, ID: "update-tracking-link", Tag: tag,
		Summary:     "Change a tracking link",
		Description: "Changes the fields that are given, at once for all who follow it. Another PIN ends their sessions. It also takes the scope read:positions.",
		Document:    documentID}, s.serveUpdate)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: one + "/revoke", Access: write, ID: "revoke-tracking-link", Tag: tag,
		Summary: "Revoke a tracking link", Description: "Ends it at once and for good. The public is told that it was revoked.", Document: documentID}, s.serveRevoke)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: one, Access: write, ID: "delete-tracking-link", Tag: tag,
		Summary: "Delete a tracking link", Description: "Ends it at once, as if it had never been.", Document: documentID}, s.serveDelete)
	s.publicRoutes(r)
}

// documentID describes the path parameter id as the integer that it is. To the decoder it is a text, because one that is no integer is
// a link that doesn't exist, not an invalid request.
func documentID(op *huma.Operation, _ huma.Registry) {
	op.Parameters = append(op.Parameters, &huma.Param{Name: "id", In: "path", Required: true, Description: "The link's id.",
		Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}, Example: 3})
}

// TrackingLink is a link as the API tells of one.
type TrackingLink struct {
	ID          int64        `json:"id" example:"3"`
	Name        string       `json:"name" example:"Delivery 4711"`
	URL         *string      `json:"url" doc:"Where the public follows it; null for who is no manager or admin." example:"https://iot.example.com/t/…"`
	AssetIDs    []int64      `json:"asset_ids" example:"[7]"`
	From        time.Time    `json:"from"`
	Until       time.Time    `json:"until"`
	Access      string       `json:"access" enum:"open,pin" doc:"Whether it asks for a PIN."`
	Show        string       `json:"show" enum:"position,trail,arrival"`
	Destination *Destination `json:"destination,omitempty" doc:"Left out unless the link shows an arrival."`
	Status      string       `json:"status" enum:"pending,active,expired,revoked" doc:"pending before from. A link whose assets are all deleted is revoked."`
	CreatedBy   *int64       `json:"created_by" doc:"The user's id."`
	CreatedAt   time.Time    `json:"created_at"`
	UpdatedAt   time.Time    `json:"updated_at"`
	RevokedAt   *time.Time   `json:"revoked_at"`
}

// record is the link as the caller may see it. The address is enough to follow the assets, for ever so many people: it is for those
// who may make links.
func (s *Service) record(ctx context.Context, l *Link) TrackingLink {
	out := TrackingLink{ID: l.ID, Name: l.Name, AssetIDs: l.Assets, From: l.From, Until: l.Until, Access: l.Access(), Show: l.Show, Destination: l.Destination,
		Status: l.Status(s.opt.Now()), CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt}
	if p := bearer.CallerOf(ctx); l.Token != "" && (p == nil || p.Account.Role >= bearer.Manager) {
		address := s.URL(l)
		out.URL = &address
	}
	if l.CreatedBy != 0 {
		out.CreatedBy = &l.CreatedBy
	}
	if !l.RevokedAt.IsZero() {
		out.RevokedAt = &l.RevokedAt
	}
	return out
}

type listInput struct {
	AccountKey string `path:"account_key"`
	web.PageInput
	AssetID int64 `query:"asset_id" minimum:"1" doc:"Only links that show this asset."`
}

type listOutput struct{ Body web.Page[TrackingLink] }

type createInput struct {
	AccountKey string `path:"account_key"`
	Body       LinkFields
}

type findInput struct {
	ID string `path:"id"`
	web.Revalidation
}

type changeInput struct {
	ID string `path:"id"`
	web.Precondition
}

type updateInput struct {
	ID string `path:"id"`
	web.Precondition
	Body LinkFields
}

func (s *Service) listURL(accountKey string) string {
	return s.opt.PublicURL + "/api/" + accountKey + "/tracking-link"
}

func (s *Service) serveList(ctx context.Context, in *listInput) (*listOutput, error) {
	links, total, err := s.List(ctx, bearer.AccountID(ctx), in.AssetID, in.PageInput)
	if err != nil {
		return nil, err
	}
	data := make([]TrackingLink, len(links))
	for i, l := range links {
		data[i] = s.record(ctx, l)
	}
	query := url.Values{}
	if in.AssetID != 0 {
		query.Set("asset_id", strconv.FormatInt(in.AssetID, 10))
	}
	return &listOutput{web.NewPage(data, total, in.PageInput, s.listURL(in.AccountKey), query)}, nil
}

func (s *Service) serveCreate(ctx context.Context, in *createInput) (*web.Made[TrackingLink], error) {
	l, err := s.Create(ctx, bearer.AccountID(ctx), in.Body)
	if err != nil {
		return nil, err
	}
	shown := s.record(ctx, l)
	etag, err := web.LiveTag(l.Version, shown)
	return &web.Made[TrackingLink]{Location: fmt.Sprintf("%s/%d", s.listURL(in.AccountKey), l.ID), ETag: etag, Body: web.Record[TrackingLink]{Data: shown}}, err
}

func (s *Service) serveFind(ctx context.Context, in *findInput) (*web.Tagged[TrackingLink], error) {
	id, err := web.ParseID(in.ID, "Tracking link")
	if err != nil {
		return nil, err
	}
	l, err := s.Find(ctx, bearer.AccountID(ctx), id)
	return s.answer(ctx, l, err, in.Revalidation)
}

func (s *Service) serveUpdate(ctx context.Context, in *updateInput) (*web.Tagged[TrackingLink], error) {
	id, err := web.ParseID(in.ID, "Tracking link")
	if err != nil {
		return nil, err
	}
	l, err := s.Update(ctx, bearer.AccountID(ctx), id, in.Body, in.Precondition)
	return s.answer(ctx, l, err, web.Revalidation{})
}

func (s *Service) serveRevoke(ctx context.Context, in *changeInput) (*web.Tagged[TrackingLink], error) {
	id, err := web.ParseID(in.ID, "Tracking link")
	if err != nil {
		return nil, err
	}
	l, err := s.Revoke(ctx, bearer.AccountID(ctx), id, in.Precondition)
	return s.answer(ctx, l, err, web.Revalidation{})
}

func (s *Service) serveDelete(ctx context.Context, in *changeInput) (*struct{}, error) {
	id, err := web.ParseID(in.ID, "Tracking link")
	if err != nil {
		return nil, err
	}
	return nil, s.Delete(ctx, bearer.AccountID(ctx), id, in.Precondition)
}

// answer answers a link, unless the caller has it. Its status changes with time, and its assets as they are deleted.
func (s *Service) answer(ctx context.Context, l *Link, err error, has web.Revalidation) (*web.Tagged[TrackingLink], error) {
	if err != nil {
		return nil, err
	}
	shown := s.record(ctx, l)
	etag, err := web.LiveTag(l.Version, shown)
	return web.NewTagged(shown, etag).Unless(has), err
}
