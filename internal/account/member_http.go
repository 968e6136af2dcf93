package account

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// memberRoutes declares the routes of members. Inviting one is the session room's.
func (s *Service) memberRoutes(r *web.Router) {
	access := web.Access{Scope: bearer.ManageCredentials, Role: "admin"}
	const all, one, tag = web.AccountPrefix + "member", web.AccountPrefix + "member/{id}", "Members"
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: access, ID: "list-members", Tag: tag,
		Summary: "List members", Description: "The people with a role in the account."}, s.serveMembers)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: access, ID: "get-member", Tag: tag,
		Summary: "Read a member", Description: "One member, with their role and what they see.", Document: documentUserID}, s.serveMember)
	web.Operation(r, web.Route{Method: http.MethodPatch, Pattern: one, Access: access, ID: "update-member", Tag: tag,
		Summary: "Change a member's role", Document: documentUserID,
		Description: "Changes the fields that are given. limited_to null lets the member see all assets. In force on the next request of everything that the member has."}, s.serveSetRole)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: one, Access: access, ID: "delete-member", Tag: tag,
		Summary: "Remove a member", Document: documentUserID,
		Description: "Takes the person's role in the account away, and with it the life of all credentials that they made in it."}, s.serveRemove)
}

func documentUserID(op *huma.Operation, _ huma.Registry) {
	op.Parameters = append(op.Parameters, &huma.Param{Name: "id", In: "path", Required: true,
		Description: "The user's id.", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}, Example: 7})
}

// MemberRecord is a member as the API tells of one.
type MemberRecord struct {
	ID        int64     `json:"id" doc:"The user's id."`
	Name      string    `json:"name"`
	Email     string    `json:"email" format:"email"`
	Role      string    `json:"role" enum:"admin,manager,viewer,driver"`
	LimitedTo *PartBody `json:"limited_to" doc:"The part of the account's assets that the member sees; null for all."`
	Suspended bool      `json:"suspended" doc:"Whether the person is suspended in every account."`
	Since     time.Time `json:"since"`
}

// TransformSchema says that limited_to may be null, which the tags of a struct can't.
func (MemberRecord) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return web.OrNull(s, "limited_to")
}

// PartBody is a bearer.Part on the wire: the assets of these groups, and these assets.
type PartBody struct {
	Groups []string `json:"groups" maxItems:"100"`
	Assets []int64  `json:"assets" maxItems:"1000"`
}

// PartOf turns a body into what is stored; nil stays nil.
func (b *PartBody) PartOf() *bearer.Part {
	if b == nil {
		return nil
	}
	return &bearer.Part{Groups: b.Groups, Assets: b.Assets}
}

// BodyOf turns what is stored into a body; nil stays nil.
func BodyOf(p *bearer.Part) *PartBody {
	if p == nil {
		return nil
	}
	return &PartBody{Groups: append([]string{}, p.Groups...), Assets: append([]int64{}, p.Assets...)}
}

func recordOf(m Member) MemberRecord {
	return MemberRecord{ID: m.UserID, Name: m.Name, Email: m.Email, Role: m.Role.String(), LimitedTo: BodyOf(m.Part), Suspended: m.Suspended, Since: m.Since}
}

type membersInput struct {
	AccountKey string `path:"account_key"`
	web.PageInput
}

type membersOutput struct{ Body web.Page[MemberRecord] }

type memberInput struct {
	ID string `path:"id"`
}

type changeInput struct {
	ID   string `path:"id"`
	Body MemberChange
}

type memberOutput struct{ Body web.Record[MemberRecord] }

func (s *Service) serveMembers(ctx context.Context, in *membersInput) (*membersOutput, error) {
	if _, _, err := in.Order(map[string]string{"id": "id"}, "id"); err != nil {
		return nil, err
	}
	members, err := s.Members(ctx, bearer.AccountID(ctx))
	if err != nil {
		return nil, err
	}
	data := []MemberRecord{}
	for _, m := range members[min(in.Offset(), len(members)):min(in.Offset()+in.PerPage, len(members))] {
		data = append(data, recordOf(m))
	}
	return &membersOutput{web.NewPage(data, len(members), in.PageInput, s.baseURL+"/api/"+in.AccountKey+"/member", url.Values{})}, nil
}

func (s *Service) serveMember(ctx context.Context, in *memberInput) (*memberOutput, error) {
	id, err := web.ParseID(in.ID, "Member")
	if err != nil {
		return nil, err
	}
	m, err := s.FindMember(ctx, bearer.AccountID(ctx), id)
	if err != nil {
		return nil, err
	}
	return &memberOutput{web.Record[MemberRecord]{Data: recordOf(m)}}, nil
}

// MemberChange is what a member's record can be changed to.
type MemberChange struct {
	Role      string              `json:"role,omitempty" enum:"admin,manager,viewer,driver"`
	LimitedTo web.Maybe[PartBody] `json:"limited_to,omitzero" doc:"The part of the account's assets that the member sees; null for all."`
}

func (s *Service) serveSetRole(ctx context.Context, in *changeInput) (*memberOutput, error) {
	id, err := web.ParseID(in.ID, "Member")
	if err != nil {
		return nil, err
	}
	if err := bearer.PrincipalOf(ctx).MayAppoint(); err != nil {
		return nil, err
	}
	accountID := bearer.AccountID(ctx)
	m, err := s.FindMember(ctx, accountID, id)
	if err != nil {
		return nil, err
	}
	if in.Body.Role != "" {
		if m.Role, err = bearer.ParseRole(in.Body.Role); err != nil {
			return nil, fault.InvalidField("role", "The role must be admin, manager, viewer or driver.")
		}
	}
	if in.Body.LimitedTo.Given {
		m.Part = in.Body.LimitedTo.Value.PartOf()
	}
	if err := s.SetRole(ctx, accountID, id, m.Role, m.Part); err != nil {
		return nil, err
	}
	return s.serveMember(ctx, &memberInput{in.ID})
}

func (s *Service) serveRemove(ctx context.Context, in *memberInput) (*struct{}, error) {
	id, err := web.ParseID(in.ID, "Member")
	if err != nil {
		return nil, err
	}
	return nil, s.RemoveMember(ctx, bearer.AccountID(ctx), id)
}
