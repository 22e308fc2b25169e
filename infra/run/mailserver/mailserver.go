// Package mailserver is the mail server of an agency that has one of its own: a real one, of go-smtp, under TLS from the start, which
// stands in for all of them in a local run and in tests. It keeps what it takes, and refuses what it is told to.
package mailserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"latchkey.dev/shared/domain/mailserver"
)

// Bounds of a server that other programs of this machine may call.
const (
	mostMails = 1000 // that are kept; the oldest goes
	mostBytes = 4 << 20
	patience  = 2 * time.Minute // for a client that says nothing
)

// Host is the name in its certificate, which an agency enters.
const Host = "smtp.northwind.com"

// User and Password are whom it lets in.
const (
	User     = "mailer"
	Password = "correct horse battery"
)

// Mail is one that the server has taken.
type Mail struct {
	From, To string // of the envelope
	Content  string
}

// Field is a header's value, unfolded; "" for none.
func (m Mail) Field(name string) string {
	head, _, _ := strings.Cut(m.Content, "\r\n\r\n")
	for line := range strings.SplitSeq(strings.ReplaceAll(head, "\r\n ", " "), "\r\n") {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return value
		}
	}
	return ""
}

// Server is the server. Its methods may be called at once.
type Server struct {
	// Roots are whom its certificate is signed by: itself.
	Roots *x509.CertPool

	config      *tls.Config
	certificate []byte
	server      *gosmtp.Server
	listener    net.Listener
	ended       chan struct{}
	at          netip.AddrPort

	mu     sync.Mutex
	refuse func(step mailserver.Step) error
	tell   func(Mail)
	cut    bool
	mails  []Mail
	calls  int
}

// New makes a server that nobody reaches yet. Its certificate is good around the time now.
func New(now time.Time) (*Server, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("mailserver: %w", err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: Host}, DNSNames: []string{Host},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(20, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("mailserver: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("mailserver: %w", err)
	}
	s := &Server{Roots: x509.NewCertPool(), ended: make(chan struct{}), certificate: der,
		config: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
			SessionTicketsDisabled: true}} // which a pipe without a buffer has no room for
	s.Roots.AddCert(leaf)
	s.server = gosmtp.NewServer(backend{s})
	s.server.Domain, s.server.ErrorLog = Host, quiet{}
	s.server.AllowInsecureAuth = true // it is within TLS, which go-smtp isn't told
	s.server.MaxMessageBytes, s.server.MaxRecipients = mostBytes, 1
	s.server.ReadTimeout, s.server.WriteTimeout = patience, patience
	return s, nil
}

// PEM is the certificate, for those who read whom they trust from a file.
func (s *Server) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.certificate})
}

// Start has it listen at a loopback address, such as 127.0.0.1:0.
func Start(at string) (*Server, error) {
	to, err := netip.ParseAddrPort(at)
	if err != nil || !to.Addr().IsLoopback() {
		return nil, fmt.Errorf("mailserver: %q is no loopback address with a port; write it like 127.0.0.1:0", at)
	}
	s, err := New(time.Now())
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", at)
	if err != nil {
		return nil, fmt.Errorf("mailserver: %w", err)
	}
	s.at = netip.MustParseAddrPort(l.Addr().String())
	s.Serve(l)
	return s, nil
}

// Addr is where it listens.
func (s *Server) Addr() netip.AddrPort { return s.at }

// Serve takes connections of the listener, which are to be under TLS from the start, until Close. It is called once.
func (s *Server) Serve(l net.Listener) {
	s.listener = l
	go func() {
		defer close(s.ended)
		_ = s.server.Serve(tls.NewListener(l, s.config)) // it ends by Close
	}()
}

// Close ends the server and its listener, and returns when it takes nothing any more. Once more is fine.
func (s *Server) Close() error {
	err := s.server.Close()
	if errors.Is(err, gosmtp.ErrServerClosed) {
		err = nil
	}
	_ = s.listener.Close() // go-smtp knows it only once its Serve has begun, and would wait there for ever
	<-s.ended
	return err
}

// Refuse has the server answer by this, for every command; nil answers are its own. Nil for nothing.
func (s *Server) Refuse(by func(step mailserver.Step) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = by
}

// Tell has somebody told of each mail that it takes.
func (s *Server) Tell(who func(Mail)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell = who
}

// Cut has it hang up in place of answering the final dot, after it has taken the mail.
func (s *Server) Cut(cut bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = cut
}

// Mails are those that it has taken so far.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Calls is how many connections there were.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func (s *Server) says(step mailserver.Step) error {
	s.mu.Lock()
	by := s.refuse
	s.mu.Unlock()
	if by == nil {
		return nil
	}
	return by(step)
}

// Answer is what a server says. An enhanced code stands in the text.
func Answer(code int, text string) error {
	return &gosmtp.SMTPError{Code: code, EnhancedCode: gosmtp.NoEnhancedCode, Message: text}
}

// Always says so at that step.
func Always(at mailserver.Step, code int, text string) func(mailserver.Step) error {
	return func(step mailserver.Step) error {
		if step == at {
			return Answer(code, text)
		}
		return nil
	}
}

// quiet hears what go-smtp says of connections that end early.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

type backend struct{ *Server }

// NewSession begins what go-smtp asks for at EHLO.
func (b backend) NewSession(c *gosmtp.Conn) (gosmtp.Session, error) {
	b.mu.Lock()
	b.calls++
	b.mu.Unlock()
	return &session{server: b.Server, conn: c}, b.says(mailserver.Hello)
}

type session struct {
	server *Server
	conn   *gosmtp.Conn
	mail   Mail
	in     bool
}

func (*session) Reset()                   {}
func (*session) Logout() error            { return nil }
func (*session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, secret string) error {
		if err := s.server.says(mailserver.Login); err != nil {
			return err
		}
		if s.in = name == User && secret == Password; !s.in {
			return Answer(535, "5.7.8 Authentication failed")
		}
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *gosmtp.MailOptions) error {
	if !s.in {
		return gosmtp.ErrAuthRequired
	}
	s.mail.From = from
	return s.server.says(mailserver.From)
}

func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.mail.To = to
	return s.server.says(mailserver.To)
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.server.says(mailserver.Accepted); err != nil {
		return err
	}
	s.mail.Content = string(b)
	s.server.mu.Lock()
	if len(s.server.mails) >= mostMails {
		s.server.mails = s.server.mails[1:]
	}
	s.server.mails = append(s.server.mails, s.mail)
	cut, tell := s.server.cut, s.server.tell
	s.server.mu.Unlock()
	if tell != nil {
		tell(s.mail)
	}
	if cut {
		return s.conn.Close()
	}
	return nil
}
