// Package guide serves the guides: the Markdown of the folder docs as pages at /docs, as plain Markdown at the same paths
// with .md behind them, an index to search in, and /llms.txt for programs that read.
//
// A page is rendered when it is first asked for, and kept packed. The server's own address stands in it in place of the
// example's, and for who is signed in their account key in place of acme-logistics; never a secret. The package owns no
// table and refuses nobody. It loads nothing from another host, and has nothing inline.
//
// Read shelf.go first: it lists the pages. render.go makes HTML of them, http.go serves it. That every sample of every page
// runs is what internal/house sees to.
package guide
