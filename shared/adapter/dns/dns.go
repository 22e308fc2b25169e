// Package dns asks name servers by messages of its own, since what decides whether a record is missing, old or different
// from server to server is in what Go's resolver leaves out: response codes, times to live, the authority's SOA, and who
// answered. It asks a zone's own name servers, whose addresses strangers choose, and so only at public addresses.
package dns

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/domain/zone"
)

// Bounds of one check.
const (
	// Queries is how many messages a check sends at most.
	Queries = 20
	// Patience is how long a check takes at most, beginning with its first question.
	Patience = 5 * time.Second
	// AtOnce is how many answers a check waits for at the same time.
	AtOnce = 4
	// MostServers is how many of a zone's name servers are asked.
	MostServers = 4
	// attempt is how long one message is waited for. A second one, by TCP, fits into the patience.
	attempt = 1500 * time.Millisecond
)

// Bounds of one answer.
const (
	// MostBytes is how much of a message is read.
	MostBytes = 16 << 10
	// MostRecords is how many records of a message are kept.
	MostRecords = 100
	// strays is how many datagrams are passed over that answer something else.
	strays = 16
)

// Variable is where a function reads which name servers stand in for the world's.
const Variable = "DNS_SERVER"

// Asker asks DNS. Its methods may be called at once.
type Asker struct {
	// Resolvers are whom this machine asks, by which zones and their name servers are found. They are the operator's own and
	// may have any address.
	Resolvers []netip.AddrPort
	// StandIns are asked in place of every zone's name servers, by turns in the order of the name servers' names. Where
	// there are none, the zones' name servers are asked, at port 53 of their public addresses.
	StandIns []netip.AddrPort
	// Connect opens a connection, by udp or tcp.
	Connect func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error)
}

// Open asks the world's name servers, or those on this machine that the variable DNS_SERVER lists: addresses and ports with
// commas between, such as "127.0.0.1:5301,127.0.0.1:5302". Only loopback ones are allowed, so that the variable leads
// nowhere else.
func Open(env *environment.Environment) *Asker {
	a := &Asker{Connect: connect}
	list := env.Optional(Variable)
	for entry := range strings.SplitSeq(list, ",") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		to, err := netip.ParseAddrPort(entry)
		if err != nil || !to.Addr().IsLoopback() || to.Addr().Zone() != "" || to.Port() == 0 {
			env.Fail(fmt.Errorf("%s lists %q, which is no loopback address with a port; write it like 127.0.0.1:5301", Variable, entry))
			continue
		}
		a.StandIns = append(a.StandIns, to)
	}
	if a.Resolvers = a.StandIns; len(a.Resolvers) > 1 {
		a.Resolvers = a.Resolvers[:1]
	}
	if strings.TrimSpace(list) == "" {
		a.Resolvers = resolvers()
	}
	return a
}

func connect(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, to.String())
}

// mostResolvers is how many of a machine's resolvers are known to it (resolv.conf(5), MAXNS).
const mostResolvers = 3

// resolvers reads which resolvers this machine asks; the one on itself where its file says nothing.
func resolvers() []netip.AddrPort {
	f, err := os.Open("/etc/resolv.conf")
	if err == nil {
		defer f.Close() //nolint:errcheck // it was read
		if out := nameservers(f); len(out) > 0 {
			return out
		}
	}
	return []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 53)}
}

func nameservers(conf io.Reader) []netip.AddrPort {
	var out []netip.AddrPort
	for lines := bufio.NewScanner(io.LimitReader(conf, 64<<10)); lines.Scan() && len(out) < mostResolvers; {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		if ip, err := netip.ParseAddr(fields[1]); err == nil {
			out = append(out, netip.AddrPortFrom(ip, 53))
		}
	}
	return out
}

// admit returns why the name server may not be asked; "" where it may. It is called for every message.
func (a *Asker) admit(to netip.AddrPort) zone.Reason {
	for _, s := range a.StandIns {
		if s == to {
			return ""
		}
	}
	if len(a.StandIns) > 0 || egress.Public(to) != nil || to.Port() != 53 {
		return zone.NotPublic
	}
	return ""
}
