package webhook

import (
	"net/netip"
	"slices"
)

// special are the networks of IPv4 that are not the public internet: the IANA registry of special-purpose addresses,
// multicast, and the one address in public space at which a cloud's machines get their own credentials (Azure).
func special() []netip.Prefix {
	var out []netip.Prefix
	for _, text := range [...]string{"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32"} {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

// specialSix are those of IPv6 within 2000::/3, outside of which nothing is public: protocol assignments with Teredo,
// benchmarks, documentation, 6to4, which leads to IPv4 addresses, and direct delegation.
func specialSix() []netip.Prefix {
	var out []netip.Prefix
	for _, text := range [...]string{"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"} {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

// mayReach reports whether a request may go to an address: to a public one, or to one of the networks that the operator
// allows; by plain http to the latter alone. An IPv4 address in the clothes of an IPv6 one is what it stands for.
func mayReach(addr netip.Addr, plain bool, allowed []netip.Prefix) bool {
	if addr.Zone() != "" {
		return false
	}
	addr = addr.Unmap()
	within := func(list []netip.Prefix) bool {
		return slices.ContainsFunc(list, func(p netip.Prefix) bool {
			return p.Contains(addr) || p.Addr().Is4In6() && p.Bits() >= 96 && netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96).Contains(addr)
		})
	}
	switch {
	case !addr.IsValid():
		return false
	case within(allowed):
		return true
	case plain:
		return false
	case addr.Is4():
		return !within(special())
	}
	return netip.MustParsePrefix("2000::/3").Contains(addr) && !within(specialSix())
}
