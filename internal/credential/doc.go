// Package credential keeps what machines log in with: OAuth clients with their secrets, and API keys.
//
// A secret or key is shown once, when it is made; stored is a keyed hash of it (HMAC-SHA-256 under a key derived from
// the server secret), so neither the database nor a copy of it opens anything. Read client.go for clients and the
// authentication of one, apikey.go for keys and their verification, strength.go for the rule that no credential makes a
// stronger one; http.go, key_http.go and passport.go have the routes.
//
// It owns the tables oauth_clients, oauth_client_secrets, oauth_client_accounts and api_keys, and the routes
// /api/{account_key}/client, /api/{account_key}/api-key and /oauth/personal-access-tokens. It refuses a third secret of
// one client, scopes that don't exist, what the account's terms forbid, and every credential without saying what was
// wrong.
package credential
