// Package audit keeps the audit log: who did what, from where and when, in an order that can't be changed unnoticed.
//
// Each account has a chain of its own, numbered without gaps; what belongs to no account is in the installation's. Each
// row carries a MAC over itself and the MAC before it, under a key made of the server secret, which isn't in the database.
// The newest number and MAC stand in a head that is sealed the same way, and the installation's log has an event for
// each account's that began. An event that tells of a change is written in the change's own transaction; refusals,
// which anyone can cause, are summed up in memory first (Refusals).
//
// Verify finds a row that was changed, taken out, put in or moved, also at the end, a head that was changed, and an
// account's log that was emptied. It can't find what was done by someone who has both the database and the server
// secret, nor that the database as a whole was set back to an older state of itself, nor an installation's log that was
// emptied with all others. Against these two an operator keeps a head that Verify gave somewhere else, and asks later
// whether the log still Holds it. And a log tells only what the program wrote: not what happened past it.
//
// The package owns the tables audit_events and audit_heads and the route GET /api/{account_key}/audit, a page of the log
// or an export of it, which is itself recorded. It never changes or deletes a row. It refuses an event after the
// transaction's announcements, filters that it doesn't know, and who isn't an admin with the scope manage:credentials.
//
// Read audit.go first: events and the chain. Then list.go and export.go for reading, verify.go, and refusal.go. store.go
// holds all SQL.
package audit
