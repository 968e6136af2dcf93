package geofence

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

// Routes declares the room's routes.
func (s *Service) Routes(r *web.Router) {
	read := web.Access{Scope: "read:geofences", Role: "viewer"}
	write := web.Access{Scope: "write:geofences", Role: "manager"}
	const all, one, tag = web.AccountPrefix + "geofence", web.AccountPrefix + "geofence/{id}", "Geofences"

	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: read, ID: "list-geofences", Tag: tag,
		Summary: "List geofences", Description: "The account's geofences; with format=geojson a page of them as a FeatureCollection.", Document: documentList}, s.serveList)
	r.Handle(web.Route{Method: http.MethodPost, Pattern: all, Access: write, ID: "create-geofence", Tag: tag, MaxBody: maxBody,
		Summary: "Create geofences", Description: createDescription, Document: documentCreate}, http.HandlerFunc(s.serveCreate))
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: read, ID: "get-geofence", Tag: tag,
		Summary: "Read a geofence", Description: "One geofence, with its geometry.", Document: documentID}, s.serveFind)
	web.Operation(r, web.Route{Method: http.MethodPatch, Pattern: one, Access: write, ID: "update-geofence", Tag: tag,
		Summary:     "Change a geofence",
		Description: "Changes the fields that are given; null clears one. Where its shape, dwell or assets change, or it is switched on, it concludes nothing for positions before.",
		Document:    documentID}, s.serveUpdate)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: one, Access: write, ID: "delete-geofence", Tag: tag,
		Summary: "Delete a geofence", Description: "Its events stay in the histories of the assets. This can't be undone.", Document: documentID}, s.serveDelete)
	s.eventRoutes(r)
}

type listInput struct {
	AccountKey string `path:"account_key"`
	web.PageInput
	Category string `query:"category" doc:"Only geofences of this category."`
	Shape    string `query:"shape" enum:"circle,polygon,corridor" doc:"Only geofences of this shape."`
	Active   string `query:"active" enum:"true,false" doc:"Only those that are switched on, or off."`
	Search   string `query:"search" maxLength:"200" doc:"Only geofences whose name contains this text. Latin letters match whatever their case."`
	Format   string `query:"format" enum:"json,geojson" default:"json" doc:"The shape of the answer."`
}

func (s *Service) listURL(accountKey string) string {
	return s.baseURL + "/api/" + accountKey + "/geofence"
}

// serveList answers in one of two shapes, so it writes the body itself.
func (s *Service) serveList(ctx context.Context, in *listInput) (*huma.StreamResponse, error) {
	list, total, err := s.store.list(ctx, bearer.AccountID(ctx), Filter{in.Category, in.Shape, in.Active, in.Search}, in.PageInput)
	if err != nil {
		return nil, err
	}
	query := url.Values{}
	for _, q := range [...][2]string{{"category", in.Category}, {"shape", in.Shape}, {"active", in.Active}, {"search", in.Search}} {
		if q[1] != "" {
			query.Set(q[0], q[1])
		}
	}
	contentType, next := "application/json", ""
	var content any
	if in.Format == "geojson" {
		query.Set("format", in.Format)
		contentType, content = "application/geo+json", collectionOf(list)
	}
	page := web.NewPage(list, total, in.PageInput, s.listURL(in.AccountKey), query)
	if content == nil {
		content = page
	} else if page.Links.Next != nil {
		next = "<" + *page.Links.Next + `>; rel="next"`
	}
	body, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		if next != "" {
			c.SetHeader("Link", next)
		}
		c.SetHeader("Content-Type", contentType)
		c.SetStatus(http.StatusOK)
		_, _ = c.BodyWriter().Write(body)
	}}, nil
}

// maxBody is the largest body of new geofences: 8 MiB.
const maxBody = 8 << 20

func (s *Service) serveCreate(w http.ResponseWriter, r *http.Request) {
	if err := s.answerCreate(w, r); err != nil {
		web.WriteError(w, r, err)
	}
}

func (s *Service) answerCreate(w http.ResponseWriter, r *http.Request) error {
	body, err := web.ReadBody(r.Body)
	if err != nil {
		return err
	}
	made, several, err := s.Import(r.Context(), bearer.AccountID(r.Context()), body)
	if err != nil {
		return err
	}
	if several {
		web.WriteJSON(w, http.StatusCreated, Imported{Data: made})
		return nil
	}
	tag, err := web.LiveTag(made[0].Version, made[0])
	if err != nil {
		return err
	}
	w.Header().Set("ETag", tag)
	w.Header().Set("Location", fmt.Sprintf("%s/%d", s.listURL(url.PathEscape(r.PathValue("account_key"))), made[0].ID))
	web.WriteJSON(w, http.StatusCreated, web.Record[Geofence]{Data: made[0]})
	return nil
}

// Import makes the geofences of a body: one as its fields or as a GeoJSON feature, or those of a feature collection, which
// several tells.
func (s *Service) Import(ctx context.Context, accountID int64, body []byte) (made []Geofence, several bool, err error) {
	list, prefix, err := readNew(body)
	if err != nil {
		return nil, false, err
	}
	made, err = s.Create(ctx, accountID, prefix, list)
	return made, prefix != "", err
}

// Imported are the geofences that were made of a feature collection, in its order.
type Imported struct {
	Data []Geofence `json:"data"`
}

type findInput struct {
	ID string `path:"id"`
	web.Revalidation
}

type deleteInput struct {
	ID string `path:"id"`
	web.Precondition
}

type updateInput struct {
	ID string `path:"id"`
	web.Precondition
	Body Fields
}

func (s *Service) serveFind(ctx context.Context, in *findInput) (*web.Tagged[Geofence], error) {
	id, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	g, err := s.Find(ctx, bearer.AccountID(ctx), id)
	return answer(g, err, in.Revalidation)
}

func (s *Service) serveUpdate(ctx context.Context, in *updateInput) (*web.Tagged[Geofence], error) {
	id, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	g, err := s.Update(ctx, bearer.AccountID(ctx), id, in.Body, in.Precondition)
	return answer(g, err, web.Revalidation{})
}

func (s *Service) serveDelete(ctx context.Context, in *deleteInput) (*struct{}, error) {
	id, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.Delete(ctx, bearer.AccountID(ctx), id, in.Precondition)
}

// answer answers a geofence, unless the caller has it. What it applies to depends on who asks, and changes with the assets that
// are deleted.
func answer(g *Geofence, err error, has web.Revalidation) (*web.Tagged[Geofence], error) {
	if err != nil {
		return nil, err
	}
	tag, err := web.LiveTag(g.Version, *g)
	return web.NewTagged(*g, tag).Unless(has), err
}
