package credential

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

// keyRoutes declares the routes of API keys. Every member who may read has keys; an admin sees everybody's.
func (s *Service) keyRoutes(r *web.Router) {
	access := web.Access{Scope: bearer.ManageCredentials, Role: "viewer"}
	const all, one, tag = web.AccountPrefix + "api-key", web.AccountPrefix + "api-key/{id}", "API keys"
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: access, ID: "list-api-keys", Tag: tag,
		Summary: "List API keys", Description: "The caller's keys in the account, or everybody's for an admin; the newest first, revoked ones too. No key is ever shown again."}, s.serveKeys)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: all, Access: access, ID: "create-api-key", Tag: tag,
		Summary:     "Make an API key",
		Description: "Makes a key in the caller's name, no stronger than the calling credential. key stands in this answer alone.",
		Document:    func(op *huma.Operation, _ huma.Registry) { op.DefaultStatus = http.StatusCreated }}, s.serveCreateKey)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: one, Access: access, ID: "revoke-api-key", Tag: tag,
		Summary: "Revoke an API key", Description: "For good, from the next request on. Revoking one again changes nothing.",
		Document: func(op *huma.Operation, _ huma.Registry) { documentNumber(op, "The key's id.") }}, s.serveRevokeKey)
}

// KeyRecord is an API key as the API tells of one.
type KeyRecord struct {
	ID              int64      `json:"id"`
	Name            string     `json:"name"`
	UserID          int64      `json:"user_id" doc:"The user whose key it is."`
	Scopes          []string   `json:"scopes"`
	AllowedNetworks []string   `json:"allowed_networks" doc:"Networks (CIDR) that it may be used from; none for any."`
	CreatedAt       time.Time  `json:"created_at"`
	ExpiresAt       *time.Time `json:"expires_at" doc:"Null for never."`
	LastUsedAt      *time.Time `json:"last_used_at" doc:"Up to ten seconds old."`
	RevokedAt       *time.Time `json:"revoked_at"`
	MadeBy          string     `json:"made_by" doc:"The credential that it was made with: a client id, key:<id>, session:<id>; empty for the operator's command."`
}

// MadeKey is the answer to the making of a key: the one time that it is shown.
type MadeKey struct {
	KeyRecord
	Key string `json:"key" doc:"Keep it now: it is not shown again."`
}

func keyRecord(k Key, used map[string]time.Time) KeyRecord {
	return KeyRecord{ID: k.ID, Name: k.Name, UserID: k.UserID, Scopes: k.Scopes.Names(), AllowedNetworks: k.Networks.Strings(), CreatedAt: k.CreatedAt,
		ExpiresAt: optional(k.ExpiresAt), LastUsedAt: optional(used[k.Credential()]), RevokedAt: optional(k.RevokedAt), MadeBy: k.MadeBy}
}

type keysInput struct {
	AccountKey string `path:"account_key"`
	web.PageInput
}

type keysOutput struct{ Body web.Page[KeyRecord] }

func (s *Service) serveKeys(ctx context.Context, in *keysInput) (*keysOutput, error) {
	if err := newestFirst(in.PageInput); err != nil {
		return nil, err
	}
	p := bearer.PrincipalOf(ctx)
	whose := p.UserID
	if p.Account.Role == bearer.Admin {
		whose = 0
	}
	keys, total, err := s.KeysPage(ctx, p.Account.AccountID, whose, in.Offset(), in.PerPage)
	if err != nil {
		return nil, err
	}
	used, err := s.lastUsed(ctx, p.Account.AccountID, keyCredentials(keys))
	if err != nil {
		return nil, err
	}
	data := make([]KeyRecord, len(keys))
	for i, k := range keys {
		data[i] = keyRecord(k, used)
	}
	return &keysOutput{web.NewPage(data, total, in.PageInput, s.baseURL+"/api/"+in.AccountKey+"/api-key", url.Values{})}, nil
}

func keyCredentials(keys []Key) []string {
	names := make([]string, len(keys))
	for i := range keys {
		names[i] = keys[i].Credential()
	}
	return names
}

// NewKeyBody is what a key is made of.
type NewKeyBody struct {
	Name            string               `json:"name" doc:"1 to 200 characters." example:"Spreadsheet"`
	Scopes          []string             `json:"scopes,omitempty" maxItems:"50" doc:"Scopes that it has; all that the caller has if left out." example:"[\"read:assets\"]"`
	ExpiresAt       web.Maybe[time.Time] `json:"expires_at,omitzero" doc:"When the key expires; one year from now, or as the account allows, if left out; null for never, where the account allows it."`
	AllowedNetworks []string             `json:"allowed_networks,omitempty" maxItems:"100" doc:"Addresses and networks (CIDR) that it may be used from; any if left out."`
}

type createKeyInput struct {
	AccountKey string `path:"account_key"`
	Body       NewKeyBody
}

type createKeyOutput struct{ Body web.Record[MadeKey] }

func (s *Service) serveCreateKey(ctx context.Context, in *createKeyInput) (*createKeyOutput, error) {
	p := bearer.PrincipalOf(ctx)
	scopes, err := scopesOf(p, in.Body.Scopes)
	if err != nil {
		return nil, err
	}
	networks, err := networksOf(in.Body.AllowedNetworks)
	if err != nil {
		return nil, err
	}
	expires, err := s.DefaultExpiry(ctx, p.Account.AccountID)
	if err != nil {
		return nil, err
	}
	if in.Body.ExpiresAt.Given {
		expires = time.Time{}
		if v := in.Body.ExpiresAt.Value; v != nil {
			expires = v.UTC()
		}
	}
	k, text, err := s.CreateKey(ctx, Key{AccountID: p.Account.AccountID, UserID: p.UserID, Name: in.Body.Name, Scopes: scopes, ExpiresAt: expires, Networks: networks})
	if err != nil {
		return nil, err
	}
	return &createKeyOutput{web.Record[MadeKey]{Data: MadeKey{keyRecord(k, nil), text}}}, nil
}

type keyInput struct {
	ID string `path:"id"`
}

func (s *Service) serveRevokeKey(ctx context.Context, in *keyInput) (*struct{}, error) {
	id, err := web.ParseID(in.ID, "API key")
	if err != nil {
		return nil, err
	}
	return nil, s.RevokeKey(ctx, bearer.AccountID(ctx), id)
}
