package mx_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/mx"
	"latchkey.dev/shared/domain/sender"
)

// zone answers for a few domains on a loopback port, as a name server would.
func zone(t *testing.T) mx.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			out, err := answer(m).Pack()
			if err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	return mx.Resolver{DNS: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}}
}

func answer(m dnsmessage.Message) *dnsmessage.Message {
	q := m.Questions[0]
	out := &dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true, RecursionAvailable: true},
		Questions: m.Questions}
	say := func(body dnsmessage.ResourceBody) {
		out.Answers = append(out.Answers,
			dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}, Body: body})
	}
	switch name := q.Name.String(); {
	case name == "mail.example." && q.Type == dnsmessage.TypeMX:
		say(&dnsmessage.MXResource{Pref: 10, MX: dnsmessage.MustNewName("mx1.example.")})
		say(&dnsmessage.MXResource{Pref: 20, MX: dnsmessage.MustNewName("mx2.example.")})
	case name == "null.example." && q.Type == dnsmessage.TypeMX:
		say(&dnsmessage.MXResource{Pref: 0, MX: dnsmessage.MustNewName(".")})
	case name == "web.example." && q.Type == dnsmessage.TypeA:
		say(&dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}})
	case name == "gone.example.", name == "empty.example.":
		if name == "gone.example." {
			out.RCode = dnsmessage.RCodeNameError
		}
	case name == "broken.example.", name == "half.example." && q.Type != dnsmessage.TypeMX:
		out.RCode = dnsmessage.RCodeServerFailure
	}
	return out
}

func TestADomainTakesMailOrSaysThatItDoesNot(t *testing.T) {
	t.Parallel()
	r := zone(t)
	for domain, c := range map[string]struct {
		refusal string // part of it; "" for none
		unknown bool   // it could not be found out
	}{
		"mail.example":   {},
		"web.example":    {}, // an address stands for the mail server that is not named
		"null.example":   {refusal: "takes no email"},
		"gone.example":   {refusal: "there is no domain gone.example"},
		"empty.example":  {refusal: "there is no domain"},
		"broken.example": {unknown: true},
		"half.example":   {unknown: true},
	} {
		t.Run(domain, func(t *testing.T) {
			t.Parallel()
			err := r.TakesMail(t.Context(), domain)
			var refused *sender.Refusal
			switch {
			case c.refusal != "":
				if !errors.As(err, &refused) || !strings.Contains(refused.Reason, c.refusal) {
					t.Errorf("%v, want a refusal that says %q", err, c.refusal)
				}
			case c.unknown:
				if err == nil || errors.As(err, &refused) {
					t.Errorf("%v: not to know is neither yes nor no", err)
				}
			case err != nil:
				t.Error(err)
			}
		})
	}
}

func TestDNSIsAskedOnlyWhereItIsWanted(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{"": false, "false": false, "1": false, "true": true} {
		got := mx.Open(environment.New(func(string) string { return value }))
		if _, asks := got.(mx.Resolver); asks != want {
			t.Errorf("CHECK_MX=%q: %T", value, got)
		}
		if want {
			continue
		}
		if err := got.TakesMail(t.Context(), "no-such-domain.invalid"); err != nil {
			t.Errorf("CHECK_MX=%q: %v", value, err)
		}
	}
}
