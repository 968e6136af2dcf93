// Package trail keeps positions: it takes them in, remembers each asset's last, and reads them back as trails.
//
// Everything comes in by Service.Ingest, whoever brings it: the API, the doors of internal/intake, an import, the
// demonstration. One goroutine gathers what is waiting and stores it in one transaction, and every caller is answered
// once its part is durable, with its own exact counts. A position is known by its asset and its time: the first stored wins, a repeat is counted
// and changes nothing, and a late one takes its place in the trail.
//
// Positions are then followed: Followers (follow.go), which other rooms make, draw conclusions from each asset's positions in
// the order of time. engine.go does it in the transaction that stores them; where that can't be, because one comes late
// or the process is new, they are marked as pending in that transaction, and redo.go follows them soon after, on whichever
// node. motion.go adds up the way and the engine's hours.
//
// The package owns the tables positions, last_positions, asset_memories, quarantined_positions and trail_settings (on
// PostgreSQL also a partition of positions for each calendar month; on SQLite their key has the day, see day_store.go) and the routes POST and GET /api/{account_key}/position, GET
// /api/{account_key}/asset/{id}/position, GET /api/{account_key}/asset/{id}/trail, /api/{account_key}/quarantined-position and
// /api/{account_key}/trail-setting. It refuses positions outside the bounds that position.go lists (those it keeps apart, see
// quarantine.go), older than the account keeps them (retention.go), of an asset that isn't the account's, with an unknown or
// repeated field, and more than 10,000 in a call.
//
// Read position.go first, then the way in (decode.go, ingest.go, writer.go) or the way out: http.go, encode.go and simplify.go for
// trails, changed.go for last positions.
// The files that end in store.go hold all SQL; status.go says what "moving" means.
package trail
