// Package dns is an authoritative DNS server on loopback, by UDP and TCP, so that whatever asks DNS asks a server over the
// wire here too. Its zones are text, its answers are those of RFC 1034, 2308 and 4592, and it can be made to fail for a
// name in the ways in which real name servers do. Several servers run in one Stub: what is published is on all of them,
// and what is published on one of them alone is what a secondary that lags behind looks like.
package dns

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Bounds of a stub, which other programs of this machine may ask.
const (
	mostAtOnce  = 256              // questions of one server that are answered at once; further ones by UDP are dropped
	mostAsked   = 1000             // questions that are remembered
	mostHops    = 16               // aliases that are followed for one answer
	mostRecords = 20_000           // records of one server
	idle        = 10 * time.Second // how long a connection may be without a question
)

// Stub is servers that share a life. All methods may be called at once.
type Stub struct {
	servers []*Server
	closed  chan struct{}
	closing sync.Once
	running sync.WaitGroup

	mu    sync.Mutex
	asked []Asked
	conns map[net.Conn]bool
}

// Server is one of a stub's servers, with zones and faults of its own.
type Server struct {
	stub *Stub
	n    int
	at   netip.AddrPort
	udp  net.PacketConn // nil where the server listens nowhere
	tcp  net.Listener
	busy chan struct{}

	mu     sync.Mutex
	zones  map[string]*zone // by origin
	faults map[string]Fault // by name
	turns  map[question]int // of Flap, for each question
}

// Asked is a question that came.
type Asked struct {
	Server  int    // its place among the servers
	Network string // udp or tcp
	Name    string // in lower case, with its final dot
	Type    string // such as CNAME
}

// Start has a server at each of the addresses, which are loopback ones, such as 127.0.0.1:0 for any port.
func Start(at ...string) (*Stub, error) {
	if len(at) == 0 {
		return nil, fmt.Errorf("dns: name an address to listen at, such as 127.0.0.1:0")
	}
	s := &Stub{closed: make(chan struct{}), conns: map[net.Conn]bool{}}
	for n, a := range at {
		one := &Server{stub: s, n: n, busy: make(chan struct{}, mostAtOnce), zones: map[string]*zone{}, faults: map[string]Fault{},
			turns: map[question]int{}}
		if err := one.listen(a); err != nil {
			s.Close()
			return nil, err
		}
		s.servers = append(s.servers, one)
		s.running.Go(one.serveUDP)
		s.running.Go(one.serveTCP)
	}
	return s, nil
}

// listen opens the same port for UDP and TCP. Where the machine chooses the port, one that is free by TCP may be taken by
// UDP, and another is tried.
func (s *Server) listen(at string) error {
	to, err := netip.ParseAddrPort(at)
	if err != nil || !to.Addr().IsLoopback() {
		return fmt.Errorf("dns: %q is no loopback address with a port; write it like 127.0.0.1:0", at)
	}
	for range 20 {
		if s.tcp, err = net.Listen("tcp", at); err != nil {
			return fmt.Errorf("dns: %w", err)
		}
		if s.udp, err = net.ListenPacket("udp", s.tcp.Addr().String()); err == nil {
			s.at, err = netip.ParseAddrPort(s.tcp.Addr().String())
			return err
		}
		_ = s.tcp.Close()
		if to.Port() != 0 {
			break
		}
	}
	return fmt.Errorf("dns: %w", err)
}

// Close ends the servers, and returns when nothing of them runs any more.
func (s *Stub) Close() {
	s.closing.Do(func() {
		s.mu.Lock()
		close(s.closed)
		for c := range s.conns {
			_ = c.Close()
		}
		s.mu.Unlock()
		for _, one := range s.servers {
			if one.udp != nil {
				_ = one.udp.Close()
				_ = one.tcp.Close()
			}
		}
	})
	s.running.Wait()
}

// Servers is how many servers there are.
func (s *Stub) Servers() int { return len(s.servers) }

// Server is the one in that place, from 0, for what is to be on it alone.
func (s *Stub) Server(n int) *Server { return s.servers[n] }

// Addr is where the server listens, by UDP and TCP.
func (s *Server) Addr() netip.AddrPort { return s.at }

// Addrs is where the servers listen.
func (s *Stub) Addrs() []netip.AddrPort {
	var all []netip.AddrPort
	for _, one := range s.servers {
		all = append(all, one.Addr())
	}
	return all
}

// Variable is the value of DNS_SERVER with which a function asks these servers.
func (s *Stub) Variable() string {
	var all []string
	for _, a := range s.Addrs() {
		all = append(all, a.String())
	}
	return strings.Join(all, ",")
}

// Asked is the last thousand questions in the order in which they came.
func (s *Stub) Asked() []Asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// Forget forgets what was asked.
func (s *Stub) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = nil
}

func (s *Stub) note(a Asked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) >= mostAsked {
		s.asked = slices.Delete(s.asked, 0, len(s.asked)-mostAsked+1)
	}
	s.asked = append(s.asked, a)
}

// serveUDP answers each datagram by itself, so that a slow answer keeps nobody waiting.
func (s *Server) serveUDP() {
	buf := make([]byte, 64<<10)
	for {
		n, from, err := s.udp.ReadFrom(buf)
		if err != nil {
			select {
			case <-s.stub.closed:
				return
			default:
				continue // a datagram that could not be read, such as the rejection of an earlier answer
			}
		}
		select {
		case s.busy <- struct{}{}:
		default:
			continue
		}
		ask := slices.Clone(buf[:n])
		s.stub.running.Go(func() {
			defer func() { <-s.busy }()
			if out := s.respond("udp", ask); out != nil {
				_, _ = s.udp.WriteTo(out, from)
			}
		})
	}
}

func (s *Server) serveTCP() {
	for {
		c, err := s.tcp.Accept()
		if err != nil {
			select {
			case <-s.stub.closed:
				return
			default:
				continue
			}
		}
		if !s.stub.keep(c) {
			_ = c.Close()
			return
		}
		s.stub.running.Go(func() {
			defer s.stub.drop(c)
			s.serveStream(c)
		})
	}
}

// serveStream answers what comes on a connection, until nothing comes any more.
func (s *Server) serveStream(c net.Conn) {
	for {
		_ = c.SetDeadline(time.Now().Add(idle))
		ask, err := readFramed(c)
		if err != nil {
			return
		}
		out := s.respond("tcp", ask)
		if out == nil {
			continue
		}
		_ = c.SetDeadline(time.Now().Add(idle))
		if _, err := c.Write(append([]byte{byte(len(out) >> 8), byte(len(out))}, out...)); err != nil {
			return
		}
	}
}

// keep notes a connection, so that Close ends it; false where the stub is closed.
func (s *Stub) keep(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		return false
	default:
		s.conns[c] = true
		return true
	}
}

func (s *Stub) drop(c net.Conn) {
	_ = c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// typeNames are the types of records that a zone may have.
var typeNames = map[string]dnsmessage.Type{
	"A": dnsmessage.TypeA, "AAAA": dnsmessage.TypeAAAA, "CNAME": dnsmessage.TypeCNAME, "MX": dnsmessage.TypeMX,
	"NS": dnsmessage.TypeNS, "SOA": dnsmessage.TypeSOA, "TXT": dnsmessage.TypeTXT,
}

// typeName is how a zone file writes the type.
func typeName(t dnsmessage.Type) string {
	for name, one := range typeNames {
		if one == t {
			return name
		}
	}
	if t == dnsmessage.TypeALL {
		return "ANY"
	}
	return fmt.Sprintf("TYPE%d", t) // RFC 3597, section 5
}
