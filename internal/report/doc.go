// Package report is what each type of report says: it reads positions, trips, alerts and the other records of an account, and
// makes a document.Document of them. When a report is made, kept and handed out is reporting's.
//
// The package owns no table and no route; it reads by the services of the rooms below and, where a report needs sums over many
// rows, by statements of its own. It refuses what a type can't be made of (fault.Invalid, by field).
//
// Read report.go first: what is asked for, and the list of types.
package report
