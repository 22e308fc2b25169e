// Package smtp sends mail through an agency's own mail server: one connection for a mail, under TLS before anything is said that
// is secret, and to addresses of the public internet alone.
package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/smtp"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/usecase/delivery"
)

// How long a server may take. RFC 5321 section 4.5.3.2 asks for minutes, which a function doesn't have.
const (
	ToConnect  = 10 * time.Second
	ForTLS     = 10 * time.Second
	ForCommand = 15 * time.Second
	ForContent = 60 * time.Second // to take it, and once more to answer the final dot
	ForAll     = 90 * time.Second
	forQuit    = 2 * time.Second // the mail is out; nothing hangs on the answer
)

// MostBytes is how much a server may say for one mail, certificates and all.
const MostBytes = 256 << 10

// Sender sends through any agency's server. Its Now is the clock of the mail's date and of certificates; waits go by the machine's.
type Sender struct {
	// Name is what we call ourselves in EHLO: the platform's host.
	Name string
	// Dialer judges each address before it connects to it.
	Dialer egress.Dialer
	// StandIn is called in place of every server, in a local run and in tests: a loopback address. It is zero everywhere else.
	StandIn netip.AddrPort
	// Roots are whom certificates are signed by; nil for those that this machine trusts.
	Roots *x509.CertPool
	Now   func() time.Time
}

// Variable is where a local run says what stands in for every mail server.
const Variable = "SMTP_SERVER"

// Open sends to the servers' own addresses, or to the one on this machine that the variable SMTP_SERVER names, such as
// "127.0.0.1:2587". Only a loopback one is allowed, so that the variable leads nowhere else. Its certificate is checked all the same.
func Open(env *environment.Environment, name string) *Sender {
	s := &Sender{Name: name, Dialer: egress.Strict().Dialer(), Now: time.Now}
	text := strings.TrimSpace(env.Optional(Variable))
	if text == "" {
		return s
	}
	at, err := netip.ParseAddrPort(text)
	if err != nil || !at.Addr().IsLoopback() || at.Port() == 0 {
		env.Fail(fmt.Errorf("%s is %q, which is no loopback address with a port; write it like 127.0.0.1:2587", Variable, text))
		return s
	}
	s.StandIn = at
	return s
}

// Mailer sends through one agency's server.
type Mailer struct {
	sender   *Sender
	server   mailserver.Server
	password string
}

// Through makes the mailer of an agency's server. It does no I/O.
func (s *Sender) Through(server mailserver.Server, password string) *Mailer {
	return &Mailer{sender: s, server: server, password: password}
}

// Send hands the mail to the server and returns its Message-ID, which is the one that it was given. An error holds a
// [*mailserver.Failure], which says what became of the mail; where it should not be tried again by itself, because no later try can
// succeed or because it may have gone out, it holds a [*delivery.Refusal] as well.
func (m *Mailer) Send(ctx context.Context, out delivery.Mail) (string, error) {
	id, content, err := compose(out, m.sender.Now())
	if err != nil {
		return "", err
	}
	inner, cancel := context.WithTimeout(ctx, ForAll)
	defer cancel()
	t := &talk{step: mailserver.Connect}
	if err = m.talk(inner, t, out.From, string(out.To), content); err != nil {
		return "", told(mailserver.Judge(m.answer(ctx, t, err)))
	}
	return id, nil
}

// final is a failure after which the mail is not tried again by itself.
type final struct {
	*mailserver.Failure
	refusal *delivery.Refusal
}

// Unwrap has both be found.
func (f final) Unwrap() []error { return []error{f.Failure, f.refusal} }

func told(f *mailserver.Failure) error {
	if f.Again(0) {
		return f
	}
	return final{f, &delivery.Refusal{Reason: f.Reason()}}
}

// talk is a conversation with a server: its connection, whose every step has a deadline, and how far it has come.
type talk struct {
	net.Conn
	ctx  context.Context //nolint:containedctx // a connection's life is one call's
	step mailserver.Step
	read int
}

// begin says which step is next, and how long it may take. The end of all closes the connection by itself.
func (t *talk) begin(step mailserver.Step, within time.Duration) {
	t.step = step
	_ = t.SetDeadline(time.Now().Add(within)) // a connection that is gone says so when it is used
}

var (
	errMuch     = errors.New("smtp: the server says too much")
	errSTARTTLS = errors.New("smtp: no STARTTLS")
	errPassword = errors.New("smtp: no way to sign in with a password")
)

// Read bounds what a server says.
func (t *talk) Read(p []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	if t.read >= MostBytes {
		return 0, errMuch
	}
	n, err := t.Conn.Read(p[:min(len(p), MostBytes-t.read)])
	t.read += n
	return n, err
}

// Write notices where the command STARTTLS is followed by the handshake, which has a time of its own: a record of TLS begins with 22.
func (t *talk) Write(p []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	if t.step == mailserver.StartTLS && len(p) > 0 && p[0] == 22 {
		t.begin(mailserver.Handshake, ForTLS)
	}
	return t.Conn.Write(p)
}

// talk has the conversation. Its error is what stopped it at the step that t has come to.
func (m *Mailer) talk(ctx context.Context, t *talk, from, to string, content []byte) error {
	conn, err := m.connect(ctx)
	if err != nil {
		return err
	}
	t.Conn, t.ctx = conn, ctx
	defer conn.Close() //nolint:errcheck // all is said by then
	// Whoever gives up closes the connection, whatever the step waits for.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()

	c, err := m.secured(ctx, t)
	if err != nil {
		return err
	}
	t.begin(mailserver.Login, ForCommand)
	if err := m.login(c); err != nil {
		return err
	}
	t.begin(mailserver.From, ForCommand)
	if err := envelope(c, from); err != nil {
		return err
	}
	t.begin(mailserver.To, ForCommand)
	if err := c.Rcpt(to); err != nil {
		return err
	}
	t.begin(mailserver.Data, ForCommand)
	w, err := c.Data()
	if err != nil {
		return err
	}
	t.begin(mailserver.Content, ForContent)
	if _, err := w.Write(content); err != nil {
		return err
	}
	t.begin(mailserver.Accepted, ForContent)
	if err := w.Close(); err != nil {
		var answer *textproto.Error
		if !errors.As(err, &answer) || answer.Code/100 != 2 {
			return err
		}
	}
	t.begin(mailserver.Accepted, forQuit)
	_ = c.Quit() // the mail is the server's now
	return nil
}

// connect opens the connection. Where none comes about it takes all of its time, so that a port that is closed and one that is
// silent look alike.
func (m *Mailer) connect(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, ToConnect)
	defer cancel()
	conn, err := m.dial(ctx)
	if err == nil {
		return conn, nil
	}
	if what := trouble(err); what != mailserver.Private && what != mailserver.NoHost {
		<-ctx.Done()
	}
	return nil, err
}

// dial connects to what the policy lets be called; its "https" is what is under TLS, at any port.
func (m *Mailer) dial(ctx context.Context) (net.Conn, error) {
	d, at := m.sender.Dialer, m.sender.StandIn
	switch {
	case !at.IsValid():
		d.Within = ToConnect
		return d.Dial(ctx, "https", m.server.Host, m.server.Port)
	case at.Addr().IsLoopback():
		return d.Connect(ctx, at)
	}
	return nil, egress.Public(netip.AddrPort{}) // a stand-in elsewhere is refused as what has no address
}

// secured comes to a connection under TLS on which the server has said what it can do, and to nothing less.
func (m *Mailer) secured(ctx context.Context, t *talk) (*smtp.Client, error) {
	config := &tls.Config{ServerName: m.server.Host, MinVersion: tls.VersionTLS12, RootCAs: m.sender.Roots, Time: m.sender.Now}
	if m.server.Security != mailserver.STARTTLS {
		t.begin(mailserver.Handshake, ForTLS)
		under := tls.Client(t, config)
		if err := under.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		return m.greeted(t, under)
	}
	c, err := m.greeted(t, t)
	if err != nil {
		return nil, err
	}
	t.begin(mailserver.StartTLS, ForCommand)
	if offered, _ := c.Extension("STARTTLS"); !offered {
		return nil, errSTARTTLS
	}
	// After the handshake, which the next line ends with, EHLO is said anew: what was said in the clear counts for nothing.
	config.VerifyConnection = func(tls.ConnectionState) error {
		t.begin(mailserver.Hello, ForCommand)
		return nil
	}
	return c, c.StartTLS(config)
}

// greeted reads the greeting and says EHLO.
func (m *Mailer) greeted(t *talk, conn net.Conn) (*smtp.Client, error) {
	t.begin(mailserver.Greeting, ForCommand)
	c, err := smtp.NewClient(conn, m.server.Host)
	if err != nil {
		return nil, err
	}
	t.begin(mailserver.Hello, ForCommand)
	return c, c.Hello(m.sender.Name)
}

// login signs in by the first way that the server offers of those that take a password. All of them are under TLS.
func (m *Mailer) login(c *smtp.Client) error {
	if state, ok := c.TLSConnectionState(); !ok || !state.HandshakeComplete {
		return errSTARTTLS
	}
	_, offered := c.Extension("AUTH")
	ways := strings.Fields(strings.ToUpper(offered))
	switch {
	case slices.Contains(ways, "PLAIN"):
		return c.Auth(smtp.PlainAuth("", m.server.User, m.password, m.server.Host))
	case slices.Contains(ways, "LOGIN"):
		return c.Auth(&loginAuth{m.server.User, m.password})
	case slices.Contains(ways, "CRAM-MD5"):
		return c.Auth(smtp.CRAMMD5Auth(m.server.User, m.password))
	}
	return errPassword
}

// loginAuth signs in by LOGIN, which Go's library lacks: the server asks for the name and the password in turn, in words of its own.
// It is what there still is to answer.
type loginAuth []string

// Start names the way, and nothing else.
func (*loginAuth) Start(*smtp.ServerInfo) (string, []byte, error) { return "LOGIN", nil, nil }

// Next answers a question of the server.
func (a *loginAuth) Next(_ []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	if len(*a) == 0 {
		return nil, errMuch // it asks for more than a name and a password
	}
	said := (*a)[0]
	*a = (*a)[1:]
	return []byte(said), nil
}

// envelope says whom the mail is from. Our addresses are ASCII, so that SMTPUTF8 isn't asked for, which Go's client does wherever it is
// offered: servers further on may not know it.
func envelope(c *smtp.Client, from string) error {
	command := "MAIL FROM:<%s>"
	if ok, _ := c.Extension("8BITMIME"); ok {
		command += " BODY=8BITMIME"
	}
	n, err := c.Text.Cmd(command, from)
	if err != nil {
		return err
	}
	c.Text.StartResponse(n)
	defer c.Text.EndResponse(n)
	_, _, err = c.Text.ReadResponse(250)
	return err
}

// answer is what became of the step at which the conversation stopped.
func (m *Mailer) answer(ctx context.Context, t *talk, err error) mailserver.Answer {
	a := mailserver.Answer{Step: t.step}
	var refused *textproto.Error
	if errors.As(err, &refused) {
		a.Code, a.Text = refused.Code, m.redacted(refused.Msg)
		return a
	}
	a.Trouble = trouble(err)
	if t.step != mailserver.Connect && a.Trouble == mailserver.NoConnect {
		a.Trouble = mailserver.Broken
	}
	if t.step == mailserver.Connect && (a.Trouble == mailserver.Silent || a.Trouble == mailserver.Broken) {
		a.Trouble = mailserver.NoConnect
	}
	var certificate x509.HostnameError
	if errors.As(err, &certificate) && certificate.Certificate != nil {
		names := certificate.Certificate.DNSNames
		a.Names = strings.Join(names[:min(len(names), 3)], ", ")
	}
	switch {
	case ctx.Err() != nil:
		a.Trouble = mailserver.Interrupted
	case t.ctx != nil && t.ctx.Err() != nil:
		a.Trouble = mailserver.Silent
	}
	return a
}

// redacted is what a server said, without the password, should it say that.
func (m *Mailer) redacted(said string) string {
	const shortest = 4 // of a shorter one, half of the words would go
	if len(m.password) < shortest {
		return said
	}
	for _, secret := range []string{m.password, base64.StdEncoding.EncodeToString([]byte(m.password)),
		base64.StdEncoding.EncodeToString([]byte("\x00" + m.server.User + "\x00" + m.password))} {
		said = strings.ReplaceAll(said, secret, "…")
	}
	return said
}

// trouble says what an error is that is no answer.
func trouble(err error) mailserver.Trouble {
	var (
		refusal  *egress.Refusal
		dns      *net.DNSError
		record   tls.RecordHeaderError
		alert    tls.AlertError
		host     x509.HostnameError
		invalid  x509.CertificateInvalidError
		unknown  x509.UnknownAuthorityError
		verify   *tls.CertificateVerificationError
		protocol textproto.ProtocolError
		timed    net.Error
		op       *net.OpError
	)
	const protocolVersion = 70 // RFC 8446, section 6
	switch {
	case errors.Is(err, errSTARTTLS):
		return mailserver.NoSTARTTLS
	case errors.Is(err, errPassword):
		return mailserver.NoPassword
	case errors.As(err, &refusal):
		return mailserver.Private
	case errors.As(err, &dns) && dns.IsNotFound:
		return mailserver.NoHost
	case errors.As(err, &dns):
		return mailserver.NoConnect
	case errors.As(err, &record):
		return mailserver.NotTLS
	case errors.As(err, &host):
		return mailserver.WrongName
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return mailserver.OutOfDate
	case errors.As(err, &unknown), errors.As(err, &invalid), errors.As(err, &verify):
		return mailserver.Untrusted
	case errors.As(err, &alert) && alert == protocolVersion, strings.Contains(err.Error(), "protocol version"):
		return mailserver.OldTLS
	case errors.As(err, &protocol), errors.Is(err, errMuch), errors.As(err, new(base64.CorruptInputError)):
		return mailserver.NotSMTP
	case errors.As(err, &op) && op.Op == "dial":
		return mailserver.NoConnect
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timed) && timed.Timeout():
		return mailserver.Silent
	case errors.As(err, &op) && op.Op == "remote error", strings.HasPrefix(err.Error(), "tls: "):
		return mailserver.BadTLS
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &op), errors.Is(err, net.ErrClosed):
		return mailserver.Broken
	}
	return mailserver.Broken
}
