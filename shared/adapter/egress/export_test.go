package egress

import "net/netip"

// Prefixes are all ranges that are refused by name.
func Prefixes() []netip.Prefix {
	var out []netip.Prefix
	for _, b := range blocks {
		out = append(out, b.prefix)
	}
	return out
}

// Built has the package be as the linker makes it with the value, until the function that it returns is called.
func Built(value string) (restore func()) {
	before := standIns
	standIns = value
	return func() { standIns = before }
}
