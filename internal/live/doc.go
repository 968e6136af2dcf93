// Package live tells programs and pages where things are, as it becomes known: by Pusher's protocol 7 over WebSockets, so that
// pusher-js and its relatives work unchanged, and by Server-Sent Events for scripts.
//
// What happens in an account is encoded once for all who may see the same of it, and handed to each subscriber's outbox
// without waiting. A subscriber that reads too slowly is given the newest position of each asset instead of a queue that
// grows, and is let go if it doesn't catch up. What another node stores arrives over the relay, for the accounts that
// somebody here follows.
//
// Who subscribes to a private channel shows what /broadcasting/auth signed for the connection and the channel. The credential
// that was shown there stands behind the subscription: it is looked at again whenever something changes that it hangs on, and
// when it ends, so does the connection.
//
// The package owns the table live_settings and the routes /app/{app_key}, /broadcasting/auth, /api/{account_key}/live and
// /api/{account_key}/live-setting. It refuses channels that it doesn't know, events from clients, and more than 100 channels a
// connection.
//
// Read live.go first, then audience.go for who is told what, outbox.go for slow readers, socket.go for the protocol, and
// authorize.go for who may. relay.go is what nodes tell each other, owed.go what is told again because it may have been missed,
// stream.go the Server-Sent Events; store.go holds all SQL.
package live
