// Package relay carries short messages between the nodes of one installation, for what is shown live.
//
// What a node publishes reaches each other node at most once, and in the order in which it was published. Nothing is kept for a
// node that isn't there. Who must know that messages may have been missed is told of a gap, and reads anew.
//
// There are three carriers: NATS if the operator names a server, else PostgreSQL's notices, else none, as a SQLite database
// has one node. All of them carry frames, which are numbered by the node that sends them: so a receiver knows what it has had
// already, when a frame is sent again after a failure, and what it has missed.
//
// The package owns no table and no route; it keeps the name of the installation in store's settings. It refuses to wait: who
// publishes goes on at once, and what can't be carried soon is dropped, the oldest first. It refuses to show the credentials in
// the URL of a NATS server.
//
// Read relay.go first, then frame.go (what is sent), outbox.go and inbox.go (the two ends), and a carrier: postgres.go, nats.go.
package relay
