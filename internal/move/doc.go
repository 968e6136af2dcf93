// Package move carries all that a SQLite database holds into an empty PostgreSQL database, so that several nodes serve what one did.
//
// Which tables and columns there are is read from the two databases themselves. One that isn't on both sides, or is not to be copied,
// stands in tables.go with the reason; any other is refused before anything is written, so that no table of a later migration
// is forgotten. All is one transaction of PostgreSQL's: a move that is broken off leaves nothing but empty tables.
//
// The package owns no table and no route. It refuses a source that another program has open, whose schema isn't this program's, or
// that has been used with another server secret, and a target that holds anything.
//
// Read move.go first, then tables.go for what is left out, and store.go for how rows are copied.
package move
