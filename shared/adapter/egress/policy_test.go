package egress_test

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"latchkey.dev/shared/adapter/egress"
)

func refusal(t *testing.T, err error) *egress.Refusal {
	t.Helper()
	var r *egress.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("%v, want a refusal", err)
	}
	return r
}

// Each range with its first and last address and with its neighbours on both sides. "" is an address that may be called.
func TestAnAddressIsJudgedByTheRegistries(t *testing.T) {
	t.Parallel()
	const private, reserved = "Private-Use", "Reserved by IETF"
	const protocols, v6protocols = "IETF Protocol Assignments, RFC 6890", "IETF Protocol Assignments, RFC 2928"
	for _, c := range []struct{ address, why string }{
		{"0.0.0.0", "“This host on this network”"}, {"0.0.0.1", "“This network”"}, {"0.255.255.255", "“This network”"}, {"1.0.0.0", ""},
		{"9.255.255.255", ""}, {"10.0.0.0", private}, {"10.255.255.255", private}, {"11.0.0.0", ""},
		{"100.63.255.255", ""}, {"100.64.0.0", "Shared Address Space"}, {"100.100.100.200", "Shared Address Space"}, {"100.127.255.255", "Shared Address Space"}, {"100.128.0.0", ""},
		{"126.255.255.255", ""}, {"127.0.0.0", "Loopback"}, {"127.0.0.1", "Loopback"}, {"127.255.255.255", "Loopback"}, {"128.0.0.0", ""},
		{"169.253.255.255", ""}, {"169.254.0.0", "Link Local"}, {"169.254.169.254", "Link Local"}, {"169.254.170.2", "Link Local"}, {"169.254.255.255", "Link Local"}, {"169.255.0.0", ""},
		{"172.15.255.255", ""}, {"172.16.0.0", private}, {"172.31.255.255", private}, {"172.32.0.0", ""},
		{"191.255.255.255", ""}, {"192.0.0.0", "IPv4 Service Continuity"}, {"192.0.0.7", "IPv4 Service Continuity"}, {"192.0.0.8", "IPv4 dummy address"},
		{"192.0.0.9", "Port Control Protocol Anycast"}, {"192.0.0.10", "Traversal Using Relays"}, {"192.0.0.11", protocols}, {"192.0.0.169", protocols},
		{"192.0.0.170", "NAT64/DNS64 Discovery"}, {"192.0.0.171", "NAT64/DNS64 Discovery"}, {"192.0.0.172", protocols}, {"192.0.0.255", protocols}, {"192.0.1.0", ""},
		{"192.0.1.255", ""}, {"192.0.2.0", "TEST-NET-1"}, {"192.0.2.255", "TEST-NET-1"}, {"192.0.3.0", ""},
		{"192.31.195.255", ""}, {"192.31.196.0", "AS112-v4"}, {"192.31.196.255", "AS112-v4"}, {"192.31.197.0", ""},
		{"192.52.192.255", ""}, {"192.52.193.0", "AMT"}, {"192.52.193.255", "AMT"}, {"192.52.194.0", ""},
		{"192.88.98.255", ""}, {"192.88.99.0", "6to4 Relay Anycast"}, {"192.88.99.255", "6to4 Relay Anycast"}, {"192.88.100.0", ""},
		{"192.167.255.255", ""}, {"192.168.0.0", private}, {"192.168.255.255", private}, {"192.169.0.0", ""},
		{"192.175.47.255", ""}, {"192.175.48.0", "Direct Delegation AS112"}, {"192.175.48.255", "Direct Delegation AS112"}, {"192.175.49.0", ""},
		{"198.17.255.255", ""}, {"198.18.0.0", "Benchmarking"}, {"198.19.255.255", "Benchmarking"}, {"198.20.0.0", ""},
		{"198.51.99.255", ""}, {"198.51.100.0", "TEST-NET-2"}, {"198.51.100.255", "TEST-NET-2"}, {"198.51.101.0", ""},
		{"203.0.112.255", ""}, {"203.0.113.0", "TEST-NET-3"}, {"203.0.113.255", "TEST-NET-3"}, {"203.0.114.0", ""},
		{"223.255.255.255", ""}, {"224.0.0.0", "Multicast"}, {"239.255.255.255", "Multicast"}, {"240.0.0.0", "Reserved, RFC 1112"},
		{"255.255.255.254", "Reserved, RFC 1112"}, {"255.255.255.255", "Limited Broadcast"},
		{"8.8.8.8", ""}, {"1.1.1.1", ""},

		{"::", "Unspecified Address"}, {"::1", "Loopback Address"}, {"::2", "IPv4-compatible"}, {"::10.0.0.1", "IPv4-compatible"}, {"::8.8.8.8", "IPv4-compatible"},
		{"::ffff:ffff", "IPv4-compatible"}, {"::1:0:0", reserved}, {"::fffe:8.8.8.8", reserved}, {"::ffff:10.0.0.1", private}, {"::ffff:127.0.0.1", "Loopback"},
		{"::ffff:169.254.169.254", "Link Local"}, {"::ffff:8.8.8.8", ""}, {"::ffff:0:8.8.8.8", "IPv4-translated"}, {"::ffff:1:0:0", reserved},
		{"64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", reserved}, {"64:ff9b::8.8.8.8", "RFC 6052"}, {"64:ff9b::10.0.0.1", "RFC 6052"}, {"64:ff9b::1:0:0", reserved},
		{"64:ff9b:0:ffff:ffff:ffff:ffff:ffff", reserved}, {"64:ff9b:1::", "RFC 8215"}, {"64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "RFC 8215"}, {"64:ff9b:2::", reserved},
		{"ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", reserved}, {"100::", "Discard-Only"}, {"100::ffff:ffff:ffff:ffff", "Discard-Only"}, {"100:0:0:1::", "Dummy IPv6 Prefix"},
		{"100:0:0:1:ffff:ffff:ffff:ffff", "Dummy IPv6 Prefix"}, {"100:0:0:2::", reserved},
		{"1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", reserved}, {"2000::", ""}, {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
		{"2001::", "TEREDO"}, {"2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "TEREDO"}, {"2001:1::", v6protocols}, {"2001:1::1", "Port Control Protocol Anycast"},
		{"2001:1::2", "Traversal Using Relays"}, {"2001:1::3", "DNS-SD"}, {"2001:1::4", v6protocols}, {"2001:1:ffff:ffff:ffff:ffff:ffff:ffff", v6protocols},
		{"2001:2::", "Benchmarking"}, {"2001:2:0:ffff:ffff:ffff:ffff:ffff", "Benchmarking"}, {"2001:2:1::", v6protocols}, {"2001:3::", "AMT"},
		{"2001:3:ffff:ffff:ffff:ffff:ffff:ffff", "AMT"}, {"2001:4::", v6protocols}, {"2001:4:111:ffff:ffff:ffff:ffff:ffff", v6protocols}, {"2001:4:112::", "AS112-v6"},
		{"2001:4:112:ffff:ffff:ffff:ffff:ffff", "AS112-v6"}, {"2001:4:113::", v6protocols}, {"2001:f:ffff:ffff:ffff:ffff:ffff:ffff", v6protocols},
		{"2001:10::", "previously ORCHID"}, {"2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "previously ORCHID"}, {"2001:20::", "ORCHIDv2"},
		{"2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", "ORCHIDv2"}, {"2001:30::", "Drone Remote ID"}, {"2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", "Drone Remote ID"},
		{"2001:40::", v6protocols}, {"2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", v6protocols}, {"2001:200::", ""},
		{"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", ""}, {"2001:db8::", "Documentation, RFC 3849"}, {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "Documentation, RFC 3849"}, {"2001:db9::", ""},
		{"2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""}, {"2002::", "6to4"}, {"2002:808:808::1", "6to4"}, {"2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "6to4"}, {"2003::", ""},
		{"2620:4f:7fff:ffff:ffff:ffff:ffff:ffff", ""}, {"2620:4f:8000::", "Direct Delegation AS112"}, {"2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "Direct Delegation AS112"},
		{"2620:4f:8001::", ""}, {"3ffd:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""}, {"3ffe::", "6bone"}, {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "6bone"},
		{"3fff::", "Documentation, RFC 9637"}, {"3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "Documentation, RFC 9637"}, {"3fff:1000::", ""},
		{"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""}, {"4000::", reserved}, {"5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", reserved}, {"5f00::", "SRv6"},
		{"5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "SRv6"}, {"5f01::", reserved}, {"fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", reserved},
		{"fc00::", "Unique-Local"}, {"fd00:ec2::254", "Unique-Local"}, {"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Unique-Local"}, {"fe00::", reserved},
		{"fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", reserved}, {"fe80::", "Link-Local Unicast"}, {"febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Link-Local Unicast"},
		{"fec0::", "Site-Local"}, {"feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Site-Local"}, {"ff00::", "Multicast"}, {"ff02::1", "Multicast"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Multicast"},
		{"fe80::1%eth0", "a zone"}, {"2606:4700:4700::1111%eth0", "a zone"}, {"::ffff:8.8.8.8%eth0", "a zone"},
		{"2606:4700:4700::1111", ""}, {"2a00:1450:4001:82a::200e", ""},
	} {
		err := egress.Strict().Judge("https", "n8n.example.com", netip.AddrPortFrom(netip.MustParseAddr(c.address), 443))
		if c.why == "" {
			if err != nil {
				t.Errorf("%s: %v", c.address, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s passes, and is %s", c.address, c.why)
			continue
		}
		if r := refusal(t, err); r.Cause != egress.Address || !strings.Contains(r.Why, c.why) {
			t.Errorf("%s: %v, want %s", c.address, r, c.why)
		}
	}
	if r := refusal(t, egress.Strict().Judge("https", "x", netip.AddrPort{})); r.Cause != egress.Address {
		t.Errorf("no address at all: %v", r)
	}
}

// forms are all the ways in which IPv6 carries an IPv4 address.
func forms(ip netip.Addr) map[string]netip.Addr {
	four := ip.As4()
	within := func(prefix string, at int) netip.Addr {
		b := netip.MustParseAddr(prefix).As16()
		copy(b[at:], four[:])
		return netip.AddrFrom16(b)
	}
	teredo := netip.MustParseAddr("2001::").As16()
	for i, x := range four { // RFC 4380 has it inverted
		teredo[12+i] = ^x
	}
	return map[string]netip.Addr{
		"itself": ip, "mapped": within("::ffff:0:0", 12), "compatible": within("::", 12), "translated": within("::ffff:0:0:0", 12),
		"NAT64": within("64:ff9b::", 12), "local NAT64": within("64:ff9b:1::", 12), "6to4": within("2002::", 2), "Teredo": netip.AddrFrom16(teredo),
	}
}

func TestNothingWithinARangePassesInAnyForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(egress.Prefixes()).Draw(t, "prefix")
		b := p.Addr().AsSlice()
		for i, x := range rapid.SliceOfN(rapid.Byte(), len(b), len(b)).Draw(t, "host") {
			switch bits := p.Bits() - 8*i; {
			case bits <= 0:
				b[i] = x
			case bits < 8:
				b[i] |= x & (0xff >> bits)
			}
		}
		ip, _ := netip.AddrFromSlice(b)
		if !p.Contains(ip) {
			t.Fatalf("%s is not in %s", ip, p)
		}
		all := map[string]netip.Addr{"itself": ip}
		if ip.Is4() {
			all = forms(ip)
		}
		port := rapid.Uint16().Draw(t, "port")
		for form, ip := range all {
			for _, scheme := range []string{"https", "http", "ftp", ""} {
				for _, host := range []string{"n8n.example.com", "localhost", ip.String()} {
					if err := egress.Strict().Judge(scheme, host, netip.AddrPortFrom(ip, port)); err == nil {
						t.Fatalf("%s of %s, %s, passes by %q for %s", form, p, ip, scheme, host)
					}
				}
			}
			if err := egress.Strict().JudgeName("https", ip.String(), port); err == nil {
				t.Fatalf("%s of %s, %s, may be typed in", form, p, ip)
			}
		}
	})
}

// What isn't spoken by http has the same addresses refused, and no stand-in gets past.
func TestPublicRefusesEverySpecialAddressAtAnyPort(t *testing.T) {
	t.Parallel()
	for _, prefix := range egress.Prefixes() {
		if r := refusal(t, egress.Public(netip.AddrPortFrom(prefix.Addr(), 53))); r.Cause != egress.Address {
			t.Errorf("%s: %v", prefix, r)
		}
	}
	for form, ip := range forms(netip.MustParseAddr("8.8.8.8")) {
		err := egress.Public(netip.AddrPortFrom(ip, 53))
		if passes := form == "itself" || form == "mapped"; (err == nil) != passes {
			t.Errorf("%s, %s: %v", form, ip, err)
		}
	}
	if r := refusal(t, egress.Public(netip.AddrPortFrom(netip.MustParseAddr("8.8.8.8"), 0))); r.Cause != egress.Port {
		t.Error(r)
	}
	if r := refusal(t, egress.Public(netip.AddrPort{})); r.Cause != egress.Address {
		t.Error(r)
	}
}

// A public address passes as itself and written as an IPv6 one; what leads to it by a translator is refused.
func TestOnlyTheMappedFormOfAPublicAddressPasses(t *testing.T) {
	t.Parallel()
	for form, ip := range forms(netip.MustParseAddr("8.8.8.8")) {
		err := egress.Strict().Judge("https", "dns.google", netip.AddrPortFrom(ip, 443))
		if passes := form == "itself" || form == "mapped"; (err == nil) != passes {
			t.Errorf("%s, %s: %v", form, ip, err)
		}
	}
}

func TestHttpsIsSpokenAtAnyPortAndNothingElseIs(t *testing.T) {
	t.Parallel()
	p, far := egress.Strict(), netip.MustParseAddr("8.8.8.8")
	for _, port := range []uint16{1, 80, 443, 5678, 8443, 65535} {
		if err := p.Judge("https", "n8n.example.com", netip.AddrPortFrom(far, port)); err != nil {
			t.Error(err)
		}
		if err := p.JudgeName("https", "n8n.example.com", port); err != nil {
			t.Error(err)
		}
		for _, scheme := range []string{"http", "ftp", "", "HTTPS", "smtp"} {
			called, typed := p.Judge(scheme, "n8n.example.com", netip.AddrPortFrom(far, port)), p.JudgeName(scheme, "n8n.example.com", port)
			for _, err := range []error{called, typed} {
				if r := refusal(t, err); r.Cause != egress.Scheme {
					t.Errorf("%q at %d: %v", scheme, port, r)
				}
			}
		}
	}
	for _, err := range []error{p.Judge("https", "x", netip.AddrPortFrom(far, 0)), p.JudgeName("https", "n8n.example.com", 0)} {
		if r := refusal(t, err); r.Cause != egress.Port {
			t.Error(r)
		}
	}
}

func TestAURLIsJudgedByItsHostAndPort(t *testing.T) {
	t.Parallel()
	p := egress.Strict().Allowing(netip.MustParseAddrPort("127.0.0.1:80"))
	for at, passes := range map[string]bool{
		"https://n8n.example.com/x": true, "https://n8n.example.com:5678": true, "https://8.8.8.8": true, "https://[2606:4700:4700::1111]:8443/": true,
		"http://localhost/": true, "http://127.0.0.1/": true, "http://LOCALHOST./": true, "https://localhost.example.com": true,
		"http://n8n.example.com": false, "https://127.0.0.1": false, "https://[::1]": false, "https://[::ffff:10.0.0.1]/": false, "http://localhost:81": false,
		"http://[::1]/": false, "https://[fe80::1%25eth0]/": false, "https://n8n.example.com:0": false, "https://n8n.example.com:99999": false,
		"ftp://n8n.example.com": false, "https://10.0.0.1.": false, "http://localhost.example.com/": false,
	} {
		u, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.JudgeURL(u); (err == nil) != passes {
			t.Errorf("%s: %v", at, err)
		}
	}
}

func TestOnlyTheListenersThatAreListedAreAllowed(t *testing.T) {
	t.Parallel()
	at := netip.MustParseAddrPort
	p := egress.Strict().Allowing(at("127.0.0.1:8080"), at("[::1]:8081"), at("[::ffff:127.0.0.1]:8082"), at("10.0.0.1:8080"),
		at("169.254.169.254:80"), at("0.0.0.0:8080"))
	for to, passes := range map[string]bool{
		"127.0.0.1:8080": true, "[::1]:8081": true, "127.0.0.1:8082": true, "[::ffff:127.0.0.1]:8080": true,
		"127.0.0.1:8081": false, "[::1]:8080": false, "127.0.0.2:8080": false, "10.0.0.1:8080": false, "169.254.169.254:80": false, "0.0.0.0:8080": false,
		"[::127.0.0.1]:8080": false, "[64:ff9b::7f00:1]:8080": false,
	} {
		for _, scheme := range []string{"http", "https"} {
			if err := p.Judge(scheme, "localhost", at(to)); (err == nil) != passes {
				t.Errorf("%s at %s: %v", scheme, to, err)
			}
		}
		if err := p.Judge("ftp", "localhost", at(to)); err == nil {
			t.Errorf("ftp at %s passes", to)
		}
	}
	// What is not listed is judged as strictly as ever, and the policy that it was made of stays as it was.
	if err := p.Judge("http", "n8n.example.com", at("8.8.8.8:8080")); err == nil {
		t.Error("http outside passes")
	}
	if err := egress.Strict().Judge("http", "localhost", at("127.0.0.1:8080")); err == nil {
		t.Error("the strict policy was changed")
	}
	first, second := p.Allowing(at("127.0.0.1:1")), p.Allowing(at("127.0.0.1:2"))
	if first.Judge("http", "localhost", at("127.0.0.1:2")) == nil || second.Judge("http", "localhost", at("127.0.0.1:1")) == nil {
		t.Error("two policies that were made of one share what they allow")
	}
}

func TestListenersMayComeAndGo(t *testing.T) {
	t.Parallel()
	running := map[netip.AddrPort]bool{}
	p := egress.Strict().AllowingWhere(func(at netip.AddrPort) bool { return running[at] })
	at, inside := netip.MustParseAddrPort("127.0.0.1:5678"), netip.MustParseAddrPort("10.0.0.1:5678")
	for _, on := range []bool{false, true, false} {
		running[at], running[inside] = on, on
		if err := p.Judge("http", "localhost", at); (err == nil) != on {
			t.Errorf("while it runs %v: %v", on, err)
		}
		if err := p.JudgeName("http", "localhost", 5678); (err == nil) != on {
			t.Errorf("typed in while it runs %v: %v", on, err)
		}
		if err := p.Judge("http", "localhost", inside); err == nil {
			t.Error("an address inside is taken for a listener")
		}
	}
}
