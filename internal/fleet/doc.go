// Package fleet keeps an account's assets: the vehicles, machines and things that report positions.
//
// An asset has a name, a type, and where they apply a group, a registration, a VIN and the identity of its tracker,
// which no two assets of an account share. Its status and last position are internal/trail's, which stands above this
// package: Trails is what fleet asks of it, one question for a whole page of assets.
//
// The package owns the table assets and the routes /api/{account_key}/asset and /api/{account_key}/asset/{id}. It
// refuses blank names, control characters and a tracker that another asset has; an id that is unknown, another
// account's or no number at all is "Asset not found." alike.
//
// Read asset.go first: the types and their rules. Then http.go for the routes, lookup.go for what ingestion and import
// ask, and store.go for all SQL.
package fleet
