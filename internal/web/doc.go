// Package web is the HTTP vocabulary of the house: routes, decoding, answers, error bodies and pages.
//
// A room declares each of its routes once, as a Route with its method, pattern, access and types. That one
// declaration feeds the mux, the guard, the OpenAPI document and the tests that walk every route. A route that
// names neither a scope nor says that it is public does not start the server.
//
// Read route.go first, then operation.go (typed JSON operations on huma) and present.go (the REST presenter of
// fault kinds). The package owns no table; its only routes are the answers for paths that don't exist. It refuses
// bodies over a route's limit, unknown query parameters of typed operations, and unclean paths.
package web
