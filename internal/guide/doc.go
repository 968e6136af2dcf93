// Package guide serves what integrators read: the guides, which are the Markdown of the folder docs, as pages at /docs; and the API
// reference at /docs/api, with a page for each heading of the API's description. Each is there as plain Markdown too, at the same path
// with .md behind it; an index to search in, and /llms.txt for programs that read, have both.
//
// A page is rendered when the first is asked for, and kept packed. The server's own address stands in it in place of the
// example's, and for who is signed in the key of the account that they chose in place of acme-logistics; never a secret. Calls are
// tried by the page's script, with a token that the room session gives it or that the reader pastes. The package owns no table and
// refuses nobody. It loads nothing from another host, and has nothing inline.
//
// Read shelf.go first: it lists the guides. render.go makes HTML of them; reference.go makes the pages of the API of what the room docs
// tells, overview.go the first of them, and reference_text.go their Markdown. book.go binds all of it, reader.go makes a page a
// reader's own, and http.go serves it. That every sample of every guide runs is what internal/house sees to, and of the reference
// test/e2e.
package guide
