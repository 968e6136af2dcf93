// Package client talks to a Yipii server from a Go program.
//
// Tokens gets access tokens with a client's id and secret: it keeps the token, asks for another before it ends, once for
// all callers that need it, and once more when the server refuses it. Client sends requests with such a token, or with an
// API key, and turns refusals into an *Error. The types in types.go are those of the API's description, made by
// oapi-codegen (`make describe`).
//
//	yipii := client.New("https://yipii.example.com", client.Credentials{ID: id, Secret: secret})
//	var page client.PageAsset
//	err := yipii.Get(ctx, "/api/acme-logistics/asset", url.Values{"per_page": {"100"}}, &page)
//
// Read client.go first, then token.go. No secret and no token stands in an error, and printing a Credentials, a Key or a
// Tokens shows none.
package client
