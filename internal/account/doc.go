// Package account keeps accounts, users and their roles.
//
// An account is a tenant with an immutable key that stands in every path; a user is a person with a role in each of
// one or more accounts. Read account.go first; its User is what the guard asks on every request, from memory. member.go
// has the roles, settings.go what an account asks of its credentials, group_store.go what becomes of limits when a group of assets
// is renamed.
//
// It owns the tables accounts, users and memberships and the routes GET /api/user and /api/{account_key}/member, but for
// inviting. It refuses account keys that are reserved, taken or not a slug, and to leave an account without an admin. An e-mail address names one person, however many accounts they are in. Every change
// is announced, so that it is in force on the next request here and within a second on every other node.
package account
