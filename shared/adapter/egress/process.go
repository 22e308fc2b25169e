package egress

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Variable is where a function that was built for the local run reads what stands in for the outside.
const Variable = "EGRESS_STAND_INS"

// standIns is empty in everything that is deployed. Whoever builds functions for the local run sets it by the linker:
//
//	go build -ldflags '-X latchkey.dev/shared/adapter/egress.standIns=env'
//
// The value is a list as [StandIns] takes it, or "env", which has [Variable] hold the list. Without it, no variable and so
// no parameter of a template can loosen the policy.
var standIns string

// FromProcess is the policy of this process: the strict one, unless it was built for the local run. get looks variables up.
// An error says what is wrong with the list.
func FromProcess(get func(name string) string) (Policy, error) {
	switch standIns {
	case "":
		return Strict(), nil
	case "env":
		return StandIns(get(Variable))
	}
	return StandIns(standIns)
}

// StandIns is the strict policy that allows http and https besides to what the list names: hosts and ports with commas
// between, such as "127.0.0.1:8080,host.docker.internal:8108". An address must be a loopback one; what a name leads to
// has to be on this machine or on a private network, which is found out when it is called.
func StandIns(list string) (Policy, error) {
	p := Strict()
	for entry := range strings.SplitSeq(list, ",") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		host, text, err := net.SplitHostPort(entry)
		port, wrong := strconv.ParseUint(text, 10, 16)
		if err != nil || wrong != nil || host == "" || port == 0 {
			return Strict(), fmt.Errorf("egress: %q in the list of stand-ins is no host with a port; write it like 127.0.0.1:8080", entry)
		}
		ip, err := netip.ParseAddr(host)
		switch {
		case err != nil:
			p.named = append(p.named, name{canonical(host), uint16(port)})
		case ip.IsLoopback():
			p = p.Allowing(netip.AddrPortFrom(ip, uint16(port)))
		default:
			return Strict(),
				fmt.Errorf("egress: %q in the list of stand-ins is no loopback address; only those and names are allowed", entry)
		}
	}
	return p, nil
}
