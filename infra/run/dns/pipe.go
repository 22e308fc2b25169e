package dns

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// firstUnheard is the port of the first of the servers that listen nowhere.
const firstUnheard = 5301

// Unheard has servers that listen nowhere, and answer what is asked through [Stub.Connect] alone: no datagram is lost, and time can
// be a bubble's of testing/synctest. Their addresses are names that nothing else goes by.
func Unheard(n int) *Stub {
	s := &Stub{closed: make(chan struct{}), conns: map[net.Conn]bool{}}
	for i := range n {
		one := &Server{stub: s, n: i, zones: map[string]*zone{}, faults: map[string]Fault{}, turns: map[question]int{}}
		one.at = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(firstUnheard+i)) //nolint:gosec // a few of them
		s.servers = append(s.servers, one)
	}
	return s
}

// Connect opens a connection to the server of the address within this process, by udp or tcp, as a net.Dialer does over a network.
func (s *Stub) Connect(_ context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	i := slices.Index(s.Addrs(), to)
	if i < 0 {
		return nil, fmt.Errorf("dns: nothing answers at %s", to)
	}
	ours, theirs := net.Pipe()
	if !s.keep(ours) {
		return nil, fmt.Errorf("dns: nothing answers at %s any more", to)
	}
	s.running.Go(func() {
		defer s.drop(ours)
		if network == "tcp" {
			s.servers[i].serveStream(ours)
			return
		}
		buf := make([]byte, 64<<10)
		for {
			n, err := ours.Read(buf) // a pipe keeps what was written at once together
			if err != nil {
				return
			}
			if out := s.servers[i].respond(network, buf[:n]); out != nil {
				if _, err := ours.Write(out); err != nil {
					return
				}
			}
		}
	})
	return theirs, nil
}
