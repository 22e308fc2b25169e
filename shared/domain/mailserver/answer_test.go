package mailserver_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"latchkey.dev/shared/domain/mailserver"
)

func TestSenderS8TheTableOfAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		step mailserver.Step
		code int
		text string
		kind mailserver.Kind
		says string
	}{
		{mailserver.Greeting, 421, "4.3.2 busy", mailserver.Transient, "asks to wait"},
		{mailserver.To, 450, "4.2.1 try later", mailserver.Transient, "asks to wait"},
		{mailserver.To, 451, "greylisted", mailserver.Transient, "asks to wait"},
		{mailserver.Accepted, 452, "4.2.2 full", mailserver.Transient, "asks to wait"},
		{mailserver.Login, 454, "4.7.0 Temporary authentication failure", mailserver.Transient, "asks to wait"},
		{mailserver.Accepted, 471, "4.9.9 of a new kind", mailserver.Transient, "asks to wait"},

		{mailserver.Login, 535, "5.7.8 bad credentials", mailserver.Config, "user name or password"},
		{mailserver.Login, 535, "nope", mailserver.Config, "user name or password"},
		{mailserver.Login, 534, "5.7.9 Application-specific password required. https://support.google.com/x", mailserver.Config, "app password"},
		{mailserver.Login, 535, "5.7.8 Username and Password not accepted. a - gsmtp", mailserver.Config, "app password"},
		{mailserver.From, 530, "5.7.0 Authentication required", mailserver.Config, "user name or password"},
		{mailserver.Login, 432, "4.7.12 a password transition is needed", mailserver.Config, "user name or password"},
		{mailserver.Login, 550, "suspended", mailserver.Config, "user name or password"},
		{mailserver.Login, 535, "5.7.139 Authentication unsuccessful, basic authentication is disabled", mailserver.Config, "Microsoft 365 no longer"},
		{mailserver.From, 550, "5.7.30 Basic authentication is not supported for Client Submission", mailserver.Config, "Microsoft 365 no longer"},

		{mailserver.To, 550, "5.1.1 user unknown", mailserver.Recipient, "no such mailbox"},
		{mailserver.To, 553, "5.1.3 bad address", mailserver.Recipient, "no such mailbox"},
		{mailserver.Accepted, 550, "5.1.10 null MX", mailserver.Recipient, "no such mailbox"},
		{mailserver.To, 554, "5.1.1 user unknown", mailserver.Recipient, "no such mailbox"},
		{mailserver.To, 550, "No such user here", mailserver.Recipient, "no such mailbox"},
		{mailserver.To, 550, "Recipient address rejected: User unknown", mailserver.Recipient, "no such mailbox"},
		{mailserver.To, 550, "Requested action not taken: mailbox unavailable", mailserver.Recipient, "no such mailbox"},
		{mailserver.To, 552, "5.2.2 over quota", mailserver.Recipient, "full or closed"},

		{mailserver.To, 550, "5.7.1 relaying denied", mailserver.Policy, "rules"},
		{mailserver.To, 550, "relay not permitted", mailserver.Policy, "rules"},
		{mailserver.To, 553, "sorry, that domain isn't in my list of allowed rcpthosts", mailserver.Policy, "rules"},
		{mailserver.Accepted, 550, "5.7.26 unauthenticated", mailserver.Policy, "rules"},
		{mailserver.Accepted, 550, "5.7.515 access denied", mailserver.Policy, "rules"},
		{mailserver.Accepted, 554, "transaction failed", mailserver.Policy, "rules"},
		{mailserver.Greeting, 554, "no SMTP here", mailserver.Policy, "rules"},
		{mailserver.From, 550, "5.1.1 no such sender", mailserver.Policy, "send from your address"},
		{mailserver.From, 553, "5.7.1 sender not owned by user", mailserver.Policy, "send from your address"},
		{mailserver.Accepted, 552, "5.7.0 blocked content", mailserver.Policy, "rules"},

		{mailserver.Accepted, 552, "too much", mailserver.Size, "too large"},
		{mailserver.From, 552, "5.3.4 size", mailserver.Size, "too large"},
		{mailserver.Accepted, 554, "5.3.4 size", mailserver.Size, "too large"},

		{mailserver.Hello, 502, "what", mailserver.Config, "refused a command"},
		{mailserver.Data, 250, "what", mailserver.Config, "SMTP"},
		{mailserver.Accepted, 354, "go on", mailserver.Unknown, "may have gone out"},
		{mailserver.Accepted, 700, "?", mailserver.Unknown, "may have gone out"},
	} {
		f := mailserver.Judge(mailserver.Answer{Step: c.step, Code: c.code, Text: c.text})
		if f.Kind != c.kind || !strings.Contains(f.Reason(), c.says) {
			t.Errorf("%s %d %s: %s: %s", c.step, c.code, c.text, f.Kind, f.Reason())
		}
		if c.code >= 400 && c.code < 600 && !strings.Contains(f.What, c.text) {
			t.Errorf("not quoted: %s", f.What)
		}
		if passes := f.Kind == mailserver.Transient; f.Again(0) != passes || f.Again(mailserver.MostTries) != passes {
			t.Errorf("%s %d: again %v", c.step, c.code, f.Again(0)) // a password that was refused locks an account when it's repeated
		}
	}
}

func TestSenderS8TheTableOfTroubles(t *testing.T) {
	t.Parallel()
	early := []mailserver.Step{mailserver.Connect, mailserver.Greeting, mailserver.Hello, mailserver.StartTLS, mailserver.Handshake,
		mailserver.Login}
	late := []mailserver.Step{mailserver.From, mailserver.To, mailserver.Data, mailserver.Content}
	settings := []mailserver.Trouble{mailserver.NoHost, mailserver.NoConnect, mailserver.NotTLS, mailserver.OldTLS, mailserver.WrongName,
		mailserver.OutOfDate, mailserver.Untrusted, mailserver.BadTLS, mailserver.NoSTARTTLS, mailserver.NoPassword, mailserver.Silent, mailserver.Broken,
		mailserver.NotSMTP}
	said := map[string]mailserver.Trouble{}
	for _, trouble := range settings {
		for _, step := range early {
			f := mailserver.Judge(mailserver.Answer{Step: step, Trouble: trouble})
			if f.Kind != mailserver.Config || !f.Again(mailserver.MostTries-1) || f.Again(mailserver.MostTries) {
				t.Errorf("%v", f)
			}
			if other, is := said[f.What]; is && other != trouble {
				t.Errorf("%s and %s are both %q", trouble, other, f.What)
			}
			said[f.What] = trouble
		}
	}
	for _, trouble := range []mailserver.Trouble{mailserver.Silent, mailserver.Broken, mailserver.Interrupted} {
		for _, step := range late {
			if f := mailserver.Judge(mailserver.Answer{Step: step, Trouble: trouble}); f.Kind != mailserver.Transient {
				t.Errorf("%v", f)
			}
		}
		f := mailserver.Judge(mailserver.Answer{Step: mailserver.Accepted, Trouble: trouble})
		if f.Kind != mailserver.Unknown || f.Again(0) {
			t.Errorf("%v", f)
		}
	}
	if f := mailserver.Judge(mailserver.Answer{Step: mailserver.Connect, Trouble: mailserver.Private}); f.Again(0) {
		t.Errorf("%v is tried again", f)
	}
	f := mailserver.Judge(mailserver.Answer{Step: mailserver.Handshake, Trouble: mailserver.WrongName, Names: "a.com,\u202e\n<b>"})
	if !strings.Contains(f.What, "for another name: a.com, <b>.") { // templates escape it
		t.Error(f.What)
	}
}

func TestSenderS8OnlyAFittingEnhancedCodeCounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"5.1.1 x": "5.1.1", "5.1.1": "5.1.1", "5.1.1\n5.1.1 y": "5.1.1", "4.1.1 x": "", "5.1.1.1 x": "",
		"x 5.1.1": "", "5.1": "", "5.1.1234 x": ""} {
		f := mailserver.Judge(mailserver.Answer{Step: mailserver.To, Code: 550, Text: text})
		if f.Enhanced != want || strings.Count(f.Said, "5.1.1 ") > 1 {
			t.Errorf("%q: %q, %q", text, f.Enhanced, f.Said)
		}
	}
}

func TestSenderS8WhatTheServerSaidIsOneShortLine(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{"a\r\n b\t\x00c": "a b c", "\u202eevil\u202c": "evil", "\xff\xfeok": "ok", "zero\u200bwidth": "zerowidth",
		strings.Repeat("ä", 300): strings.Repeat("ä", 199) + "…", "<script>": "<script>"} {
		if got := mailserver.Said(said); got != want {
			t.Errorf("%q: %q", said, got)
		}
	}
}

func FuzzSenderS8Judge(f *testing.F) {
	f.Add("to", 550, "5.1.1 x", "", "")
	f.Add("accepted", 0, "", "silent", "")
	f.Add("tls", 0, "\xff", "wrong_name", "x")
	f.Fuzz(func(t *testing.T, step string, code int, text, trouble, names string) {
		got := mailserver.Judge(mailserver.Answer{Step: mailserver.Step(step), Code: code, Text: text,
			Trouble: mailserver.Trouble(trouble), Names: names})
		if got.Kind == "" || got.What == "" || got.Do == "" || got.Where == "" {
			t.Fatalf("%+v", got)
		}
		why := got.Reason()
		if utf8.RuneCountInString(got.Said) > mailserver.MaxSaid || strings.ContainsAny(why, "\r\n\x00") || !utf8.ValidString(why) {
			t.Fatalf("%q", why)
		}
		if got.Step == mailserver.Accepted && (code < 400 || code > 599) && got.Kind != mailserver.Unknown {
			t.Fatalf("what may have gone out is %s", got.Kind)
		}
	})
}
