// Package audit keeps the audit log: who did what, from where and when, in an order that can't be changed unnoticed.
//
// Each account has a chain of its own, numbered without gaps; what belongs to no account is in the installation's. Each
// row carries a MAC over itself and the MAC before it, under a key that isn't in the database (audit.go). An event that
// tells of a change is written in the change's own transaction.
//
// It owns the tables audit_events and audit_heads. It never changes or deletes a row.
package audit
