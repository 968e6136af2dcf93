package bearer

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Terms are what an account asks of its credentials, beside what the server asks of all.
type Terms struct {
	MaxTokenLifetime time.Duration // 0: no limit of the account's own
	MaxKeyLifetime   time.Duration // of API keys; 0: no limit
	RequireExpiry    bool          // credentials are made with an expiry
	Networks         Networks      // addresses that its credentials may be used from
	RateLimit        int           // requests that one credential may make in a minute; 0: the server's
}

// Networks are the networks that something may be used from; none stands for any address.
type Networks []netip.Prefix

// maxNetworks bounds a list.
const maxNetworks = 100

// ParseNetworks reads addresses and networks in CIDR notation, separated by spaces, commas or lines.
func ParseNetworks(text string) (Networks, error) {
	var n Networks
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' }) {
		prefix, err := netip.ParsePrefix(word)
		if err != nil {
			addr, err := netip.ParseAddr(word)
			if err != nil || addr.Zone() != "" {
				return nil, fmt.Errorf("%.50q is not an address or a network such as 203.0.113.0/24", word)
			}
			addr = addr.Unmap()
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		if prefix = prefix.Masked(); !slices.Contains(n, prefix) {
			n = append(n, prefix)
		}
	}
	if len(n) > maxNetworks {
		return nil, fmt.Errorf("there must not be more than %d networks", maxNetworks)
	}
	return n, nil
}

// Allow reports whether addr may use it.
func (n Networks) Allow(addr netip.Addr) bool {
	return len(n) == 0 || slices.ContainsFunc(n, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// Cover reports whether every address that other allows is allowed by n too.
func (n Networks) Cover(other Networks) bool {
	if len(n) == 0 {
		return true
	}
	return len(other) > 0 && !slices.ContainsFunc(other, func(p netip.Prefix) bool {
		return !slices.ContainsFunc(n, func(q netip.Prefix) bool { return q.Bits() <= p.Bits() && q.Contains(p.Addr()) })
	})
}

// Strings lists the networks in CIDR notation; never nil.
func (n Networks) Strings() []string {
	out := make([]string, len(n))
	for i, p := range n {
		out[i] = p.String()
	}
	return out
}

// String is the space-separated list.
func (n Networks) String() string { return strings.Join(n.Strings(), " ") }

// Part is what a member is limited to: assets in any of Groups, and those in Assets. A nil *Part is everything.
type Part struct {
	Groups []string `json:"groups,omitempty"`
	Assets []int64  `json:"assets,omitempty"`
}
