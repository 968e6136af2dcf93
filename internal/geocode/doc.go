// Package geocode finds the address of a place, by a provider that the operator names; without one it finds none.
//
// Where an asset has been is the account's own matter, and asking a provider tells it. So no provider is asked unless the
// operator sets one, best of all their own, and each place is asked for once: the answer is kept in the table addresses
// for half a year. A provider is asked at most once a second by each node, as the public ones demand; who would have to
// wait for more than a few others is told to come back.
//
// The package owns the table addresses and the route GET /api/{account_key}/address. It refuses coordinates outside the
// globe. Other rooms use Find for one place, and Known for a page of them, which asks no provider: those that lack an
// address are looked up in the background for the next time.
//
// Read geocode.go first. nominatim.go is the provider, store.go holds all SQL.
package geocode
