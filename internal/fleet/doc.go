// Package fleet keeps an account's records: its assets, which are the vehicles, machines and things that report positions,
// their groups, their trackers, the drivers and the beacons.
//
// An asset has a name, a type, and where they apply a group, a registration, a VIN and the identity of its tracker,
// which no two assets of an account share. Its status and last position are internal/trail's, which stands above this
// package: Trails is what fleet asks of it, one question for a whole page of assets. Which asset had which tracker is kept
// as a history, and Bound finds whose a tracker is where no credential is shown. Groups are named by assets and by the
// limits of members; a rename takes both along. Drivers are assigned to assets over time, one to an asset at a time, and known by the
// keys that positions carry (DriverByKey). Beacons give names to sensors.
//
// The package owns the tables assets, tracker_bindings, asset_groups, drivers, driver_assignments and beacons, and the
// routes /api/{account_key}/asset with bulk, /tracker and /sensor, /group, /driver with /assignment, and /beacon. Each change is
// an event of the audit log. It refuses blank names, control characters, a tracker, key or identity that another record
// has, assignments that overlap, a change of a record that isn't as the caller saw it (If-Match), and to a member
// who is limited to a part of the assets what concerns more than those; an id that is unknown, another account's or no number
// at all is "Asset not found." alike.
//
// Read asset.go first: the types and their rules. Then http.go for the routes, store.go for the SQL and note.go for how a
// transaction tells of what it did; lookup.go for what ingestion and import ask; bulk.go and csv.go for many assets at once.
// Each other noun has its three files: group, driver, assignment and beacon, with _http and _store; tracker.go has the history.
// A transaction locks groups first, then drivers, then assets by their ids, so that no two wait for each other.
package fleet
