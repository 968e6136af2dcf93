// Package bearer is the guard: it says who a caller is and lets a request through only to those who may (contract §4).
//
// A Verifier turns the bearer token of a request into a Credential: internal/token does so for access tokens (JWT),
// internal/credential for API keys. A Directory tells whose credential it is and in which accounts that user has
// which role; internal/account keeps it in memory. From the two the Guard makes the Principal that handlers find in
// the context, and checks the route's declared account, scope and role before any handler runs.
//
// Read guard.go first: it is the whole of a request's way in. scope.go has the words of a token's scope, role.go the
// roles, limit.go the request limits, door.go the ways in beside HTTP. The package owns no table and no route. It
// refuses tokens in the query string, two credentials at once, and everything that it can't decide.
package bearer
