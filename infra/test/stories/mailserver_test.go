package lifecycle

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/smtp"
	"latchkey.dev/shared/domain/mailserver"
)

// ownServer is what agencies of the stories set up as their mail server.
var ownServer = mailserver.Server{Host: "smtp.northwind.com", Port: mailserver.PortTLS, Security: mailserver.TLS, User: "mailer"}

// ownPassword is its password, which must be found nowhere.
const ownPassword = "correct horse battery"

// mailServer is a real server of go-smtp under TLS, which is reached over pipes by a name that leads to a public address.
type mailServer struct {
	// refuse says what the server answers in place of what it would; nil for nothing. It is called for every command.
	refuse func(step mailserver.Step) error
	// cut has it hang up in place of answering the final dot, after it has taken the mail.
	cut bool

	mu    sync.Mutex
	mails []relayed
	dials int
	conns chan net.Conn
}

// relayed is a mail that the server has taken.
type relayed struct{ from, to, content string }

// field is a header's value, unfolded.
func (r relayed) field(name string) string {
	head, _, _ := strings.Cut(r.content, "\r\n\r\n")
	head = strings.ReplaceAll(head, "\r\n ", " ")
	for line := range strings.SplitSeq(head, "\r\n") {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return value
		}
	}
	return ""
}

// serve runs the server for the world until the function that it returns is called.
func (s *mailServer) serve(w *world) (stop func()) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(w.t, err)
	of := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "A story's"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(9, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, DNSNames: []string{ownServer.Host}}
	der, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	must(w.t, err)
	leaf, err := x509.ParseCertificate(der)
	must(w.t, err)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		SessionTicketsDisabled: true} // which a pipe without a buffer has no room for
	s.conns = make(chan net.Conn)
	w.servers = &smtp.Sender{Name: "portal.latchkey.example", Roots: roots, Now: time.Now, Dialer: egress.Dialer{
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
		},
		Connect: func(context.Context, netip.AddrPort) (net.Conn, error) {
			here, there := net.Pipe()
			s.mu.Lock()
			s.dials++
			s.mu.Unlock()
			s.conns <- tls.Server(there, config)
			return here, nil
		},
	}}
	server := gosmtp.NewServer(s)
	server.Domain, server.AllowInsecureAuth, server.ErrorLog = ownServer.Host, true, quiet{} // it is within TLS, which go-smtp isn't told
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(s)
	}()
	return func() {
		close(s.conns)
		_ = server.Close()
		<-ended
	}
}

// quiet hears what go-smtp says of connections that end early.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// Accept waits for a connection.
func (s *mailServer) Accept() (net.Conn, error) {
	c, ok := <-s.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

// Close leaves the rest to whoever has the server stop.
func (s *mailServer) Close() error { return nil }

// Addr is where the name leads.
func (s *mailServer) Addr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(8, 8, 8, 8), Port: int(ownServer.Port)}
}

// took are the mails that it has taken so far.
func (s *mailServer) took() []relayed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]relayed(nil), s.mails...)
}

// called is how many connections there were.
func (s *mailServer) called() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dials
}

func (s *mailServer) says(step mailserver.Step) error {
	if s.refuse == nil {
		return nil
	}
	return s.refuse(step)
}

// NewSession begins what go-smtp asks for at EHLO.
func (s *mailServer) NewSession(c *gosmtp.Conn) (gosmtp.Session, error) {
	return &mailSession{server: s, conn: c}, s.says(mailserver.Hello)
}

type mailSession struct {
	server *mailServer
	conn   *gosmtp.Conn
	mail   relayed
	in     bool
}

func (*mailSession) Reset()                   {}
func (*mailSession) Logout() error            { return nil }
func (*mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, secret string) error {
		if err := s.server.says(mailserver.Login); err != nil {
			return err
		}
		if s.in = name == ownServer.User && secret == ownPassword; !s.in {
			return answer(535, "Authentication failed")
		}
		return nil
	}), nil
}

func (s *mailSession) Mail(from string, _ *gosmtp.MailOptions) error {
	if !s.in {
		return gosmtp.ErrAuthRequired
	}
	s.mail.from = from
	return s.server.says(mailserver.From)
}

func (s *mailSession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.mail.to = to
	return s.server.says(mailserver.To)
}

func (s *mailSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.server.says(mailserver.Accepted); err != nil {
		return err
	}
	s.mail.content = string(b)
	s.server.mu.Lock()
	s.server.mails = append(s.server.mails, s.mail)
	s.server.mu.Unlock()
	if s.server.cut {
		return s.conn.Close()
	}
	return nil
}

// answer is what a server says. The enhanced code is in the text.
func answer(code int, text string) error {
	return &gosmtp.SMTPError{Code: code, EnhancedCode: gosmtp.NoEnhancedCode, Message: text}
}

// always has the server say so at that step.
func always(at mailserver.Step, code int, text string) func(mailserver.Step) error {
	return func(step mailserver.Step) error {
		if step == at {
			return answer(code, text)
		}
		return nil
	}
}
