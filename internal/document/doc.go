// Package document is what a report says, before it is a file: figures, tables, charts and a map. Each format writes the same
// Document, so that all of them say the same.
//
// The package knows no account and no database: who makes a Document fills it, and Write makes a file of it. It owns no table and
// no route. It refuses a Document that is too long for its format (fault.TooLarge says what to ask for instead).
//
// Read document.go first: what a Document is made of. Then format.go: Write, and what it refuses; value.go: what is the same in all formats.
// json.go (schema.json), page.go (page.css), workbook.go and paper.go are the formats. Charts and maps are drawn by chart.go and map.go
// on a canvas, which svg.go is in pages and paper.go in PDFs. script.go has the letters: directions, forms of Arabic.
package document
