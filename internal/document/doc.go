// Package document is what a report says, before it is a file: figures, tables, charts and a map. Each format writes the same
// Document, so that all of them say the same.
//
// The package knows no account and no database: who makes a Document fills it, and Write makes a file of it. It owns no table and
// no route. It refuses a Document that is too long for its format (fault.TooLarge says what to ask for instead).
//
// Read document.go first: what a Document is made of.
package document
