package token

import (
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/web"
)

// metadata is the authorization server's description (RFC 8414 §2). It names what is served and nothing else.
type metadata struct {
	Issuer                        string   `json:"issuer"`
	TokenEndpoint                 string   `json:"token_endpoint"`
	JWKSURI                       string   `json:"jwks_uri"`
	ScopesSupported               []string `json:"scopes_supported"`
	ResponseTypesSupported        []string `json:"response_types_supported"` // required; none, for there is no authorization endpoint
	GrantTypesSupported           []string `json:"grant_types_supported"`
	TokenEndpointAuthMethods      []string `json:"token_endpoint_auth_methods_supported"`
	RevocationEndpoint            string   `json:"revocation_endpoint"`
	RevocationEndpointAuthMethods []string `json:"revocation_endpoint_auth_methods_supported"`
	IntrospectionEndpoint         string   `json:"introspection_endpoint"`
	IntrospectionEndpointMethods  []string `json:"introspection_endpoint_auth_methods_supported"`
	ServiceDocumentation          string   `json:"service_documentation"`
}

func (s *Service) metadata() metadata {
	methods := []string{"client_secret_basic", "client_secret_post"}
	return metadata{
		Issuer: s.Issuer, TokenEndpoint: s.Issuer + "/oauth/token", JWKSURI: s.Issuer + "/.well-known/jwks.json",
		ScopesSupported: bearer.ScopeNames(), ResponseTypesSupported: []string{}, GrantTypesSupported: []string{credential.ClientCredentials},
		TokenEndpointAuthMethods: methods,
		RevocationEndpoint:       s.Issuer + "/oauth/revoke", RevocationEndpointAuthMethods: methods,
		IntrospectionEndpoint: s.Issuer + "/oauth/introspect", IntrospectionEndpointMethods: methods,
		ServiceDocumentation: s.Issuer + "/docs/authentication",
	}
}

// Routes declares the room's routes.
func (s *Service) Routes(r *web.Router) {
	public := web.Access{Public: true}
	r.Handle(web.Route{Method: "POST", Pattern: "/oauth/token", Access: public, ID: "issue-token", Tag: "OAuth", MaxBody: maxBody,
		Summary:     "Get an access token",
		Description: "The client credentials grant (RFC 6749 §4.4). Form-encoded or JSON; the client's id and secret in the body or as HTTP Basic. There is no refresh token: ask again.",
		Document:    documentForm(tokenRequest{}, tokenAnswer{})}, http.HandlerFunc(s.issue))
	r.Handle(web.Route{Method: "POST", Pattern: "/oauth/introspect", Access: public, ID: "introspect-token", Tag: "OAuth", MaxBody: maxBody,
		Summary:     "Ask about a token",
		Description: "RFC 7662. Answers about the access tokens and API keys of the asking client's own account; all others are not active.",
		Document:    documentForm(aboutTokenRequest{}, introspection{})}, http.HandlerFunc(s.introspect))
	r.Handle(web.Route{Method: "POST", Pattern: "/oauth/revoke", Access: public, ID: "revoke-token", Tag: "OAuth", MaxBody: maxBody,
		Summary:     "Give a token back",
		Description: "RFC 7009. Revokes an access token that the asking client got, on the next request here and within a second on every other node.",
		Document:    documentForm(aboutTokenRequest{}, nil)}, http.HandlerFunc(s.revoke))

	described, _ := json.Marshal(s.metadata())
	r.Handle(web.Route{Method: "GET", Pattern: "/.well-known/oauth-authorization-server", Access: public, ID: "get-metadata", Tag: "OAuth",
		Summary: "Authorization server metadata", Description: "RFC 8414.", Document: documentAnswer(metadata{})},
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=300")
			web.WriteBytes(w, http.StatusOK, "application/json", described)
		}))
	r.Handle(web.Route{Method: "GET", Pattern: "/.well-known/jwks.json", Access: public, ID: "get-jwks", Tag: "OAuth",
		Summary: "Public signing keys", Description: "A JWK Set (RFC 7517): every key that a good token may be signed with.",
		Document: func(op *huma.Operation, _ huma.Registry) {
			text := &huma.Schema{Type: huma.TypeString}
			key := &huma.Schema{Type: huma.TypeObject, Required: []string{"kty", "kid", "alg", "use"}, AdditionalProperties: true,
				Properties: map[string]*huma.Schema{"kty": text, "kid": text, "alg": text, "use": text}}
			set := &huma.Schema{Type: huma.TypeObject, Required: []string{"keys"}, Properties: map[string]*huma.Schema{"keys": {Type: huma.TypeArray, Items: key}}}
			op.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{jwkSetType: {Schema: set}}}
		}},
		http.HandlerFunc(s.jwks))
}

// jwkSetType is the media type of RFC 7517 §8.5.2.
const jwkSetType = "application/jwk-set+json"

// jwks answers the JWK Set. Five minutes in caches are why a rotation can let the new key wait before it signs.
func (s *Service) jwks(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=300")
	body, err := json.Marshal(s.keys.public())
	if err != nil {
		web.WriteJSON(w, http.StatusInternalServerError, web.Problem{Message: "Server Error"})
		return
	}
	web.WriteBytes(w, http.StatusOK, jwkSetType, body)
}

// tokenRequest and aboutTokenRequest document what readForm takes.
type tokenRequest struct {
	GrantType    string `json:"grant_type" enum:"client_credentials"`
	ClientID     string `json:"client_id,omitempty" doc:"Unless sent by HTTP Basic."`
	ClientSecret string `json:"client_secret,omitempty" doc:"Unless sent by HTTP Basic."`
	Scope        string `json:"scope,omitempty" doc:"Space-separated; nothing asks for all that the client may have." example:"read:assets read:positions"`
}

type aboutTokenRequest struct {
	Token         string `json:"token"`
	TokenTypeHint string `json:"token_type_hint,omitempty" doc:"Taken and not needed."`
	ClientID      string `json:"client_id,omitempty" doc:"Unless sent by HTTP Basic."`
	ClientSecret  string `json:"client_secret,omitempty" doc:"Unless sent by HTTP Basic."`
}

func documentForm(request, answer any) func(*huma.Operation, huma.Registry) {
	return func(op *huma.Operation, schemas huma.Registry) {
		schema := schemas.Schema(reflect.TypeOf(request), true, "")
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/x-www-form-urlencoded": {Schema: schema}, "application/json": {Schema: schema}}}
		oauth := map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reflect.TypeFor[oauthBody](), true, "")}}
		op.Responses["400"] = &huma.Response{Description: "invalid_request, unsupported_grant_type, invalid_scope or unauthorized_client.", Content: oauth}
		op.Responses["401"] = &huma.Response{Description: "invalid_client: the client is unknown, disabled or expired, or its secret is wrong.", Content: oauth}
		op.Responses["429"] = &huma.Response{Description: "slow_down: too many failures; see Retry-After.", Content: oauth}
		op.Responses["503"] = &huma.Response{Description: "temporarily_unavailable: the database can't be reached.", Content: oauth}
		delete(op.Responses, "default")
		documentAnswer(answer)(op, schemas)
	}
}

func documentAnswer(answer any) func(*huma.Operation, huma.Registry) {
	return func(op *huma.Operation, schemas huma.Registry) {
		ok := &huma.Response{Description: "OK"}
		if answer != nil {
			ok.Content = map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reflect.TypeOf(answer), true, "")}}
		}
		op.Responses["200"] = ok
	}
}
