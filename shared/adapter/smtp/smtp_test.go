package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/usecase/delivery"
)

var _ delivery.Mailer = (*Mailer)(nil)

// send sends through the stand in virtual time, and answers how long that took.
func send(t *testing.T, s *stand, m delivery.Mail) (id string, took time.Duration, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		stop := s.start(t)
		defer stop()
		began := time.Now()
		id, err = s.mailer().Send(t.Context(), m)
		took = time.Since(began)
	})
	return id, took, err
}

func TestSenderS2S6S12BothWaysOfSecurityBringTheMail(t *testing.T) {
	t.Parallel()
	for _, security := range []mailserver.Security{mailserver.TLS, mailserver.STARTTLS} {
		for _, way := range []string{sasl.Plain, sasl.Login} {
			t.Run(string(security)+" "+way, func(t *testing.T) {
				t.Parallel()
				s := &stand{security: security, ways: []string{"XOAUTH2", way}}
				id, _, err := send(t, s, invitation())
				if err != nil || id != "in_1@mail.northwind.com" || len(s.mails) != 1 {
					t.Fatalf("%q, %v, %d mails", id, err, len(s.mails))
				}
				got := s.mails[0]
				if got.from != "invites@mail.northwind.com" || got.to != "olga@acme.com" {
					t.Errorf("from %s to %s", got.from, got.to)
				}
				if got.hello != "latchkey.example" {
					t.Errorf("S6: EHLO %s", got.hello)
				}
				if !strings.Contains(got.content, "Message-ID: <in_1@mail.northwind.com>\r\n") {
					t.Errorf("S12: %s", got.content)
				}
			})
		}
	}
}

// Over TCP, to a stand-in as the local run has one.
func TestSenderS8TheStandInIsCalledOverLoopback(t *testing.T) {
	t.Parallel()
	for _, security := range []mailserver.Security{mailserver.TLS, mailserver.STARTTLS} {
		t.Run(string(security), func(t *testing.T) {
			t.Parallel()
			s := &stand{security: security}
			sender := s.loopback(t)
			if _, err := sender.Through(s.server(), password).Send(t.Context(), invitation()); err != nil || len(s.mails) != 1 {
				t.Fatal(err, len(s.mails))
			}
		})
	}
}

func TestSenderS3NothingSecretIsSaidInTheClear(t *testing.T) {
	t.Parallel()
	s := &stand{security: mailserver.STARTTLS}
	if _, _, err := send(t, s, invitation()); err != nil {
		t.Fatal(err)
	}
	if got := s.clear.String(); got != "EHLO latchkey.example\r\nSTARTTLS\r\n" {
		t.Errorf("before TLS: %q", got)
	}
}

func TestSenderS3ACertificateIsAlwaysChecked(t *testing.T) {
	t.Parallel()
	old := signed(t, false, ends, host)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	for name, c := range map[string]struct {
		config *tls.Config
		want   mailserver.Trouble
		says   string
	}{
		"for another name": {signed(t, false, ends, "mail.example.com"), mailserver.WrongName, "mail.example.com"},
		"expired":          {signed(t, false, begins.AddDate(1, 0, 0), host), mailserver.OutOfDate, "expired"},
		"by itself":        {signed(t, true, ends, host), mailserver.Untrusted, "trusted"},
		"TLS 1.1":          {old, mailserver.OldTLS, "TLS 1.2"},
	} {
		for _, security := range []mailserver.Security{mailserver.TLS, mailserver.STARTTLS} {
			t.Run(name+" "+string(security), func(t *testing.T) {
				t.Parallel()
				s := &stand{security: security, tls: c.config}
				_, _, err := send(t, s, invitation())
				f, _ := failed(t, err)
				if f.Kind != mailserver.Config || f.Trouble != c.want || f.Step != mailserver.Handshake ||
					!strings.Contains(f.What, c.says) {
					t.Errorf("%v: %s", f, f.What)
				}
				if !f.Again(0) || f.Again(mailserver.MostTries) {
					t.Error("it is not tried three times")
				}
				if strings.Contains(s.clear.String(), "AUTH") {
					t.Errorf("it went on: %q", s.clear.String())
				}
			})
		}
	}
}

func TestSenderS2APortThatSpeaksSTARTTLSIsNamed(t *testing.T) {
	t.Parallel()
	s := &stand{security: mailserver.STARTTLS}
	sender := s.loopback(t)
	server := mailserver.Server{Host: host, Port: mailserver.PortTLS, Security: mailserver.TLS, User: user}
	_, err := sender.Through(server, password).Send(t.Context(), invitation())
	if f, _ := failed(t, err); f.Trouble != mailserver.NotTLS || !strings.Contains(f.What+f.Do, "STARTTLS with port 587") {
		t.Errorf("%v: %s %s", f, f.What, f.Do)
	}
}

func TestSenderS11StrippedSTARTTLSIsAnError(t *testing.T) {
	t.Parallel()
	s := &stand{security: mailserver.STARTTLS, strip: true}
	_, _, err := send(t, s, invitation())
	f, _ := failed(t, err)
	if f.Kind != mailserver.Config || f.Trouble != mailserver.NoSTARTTLS || f.Step != mailserver.StartTLS {
		t.Errorf("%v", f)
	}
	if got := s.clear.String(); got != "EHLO latchkey.example\r\n" || len(s.mails) != 0 {
		t.Errorf("it went on: %q", got)
	}
}

// What somebody on the way says in the clear is not taken for what the server says under TLS.
func TestSenderS11WhatIsSaidBeforeTLSCountsForNothing(t *testing.T) {
	t.Parallel()
	s := &stand{security: mailserver.STARTTLS,
		inject: "250-elsewhere\r\n250 AUTH XOAUTH2\r\n235 2.7.0 in\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n"}
	if _, _, err := send(t, s, invitation()); err != nil || len(s.mails) != 1 {
		t.Errorf("%v, %d mails", err, len(s.mails))
	}
}

func TestSenderS4NoPrivateNetworkIsCalled(t *testing.T) {
	t.Parallel()
	for _, ip := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "::1", "fd00:ec2::254", "::ffff:10.0.0.1",
		"64:ff9b::a00:1"} {
		s := &stand{}
		m := s.mailer()
		m.sender.Dialer.Lookup = func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr(ip)}, nil }
		_, err := m.Send(t.Context(), invitation())
		f, final := failed(t, err)
		if f.Trouble != mailserver.Private || !final || len(s.dials) != 0 || strings.Contains(f.Reason()+f.Error(), ip) {
			t.Errorf("%s: %v, calls %v", ip, f, s.dials)
		}
	}
}

// The name is looked up once and one connection carries all, so that nothing that comes after STARTTLS leads elsewhere.
func TestSenderS4TheNameIsLookedUpOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &stand{security: mailserver.STARTTLS}
		stop := s.start(t)
		defer stop()
		m, asked := s.mailer(), 0
		m.sender.Dialer.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			if asked++; asked > 1 {
				return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
			}
			return []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("8.8.4.4")}, nil
		}
		if _, err := m.Send(t.Context(), invitation()); err != nil {
			t.Fatal(err)
		}
		if asked != 1 || len(s.dials) != 1 || s.dials[0] != "8.8.4.4:587" {
			t.Errorf("asked %d times, called %v", asked, s.dials)
		}
	})
}

func TestSenderS4ClosedAndFilteredLookAlike(t *testing.T) {
	t.Parallel()
	one := []netip.Addr{netip.MustParseAddr("8.8.8.8")}
	four := append(one, netip.MustParseAddr("8.8.4.4"), netip.MustParseAddr("1.1.1.1"), netip.MustParseAddr("9.9.9.9"))
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	closed := func(context.Context, netip.AddrPort) (net.Conn, error) { return nil, refused }
	filtered := func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: ctx.Err()}
	}
	mixed := func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		if to.Addr() == four[0] {
			return filtered(ctx, to)
		}
		return nil, refused
	}
	var first string
	for n, c := range []struct {
		leads   []netip.Addr
		connect func(context.Context, netip.AddrPort) (net.Conn, error)
	}{{one, closed}, {one, filtered}, {four, closed}, {four, filtered}, {four, mixed}} {
		synctest.Test(t, func(t *testing.T) {
			m := (&stand{}).mailer()
			m.sender.Dialer.Connect = c.connect
			m.sender.Dialer.Lookup = func(context.Context, string) ([]netip.Addr, error) { return c.leads, nil }
			began := time.Now()
			_, err := m.Send(t.Context(), invitation())
			f, final := failed(t, err)
			if took := time.Since(began); took != ToConnect {
				t.Errorf("%d took %s", n, took)
			}
			if first == "" {
				first = f.Reason() + f.Error()
			}
			if f.Reason()+f.Error() != first || f.Trouble != mailserver.NoConnect || final {
				t.Errorf("%d: %v: %s", n, f, f.Reason())
			}
		})
	}
}

func TestSenderS5AServerMayTakeNineSecondsToConnect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &stand{}
		stop := s.start(t)
		defer stop()
		m := s.mailer()
		connect := m.sender.Dialer.Connect
		m.sender.Dialer.Connect = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(9 * time.Second):
				return connect(ctx, to)
			}
		}
		if _, err := m.Send(t.Context(), invitation()); err != nil {
			t.Error(err)
		}
	})
}

func TestSenderS4ANameWithoutAnAddressIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := (&stand{}).mailer()
		m.sender.Dialer.Lookup = func(context.Context, string) ([]netip.Addr, error) { return nil, nil }
		began := time.Now()
		_, err := m.Send(t.Context(), invitation())
		if f, _ := failed(t, err); f.Trouble != mailserver.NoHost || time.Since(began) != 0 {
			t.Errorf("%v after %s", f, time.Since(began))
		}
	})
}

func TestSenderS5ASilentServerIsGivenUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		security mailserver.Security
		at       string
		step     mailserver.Step
		kind     mailserver.Kind
		within   time.Duration
	}{
		{mailserver.TLS, "220", mailserver.Greeting, mailserver.Config, ForCommand},
		{mailserver.TLS, "EHLO", mailserver.Hello, mailserver.Config, ForCommand},
		{mailserver.STARTTLS, "220", mailserver.Greeting, mailserver.Config, ForCommand},
		{mailserver.STARTTLS, "EHLO", mailserver.Hello, mailserver.Config, ForCommand},
		{mailserver.STARTTLS, "STARTTLS", mailserver.StartTLS, mailserver.Config, ForCommand},
		{mailserver.TLS, "AUTH", mailserver.Login, mailserver.Config, ForCommand},
		{mailserver.TLS, "MAIL", mailserver.From, mailserver.Transient, ForCommand},
		{mailserver.TLS, "RCPT", mailserver.To, mailserver.Transient, ForCommand},
		{mailserver.TLS, "DATA", mailserver.Data, mailserver.Transient, ForCommand},
		{mailserver.TLS, ".", mailserver.Accepted, mailserver.Unknown, ForContent},
	} {
		t.Run(string(c.security)+" "+c.at, func(t *testing.T) {
			t.Parallel()
			_, took, err := send(t, &stand{security: c.security, fault: fault{at: c.at, silent: true}}, invitation())
			f, final := failed(t, err)
			if f.Step != c.step || f.Kind != c.kind || f.Trouble != mailserver.Silent || took != c.within ||
				final != (c.kind == mailserver.Unknown) {
				t.Errorf("%v after %s, final %v", f, took, final)
			}
		})
	}
}

// A server that takes the connection and says nothing at the handshake has less time.
func TestSenderS5ASilentHandshakeIsGivenUp(t *testing.T) {
	t.Parallel()
	for _, security := range []mailserver.Security{mailserver.TLS, mailserver.STARTTLS} {
		synctest.Test(t, func(t *testing.T) {
			s := &stand{security: security}
			m := s.mailer()
			m.sender.Dialer.Connect = func(context.Context, netip.AddrPort) (net.Conn, error) {
				client, server := net.Pipe()
				go func() {
					if security == mailserver.STARTTLS {
						script(server, "220 ready", "250-here\r\n250 STARTTLS", "220 go on")
					}
					_, _ = io.Copy(io.Discard, server)
				}()
				return client, nil
			}
			began := time.Now()
			_, err := m.Send(t.Context(), invitation())
			if f, _ := failed(t, err); f.Step != mailserver.Handshake || f.Trouble != mailserver.Silent || time.Since(began) != ForTLS {
				t.Errorf("%s: %v after %s", security, f, time.Since(began))
			}
		})
	}
}

// script says the first line, and each further one after one that it has read.
func script(c net.Conn, lines ...string) {
	b := make([]byte, 4096)
	for n, line := range lines {
		if n > 0 {
			if _, err := c.Read(b); err != nil {
				return
			}
		}
		if _, err := io.WriteString(c, line+"\r\n"); err != nil {
			return
		}
	}
}

func TestSenderS5ASlowServerHasNinetySecondsInAll(t *testing.T) {
	t.Parallel()
	_, took, err := send(t, &stand{fault: fault{after: 14 * time.Second}}, invitation())
	f, _ := failed(t, err)
	if took != ForAll || f.Trouble != mailserver.Silent {
		t.Errorf("%v after %s", f, took)
	}
}

func TestSenderS5ASlowServerThatKeepsTheTimeIsFine(t *testing.T) {
	t.Parallel()
	s := &stand{fault: fault{after: 3 * time.Second}}
	if _, _, err := send(t, s, invitation()); err != nil || len(s.mails) != 1 {
		t.Errorf("%v", err)
	}
}

func TestSenderS5WhoeverGivesUpIsHeard(t *testing.T) {
	t.Parallel()
	for at, kind := range map[string]mailserver.Kind{"220": mailserver.Transient, "MAIL": mailserver.Transient, ".": mailserver.Unknown} {
		synctest.Test(t, func(t *testing.T) {
			s := &stand{fault: fault{at: at, silent: true}}
			stop := s.start(t)
			defer stop()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began := time.Now()
			_, err := s.mailer().Send(ctx, invitation())
			if f, _ := failed(t, err); f.Trouble != mailserver.Interrupted || f.Kind != kind || time.Since(began) != time.Second {
				t.Errorf("%s: %v after %s", at, f, time.Since(began))
			}
		})
	}
}

// An answer that never ends is cut.
func TestSenderS5AServerThatTalksWithoutEndIsCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := (&stand{security: mailserver.STARTTLS}).mailer()
		m.sender.Dialer.Connect = func(context.Context, netip.AddrPort) (net.Conn, error) {
			client, server := net.Pipe()
			go func() {
				for {
					if _, err := io.WriteString(server, "220-"+strings.Repeat("x", 1000)+"\r\n"); err != nil {
						return
					}
				}
			}()
			return client, nil
		}
		_, err := m.Send(t.Context(), invitation())
		if f, _ := failed(t, err); f.Trouble != mailserver.NotSMTP || f.Step != mailserver.Greeting {
			t.Errorf("%v", f)
		}
	})
}

func TestSenderS8TheStepThatFailedIsNamed(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("words ", 100)
	for _, c := range []struct {
		security mailserver.Security
		at       string
		reply    string
		step     mailserver.Step
		kind     mailserver.Kind
		code     int
		enhanced string
	}{
		{mailserver.TLS, "220", "421 4.3.2 busy", mailserver.Greeting, mailserver.Transient, 421, "4.3.2"},
		{mailserver.TLS, "220", "554 5.7.1 blocked", mailserver.Greeting, mailserver.Policy, 554, "5.7.1"},
		{mailserver.TLS, "220", "HTTP/1.1 400 Bad Request", mailserver.Greeting, mailserver.Config, 0, ""},
		{mailserver.TLS, "EHLO", "550 go away", mailserver.Hello, mailserver.Config, 550, ""},
		{mailserver.STARTTLS, "STARTTLS", "454 4.7.0 TLS not available", mailserver.StartTLS, mailserver.Transient, 454, "4.7.0"},
		{mailserver.STARTTLS, "STARTTLS", "502 5.5.1 no", mailserver.StartTLS, mailserver.Config, 502, "5.5.1"},
		{mailserver.TLS, "AUTH", "535-5.7.8 Username and Password not accepted.\r\n535 5.7.8 https://support.google.com/mail/ x - gsmtp",
			mailserver.Login, mailserver.Config, 535, "5.7.8"},
		{mailserver.TLS, "AUTH", "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
			mailserver.Login, mailserver.Config, 535, "5.7.139"},
		{mailserver.TLS, "AUTH", "454 4.7.0 Temporary authentication failure", mailserver.Login, mailserver.Transient, 454, "4.7.0"},
		{mailserver.TLS, "AUTH", "334 not*base64", mailserver.Login, mailserver.Config, 0, ""},
		{mailserver.TLS, "MAIL", "550 5.7.60 SendAsDenied", mailserver.From, mailserver.Policy, 550, "5.7.60"},
		{mailserver.TLS, "RCPT", "550 5.1.1 " + long, mailserver.To, mailserver.Recipient, 550, "5.1.1"},
		{mailserver.TLS, "RCPT", "450 4.2.0 greylisted", mailserver.To, mailserver.Transient, 450, "4.2.0"},
		{mailserver.TLS, "DATA", "452 4.3.1 full", mailserver.Data, mailserver.Transient, 452, "4.3.1"},
		{mailserver.TLS, "DATA", "250 what?", mailserver.Data, mailserver.Config, 250, ""},
		{mailserver.TLS, ".", "552 5.3.4 too big", mailserver.Accepted, mailserver.Size, 552, "5.3.4"},
		{mailserver.TLS, ".", "550 5.7.26 unauthenticated", mailserver.Accepted, mailserver.Policy, 550, "5.7.26"},
		{mailserver.TLS, ".", "451 4.3.0 later", mailserver.Accepted, mailserver.Transient, 451, "4.3.0"},
		{mailserver.TLS, ".", "!?", mailserver.Accepted, mailserver.Unknown, 0, ""},
		{mailserver.TLS, ".", "354 and?", mailserver.Accepted, mailserver.Unknown, 354, ""},
	} {
		t.Run(string(c.security)+" "+c.at+" "+c.reply[:min(len(c.reply), 12)], func(t *testing.T) {
			t.Parallel()
			_, _, err := send(t, &stand{security: c.security, fault: fault{at: c.at, reply: c.reply}}, invitation())
			f, final := failed(t, err)
			if f.Step != c.step || f.Kind != c.kind || f.Code != c.code || f.Enhanced != c.enhanced {
				t.Errorf("%v, want %s at %s", f, c.kind, c.step)
			}
			if n := len([]rune(f.Said)); n > 200 || strings.ContainsAny(f.Said, "\r\n") || f.Code >= 400 && f.Said == "" {
				t.Errorf("%d characters: %q", n, f.Said)
			}
			if final == f.Again(0) {
				t.Errorf("final %v, again %v", final, f.Again(0))
			}
		})
	}
}

func TestSenderS8ABreakAtEachStep(t *testing.T) {
	t.Parallel()
	for at, kind := range map[string]mailserver.Kind{"220": mailserver.Config, "EHLO": mailserver.Config, "AUTH": mailserver.Config,
		"MAIL": mailserver.Transient, "RCPT": mailserver.Transient, "DATA": mailserver.Transient, ".": mailserver.Unknown} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			s := &stand{fault: fault{at: at, hangUp: true}}
			_, _, err := send(t, s, invitation())
			f, final := failed(t, err)
			if f.Kind != kind || f.Trouble != mailserver.Broken || final != (kind == mailserver.Unknown) {
				t.Errorf("%v, final %v", f, final)
			}
			if at == "." && len(s.mails) != 1 {
				t.Error("the server has not taken it")
			}
		})
	}
}

// A mail whose end the server has not seen has not gone out.
func TestSenderS8ABreakWithinTheContentIsTriedAgain(t *testing.T) {
	t.Parallel()
	m := invitation()
	m.Letter.HTML = strings.Repeat("<p>Hello</p>\n", 10_000)
	s := &stand{fault: fault{at: "content", hangUp: true}}
	_, _, err := send(t, s, m)
	f, final := failed(t, err)
	if f.Step != mailserver.Content || f.Kind != mailserver.Transient || final || len(s.mails) != 0 {
		t.Errorf("%v, final %v", f, final)
	}
	// One that has seen all of it and says nothing may have it.
	_, took, err := send(t, &stand{fault: fault{at: "content", silent: true}}, m)
	if f, final = failed(t, err); f.Step != mailserver.Accepted || f.Kind != mailserver.Unknown || !final || took != ForContent {
		t.Errorf("%v after %s, final %v", f, took, final)
	}
}

// What fails once the server has the mail is no failure.
func TestSenderS8AMailThatWasTakenHasGoneOut(t *testing.T) {
	t.Parallel()
	const farewell = 5 * time.Second // of crypto/tls, where nobody reads what it says at the end
	for _, f := range []fault{{at: "QUIT", hangUp: true}, {at: "QUIT", silent: true}, {at: "QUIT", reply: "421 no"},
		{at: ".", reply: "200 fine"}} {
		s := &stand{fault: f}
		if _, took, err := send(t, s, invitation()); err != nil || len(s.mails) != 1 || took > forQuit+farewell {
			t.Errorf("%+v: %v after %s", f, err, took)
		}
	}
}

// The server itself refuses, at what go-smtp asks it about.
func TestSenderS8TheServersOwnRefusals(t *testing.T) {
	t.Parallel()
	for step, kind := range map[mailserver.Step]mailserver.Kind{mailserver.Hello: mailserver.Config, mailserver.Login: mailserver.Config,
		mailserver.From: mailserver.Policy, mailserver.To: mailserver.Recipient, mailserver.Accepted: mailserver.Recipient} {
		for _, security := range []mailserver.Security{mailserver.TLS, mailserver.STARTTLS} {
			if step == mailserver.Hello && security == mailserver.STARTTLS {
				continue // the first EHLO is in the clear, and no other is asked about
			}
			s := &stand{security: security, refuse: func(at mailserver.Step) error {
				if at == step {
					return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "no"}
				}
				return nil
			}}
			_, _, err := send(t, s, invitation())
			if f, _ := failed(t, err); f.Step != step || f.Kind != kind || f.Code != 550 || f.Enhanced != "5.1.1" || f.Said != "5.1.1 no" {
				t.Errorf("%s: %v %q", step, f, f.Said)
			}
		}
	}
}

func TestSenderS8AWrongPasswordIsNeverRepeated(t *testing.T) {
	t.Parallel()
	const wrong = "hunter2 hunter2"
	s := &stand{refuse: func(at mailserver.Step) error {
		if at == mailserver.Login {
			return &gosmtp.SMTPError{Code: 535, EnhancedCode: gosmtp.EnhancedCode{5, 7, 8}, Message: "no, " + wrong + " is wrong"}
		}
		return nil
	}}
	synctest.Test(t, func(t *testing.T) {
		stop := s.start(t)
		defer stop()
		m := s.mailer()
		m.password = wrong
		_, err := m.Send(t.Context(), invitation())
		f, final := failed(t, err)
		if f.Kind != mailserver.Config || !final || strings.Contains(f.Reason()+f.Said+err.Error(), wrong) {
			t.Errorf("%v: %s", err, f.Reason())
		}
		for _, private := range []string{user, "olga", "no, "} {
			if strings.Contains(err.Error(), private) {
				t.Errorf("a log reads %q", err)
			}
		}
	})
}

func TestSenderS8AServerWithoutPasswordsIsNamed(t *testing.T) {
	t.Parallel()
	s := &stand{ways: []string{"XOAUTH2", "GSSAPI"}}
	_, _, err := send(t, s, invitation())
	f, _ := failed(t, err)
	if f.Trouble != mailserver.NoPassword || f.Step != mailserver.Login || strings.Contains(s.clear.String(), "AUTH") {
		t.Errorf("%v", f)
	}
}

// read takes a mail apart by Go's own reader.
func read(t *testing.T, content string) (header mail.Header, text, html string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	kind, with, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatal(kind, err)
	}
	var parts []string
	for r := multipart.NewReader(m.Body, with["boundary"]); ; {
		p, err := r.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, string(b))
	}
	if len(parts) != 2 {
		t.Fatalf("%d parts", len(parts))
	}
	return m.Header, parts[0], parts[1]
}

func TestSenderS7TheMailArrivesAsItIs(t *testing.T) {
	t.Parallel()
	m := invitation()
	m.FromName, m.Letter.Language = `Büro "Nord", Ltd. `+strings.Repeat("ü", 80), "pt-BR"
	m.Letter.Subject = strings.Repeat("x", 1500) + " – Ende"
	m.Letter.Text = ".\n..\n.hidden\nHello\n.\n" + strings.Repeat("ä", 3000) + "\r\n" + strings.Repeat("y", 3000) + "\ntrailing \n"
	m.Letter.HTML = "<p>" + strings.Repeat("<b>.</b>", 500) + "</p>\n.\n"
	s := &stand{}
	if _, _, err := send(t, s, m); err != nil {
		t.Fatal(err)
	}
	got := s.mails[0].content
	for line := range strings.SplitAfterSeq(got, "\r\n") {
		if len(line) > 78+2 || strings.ContainsAny(strings.TrimSuffix(line, "\r\n"), "\r\n") {
			t.Errorf("a line of %d: %q", len(line), line)
		}
	}
	if strings.IndexFunc(got, func(r rune) bool { return r > '~' }) >= 0 {
		t.Error("not ASCII")
	}
	header, text, html := read(t, got)
	crlf := func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n") }
	if text != crlf(m.Letter.Text) || html != crlf(m.Letter.HTML) {
		t.Errorf("text %q", text)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
	if err != nil || subject != m.Letter.Subject {
		t.Errorf("subject %q", subject)
	}
	from, err := mail.ParseAddress(header.Get("From"))
	if err != nil || from.Name != m.FromName || from.Address != m.From {
		t.Errorf("from %v, %v", from, err)
	}
	if _, err := header.Date(); err != nil || header.Get("Auto-Submitted") != "auto-generated" ||
		header.Get("Content-Language") != "pt-BR" || header.Get("Reply-To") != "<nora@northwind.com>" {
		t.Errorf("%v", header)
	}
}

func TestSenderS7NoHeaderIsInjected(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\r\n", "\n", "\r", "\x00\r\n", "\u0085", "\u2028", "\r\n\r\n"} {
		m := invitation()
		m.FromName = "Northwind" + end + "Bcc: eve@evil.com"
		m.Letter.Subject = "Hello" + end + "Bcc: eve@evil.com" + end + ".\r\nQUIT"
		s := &stand{}
		if _, _, err := send(t, s, m); err != nil {
			t.Fatal(err)
		}
		header, text, _ := read(t, s.mails[0].content)
		if len(s.mails) != 1 || header.Get("Bcc") != "" || header.Get("Subject") != "Hello Bcc: eve@evil.com . QUIT" || text != "Hello" {
			t.Errorf("%q: %v", end, header)
		}
	}
	for name, change := range map[string]func(*delivery.Mail, string){
		"from": func(m *delivery.Mail, s string) { m.From = s }, "to": func(m *delivery.Mail, s string) { m.To = email.Address(s) },
		"reply-to": func(m *delivery.Mail, s string) { m.ReplyTo = s }, "message id": func(m *delivery.Mail, s string) { m.MessageID = s },
	} {
		for _, bad := range []string{"a@b.com\r\nRCPT TO:<eve@evil.com>", "a@b.com>\r\nDATA", "a@b.com> SIZE=1", "a\n@b.com",
			"a@b.com\x00", "a@b.com>SIZE=1", "<a@b.com", "ä@b.com", "@b.com", "a"} {
			s := &stand{}
			m := invitation()
			change(&m, bad)
			if _, err := s.mailer().Send(t.Context(), m); err == nil || len(s.dials) != 0 {
				t.Errorf("%s %q: %v", name, bad, err)
			}
		}
	}
}

func FuzzSenderS7Compose(f *testing.F) {
	f.Add("Northwind", "Hello", "text\n.\n", "<p>")
	f.Add("a\r\nb: c", "=?utf-8?q?=0d=0a?=", "\r\r\n", strings.Repeat("z", 2000))
	f.Fuzz(func(t *testing.T, name, subject, text, html string) {
		m := invitation()
		m.FromName, m.Letter.Subject, m.Letter.Text, m.Letter.HTML = name, subject, text, html
		_, b, err := compose(m, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(b), "\r\n") {
			if len(line) > 998 || strings.ContainsAny(line, "\r\n\x00") {
				t.Fatalf("%q", line)
			}
		}
		if header, _, _ := read(t, string(b)); len(header) != 9 {
			t.Fatalf("%v", header)
		}
	})
}

func TestSenderS12AMailWithoutAnIDIsGivenOneOfItsSender(t *testing.T) {
	t.Parallel()
	m := invitation()
	m.MessageID = ""
	ids := map[string]bool{}
	for range 2 {
		id, content, err := compose(m, time.Unix(0, 0))
		if err != nil || !strings.HasSuffix(id, "@mail.northwind.com") || !strings.Contains(string(content), "<"+id+">") {
			t.Fatal(id, err)
		}
		ids[id] = true
	}
	if len(ids) != 2 {
		t.Error("two mails have one id")
	}
}

func TestSenderS4OnlyALoopbackAddressStandsIn(t *testing.T) {
	t.Parallel()
	for value, fine := range map[string]bool{"": true, "127.0.0.1:2587": true, "[::1]:2587": true, "10.0.0.1:25": false, "8.8.8.8:587": false,
		"localhost:2587": false, "127.0.0.1": false, "127.0.0.1:0": false} {
		env := environment.New(func(string) string { return value })
		s := Open(env, "latchkey.example")
		if (env.Err() == nil) != fine || s.StandIn.IsValid() != (fine && value != "") {
			t.Errorf("%q: %v", value, env.Err())
		}
	}
	s := (&stand{}).sender()
	s.StandIn = netip.MustParseAddrPort("10.0.0.1:587")
	s.Dialer.Connect = func(context.Context, netip.AddrPort) (net.Conn, error) {
		t.Error("it is called")
		return nil, errors.New("called")
	}
	_, err := s.Through(mailserver.Server{Host: host}, password).Send(t.Context(), invitation())
	if f, _ := failed(t, err); f.Trouble != mailserver.Private {
		t.Errorf("%v", f)
	}
}
