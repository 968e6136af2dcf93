// Package usage tells how often credentials are used and refused, and by whom they were used last.
//
// The guard counts every request with Counter.Count, which touches memory alone; every 10 seconds Run writes what has
// been counted (counter.go, flush.go). Several nodes write to the same rows: their numbers add up, and the latest use of
// a credential stays. A credential that is used for the first time gets an event in the audit log, in the transaction
// that writes its row. Reports (report.go) tell what has been written, so they are up to 10 seconds old.
//
// A refused request counts as a refusal and never as a use: who knocks with a revoked token changes neither when it was
// used last nor from where. A server that is killed loses what it counted since it last wrote, at most 10 seconds' worth;
// while the database is out of reach nothing is lost, and it is written later. Where the database commits and its answer is
// lost, a part may be counted twice.
//
// The package owns the tables credential_uses, usage_hours and usage_days, the rows of the last two going after 31 days, and no route. It refuses to
// remember more than 100,000 credentials between two writes: what comes past that counts for its account alone.
//
// Read counter.go first. store.go holds all SQL.
package usage
