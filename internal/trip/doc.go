// Package trip finds trips and the stops between them in each asset's positions, as these come in, and again where a late one
// falls. Every trip and stop can say why it began and why it ended.
//
// It is a trail.Follower: the engine of trail hands it the positions one after the other, in the order of time, and what it
// concludes follows from them and from the account's thresholds alone. A trip begins with the ignition and a movement, or with a
// movement alone, and ends when the ignition goes off, when the asset has stood for a while, or where the data has a gap. It
// works with and without ignition, and with and without reported speeds. The rules stand in memory.go.
//
// The package owns the tables trips and trip_settings and the routes /api/{account_key}/trip, /api/{account_key}/asset/{id}/trip
// and /api/{account_key}/trip-setting. It refuses thresholds outside their bounds, a range longer than 31 days of the whole
// account's trips, and an asset that is unknown, another account's or hidden from the caller: "Asset not found." alike.
//
// Read trip.go first: what a trip is. Then memory.go (the rules, and what is remembered), change.go (how one begins and ends),
// stand.go (what standing still means), follow.go (what is written when), threshold.go (what an account may set), http.go and
// store.go.
package trip
