package mailserver_test

import (
	"strings"
	"testing"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/mailserver"
)

var at = mailserver.Fields{Host: "body.host", Port: "body.port", Security: "body.security", User: "body.user", Password: "body.password"}

func form(change func(*mailserver.Form)) mailserver.Form {
	f := mailserver.Form{Host: "smtp.northwind.com", Port: 587, Security: mailserver.STARTTLS, User: "mailer", Password: "secret"}
	change(&f)
	return f
}

// wrong holds that the field alone is refused, with these words.
func wrong(t *testing.T, f mailserver.Form, field, says string) {
	t.Helper()
	_, err := mailserver.Parse(at, f)
	told := fault.As(err)
	if told == nil || told.Code != fault.Invalid || len(told.Fields) != 1 || told.Fields[0].Location != field ||
		!strings.Contains(told.Fields[0].Message, says) {
		t.Errorf("%+v: %v", f, err)
	}
}

func TestSenderS1PortsOfSubmissionAlone(t *testing.T) {
	t.Parallel()
	wrong(t, form(func(f *mailserver.Form) { f.Port = 25 }), at.Port,
		"Port 25 is for mail between servers, and our hosting provider blocks it")
	wrong(t, form(func(f *mailserver.Form) { f.Port, f.Security = 25, "" }), at.Port, "Port 25")
	for _, port := range []int{-1, 1, 24, 26, 80, 443, 588, 2526, 65536, 65536 + 587, 1 << 40} {
		wrong(t, form(func(f *mailserver.Form) { f.Port = port }), at.Port, "465")
	}
}

func TestSenderS2PortAndSecurityFollowEachOther(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		port     int
		security mailserver.Security
		want     uint16
		by       mailserver.Security
	}{
		{0, mailserver.TLS, 465, mailserver.TLS}, {0, mailserver.STARTTLS, 587, mailserver.STARTTLS}, {465, "", 465, mailserver.TLS},
		{587, "", 587, mailserver.STARTTLS}, {2525, "", 2525, mailserver.STARTTLS}, {465, mailserver.TLS, 465, mailserver.TLS},
		{587, mailserver.STARTTLS, 587, mailserver.STARTTLS}, {2525, mailserver.STARTTLS, 2525, mailserver.STARTTLS},
	} {
		s, err := mailserver.Parse(at, form(func(f *mailserver.Form) { f.Port, f.Security = c.port, c.security }))
		if err != nil || s.Port != c.want || s.Security != c.by {
			t.Errorf("%+v: %+v, %v", c, s, err)
		}
	}
	wrong(t, form(func(f *mailserver.Form) { f.Port, f.Security = 0, "" }), at.Port, "Choose TLS from the start or STARTTLS")
	wrong(t, form(func(f *mailserver.Form) { f.Port, f.Security = 465, mailserver.STARTTLS }), at.Security,
		"Port 465 speaks TLS from the start")
	wrong(t, form(func(f *mailserver.Form) { f.Port, f.Security = 587, mailserver.TLS }), at.Security, "Port 587 speaks STARTTLS")
}

func TestSenderS3ThereIsNoThirdWay(t *testing.T) {
	t.Parallel()
	for _, s := range []mailserver.Security{"none", "plain", "TLS", "ssl", "starttls ", "optional"} {
		wrong(t, form(func(f *mailserver.Form) { f.Security = s }), at.Security, "without encryption")
	}
}

func TestSenderS4TheHostIsAName(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{" SMTP.Northwind.com. ": "smtp.northwind.com", "mail.büro.de": "mail.xn--bro-hoa.de",
		"smtp.gmail.com": "smtp.gmail.com"} {
		if s, err := mailserver.Parse(at, form(func(f *mailserver.Form) { f.Host = typed })); err != nil || s.Host != want {
			t.Errorf("%q: %q, %v", typed, s.Host, err)
		}
	}
	for typed, says := range map[string]string{
		"": "Enter your mail server's name", "10.0.0.1": "IP address", "[::1]": "IP address", "::ffff:10.0.0.1": "IP address",
		"2130706433": "IP address",
		"127.1":      "IP address", "0x7f.0.0.0x1": "IP address", "0177.0.0.1": "IP address", "１２７.0.0.1": "IP address", "8.8.8.8.": "IP address",
		"user@smtp.northwind.com": "alone", "smtp://smtp.northwind.com": "alone", "smtp.northwind.com:587": "alone", "smtp.northwind.com/x": "alone",
		"smtp northwind.com": "alone", "smtp.northwind.com\r\nx": "alone", "smtp%2enorthwind.com": "alone", "localhost": "public internet",
		"mail.localhost": "public internet", "metadata.google.internal": "public internet", "printer.local": "public internet", "smtp": "whole name",
		"-a.com": "whole name", "a..com": "whole name", "a_b.com": "whole name", strings.Repeat("a", 64) + ".com": "whole name",
		strings.Repeat("a.", 130) + "com": "whole name",
	} {
		wrong(t, form(func(f *mailserver.Form) { f.Host = typed }), at.Host, says)
	}
}

func TestSenderS7NoCommandIsTypedWithTheUser(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"a\r\nb", "a\x00b", "a\nb", "a\x7fb", "a\xffb"} {
		wrong(t, form(func(f *mailserver.Form) { f.User = bad }), at.User, "line breaks")
		wrong(t, form(func(f *mailserver.Form) { f.Password = bad }), at.Password, "line breaks")
	}
	wrong(t, form(func(f *mailserver.Form) { f.User = " " }), at.User, "user name")
	wrong(t, form(func(f *mailserver.Form) { f.Password = "" }), at.Password, "password")
	wrong(t, form(func(f *mailserver.Form) { f.User = strings.Repeat("a", mailserver.MaxUser+1) }), at.User, "320")
	wrong(t, form(func(f *mailserver.Form) { f.Password = strings.Repeat("a", mailserver.MaxPassword+1) }), at.Password, "1024")
	if _, err := mailserver.Parse(at, form(func(f *mailserver.Form) { f.Password = " pass wörd " })); err != nil {
		t.Errorf("a password with blanks: %v", err)
	}
}

func TestSenderS1AllThatIsWrongIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	_, err := mailserver.Parse(at, mailserver.Form{Port: 25})
	if told := fault.As(err); told == nil || len(told.Fields) != 4 {
		t.Errorf("%v", err)
	}
}
