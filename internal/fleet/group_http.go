package fleet

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

// documentRecord describes the path parameter id of a record that isn't an asset, as DocumentID does.
func documentRecord(description string) func(*huma.Operation, huma.Registry) {
	return func(op *huma.Operation, _ huma.Registry) { documentNumber(op, "id", description) }
}

func documentNumber(op *huma.Operation, name, description string) {
	op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "path", Required: true,
		Description: description, Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}, Example: 7})
}

func created(op *huma.Operation, _ huma.Registry) { op.DefaultStatus = http.StatusCreated }

// url is the absolute URL of what stands at path in an account's API.
func (s *Service) url(accountKey, path string, args ...any) string {
	return s.baseURL + "/api/" + accountKey + "/" + fmt.Sprintf(path, args...)
}

// queryOf is the query of a list's filters, as its links repeat it: name, value, name, value …
func queryOf(pairs ...string) url.Values {
	query := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	return query
}

type pageOutput[T any] struct{ Body web.Page[T] }

// tagged answers a record that only its own changes change, unless the caller has it.
func tagged[T any](record T, version int64, err error, has web.Revalidation) (*web.Tagged[T], error) {
	if err != nil {
		return nil, err
	}
	return web.NewTagged(record, web.Tag(version)).Unless(has), nil
}

func (s *Service) groupRoutes(r *web.Router) {
	read := web.Access{Scope: "read:assets", Role: "viewer"}
	write := web.Access{Scope: "write:assets", Role: "manager"}
	const all, one, tag = web.AccountPrefix + "group", web.AccountPrefix + "group/{id}", "Groups"
	document := documentRecord("The group's id.")

	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: read, ID: "list-groups", Tag: tag,
		Summary: "List groups", Description: "The groups of the account's assets. A member who is limited to some sees those."}, s.serveGroups)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: all, Access: write, ID: "create-group", Tag: tag,
		Summary: "Make a group", Description: "Makes an empty group. Giving an asset a group that isn't there makes it too.", Document: created}, s.serveCreateGroup)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: read, ID: "get-group", Tag: tag,
		Summary: "Read a group", Description: "One group.", Document: document}, s.serveGroup)
	web.Operation(r, web.Route{Method: http.MethodPatch, Pattern: one, Access: write, ID: "rename-group", Tag: tag,
		Summary:     "Rename a group",
		Description: "Renames the group, also in its assets, in the limits of members and in invitations: all see the same assets as before.",
		Document:    document}, s.serveRenameGroup)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: one, Access: write, ID: "delete-group", Tag: tag,
		Summary: "Delete a group", Description: "Deletes a group that has no assets.", Document: document}, s.serveDeleteGroup)
}

type groupsInput struct {
	AccountKey string `path:"account_key"`
	web.PageInput
	Search string `query:"search" maxLength:"200" doc:"Only groups whose name contains this text. Latin letters match whatever their case."`
}

// GroupBody is what is given of a group.
type GroupBody struct {
	Name string `json:"name" doc:"1 to 100 characters, unique in the account." example:"North depot"`
}

type createGroupInput struct {
	AccountKey string `path:"account_key"`
	Body       GroupBody
}

type renameGroupInput struct {
	ID string `path:"id"`
	web.Precondition
	Body GroupBody
}

func (s *Service) serveGroups(ctx context.Context, in *groupsInput) (*pageOutput[Group], error) {
	groups, total, err := s.ListGroups(ctx, bearer.AccountID(ctx), in.Search, in.PageInput)
	if err != nil {
		return nil, err
	}
	return &pageOutput[Group]{web.NewPage(groups, total, in.PageInput, s.url(in.AccountKey, "group"), queryOf("search", in.Search))}, nil
}

// taggedGroup answers a group: how many assets it has changes without it.
func taggedGroup(g Group, err error, has web.Revalidation) (*web.Tagged[Group], error) {
	if err != nil {
		return nil, err
	}
	tag, err := web.LiveTag(g.Version, g)
	return web.NewTagged(g, tag).Unless(has), err
}

func (s *Service) serveCreateGroup(ctx context.Context, in *createGroupInput) (*web.Made[Group], error) {
	g, err := s.CreateGroup(ctx, bearer.AccountID(ctx), in.Body.Name)
	if err != nil {
		return nil, err
	}
	tag, err := web.LiveTag(g.Version, g)
	return &web.Made[Group]{Location: s.url(in.AccountKey, "group/%d", g.ID), ETag: tag, Body: web.Record[Group]{Data: g}}, err
}

func (s *Service) serveGroup(ctx context.Context, in *findInput) (*web.Tagged[Group], error) {
	id, err := web.ParseID(in.ID, "Group")
	if err != nil {
		return nil, err
	}
	g, err := s.FindGroup(ctx, bearer.AccountID(ctx), id)
	return taggedGroup(g, err, in.Revalidation)
}

func (s *Service) serveRenameGroup(ctx context.Context, in *renameGroupInput) (*web.Tagged[Group], error) {
	id, err := web.ParseID(in.ID, "Group")
	if err != nil {
		return nil, err
	}
	g, err := s.RenameGroup(ctx, bearer.AccountID(ctx), id, in.Body.Name, in.Precondition)
	return taggedGroup(g, err, web.Revalidation{})
}

func (s *Service) serveDeleteGroup(ctx context.Context, in *deleteInput) (*struct{}, error) {
	id, err := web.ParseID(in.ID, "Group")
	if err != nil {
		return nil, err
	}
	return nil, s.DeleteGroup(ctx, bearer.AccountID(ctx), id, in.Precondition)
}
