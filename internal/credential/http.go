package credential

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

// Routes declares the room's routes.
func (s *Service) Routes(r *web.Router) {
	s.keyRoutes(r)
	s.passportRoutes(r)
	access := web.Access{Scope: bearer.ManageCredentials, Role: "admin"}
	const all, one, tag = web.AccountPrefix + "client", web.AccountPrefix + "client/{client_id}", "OAuth clients"
	const secrets = one + "/secret"
	created := func(op *huma.Operation) { op.DefaultStatus = http.StatusCreated }
	ofClient := func(op *huma.Operation, _ huma.Registry) { documentClientID(op) }

	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: access, ID: "list-clients", Tag: tag,
		Summary: "List OAuth clients", Description: "The account's clients, the newest first. No secret is ever shown again."}, s.serveClients)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: all, Access: access, ID: "create-client", Tag: tag,
		Summary:     "Make an OAuth client",
		Description: "Makes a client in the caller's name, no stronger than the calling credential. client_secret stands in this answer alone.",
		Document:    func(op *huma.Operation, _ huma.Registry) { created(op) }}, s.serveCreateClient)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: access, ID: "get-client", Tag: tag,
		Summary: "Read an OAuth client", Description: "One client, with its secrets by id. The secrets themselves are not kept readable.", Document: ofClient}, s.serveClient)
	web.Operation(r, web.Route{Method: http.MethodPatch, Pattern: one, Access: access, ID: "update-client", Tag: tag,
		Summary:     "Change an OAuth client",
		Description: "Changes the fields that are given. What the client loses, its tokens lose on their next request.",
		Document:    ofClient}, s.serveUpdateClient)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: one, Access: access, ID: "delete-client", Tag: tag,
		Summary: "Delete an OAuth client", Description: "Deletes the client. Its tokens are refused from the next request on. This can't be undone.",
		Document: ofClient}, s.serveDeleteClient)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: secrets, Access: access, ID: "create-client-secret", Tag: tag,
		Summary:     "Make a second secret",
		Description: "Makes another secret beside the one that the client has, so that its programs can change over while both work. client_secret stands in this answer alone.",
		Document: func(op *huma.Operation, _ huma.Registry) {
			documentClientID(op)
			created(op)
		}}, s.serveAddSecret)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: secrets + "/{id}", Access: access, ID: "delete-client-secret", Tag: tag,
		Summary: "Delete a secret", Description: "The secret gets no more tokens. Those that it got go on working.",
		Document: func(op *huma.Operation, _ huma.Registry) {
			documentClientID(op)
			documentNumber(op, "The secret's id.")
		}}, s.serveDeleteSecret)
}

func documentClientID(op *huma.Operation) {
	op.Parameters = append(op.Parameters, &huma.Param{Name: "client_id", In: "path", Required: true, Description: "The client's id.",
		Schema: &huma.Schema{Type: huma.TypeString, Format: "uuid"}, Example: "0e0aa4f0-58a5-4a68-9b2a-54be5a53bd4f"})
}

// documentNumber describes the path parameter id as the integer that it is. To the decoder it is a text, because one that
// is no integer is a record that doesn't exist, not an invalid request.
func documentNumber(op *huma.Operation, description string) {
	op.Parameters = append(op.Parameters, &huma.Param{Name: "id", In: "path", Required: true, Description: description,
		Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}, Example: 7})
}

// ClientRecord is a client as the API tells of one.
type ClientRecord struct {
	ClientID        string         `json:"client_id" format:"uuid"`
	Name            string         `json:"name"`
	Scopes          []string       `json:"scopes"`
	GrantTypes      []string       `json:"grant_types"`
	TokenLifetime   *int64         `json:"token_lifetime" doc:"Seconds that its access tokens live; null for the server's setting."`
	AllowedNetworks []string       `json:"allowed_networks" doc:"Networks (CIDR) that it may be used from; none for any."`
	Disabled        bool           `json:"disabled"`
	ExpiresAt       *time.Time     `json:"expires_at" doc:"Null for never."`
	CreatedAt       time.Time      `json:"created_at"`
	LastUsedAt      *time.Time     `json:"last_used_at" doc:"Up to ten seconds old."`
	OwnerID         int64          `json:"owner_id" doc:"The user in whose name it acts."`
	MadeBy          string         `json:"made_by" doc:"The credential that it was made with: a client id, key:<id>, session:<id>; empty for the operator's command."`
	Secrets         []SecretRecord `json:"secrets"`
}

// SecretRecord is what is told of a client's secret.
type SecretRecord struct {
	ID         int64      `json:"id"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at" doc:"When it last got a token; up to ten seconds old."`
}

// MadeClient is the answer to the making of a client: the one time that its secret is shown.
type MadeClient struct {
	ClientRecord
	ClientSecret string `json:"client_secret" doc:"Keep it now: it is not shown again."`
}

// MadeSecret is the answer to the making of a secret: the one time that it is shown.
type MadeSecret struct {
	ID           int64  `json:"id"`
	ClientID     string `json:"client_id" format:"uuid"`
	ClientSecret string `json:"client_secret" doc:"Keep it now: it is not shown again."`
}

func (s *Service) clientRecord(c *Client, used map[string]time.Time) ClientRecord {
	r := ClientRecord{ClientID: c.ID, Name: c.Name, Scopes: c.Scopes.Names(), GrantTypes: append([]string{}, c.GrantTypes...), AllowedNetworks: c.Networks.Strings(),
		Disabled: c.Disabled, ExpiresAt: optional(c.ExpiresAt), CreatedAt: c.CreatedAt, LastUsedAt: optional(used[c.ID]), OwnerID: c.OwnerID, MadeBy: c.MadeBy,
		Secrets: []SecretRecord{}}
	if c.TokenLifetime > 0 {
		seconds := int64(c.TokenLifetime / time.Second)
		r.TokenLifetime = &seconds
	}
	for _, secret := range c.Secrets {
		r.Secrets = append(r.Secrets, SecretRecord{secret.ID, secret.CreatedAt, optional(used[secret.Credential()])})
	}
	return r
}

func pointed(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

type clientsInput struct {
	AccountKey string `path:"account_key"`
	web.PageInput
}

type clientsOutput struct{ Body web.Page[ClientRecord] }

type clientInput struct {
	ClientID string `path:"client_id"`
}

type clientOutput struct{ Body web.Record[ClientRecord] }

func (s *Service) serveClients(ctx context.Context, in *clientsInput) (*clientsOutput, error) {
	if err := newestFirst(in.PageInput); err != nil {
		return nil, err
	}
	accountID := bearer.AccountID(ctx)
	clients, total, err := s.ClientsPage(ctx, accountID, in.Offset(), in.PerPage)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range clients {
		names = append(names, c.credentials()...)
	}
	used, err := s.lastUsed(ctx, accountID, names)
	if err != nil {
		return nil, err
	}
	data := make([]ClientRecord, len(clients))
	for i, c := range clients {
		data[i] = s.clientRecord(c, used)
	}
	return &clientsOutput{web.NewPage(data, total, in.PageInput, s.baseURL+"/api/"+in.AccountKey+"/client", url.Values{})}, nil
}

// newestFirst takes the one order that lists of credentials have.
func newestFirst(in web.PageInput) error {
	_, _, err := in.Order(map[string]string{"created_at": "created_at"}, "-created_at")
	if err == nil && in.Sort != "" && in.Sort != "-created_at" {
		err = fault.InvalidField("sort", "The list can be sorted by -created_at alone.")
	}
	return err
}

// NewClientBody is what a client is made of.
type NewClientBody struct {
	Name            string     `json:"name" doc:"1 to 200 characters." example:"Route planner"`
	Scopes          []string   `json:"scopes,omitempty" maxItems:"50" doc:"Scopes that it may have; all that the caller has if left out." example:"[\"read:assets\",\"read:positions\"]"`
	TokenLifetime   *int64     `json:"token_lifetime,omitempty" minimum:"1" maximum:"315360000" doc:"Seconds that its access tokens live; the server's setting if left out." example:"3600"`
	ExpiresAt       *time.Time `json:"expires_at,omitempty" doc:"When the client expires; never if left out."`
	AllowedNetworks []string   `json:"allowed_networks,omitempty" maxItems:"100" doc:"Addresses and networks (CIDR) that it may be used from; any if left out." example:"[\"203.0.113.0/24\"]"`
}

type createClientInput struct {
	AccountKey string `path:"account_key"`
	Body       NewClientBody
}

type createClientOutput struct {
	Location string `header:"Location" doc:"URL of the new client."`
	Body     web.Record[MadeClient]
}

func (s *Service) serveCreateClient(ctx context.Context, in *createClientInput) (*createClientOutput, error) {
	p := bearer.PrincipalOf(ctx)
	b := in.Body
	scopes, err := scopesOf(p, b.Scopes)
	if err != nil {
		return nil, err
	}
	networks, err := networksOf(b.AllowedNetworks)
	if err != nil {
		return nil, err
	}
	n := NewClient{AccountID: p.Account.AccountID, OwnerID: p.UserID, Name: b.Name, Scopes: scopes, GrantTypes: []string{ClientCredentials},
		ExpiresAt: pointed(b.ExpiresAt), Networks: networks}
	if b.TokenLifetime != nil {
		n.TokenLifetime = time.Duration(*b.TokenLifetime) * time.Second
	}
	c, text, err := s.Create(ctx, n)
	if err != nil {
		return nil, err
	}
	return &createClientOutput{Location: s.baseURL + "/api/" + in.AccountKey + "/client/" + c.ID,
		Body: web.Record[MadeClient]{Data: MadeClient{s.clientRecord(c, nil), text}}}, nil
}

// scopesOf reads a list of scopes; none stands for all that the caller has.
func scopesOf(p *bearer.Principal, names []string) (bearer.Scopes, error) {
	if len(names) == 0 {
		return p.Scopes, nil
	}
	var set bearer.Scopes
	for _, name := range names {
		one, err := bearer.ParseScopes(name)
		if err != nil {
			return 0, fault.InvalidField("scopes", "A scope is unknown. These exist: "+bearer.AllScopes.String()+".")
		}
		set |= one
	}
	return set, nil
}

func networksOf(list []string) (bearer.Networks, error) {
	var all bearer.Networks
	for _, text := range list {
		n, err := bearer.ParseNetworks(text)
		if err != nil {
			return nil, fault.InvalidField("allowed_networks", "The allowed_networks must be addresses or networks such as 203.0.113.0/24.")
		}
		all = append(all, n...)
	}
	return all, nil
}

func (s *Service) serveClient(ctx context.Context, in *clientInput) (*clientOutput, error) {
	c, err := s.Find(ctx, bearer.AccountID(ctx), in.ClientID)
	return s.clientAnswer(ctx, c, err)
}

func (s *Service) clientAnswer(ctx context.Context, c *Client, err error) (*clientOutput, error) {
	if err != nil {
		return nil, err
	}
	used, err := s.lastUsed(ctx, c.AccountID, c.credentials())
	if err != nil {
		return nil, err
	}
	return &clientOutput{web.Record[ClientRecord]{Data: s.clientRecord(c, used)}}, nil
}

// ClientChangeBody is what can be changed of a client.
type ClientChangeBody struct {
	Name            *string              `json:"name,omitempty" doc:"1 to 200 characters."`
	Scopes          []string             `json:"scopes,omitempty" maxItems:"50" doc:"Scopes that it may have from now on."`
	TokenLifetime   web.Maybe[int64]     `json:"token_lifetime,omitzero" doc:"Seconds that its access tokens live; null for the server's setting."`
	ExpiresAt       web.Maybe[time.Time] `json:"expires_at,omitzero" doc:"When the client expires; null for never."`
	AllowedNetworks *[]string            `json:"allowed_networks,omitempty" maxItems:"100" doc:"Addresses and networks (CIDR) that it may be used from; an empty list for any."`
	Disabled        *bool                `json:"disabled,omitempty" doc:"Whether the client and all of its tokens are refused."`
}

type updateClientInput struct {
	ClientID string `path:"client_id"`
	Body     ClientChangeBody
}

func (b *ClientChangeBody) change(p *bearer.Principal) (ClientChange, error) {
	c := ClientChange{Name: b.Name, Disabled: b.Disabled}
	if b.Scopes != nil {
		scopes, err := scopesOf(p, b.Scopes)
		if err != nil {
			return c, err
		}
		c.Scopes = &scopes
	}
	if b.TokenLifetime.Given {
		c.TokenLifetime = new(time.Duration)
		if v := b.TokenLifetime.Value; v != nil {
			if *v < 1 || *v > int64(MaxLifetime/time.Second) {
				return c, fault.InvalidField("token_lifetime", badLifetime)
			}
			*c.TokenLifetime = time.Duration(*v) * time.Second
		}
	}
	if b.ExpiresAt.Given {
		c.ExpiresAt = new(time.Time)
		if v := b.ExpiresAt.Value; v != nil {
			*c.ExpiresAt = v.UTC()
		}
	}
	if b.AllowedNetworks != nil {
		networks, err := networksOf(*b.AllowedNetworks)
		if err != nil {
			return c, err
		}
		c.Networks = &networks
	}
	return c, nil
}

func (s *Service) serveUpdateClient(ctx context.Context, in *updateClientInput) (*clientOutput, error) {
	p := bearer.PrincipalOf(ctx)
	change, err := in.Body.change(p)
	if err != nil {
		return nil, err
	}
	c, err := s.Update(ctx, p.Account.AccountID, in.ClientID, change)
	return s.clientAnswer(ctx, c, err)
}

func (s *Service) serveDeleteClient(ctx context.Context, in *clientInput) (*struct{}, error) {
	return nil, s.Delete(ctx, bearer.AccountID(ctx), in.ClientID)
}

type addSecretOutput struct{ Body web.Record[MadeSecret] }

func (s *Service) serveAddSecret(ctx context.Context, in *clientInput) (*addSecretOutput, error) {
	text, id, err := s.AddSecret(ctx, bearer.AccountID(ctx), in.ClientID)
	if err != nil {
		return nil, err
	}
	return &addSecretOutput{web.Record[MadeSecret]{Data: MadeSecret{id, in.ClientID, text}}}, nil
}

type secretInput struct {
	ClientID string `path:"client_id"`
	ID       string `path:"id"`
}

func (s *Service) serveDeleteSecret(ctx context.Context, in *secretInput) (*struct{}, error) {
	id, err := web.ParseID(in.ID, "Secret")
	if err != nil {
		return nil, err
	}
	return nil, s.DeleteSecret(ctx, bearer.AccountID(ctx), in.ClientID, id)
}
