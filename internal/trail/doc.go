// Package trail keeps positions: it takes them in, remembers each asset's last, and reads them back as trails.
//
// Everything comes in by Service.Ingest, whoever brings it: the API, the doors of internal/intake, an import, the
// demonstration. One goroutine gathers what is waiting and stores it in one transaction, and every caller is answered
// once its part is durable, with its own exact counts. A position is known by its asset and its time: the first stored wins, a repeat is counted
// and changes nothing, and a late one takes its place in the trail.
//
// The package owns the tables positions and last_positions (on PostgreSQL also a partition of positions for each
// calendar month) and the routes POST /api/{account_key}/position, GET /api/{account_key}/asset/{id}/position and
// GET /api/{account_key}/asset/{id}/trail. It refuses positions outside the bounds that position.go lists, of an asset
// that isn't the account's, with an unknown or repeated field, and more than 10,000 in a call.
//
// Read position.go first, then the way in (decode.go, ingest.go, writer.go) or the way out (http.go, encode.go).
// store.go, postgres_store.go and summary_store.go (for pages over all assets) hold all SQL; status.go says what "moving"
// means.
package trail
