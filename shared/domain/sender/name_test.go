package sender_test

import (
	"strings"
	"testing"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/sender"
)

func TestSenderT10TheNameBeforeTheAddress(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"Fresh Flows GmbH & Co. KG": "", "  Nora   Lindqvist ": "", "Агентство": "", "Trivial Ideas": "", "Viaduct Studio": "", strings.Repeat("a", 64): "",
		"": "Enter the name", "   ": "Enter the name", strings.Repeat("a", 65): "64 characters", "Nora <nora@agency.com>": "", "a\r\nBcc: x": "one line",
		"Acme\u202eLtd": "", "Acme\x00": "", "Acme via Latchkey": "via", "Acme VIA mail": "via", "Acme (vіа) mail": "", "Latchkey Support": "Latchkey",
		"L a t c h k e y": "Latchkey", "Latchk3y": "Latchkey", "Аcme": "alphabet", `Acme "x"`: "quotation",
	} {
		got, err := sender.ParseName("sender_name", typed, "Latchkey")
		f := fault.As(err)
		refused := want != "" || strings.ContainsAny(typed, "<\u202e\x00") || typed == "Acme (vіа) mail"
		if refused != (err != nil) || refused && (f == nil || f.Fields[0].Location != "sender_name" || !strings.Contains(f.Message, want)) {
			t.Errorf("%q is %q, %v; want %q", typed, got, err, want)
		}
		if !refused && got != strings.Join(strings.Fields(typed), " ") {
			t.Errorf("%q becomes %q", typed, got)
		}
	}
}

func TestSenderT4TheAddressIsBuiltFromTheStoredDomain(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		" Invites ": "invites@mail.agency.com", "nora.lindqvist": "nora.lindqvist@mail.agency.com", "a+b": "a+b@mail.agency.com",
		"": "", "a@b.com": "", "invites@mail.agency.com": "", "a b": "", ".a": "", "ä": "", strings.Repeat("a", 65): "", "a\r\nb": "", `"a"`: "",
	} {
		got, err := sender.ParseLocal("local_part", typed, "mail.agency.com")
		if string(got) != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v; want %q", typed, got, err, want)
		}
	}
}

func TestSenderT3AContestedTreeIsProvenAtItsTop(t *testing.T) {
	t.Parallel()
	w := wanted
	w.Domain, w.Contested = "news.eu.agency.co.uk", true
	if r := sender.Records(w)[0]; r.Name != "_latchkey.agency.co.uk" || r.Role != sender.Proof {
		t.Errorf("%+v", r)
	}
}

func TestSenderD8D20WhatIsSaidBesideTheRecords(t *testing.T) {
	t.Parallel()
	for _, r := range sender.Records(wanted) {
		if got := r.Note(); (got != "") != strings.Contains(r.Name, "_") || got != "" && !strings.Contains(got, "SMTP") {
			t.Errorf("%s: %q", r.Name, got)
		}
	}
	mx := func(host string) sender.Answer {
		return sender.Answer{Status: sender.Answered, Values: []sender.Value{{Type: sender.MX, Data: host, Preference: 10}}}
	}
	if got := sender.MailboxNote(mx("aspmx.l.google.com")); !strings.HasPrefix(got, "Your mailboxes at aspmx.l.google.com") {
		t.Errorf("%q", got)
	}
	for _, a := range []sender.Answer{{Status: sender.Answered}, {Status: sender.NoName}, mx(".")} {
		if got := sender.MailboxNote(a); got != "" {
			t.Errorf("where there are no mailboxes: %q", got)
		}
	}
}

func TestSenderT6WhenADomainHasVanished(t *testing.T) {
	t.Parallel()
	before := []string{"ns1.a.net", "ns2.a.net"}
	for _, c := range []struct {
		status sender.Status
		now    []string
		want   bool
	}{
		{sender.NoName, nil, true},
		{sender.Answered, []string{"NS2.A.net.", "ns3.a.net"}, false},
		{sender.Answered, []string{"ns1.b.net"}, true},
		{sender.Unasked, nil, false}, {sender.Answered, nil, false}, {sender.Looped, nil, false},
	} {
		if got := sender.Vanished(c.status, before, c.now); got != c.want {
			t.Errorf("%s, %v: %v", c.status, c.now, got)
		}
	}
	if sender.Vanished(sender.Answered, nil, before) {
		t.Error("a domain whose servers were never seen has moved")
	}
}

// TestSenderT4AnEncodedWordIsNoName: readers of mail decode it (RFC 2047), and show what was not typed.
func TestSenderT4AnEncodedWordIsNoName(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"=?utf-8?q?=4catchkey?=", "=?utf-8?b?TGF0Y2hrZXk=?=", "Team =?utf-8?q?x?="} {
		if name, err := sender.ParseName("name", typed, "Latchkey"); err == nil {
			t.Errorf("the name %q is %q", typed, name)
		}
	}
	for _, typed := range []string{"=?utf-8?q?support?=", "=?utf-8?q?ceo=40bank.com?=", "a=b", "a!b", "a%b", "a/b"} {
		if a, err := sender.ParseLocal("local", typed, "mail.agency.com"); err == nil {
			t.Errorf("the address of %q is %q", typed, a)
		}
	}
	a, err := sender.ParseLocal("local", "Invites.team_1-b+x", "mail.agency.com")
	if err != nil || a != "invites.team_1-b+x@mail.agency.com" {
		t.Errorf("%q, %v", a, err)
	}
}
