package credential

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// passportRoutes declares the routes that programs written for Laravel Passport know: the caller's own API keys in the
// account that the calling credential belongs to, in Passport's JSON.
func (s *Service) passportRoutes(r *web.Router) {
	access := web.Access{Scope: bearer.ManageCredentials}
	const all, tag = "/oauth/personal-access-tokens", "API keys"
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: access, ID: "list-personal-access-tokens", Tag: tag,
		Summary: "List API keys, as Laravel Passport does", Description: "The caller's own keys in the account of the calling credential. Revoked ones are left out."}, s.servePassportList)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: all, Access: access, ID: "create-personal-access-token", Tag: tag,
		Summary: "Make an API key, as Laravel Passport does", Description: "accessToken is the key, in this answer alone."}, s.servePassportCreate)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: all + "/{id}", Access: access, ID: "delete-personal-access-token", Tag: tag,
		Summary: "Revoke an API key, as Laravel Passport does", Description: "The key is refused from the next request on, for good.",
		Document: func(op *huma.Operation, _ huma.Registry) {
			op.Parameters = append(op.Parameters, &huma.Param{Name: "id", In: "path", Required: true, Description: "The key's id.", Schema: &huma.Schema{Type: huma.TypeString}, Example: "7"})
		}}, s.servePassportDelete)
}

// PassportToken is an API key in Passport's words.
type PassportToken struct {
	ID        string     `json:"id"`
	UserID    int64      `json:"user_id"`
	ClientID  *string    `json:"client_id" doc:"Always null: an API key belongs to no client."`
	Name      string     `json:"name"`
	Scopes    []string   `json:"scopes"`
	Revoked   bool       `json:"revoked"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
	ExpiresAt *time.Time `json:"expires_at"`
}

func passportToken(k Key) PassportToken {
	return PassportToken{ID: strconv.FormatInt(k.ID, 10), UserID: k.UserID, Name: k.Name, Scopes: k.Scopes.Names(), Revoked: !k.RevokedAt.IsZero(),
		CreatedAt: k.CreatedAt, UpdatedAt: k.CreatedAt, ExpiresAt: optional(k.ExpiresAt)}
}

// passportKeys bounds the list, which Passport doesn't page.
const passportKeys = 1000

type passportListOutput struct{ Body []PassportToken }

func (s *Service) servePassportList(ctx context.Context, _ *struct{}) (*passportListOutput, error) {
	p := bearer.PrincipalOf(ctx)
	keys, _, err := s.KeysPage(ctx, p.Home, p.UserID, 0, passportKeys)
	if err != nil {
		return nil, err
	}
	tokens := []PassportToken{}
	for _, k := range keys {
		if k.RevokedAt.IsZero() {
			tokens = append(tokens, passportToken(k))
		}
	}
	return &passportListOutput{tokens}, nil
}

// PassportRequest is what Passport takes.
type PassportRequest struct {
	Name   string   `json:"name" doc:"1 to 200 characters."`
	Scopes []string `json:"scopes,omitempty" maxItems:"50" doc:"All that the caller has if left out."`
}

// PassportAnswer is what Passport gives.
type PassportAnswer struct {
	AccessToken string        `json:"accessToken" doc:"The key. Keep it now: it is not shown again."`
	Token       PassportToken `json:"token"`
}

type passportCreateInput struct{ Body PassportRequest }

type passportCreateOutput struct{ Body PassportAnswer }

func (s *Service) servePassportCreate(ctx context.Context, in *passportCreateInput) (*passportCreateOutput, error) {
	p := bearer.PrincipalOf(ctx)
	if !reads(p) {
		return nil, fault.New(fault.Forbidden, "This action is unauthorized.")
	}
	scopes, err := scopesOf(p, in.Body.Scopes)
	if err != nil {
		return nil, err
	}
	expires, err := s.DefaultExpiry(ctx, p.Home)
	if err != nil {
		return nil, err
	}
	k, text, err := s.CreateKey(ctx, Key{AccountID: p.Home, UserID: p.UserID, Name: in.Body.Name, Scopes: scopes, ExpiresAt: expires})
	if err != nil {
		return nil, err
	}
	return &passportCreateOutput{PassportAnswer{text, passportToken(k)}}, nil
}

// reads reports whether the caller's role at home is one that has API keys.
func reads(p *bearer.Principal) bool {
	for _, m := range p.Accounts {
		if m.AccountID == p.Home {
			return m.Role >= bearer.Viewer
		}
	}
	return false
}

type passportDeleteInput struct {
	ID string `path:"id"`
}

func (s *Service) servePassportDelete(ctx context.Context, in *passportDeleteInput) (*struct{}, error) {
	id, err := web.ParseID(in.ID, "API key")
	if err != nil {
		return nil, err
	}
	return nil, s.RevokeKey(ctx, bearer.PrincipalOf(ctx).Home, id)
}
