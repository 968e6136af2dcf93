// Package geofence keeps an account's geofences, and remembers which assets are inside of which.
//
// A geofence is a circle, a polygon (with holes, of several parts) or a corridor along a line. Its category "home" makes it the place
// where an asset is in its garage. As the asset's positions pass, in the order of time, Service concludes:
//
//   - entered: a position lies inside, and the one before didn't. The first position that an asset ever sends, if it is inside.
//   - exited: a position lies outside by more than the margin, which is 20 m, or the position's accuracy where that is worse (at
//     most 1 km). Between the edge and the margin nothing changes, so that an asset on the edge doesn't flap.
//   - dwelled: it has been inside for as long as the geofence's dwell says. It is concluded at the first position from then on,
//     even one that is outside, and told with the moment when the time was over.
//
// A geofence says nothing about positions before it was made, or last changed in shape, dwell, assets or by being switched on (valid_from).
// Who was inside at that moment, by the last position before, is inside without having entered: being drawn around is no entering. So
// what is concluded follows from positions and settings alone, and late positions lead to the same as if they had been in time;
// what was concluded by an older shape stays. When a geofence is deleted its events stay in the assets' histories, with its name.
//
// The package owns the tables geofences, geofence_assets, geofence_groups, geofence_events and geofence_presences, and the routes
// /api/{account_key}/geofence, …/geofence/{id}, …/geofence/{id}/event, …/geofence/{id}/asset and
// /api/{account_key}/asset/{id}/geofence-event. It refuses shapes that cross themselves, of more than 1,000 points or with edges of
// half a globe, more than 10,000 geofences in an account, and members who would change what concerns assets that they don't see.
//
// Read geofence.go first: the type and its rules. Then shape.go and geojson.go for what a geofence looks like, memory.go for what is
// concluded and write_store.go for how that is stored, http.go for the routes. store.go and event_store.go hold the other SQL.
package geofence
