package identity_test

import (
	"testing"

	"latchkey.dev/shared/domain/identity"
)

func TestANetworkIsNoOneMachines(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string][2]string{
		"203.0.113.7":           {"203.0.113.0/24", "203.0.113.x"},
		"203.0.113.7:4711":      {"203.0.113.0/24", "203.0.113.x"},
		"::ffff:203.0.113.200":  {"203.0.113.0/24", "203.0.113.x"},
		"10.0.0.10":             {"10.0.0.0/24", "10.0.0.x"},
		"2001:db8:20:1::7":      {"2001:db8:20::/48", "2001:db8:20::x"},
		"[2001:db8:20:1::7]:1":  {"2001:db8:20::/48", "2001:db8:20::x"},
		"fe80::1%eth0":          {"fe80::/48", "fe80::x"},
		"::1":                   {"::/48", "::x"},
		"":                      {"", ""},
		"acme.example":          {"", ""},
		"203.0.113.7, 10.0.0.1": {"", ""},
	} {
		if got := identity.NetworkOf(ip); got != want[0] || identity.NetworkLike(got) != want[1] {
			t.Errorf("%q is of %q, like %q", ip, got, identity.NetworkLike(got))
		}
	}
}
