package bearer

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// Scopes is a set of scopes, a bit each.
type Scopes uint32

// resources are what scopes speak of; each has a read: and a write: scope.
var resources = [...]string{"assets", "positions", "trips", "geofences", "alerts", "drivers", "beacons", "reports", "webhooks"}

// ManageCredentials is the scope to make and revoke credentials.
const ManageCredentials = "manage:credentials"

// manageBit is the bit of ManageCredentials; below it stand the read bits, then the write bits.
const manageBit = Scopes(1) << (2 * len(resources))

// AllScopes holds every scope that there is.
const AllScopes = manageBit<<1 - 1

// DataScopes holds every scope but ManageCredentials.
const DataScopes = AllScopes &^ manageBit

// ScopeNames lists all scopes: read before write, in the order of the contract.
func ScopeNames() []string { return AllScopes.Names() }

// ScopeMeanings tells what each scope lets its holder do, for the API description.
func ScopeMeanings() map[string]string {
	out := map[string]string{ManageCredentials: "Make, rotate and revoke the account's credentials"}
	for _, resource := range resources {
		out["read:"+resource] = "Read " + resource
		out["write:"+resource] = "Change " + resource + ", and read them"
	}
	return out
}

func scopeBit(name string) (Scopes, bool) {
	if name == ManageCredentials {
		return manageBit, true
	}
	verb, resource, _ := strings.Cut(name, ":")
	i := slices.Index(resources[:], resource)
	switch {
	case i >= 0 && verb == "read":
		return 1 << i, true
	case i >= 0 && verb == "write":
		return 1 << (i + len(resources)), true
	}
	return 0, false
}

// ParseScopes reads a space-separated list (RFC 6749 §3.3). The error names the scope that is unknown. An empty list
// is the empty set.
func ParseScopes(list string) (Scopes, error) {
	var set Scopes
	for name := range strings.FieldsSeq(list) {
		bit, ok := scopeBit(name)
		if !ok {
			return 0, UnknownScopeError{name}
		}
		set |= bit
	}
	return set, nil
}

// UnknownScopeError names a scope that doesn't exist.
type UnknownScopeError struct{ Scope string }

func (e UnknownScopeError) Error() string { return fmt.Sprintf("unknown scope %q", e.Scope) }

// Implied adds what write implies: write:x holds read:x.
func (s Scopes) Implied() Scopes {
	const reads = Scopes(1)<<len(resources) - 1
	return s | (s >> len(resources) & reads)
}

// Has reports whether s holds all of want, where write:x implies read:x.
func (s Scopes) Has(want Scopes) bool { return want&^s.Implied() == 0 }

// Names lists the scopes of s.
func (s Scopes) Names() []string {
	names := make([]string, 0, bits.OnesCount32(uint32(s)))
	for i, resource := range resources {
		if s&(1<<i) != 0 {
			names = append(names, "read:"+resource)
		}
	}
	for i, resource := range resources {
		if s&(1<<(i+len(resources))) != 0 {
			names = append(names, "write:"+resource)
		}
	}
	if s&manageBit != 0 {
		names = append(names, ManageCredentials)
	}
	return names
}

// String is the space-separated list.
func (s Scopes) String() string { return strings.Join(s.Names(), " ") }
