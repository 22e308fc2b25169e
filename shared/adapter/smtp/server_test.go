package smtp

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/usecase/delivery"
	"latchkey.dev/shared/view/letter"
)

const (
	host     = "smtp.northwind.com"
	user     = "mailer@northwind.com"
	password = "correct horse"
)

// authority signs certificates for any time that the tests have.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pool        *x509.CertPool
}

var (
	begins = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC) // a bubble's clock begins in 2000
	ends   = time.Date(2190, 1, 1, 0, 0, 0, 0, time.UTC)
	ca     = sync.OnceValue(func() *authority {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		of := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "A test's"}, NotBefore: begins, NotAfter: ends,
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
		der, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
		if err != nil {
			panic(err)
		}
		a := &authority{key: key, pool: x509.NewCertPool()}
		if a.certificate, err = x509.ParseCertificate(der); err != nil {
			panic(err)
		}
		a.pool.AddCert(a.certificate)
		return a
	})
)

// signed is a certificate for the names until then, by the authority or by itself.
func signed(t *testing.T, byItself bool, until time.Time, names ...string) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: begins, NotAfter: until, DNSNames: names}
	by, with := ca().certificate, ca().key
	if byItself {
		by, with = of, key
	}
	der, err := x509.CreateCertificate(rand.Reader, of, by, &key.PublicKey, with)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		SessionTicketsDisabled: true} // which a pipe without a buffer has no room for
}

// fault is what goes wrong at a command.
type fault struct {
	at     string // the command's verb, "220" for the greeting, "content" for its first line, "." for the final dot
	reply  string // sent in place of what the server would say
	hangUp bool
	silent bool
	after  time.Duration // every answer comes this much later
}

// faulty is the server's side of a connection with a fault in it.
type faulty struct {
	net.Conn
	in      *bufio.Reader
	fault   fault
	strip   bool   // STARTTLS is taken out of what the server says
	inject  string // what somebody on the way adds to the answer to STARTTLS
	clear   *bytes.Buffer
	mu      *sync.Mutex
	left    []byte
	greeted bool
	data    bool
	through bool // STARTTLS was said
	secret  bool // and answered, so that nobody reads along
	gone    chan struct{}
	once    sync.Once
}

func (c *faulty) Close() error {
	c.once.Do(func() { close(c.gone) })
	return c.Conn.Close()
}

// strike does what the fault is, and tells whether the server hears nothing of the command.
func (c *faulty) strike() (bool, error) {
	switch {
	case c.fault.silent:
		_, _ = io.Copy(io.Discard, c.Conn) // a pipe has no room for what is said at the end
		return true, io.EOF
	case c.fault.hangUp:
		_ = c.Close()
		return true, io.EOF
	}
	_, err := io.WriteString(c.Conn, c.fault.reply+"\r\n")
	return true, err
}

func (c *faulty) Read(p []byte) (int, error) {
	for len(c.left) == 0 {
		if c.through {
			return c.in.Read(p)
		}
		line, err := c.in.ReadString('\n')
		if err != nil {
			return 0, err
		}
		c.mu.Lock()
		c.clear.WriteString(line)
		c.mu.Unlock()
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimRight(line, "\r\n")), " ")
		if c.data && c.fault.at == "content" {
			_, err := c.strike()
			return 0, err
		}
		if c.data && verb != "." {
			c.left = []byte(line)
			break
		}
		c.data = false
		if verb == "HELO" && c.fault.at == "EHLO" {
			verb = "EHLO"
		}
		if verb == c.fault.at && c.fault.at != "" {
			if verb == "." { // the server has taken it: only the answer is another, or none
				c.fault.at = "answer"
				c.left = []byte(line)
				break
			}
			if heard, err := c.strike(); heard && err == nil {
				continue
			} else if err != nil {
				return 0, err
			}
		}
		c.through = verb == "STARTTLS"
		c.left = []byte(line)
	}
	n := copy(p, c.left)
	c.left = c.left[n:]
	return n, nil
}

func (c *faulty) Write(p []byte) (int, error) {
	if c.secret {
		return c.Conn.Write(p)
	}
	if c.fault.after > 0 && len(p) > 3 && p[3] == ' ' { // the last line of an answer
		select {
		case <-c.gone:
			return 0, net.ErrClosed
		case <-time.After(c.fault.after):
		}
	}
	if !c.greeted && c.fault.at == "220" || c.fault.at == "answer" {
		c.greeted = true
		if _, err := c.strike(); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	c.greeted = true
	out := p
	if c.strip {
		out = bytes.ReplaceAll(p, []byte("STARTTLS"), []byte("XXXXXXXX"))
	}
	if c.secret = c.through; c.secret {
		out = append(bytes.Clone(out), c.inject...)
	}
	if _, err := c.Conn.Write(out); err != nil {
		return 0, err
	}
	c.data = bytes.HasPrefix(p, []byte("354"))
	return len(p), nil
}

// received is a mail that the server has taken.
type received struct{ hello, from, to, content string }

// stand is a real server of go-smtp, with what it should do wrong.
type stand struct {
	security mailserver.Security
	tls      *tls.Config
	fault    fault
	strip    bool
	inject   string
	ways     []string // to sign in; PLAIN without any
	refuse   func(step mailserver.Step) error

	mu    sync.Mutex
	mails []received
	clear bytes.Buffer // what came before TLS, or within TLS where that begins at once
	conns chan net.Conn
	dials []string
}

func (s *stand) Accept() (net.Conn, error) {
	c, ok := <-s.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (s *stand) Close() error   { return nil }
func (s *stand) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(8, 8, 8, 8), Port: 587} }

// wrapped is the server's side of a new connection.
func (s *stand) wrapped(c net.Conn) net.Conn {
	if s.security != mailserver.STARTTLS && s.tls != nil {
		under := tls.Server(c, s.tls)
		go under.Handshake() //nolint:errcheck // whoever reads next is told
		c = under
	}
	return &faulty{Conn: c, in: bufio.NewReader(c), fault: s.fault, strip: s.strip, inject: s.inject, clear: &s.clear, mu: &s.mu,
		gone: make(chan struct{})}
}

// NewSession begins what go-smtp asks for at EHLO.
func (s *stand) NewSession(c *gosmtp.Conn) (gosmtp.Session, error) {
	return &session{stand: s, mail: received{hello: c.Hostname()}}, s.refused(mailserver.Hello)
}

func (s *stand) refused(step mailserver.Step) error {
	if s.refuse == nil {
		return nil
	}
	return s.refuse(step)
}

type session struct {
	*stand
	mail received
	in   bool
}

func (*session) Reset()        {}
func (*session) Logout() error { return nil }
func (s *session) AuthMechanisms() []string {
	if s.ways != nil {
		return s.ways
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(way string) (sasl.Server, error) {
	check := func(name, secret string) error {
		if err := s.refused(mailserver.Login); err != nil {
			return err
		}
		if name != user || secret != password {
			return &gosmtp.SMTPError{Code: 535, EnhancedCode: gosmtp.EnhancedCode{5, 7, 8}, Message: "Authentication failed"}
		}
		s.in = true
		return nil
	}
	if way == sasl.Login {
		return &login{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, name, secret string) error { return check(name, secret) }), nil
}

// login is the server's side of LOGIN.
type login struct {
	check func(name, secret string) error
	turn  int
	name  string
}

func (l *login) Next(response []byte) ([]byte, bool, error) {
	l.turn++
	switch l.turn {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.name = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.name, string(response))
}

func (s *session) Mail(from string, _ *gosmtp.MailOptions) error {
	if !s.in {
		return gosmtp.ErrAuthRequired
	}
	s.mail.from = from
	return s.refused(mailserver.From)
}

func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.mail.to = to
	return s.refused(mailserver.To)
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.content = string(b)
	s.mu.Lock()
	s.mails = append(s.mails, s.mail)
	s.mu.Unlock()
	return s.refused(mailserver.Accepted)
}

// start runs the server until the function that it returns is called.
func (s *stand) start(t *testing.T) (stop func()) {
	t.Helper()
	if s.tls == nil {
		s.tls = signed(t, false, ends, host)
	}
	s.conns = make(chan net.Conn, 1)
	server := gosmtp.NewServer(s)
	server.Domain, server.MaxLineLength, server.ErrorLog = host, 1000, quiet{}
	if s.security == mailserver.STARTTLS {
		server.TLSConfig = s.tls
	} else {
		server.AllowInsecureAuth = true // it is within TLS, which go-smtp isn't told
	}
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

// loopback reaches the server over TCP, as a stand-in of a local run.
func (s *stand) loopback(t *testing.T) *Sender {
	t.Helper()
	t.Cleanup(s.start(t))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		if c, err := l.Accept(); err == nil {
			s.conns <- s.wrapped(c)
		}
	}()
	env := environment.New(func(string) string { return l.Addr().String() })
	sender := Open(env, "latchkey.example")
	if err := env.Err(); err != nil {
		t.Fatal(err)
	}
	sender.Roots = ca().pool
	return sender
}

// sender reaches the server over pipes, by a name that leads to a public address.
func (s *stand) sender() *Sender {
	return &Sender{Name: "latchkey.example", Roots: ca().pool, Now: time.Now, Dialer: egress.Dialer{
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
		},
		Connect: func(_ context.Context, to netip.AddrPort) (net.Conn, error) {
			s.mu.Lock()
			s.dials = append(s.dials, to.String())
			s.mu.Unlock()
			if s.conns == nil {
				return nil, errors.New("nobody is there")
			}
			client, server := net.Pipe()
			s.conns <- s.wrapped(server)
			return client, nil
		},
	}}
}

func (s *stand) mailer() *Mailer { return s.sender().Through(s.server(), password) }

// server is what an agency has set up for it.
func (s *stand) server() mailserver.Server {
	if s.security == mailserver.STARTTLS {
		return mailserver.Server{Host: host, Port: mailserver.PortSTARTTLS, Security: mailserver.STARTTLS, User: user}
	}
	return mailserver.Server{Host: host, Port: mailserver.PortTLS, Security: mailserver.TLS, User: user}
}

// invitation is a mail as the worker sends one.
func invitation() delivery.Mail {
	return delivery.Mail{FromName: "Northwind", From: "invites@mail.northwind.com", ReplyTo: "nora@northwind.com", To: "olga@acme.com",
		MessageID: "in_1@mail.northwind.com", Letter: letter.Letter{Subject: "Northwind invited you", Text: "Hello", HTML: "<p>Hello</p>"}}
}

// failed is the failure that an error holds, and whether it is final for the worker.
func failed(t *testing.T, err error) (f *mailserver.Failure, final bool) {
	t.Helper()
	if !errors.As(err, &f) {
		t.Fatalf("no failure: %v", err)
	}
	var refusal *delivery.Refusal
	final = errors.As(err, &refusal)
	if final && refusal.Reason != f.Reason() {
		t.Errorf("the refusal says %q, the failure %q", refusal.Reason, f.Reason())
	}
	if f.Where == "" || f.What == "" || f.Do == "" {
		t.Errorf("not in words: %+v", f)
	}
	return f, final
}
