package session

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// Routes declares the room's routes of the API: how a program asks people into an account, and how a page gets a token for who is
// signed in. Signing in is the dashboard's.
func (s *Service) Routes(r *web.Router) {
	s.pageTokenRoute(r)
	access := web.Access{Scope: bearer.ManageCredentials, Role: "admin"}
	const all, tag = web.AccountPrefix + "invitation", "Members"
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: web.AccountPrefix + "member", Access: access, ID: "invite-member", Tag: tag,
		Summary:     "Invite a member",
		Description: "Makes a one-time link that makes its reader a member of the account. It is mailed where the server has a mail server; invitation_url stands in this answer alone.",
		Document:    func(op *huma.Operation, _ huma.Registry) { op.DefaultStatus = http.StatusCreated }}, s.serveInvite)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: access, ID: "list-invitations", Tag: tag,
		Summary: "List invitations", Description: "Those that wait to be accepted."}, s.serveInvitations)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: all + "/{id}", Access: access, ID: "revoke-invitation", Tag: tag,
		Summary: "Revoke an invitation", Description: "Its link leads nowhere from now on.", Document: func(op *huma.Operation, _ huma.Registry) {
			op.Parameters = append(op.Parameters, &huma.Param{Name: "id", In: "path", Required: true, Description: "The invitation's id.",
				Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}, Example: 7})
		}}, s.serveRevokeInvitation)
}

// InvitationRecord is an invitation as the API tells of one.
type InvitationRecord struct {
	ID        int64             `json:"id"`
	Email     string            `json:"email" format:"email"`
	Name      string            `json:"name"`
	Role      string            `json:"role" enum:"admin,manager,viewer,driver"`
	LimitedTo *account.PartBody `json:"limited_to" doc:"The part of the account's assets that the member will see; null for all."`
	CreatedAt time.Time         `json:"created_at"`
	ExpiresAt time.Time         `json:"expires_at"`
}

// TransformSchema says that limited_to may be null, which the tags of a struct can't.
func (InvitationRecord) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return web.OrNull(s, "limited_to")
}

// MadeInvitation is the answer to the making of one: the one time that its link is shown.
type MadeInvitation struct {
	Email         string `json:"email" format:"email"`
	Role          string `json:"role" enum:"admin,manager,viewer,driver"`
	InvitationURL string `json:"invitation_url" format:"uri" doc:"Hand it to the person, if no mail server does: it is not shown again."`
}

type inviteInput struct {
	AccountKey string `path:"account_key"`
	Body       struct {
		Email     string            `json:"email" example:"driver@example.com"`
		Name      string            `json:"name,omitempty" doc:"1 to 200 characters; the person can choose another."`
		Role      string            `json:"role" enum:"admin,manager,viewer,driver"`
		LimitedTo *account.PartBody `json:"limited_to,omitempty" doc:"The part of the account's assets that the member will see; all if left out."`
	}
}

type inviteOutput struct{ Body web.Record[MadeInvitation] }

func (s *Service) serveInvite(ctx context.Context, in *inviteInput) (*inviteOutput, error) {
	role, err := bearer.ParseRole(in.Body.Role)
	if err != nil {
		return nil, fault.InvalidField("role", "The role must be admin, manager, viewer or driver.")
	}
	if err := bearer.PrincipalOf(ctx).MayAppoint(); err != nil {
		return nil, err
	}
	link, err := s.Invite(ctx, Invitation{AccountID: bearer.AccountID(ctx), Email: in.Body.Email, Name: in.Body.Name, Role: role, Part: in.Body.LimitedTo.PartOf()})
	if err != nil {
		return nil, err
	}
	return &inviteOutput{web.Record[MadeInvitation]{Data: MadeInvitation{in.Body.Email, role.String(), link}}}, nil
}

type invitationsInput struct {
	AccountKey string `path:"account_key"`
	web.PageInput
}

type invitationsOutput struct{ Body web.Page[InvitationRecord] }

func (s *Service) serveInvitations(ctx context.Context, in *invitationsInput) (*invitationsOutput, error) {
	if _, _, err := in.Order(map[string]string{"id": "id"}, "id"); err != nil {
		return nil, err
	}
	list, err := s.Invitations(ctx, bearer.AccountID(ctx))
	if err != nil {
		return nil, err
	}
	data := []InvitationRecord{}
	for _, one := range list[min(in.Offset(), len(list)):min(in.Offset()+in.PerPage, len(list))] {
		data = append(data, InvitationRecord{one.ID, one.Email, one.Name, one.Role.String(), account.BodyOf(one.Part), one.CreatedAt, one.ExpiresAt})
	}
	return &invitationsOutput{web.NewPage(data, len(list), in.PageInput, s.opt.PublicURL+"/api/"+in.AccountKey+"/invitation", url.Values{})}, nil
}

type invitationInput struct {
	ID string `path:"id"`
}

func (s *Service) serveRevokeInvitation(ctx context.Context, in *invitationInput) (*struct{}, error) {
	id, err := web.ParseID(in.ID, "Invitation")
	if err != nil {
		return nil, err
	}
	return nil, s.RevokeInvitation(ctx, bearer.AccountID(ctx), id)
}
