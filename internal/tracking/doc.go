// Package tracking keeps public tracking links: addresses by which people without credentials follow a few of an account's assets
// for a while.
//
// A link shows what its account chose, from its beginning until its end: the last positions of 1 to 50 assets, with their trail or
// with an estimate of when they arrive, to all who have the address or to those who know its PIN too. The address holds the link's
// token, at least 128 random bits. The token is stored as a keyed hash, by which it is found, and sealed, because whoever made a
// link has to send its address again weeks later: a link that could be copied once only would be made twice. A stolen database
// without the server secret opens neither, and no PIN can be guessed from it.
//
// Who opens a link gets a session token, which lasts for 15 minutes at most and never beyond the link, and is a message with a MAC:
// nothing is stored of it. A session ends with the link's end, its revocation, a new PIN, and the suspension of its account.
//
// The package owns the tables tracking_links and tracking_link_assets, the routes /api/{account_key}/tracking-link…, the public
// routes /api/public/tracking/{link}…, and the pages /t/{link}. It refuses members who would share what they don't see, credentials
// that may not read positions, links of more than 366 days, and positions outside of a link's time.
//
// Changes are announced under Topic; the room of live positions uses Session, Shared and Changed.
//
// Read link.go first: the link and its rules. Then http.go for the account's routes, token.go and pin.go for what opens a link,
// live.go for whether one is open now, state.go for what it shows, public_http.go and page.go for the public side.
package tracking
