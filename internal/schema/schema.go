// Package schema holds the migrations: one folder per database, the same numbers and meanings in both.
//
// A migration is never edited once released; a change is a new file in both folders. Rooms own their tables (each
// file is named for its room) and all reading and writing of them; this package owns their shape alone. Times are
// BIGINT Unix milliseconds, booleans SMALLINT, ids BIGINT, so that one SQL text serves both databases.
package schema

import "embed"

// Files holds the folders "sqlite" and "postgres".
//
//go:embed sqlite/*.sql postgres/*.sql
var Files embed.FS
