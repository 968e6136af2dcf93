// Package house holds the plan of the house, and the tests that keep the code and the documents to it.
//
// ranks below is the one list of rooms, lowest rank first. A room imports only rooms of a lower rank, so that a change
// stays in one room and the way of a request can be read in one direction. Rooms of the same rank don't know each other.
//
// The package owns no table and no route, and no program imports it. Its tests refuse: an import that goes up or
// sideways, a package that is in no list here, testkit outside a test, a Go file over 500 lines, SQL outside a room's
// store files, an init function, a package without a comment; and in the documents a link that leads nowhere, a
// command, flag or setting that the program doesn't have, a sample in the README or in a guide that doesn't run or prints
// something else than the page says, and a block of code that nobody knows how to check.
//
// Read house_test.go for the rules of the code, document_test.go for those of the documents, guide_test.go for the blocks
// of the guides, and guide_run_test.go for how samples are run.
package house

// module is the import path that all others begin with.
const module = "github.com/yipii/yipii"

// ranks are the rooms by rank. A new room gets its place here: above all that it needs.
var ranks = [][]string{
	0: {
		"docs",                // the guides as they are written
		"internal/background", // long work on what requests leave of the processors
		"client",              // the API for programs in Go, as customers use it; it imports no room
		"internal/fault",      // the kinds of error that every room speaks
		"internal/geo",        // the geometry of the globe
		"internal/schema",     // the shape of the tables, for both databases
		"internal/track",      // recorded tracks, read from GPX and CSV files
		"internal/tracker",    // what trackers say: Teltonika's packets, OsmAnd's and Traccar's JSON
	},
	1: {
		"internal/atlas",    // the map of pages: its script, its libraries, the outline of the world
		"internal/web",      // the HTTP vocabulary: routes, bodies, pages, errors
		"internal/mail",     // letters, by somebody's mail server
		"internal/document", // what a report says, and its files: JSON, workbook, page, PDF
		"internal/store",    // the database: open, migrate, transact, tell other nodes
	},
	2: {
		"internal/bearer", // the guard: who calls, which account, which scope
		"internal/secret", // the server secret, and the keys made of it
		"internal/relay",  // short messages from node to node, for what is shown live
	},
	3: {
		"internal/audit", // who did what, in a chain that shows a change
		"internal/docs",  // the API described: for programs, as a collection, as a reference
	},
	4: {
		"internal/account", // accounts, users, roles
		"internal/usage",   // how often credentials are used and refused, and by whom last
	},
	5: {
		"internal/credential", // OAuth clients, their secrets, API keys
		"internal/fleet",      // assets, groups, drivers, beacons, trackers
		"internal/session",    // people signing in: passwords, second factors, sessions, one-time links
	},
	6: {
		"internal/token", // the authorization server: tokens, signing keys, revocation
		"internal/trail", // positions: in, last, trail, status
	},
	7: {
		"internal/geocode",  // the address of a place, by a provider that the operator names
		"internal/webhook",  // what happens in an account, told to other servers
		"internal/geofence", // shapes on the map, and the memory of who is inside
		"internal/trip",     // trips and stops, and why each began and ended
		"internal/intake",   // the doors for trackers: Teltonika, OsmAnd, Traccar, MQTT
	},
	8: {
		"internal/alert",    // rules about what to raise an alert of, and the inbox
		"internal/live",     // who follows an account live: Pusher's protocol, Server-Sent Events
		"internal/tracking", // links by which the public follows a few vehicles for a while
	},
	9: {
		"internal/report", // what each type of report says
	},
	10: {
		"internal/reporting", // reports: asked for, made in the background, kept, handed out
	},
	11: {
		"internal/dashboard", // the web pages for people
		"internal/guide",     // the guides and the API reference as pages
		"internal/move",      // what a SQLite database holds, carried into PostgreSQL
		"internal/demo",      // the demonstration: an account whose vehicles drive
	},
	12: {
		"internal/server", // wiring: the rooms together, behind one listener
	},
	13: {
		"cmd/yipii", // the program: a file for each command
	},
}

// outside are packages that stand beside the house: they may import every room, and nothing imports them. An entry
// that ends in a slash stands for all below it.
var outside = []string{
	"bench/",         // measurements
	"internal/house", // these tests
	"test/",          // the program as its users see it
}

// forTests, and what lies below it, may be imported by tests alone.
const forTests = "internal/testkit"
