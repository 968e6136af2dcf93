// Package credential keeps what machines log in with: OAuth clients with their secrets, and API keys.
//
// A secret or key is shown once, when it is made; stored is a keyed hash of it (HMAC-SHA-256 under a key derived from
// the server secret), so neither the database nor a copy of it opens anything. Read secret.go for their form, client.go
// for clients and the authentication of one, apikey.go for keys and their verification; store.go has the SQL.
//
// It owns the tables oauth_clients, oauth_client_secrets, oauth_client_accounts and api_keys, and no route yet. It
// refuses a third secret of one client, scopes that don't exist, and every credential without saying what was wrong.
package credential
