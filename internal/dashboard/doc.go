// Package dashboard serves the web pages for people: an account's pages under /{account_key}/, and the pages around
// them.
//
// Everything is rendered here, on the server, by templates that stand beside their handlers: overview.go has
// overview.templ, and so on. A form is a POST that answers 303 to a page, or 422 with the form as it was filled in. One
// stylesheet and one small script, both embedded, make the rest; without the script all works but copy buttons and
// passkeys (docs/decisions/0011-plain-pages.md says why). The sources of the pages are the .templ files; the Go files
// made of them are committed, so that building needs no generator.
//
// Read dashboard.go first: what the room stands on, its routes, and what every answer carries. page.go renders and
// holds forms, layout.templ is the frame of every page. The package owns no table. Its routes are those of
// dashboard.go, signed-in pages with the role that each asks for; a second path segment there is always a word, never
// a variable, so that /login, /static/app.css and their like can stand beside an account's key.
//
// It refuses requests that another site's page sends, what the caller's role or part doesn't reach, and ids of other
// accounts, which are not found. A secret stands only in the answer to the request that made it.
package dashboard
