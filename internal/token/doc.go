// Package token is the authorization server: /oauth/*, access tokens, signing keys and revocation.
//
// A token is a JWT (RFC 9068) that says all that is needed to check it, so that issuing and checking one touches no
// table: there is no row per token, however many there are. What must be remembered is small: the signing keys
// (keyring.go) and the revocations (revocation.go), both in memory and kept current by change notices.
//
// Read endpoint.go first (POST /oauth/token), then clientauth.go (who is asking), jwt.go (mint and parse) and
// verify.go (the bearer.Verifier with its cache). introspect.go is RFC 7662 and 7009, metadata.go is
// RFC 8414 and the JWK Set. oautherror.go is OAuth's presenter of faults.
//
// It owns the tables signing_keys and revocations and the routes /oauth/token, /oauth/introspect, /oauth/revoke,
// /.well-known/oauth-authorization-server and /.well-known/jwks.json. It refuses credentials in the query string,
// repeated parameters, and anything over 16 KiB.
package token
