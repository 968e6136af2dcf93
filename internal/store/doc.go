// Package store opens the database, SQLite or PostgreSQL, and gives rooms one way to read and write it.
//
// A room writes its SQL once, with $1-style parameters, and runs it with Read (queries) or in a Tx (writes). SQLite
// has one writing connection and several reading ones; PostgreSQL one pool for both. Read open.go first, then tx.go.
//
// What other processes must learn at once is announced inside the transaction that changes it: the row goes into the
// table changes, this process's subscribers hear of it before Tx returns, and every other process reads it within a
// second (watch.go). Cache keeps bounded copies of rows that such a notice drops (cache.go).
//
// The package owns the tables changes and settings, no route, and no feature's SQL. It refuses to open a database
// that was made by a newer program.
package store
