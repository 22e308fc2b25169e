// Package egress judges where the product connects to when somebody else says where: an n8n instance, a program that sets
// things up, later a mail server, a webhook and a sign-in provider. One policy says which addresses and ports may be
// called, and the dialer here asks it about each address after a name was looked up and connects to nothing else, so that
// a name that leads to a public address when it is checked and to a private one when it is called gains nothing (DNS
// rebinding).
package egress

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Policy says what may be called. Its zero value is the strict one, which every deployed function has: https at addresses
// of the public internet, at any port. A Policy never changes; the methods that allow more return another one.
type Policy struct {
	listeners []func(netip.AddrPort) bool
	named     []name
}

// name is a stand-in that is found by its name, as containers find the machine that they run on.
type name struct {
	host string
	port uint16
}

// Strict is the policy of a deployment.
func Strict() Policy { return Policy{} }

// Allowing allows http and https to these listeners on this machine besides. An address that is not a loopback one gains
// nothing by being listed. It is for the local run and for tests, which know what they started.
func (p Policy) Allowing(listeners ...netip.AddrPort) Policy {
	known := map[netip.AddrPort]bool{}
	for _, l := range listeners {
		known[netip.AddrPortFrom(l.Addr().Unmap(), l.Port())] = true // net.TCPAddr writes IPv4 as IPv6
	}
	return p.AllowingWhere(func(at netip.AddrPort) bool { return known[at] })
}

// AllowingWhere allows http and https to the loopback listeners besides of which started says so, for those that come and
// go while the policy is in use.
func (p Policy) AllowingWhere(started func(netip.AddrPort) bool) Policy {
	p.listeners = append(slices.Clip(p.listeners), started)
	return p
}

// Cause is the kind of a refusal.
type Cause string

// The causes of a refusal.
const (
	Address Cause = "address" // not an address of the public internet
	Scheme  Cause = "scheme"  // not https
	Port    Cause = "port"    // no port that anything can listen on
)

// Refusal says what the policy does not let be called, and why.
type Refusal struct {
	Cause Cause
	What  string // such as "10.0.0.1:443" or "http://n8n.example.com:80"
	Why   string // such as "Private-Use, RFC 1918": the name that IANA's registry has for the addresses
}

// Error tells all of it, which is for logs: an answer to people should not say which address a name leads to.
func (r *Refusal) Error() string {
	return fmt.Sprintf("egress: %s may not be called, by its %s: %s", r.What, r.Cause, r.Why)
}

// Judge returns nil where the policy lets the address, to which the host's name has led, be called by the scheme, and else
// a [*Refusal]. It is a function of what it is given alone: it looks nothing up.
func (p Policy) Judge(scheme, host string, to netip.AddrPort) error {
	if (scheme == "http" || scheme == "https") && p.standIn(host, to) {
		return nil
	}
	if why := special(to.Addr()); why != "" {
		return &Refusal{Address, to.String(), why}
	}
	return protocol(scheme, to.String(), to.Port())
}

// JudgeName judges what can be judged before the host's name is looked up, for a form in which somebody types an address:
// the scheme, the port, and a host that is an IP address itself. What passes here is judged once more when it is called.
func (p Policy) JudgeName(scheme, host string, port uint16) error {
	host = canonical(host)
	if ip, err := netip.ParseAddr(host); err == nil {
		return p.Judge(scheme, host, netip.AddrPortFrom(ip, port))
	}
	if scheme == "http" && (slices.Contains(p.named, name{host, port}) || host == "localhost" && p.local(port)) {
		return nil
	}
	return protocol(scheme, fmt.Sprintf("%s:%d", host, port), port)
}

// JudgeURL is JudgeName for an absolute URL.
func (p Policy) JudgeURL(u *url.URL) error {
	port := u.Port()
	switch {
	case port == "" && u.Scheme == "http":
		port = "80"
	case port == "":
		port = "443"
	}
	host, n, err := split(net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return err
	}
	return p.JudgeName(u.Scheme, host, n)
}

// protocol judges scheme and port of what is not a stand-in. A scheme that is not named here is refused.
func protocol(scheme, what string, port uint16) error {
	switch {
	case scheme != "https":
		return &Refusal{Scheme, scheme + "://" + what, "only https is spoken"}
	case port == 0:
		return &Refusal{Port, what, "Reserved, RFC 6335"}
	}
	return nil
}

// standIn tells whether the address is one of what stands in for the outside. One that is known by name has to be on this
// machine or on a private network; no name leads to a cloud's metadata service.
func (p Policy) standIn(host string, to netip.AddrPort) bool {
	ip := to.Addr()
	if ip.Zone() != "" {
		return false
	}
	ip = ip.Unmap()
	if ip.IsLoopback() && p.listens(netip.AddrPortFrom(ip, to.Port())) {
		return true
	}
	near := ip.IsLoopback() || ip.IsPrivate() && ip != metadata
	return near && slices.Contains(p.named, name{canonical(host), to.Port()})
}

// metadata is where EC2's metadata service is by IPv6, which netip takes for a private network's.
var metadata = netip.MustParseAddr("fd00:ec2::254")

func (p Policy) listens(at netip.AddrPort) bool {
	return slices.ContainsFunc(p.listeners, func(started func(netip.AddrPort) bool) bool { return started(at) })
}

// local tells whether a listener that is allowed has this port.
func (p Policy) local(port uint16) bool {
	four := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	return p.listens(netip.AddrPortFrom(four, port)) || p.listens(netip.AddrPortFrom(netip.IPv6Loopback(), port))
}

// canonical is the one form of a host's name.
func canonical(host string) string { return strings.TrimSuffix(strings.ToLower(host), ".") }

// Public returns nil for an address of the public internet, whatever is spoken there, and else a [*Refusal]. It is for
// what isn't called by http or https, such as name servers: none of the policy's stand-ins passes.
func Public(to netip.AddrPort) error {
	if why := special(to.Addr()); why != "" {
		return &Refusal{Address, to.String(), why}
	}
	return protocol("https", to.String(), to.Port()) // which judges the port alone
}
