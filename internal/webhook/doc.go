// Package webhook tells other companies' servers what happens in an account, by requests that they can trust.
//
// A webhook is a URL with the event types that it wants. Other rooms hand what happened to Enqueue inside their own
// transaction, so that an event is told of if and only if it was stored: the table webhook_deliveries is the outbox and
// the log in one. Every node runs a deliverer that takes what is due by a lease, sends it signed as Standard Webhooks
// (https://www.standardwebhooks.com) says, and tries again on a fixed schedule. A delivery is sent at least once; the id
// in its webhook-id header stays the same, so that a receiver can tell a repetition.
//
// The package owns the tables webhooks and webhook_deliveries and the routes below /api/{account_key}/webhook. It refuses
// http and private addresses that the operator hasn't allowed (looked at when connecting, so that no name and no redirect
// gets round it), event types that nothing sends, callers who don't see the whole account, and callers who would let a
// webhook tell what they may not read themselves. A secret is shown once, and is nowhere in readable form.
//
// Read webhook.go first: the webhook, its rules and changes. Then event.go for the way in, deliver.go and attempt.go for
// the way out, backoff.go for the schedule, address.go for where requests may go, delivery.go for the log.
package webhook
