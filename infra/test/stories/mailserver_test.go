package lifecycle

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	standin "latchkey.dev/infra/run/mailserver"
	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/smtp"
	"latchkey.dev/shared/domain/mailserver"
)

// ownServer is what agencies of the stories set up as their mail server.
var ownServer = mailserver.Server{Host: standin.Host, Port: mailserver.PortTLS, Security: mailserver.TLS, User: standin.User}

// pipes is a listener whose connections are pipes within the bubble.
type pipes struct {
	conns chan net.Conn
	ended chan struct{}
	end   func() // closes ended, once
}

// Accept waits for a connection.
func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

// Close ends it. Once more is fine, as of any listener.
func (p pipes) Close() error {
	p.end()
	return nil
}

// Addr is where the server's name leads.
func (p pipes) Addr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(8, 8, 8, 8), Port: int(ownServer.Port)}
}

// mailServer has a server answer for every agency's own, by a name that leads to a public address, as long as the world is open.
func (w *world) mailServer() *standin.Server {
	if w.relayed != nil {
		return w.relayed
	}
	s, err := standin.New(time.Now())
	must(w.t, err)
	p := pipes{conns: make(chan net.Conn), ended: make(chan struct{})}
	p.end = sync.OnceFunc(func() { close(p.ended) })
	w.servers = &smtp.Sender{Name: "portal.latchkey.example", Roots: s.Roots, Now: time.Now, Dialer: egress.Dialer{
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
		},
		Connect: func(context.Context, netip.AddrPort) (net.Conn, error) {
			here, there := net.Pipe()
			p.conns <- there
			return here, nil
		},
	}}
	s.Serve(p)
	w.relayed = s
	return s
}
