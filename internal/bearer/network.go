package bearer

import "net/netip"

// Network is the part of an address that one guesser is likely to hold, as the name that attempts are counted under:
// all of an IPv4 address, 64 bits of IPv6.
func Network(addr netip.Addr) string {
	if addr.Unmap().Is4() {
		return addr.Unmap().String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}
